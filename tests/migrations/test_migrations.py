"""The migrations go up, down and up again on the database under test, and leave nothing of the models out."""
import warnings

from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect

from app.data.entity import Base, db
from app.ops.migrations import migrate_application
from tests.migrations.drift import pending_changes
from tests.testbed import Testbed


def _tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        folder = app.extensions["migrate"].directory
        upgrade(directory=folder)
        built = _tables()
        downgrade(directory=folder, revision="base")
        assert _tables() == set()
        migrate_application(at_once=True)  # as flask upgrade does
        assert _tables() == built == set(Base.metadata.tables)


def test_no_model_change_waits_for_a_migration(app: Flask) -> None:
    assert pending_changes() == []


def test_who_writes_a_migration_reads_no_warnings_of_indexes_that_are_not_compared(app: Flask) -> None:
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        check(directory=app.extensions["migrate"].directory)
    assert [str(one.message) for one in given if "expression-based" in str(one.message)] == []


def test_partial_indexes_mean_the_same_in_models_and_database(app: Flask, testbed: Testbed) -> None:
    """Autogenerate does not compare conditions; the ones that decide races must be those of the models."""
    migrated = _conditions()
    with testbed.empty_app():
        Base.metadata.create_all(db.engine)
        declared = _conditions()
    assert migrated == declared


def _conditions() -> dict[str, str]:
    where = f"{db.engine.dialect.name}_where"
    return {str(index["name"]): str(index["dialect_options"][where])
            for table in Base.metadata.tables for index in inspect(db.engine).get_indexes(table)
            if index.get("dialect_options", {}).get(where) is not None}
