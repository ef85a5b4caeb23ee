"""A command's statements on the driver's own cursor: through SQLAlchemy each costs several times what its row does.

In the connection's transaction, so a statement that failed is not sent again."""
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from flask import has_request_context
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
    if not connection.in_transaction():
        connection.begin()
    return _by_cursor(connection, sql, values, take)


def begin_by_driver(connection: Connection, sql: str) -> None:
    """Begin the transaction that SQLAlchemy has just begun. Raises the same."""
    if connection.dispatch.before_cursor_execute:
        connection.exec_driver_sql(sql)
    else:
        _by_cursor(connection, sql, (), lambda _: None)


def _by_cursor(connection: Connection, sql: str, values: Any, take: Callable[[Any], T]) -> T:
    """Run a statement and return what `take` takes from its cursor: a row may be refused only when it is fetched."""
    driver, cursor = connection.connection, None
    try:
        cursor = answer_of_libpq(connection, sql, values)
        if cursor is None:
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
        if cursor is not None:  # whoever keeps the error keeps it, too, and SQLite's connection by it
            with suppress(database.loaded_dbapi.Error):
                cursor.close()
        if is_gone:
            _drop(connection, error)
        raise DBAPIError.instance(sql, None, error, database.loaded_dbapi.Error, hide_parameters=True,
                                  connection_invalidated=is_gone, dialect=database) from error
    return taken


def answer_of_libpq(connection: Connection, sql: str, values: Any) -> Any:
    """Return what libpq answers on PostgreSQL (app/data/libpq.py), of a request; None where the driver is to ask.

    A signal could not interrupt libpq, and it ends jobs and commands of the terminal."""
    if connection.dialect.name != "postgresql" or isinstance(values, list) or not has_request_context():
        return None
    from app.data.libpq import answer_of_libpq  # SQLite's processes do not load psycopg

    return answer_of_libpq(connection, sql, values)


def roll_back_by_driver(connection: Connection) -> None:
    """Roll back what SQLAlchemy takes for ended: its COMMIT failed. The driver's error is passed over.

    To close it is not enough: SQLite keeps a closed connection, and its lock, while somebody has a statement of it."""
    if not connection.invalidated:
        with suppress(connection.dialect.loaded_dbapi.Error):
            connection.dialect.do_rollback(connection.connection)


def _drop(connection: Connection, error: Exception) -> None:
    """Have SQLAlchemy find out that the connection is dead: it drops the whole pool, which the same may have ended."""
    with suppress(DBAPIError):
        connection.exec_driver_sql("SELECT 1")
    if not connection.invalidated:
        connection.invalidate(error)
