"""The numbered migrations: which is the newest, which a database stands at, and how it is brought to one."""
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import Engine, inspect, text

from app.data.entity import db
from app.settings import SettingsError

if TYPE_CHECKING:
    from flask_migrate import Migrate

MIGRATIONS = Path(__file__).parents[2] / "migrations"
MIGRATIONS_TABLE = "alembic_version"
COPY_TABLE = "database_copy"
"""Stands in the target of `flask db copy` until that is whole (app/ops/database_copy.py)."""
_NUMBERS = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = "(\w+)"', re.MULTILINE)
COPY_GOES_ON = "flask db copy with the same --to goes on with it, --restart begins anew"


class MigrateOnDemand:
    """Stands in `app.extensions["migrate"]` for flask_migrate, which imports Alembic: a server asks it for nothing."""

    def __init__(self) -> None:
        self.directory = str(MIGRATIONS)

    @cached_property
    def migrate(self) -> "Migrate":
        """The extension itself, as the commands of `flask db` ask for it."""
        from flask_migrate import Migrate

        return Migrate(directory=self.directory)


def migrations_folder() -> Path:
    """Return the folder of the application's migrations; one of the terminal has those of the code."""
    served = current_app.extensions.get("migrate")
    return MIGRATIONS if served is None else Path(served.directory)


def newest_migration() -> str | None:
    """Return the number of the newest migration: that no other comes after. Read from the files, without Alembic, which
    takes as long to import as all else a command of the terminal needs. Raises RuntimeError where there are two."""
    found = {kind: set[str]() for kind in ("revision", "down_revision")}
    for file in (migrations_folder() / "versions").glob("*.py"):
        for kind, number in _NUMBERS.findall(file.read_text()):
            found[kind].add(number)
    newest = sorted(found["revision"] - found["down_revision"])
    if len(newest) > 1:
        raise RuntimeError(f"after none of the migrations {', '.join(newest)} comes another: one is the newest")
    return newest[0] if newest else None


def present_migration(engine: Engine) -> str | None:
    """Return the number of the migration that a database stands at; None before the first."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(MIGRATIONS_TABLE):
            return None
        return connection.execute(text(f"SELECT version_num FROM {MIGRATIONS_TABLE}")).scalar()


def migrate(engine: Engine, *, at_once: bool = False) -> None:
    """Bring a database up to the newest migration; each runs in a transaction of its own, or `at_once` all in one."""
    from alembic import command
    from alembic.config import Config

    config = Config(str(migrations_folder() / "alembic.ini"))
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes |= {"engine": engine, "at_once": at_once}
    command.upgrade(config, "head")


def migrate_application(*, at_once: bool = False) -> None:
    """Bring the application's own database to the newest migration, as `migrate` does.

    Raises SettingsError for the target of a copy that is not whole: nothing may be served from it."""
    if is_unfinished_copy(db.engine):
        raise SettingsError(f"DATABASE_URL: a copy into this database is not whole: {COPY_GOES_ON}")
    if present_migration(db.engine) != newest_migration():  # else Alembic, dear to import, has nothing to do
        migrate(db.engine, at_once=at_once)


def is_unfinished_copy(engine: Engine) -> bool:
    """Tell whether this database is the target of a copy that is not whole."""
    with engine.connect() as connection:
        return inspect(connection).has_table(COPY_TABLE)
