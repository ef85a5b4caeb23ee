"""A command's statements on the driver's own cursor: through SQLAlchemy each costs several times what its row does.

In the connection's transaction, so a statement that failed is not sent again."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def rows_by_driver(connection: Connection, sql: str, values: Any) -> Sequence[Sequence[Any]]:
    """Return the driver's own rows of a query. Raises what SQLAlchemy would, which runs it where somebody listens."""
    if connection.dispatch.before_cursor_execute:
        result = connection.exec_driver_sql(sql, values)
        rows: Sequence[Sequence[Any]] = result.cursor.fetchall()
        result.close()
        return rows
    cursor = _run(connection, sql, values)
    rows = cursor.fetchall()
    cursor.close()
    return rows


def change_by_driver(connection: Connection, sql: str, values: Any) -> int:
    """Run a change and return how many rows it met; a list of `values` are those of several rows. Raises the same."""
    if connection.dispatch.before_cursor_execute:
        return connection.exec_driver_sql(sql, values).rowcount
    cursor = _run(connection, sql, values)
    met: int = cursor.rowcount
    cursor.close()
    return met


def _run(connection: Connection, sql: str, values: Any) -> Any:
    if not connection.in_transaction():
        connection.begin()
    cursor = connection.connection.cursor()
    try:
        if isinstance(values, list):
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
    except connection.dialect.loaded_dbapi.Error as error:
        database = connection.dialect
        is_gone = database.is_disconnect(error, connection.connection.driver_connection, cursor)
        if is_gone:
            connection.invalidate(error)
        raise DBAPIError.instance(sql, None, error, database.loaded_dbapi.Error, hide_parameters=True,
                                  connection_invalidated=is_gone, dialect=database) from error
    return cursor
