"""What waits while the tables change is carried over: no work is lost and none is doubled, up, down and up again."""
from typing import Any

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from app.data.entity import db
from tests.testbed import Testbed

DUE_WORK = """INSERT INTO due_work (kind, subject, due_at, attempts, last_error)
    VALUES ('close-auction', 'a product', '2026-01-01T01:00:00.000Z', 0, NULL),
           ('expire-order', 'an order', '2026-01-01T01:00:00.000Z', 3, 'not yet')"""


def to(app: Flask, revision: str) -> None:
    """Bring the database up or down to a revision."""
    folder = app.extensions["migrate"].directory
    with db.engine.connect() as connection:
        is_there = db.inspect(connection).has_table("alembic_version")
        present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if is_there else ""
    (upgrade if revision > (present or "") else downgrade)(directory=folder, revision=revision)


def write(statement: str, **values: Any) -> None:
    """Run one statement in a transaction of its own."""
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(statement), values)


def rows(query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query as tuples."""
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_due_work_that_waits_becomes_the_marketplaces(testbed: Testbed) -> None:
    kept = [("close-auction", "a product", 0, None), ("expire-order", "an order", 3, "not yet")]
    with testbed.empty_app() as app:
        to(app, "0001")
        write(DUE_WORK)
        to(app, "0002")
        columns = "kind, subject, attempts, last_error"
        assert rows(f"SELECT realm, {columns} FROM due_work ORDER BY kind") == [("marketplace", *row) for row in kept]
        to(app, "0001")
        assert rows(f"SELECT {columns} FROM due_work ORDER BY kind") == kept
        to(app, "0002")
        assert rows(f"SELECT realm, {columns} FROM due_work ORDER BY kind") == [("marketplace", *row) for row in kept]


def test_of_a_piece_that_two_realms_owe_the_old_table_keeps_the_sooner(testbed: Testbed) -> None:
    with testbed.empty_app() as app:
        to(app, "0002")
        for realm, hour in (("marketplace", 2), ("network", 1)):
            write("INSERT INTO due_work (realm, kind, subject, due_at, attempts) VALUES (:realm, 'x', 'y', :at, :hour)",
                  realm=realm, hour=hour, at=f"2026-01-01T0{hour}:00:00.000Z")
        to(app, "0001")
        assert rows("SELECT kind, subject, attempts FROM due_work") == [("x", "y", 1)]
