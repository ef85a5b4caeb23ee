"""A command's statements on the driver's own cursor: through SQLAlchemy each costs several times what its row does.

In the connection's transaction, so a statement that failed is not sent again."""
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")


def rows_by_driver(connection: Connection, sql: str, values: Any) -> Sequence[Sequence[Any]]:
    """Return the driver's own rows of a query. Raises what SQLAlchemy would, which runs it where somebody listens."""
    if connection.dispatch.before_cursor_execute:
        result = connection.exec_driver_sql(sql, values)
        rows: Sequence[Sequence[Any]] = result.cursor.fetchall()
        result.close()
        return rows
    return _run(connection, sql, values, lambda cursor: cursor.fetchall())


def change_by_driver(connection: Connection, sql: str, values: Any) -> int:
    """Run a change and return how many rows it met; a list of `values` are those of several rows. Raises the same."""
    if connection.dispatch.before_cursor_execute:
        return connection.exec_driver_sql(sql, values).rowcount
    return _run(connection, sql, values, lambda cursor: cursor.rowcount)


def _run(connection: Connection, sql: str, values: Any, take: Callable[[Any], T]) -> T:
    """Run a statement and return what `take` takes from its cursor: a row may be refused only when it is fetched."""
    if not connection.in_transaction():
        connection.begin()
    driver, cursor = connection.connection, None
    try:
        cursor = driver.cursor()
        if isinstance(values, list):
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
        taken = take(cursor)
        cursor.close()
    except connection.dialect.loaded_dbapi.Error as error:
        database = connection.dialect
        is_gone = database.is_disconnect(error, driver.driver_connection, cursor)
        if is_gone:
            _drop(connection, error)
        raise DBAPIError.instance(sql, None, error, database.loaded_dbapi.Error, hide_parameters=True,
                                  connection_invalidated=is_gone, dialect=database) from error
    return taken


def _drop(connection: Connection, error: Exception) -> None:
    """Have SQLAlchemy find out that the connection is dead: it drops the whole pool, which the same may have ended."""
    with suppress(DBAPIError):
        connection.exec_driver_sql("SELECT 1")
    if not connection.invalidated:
        connection.invalidate(error)
