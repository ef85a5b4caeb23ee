"""A lease in a table row: one owner until a time, decided by the database."""
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, or_, true, update

from app.data.upserts import upsert_of
from blueprints.organization.application.instants import instant_text


def take_lease(connection: Connection, table: Table, key: dict[str, str], owner: str, now: datetime,
               until: datetime, unless: ColumnElement[bool] | None = None) -> bool:
    """Take, or renew, the lease in the row `key` of `table`; False while another holds it, or `unless` is true."""
    values = {"owner": owner, "until": instant_text(until)}
    allowed = true() if unless is None else ~unless
    free = or_(table.c.owner == owner, table.c.until < instant_text(now))
    if connection.execute(update(table).where(*row_is(table, key), free, allowed).values(values)).rowcount:
        return True
    statement = upsert_of(connection.dialect.name)(table).values(**key, **values).on_conflict_do_nothing()
    return connection.execute(statement.returning(table.c.owner)).first() is not None


def free_lease(connection: Connection, table: Table, key: dict[str, str], owner: str, **values: Any) -> None:
    """Let others have the lease, if `owner` still holds it."""
    connection.execute(update(table).where(*row_is(table, key), table.c.owner == owner).values(until="", **values))


def row_is(table: Table, key: dict[str, str]) -> list[ColumnElement[bool]]:
    """Return the conditions that name the row."""
    return [table.c[name] == value for name, value in key.items()]
