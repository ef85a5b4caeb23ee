"""Runs statements that are always the same on the driver itself: through SQLAlchemy each call costs more than the row.

Not for statements that differ from call to call: those are SQLAlchemy's to compile."""
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Select, bindparam

from app.data.driver import answer_of_libpq, rows_by_driver


def fetch_prepared(connection: Connection, query: Select[Any], values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Return the driver's own rows; `query` must be one object for the life of the process.

    Where somebody listens to statements, or the driver refuses, SQLAlchemy takes over: it tells the listener, names the
    error and drops a dead connection."""
    if not connection.dispatch.before_cursor_execute:
        text, names = _compiled(query, connection.dialect)
        try:
            cursor = answer_of_libpq(connection, text, values)
            if cursor is None:
                cursor = connection.connection.cursor()
                cursor.execute(text, values if names is None else [values[name] for name in names])
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
            cursor.close()
            return rows
        except connection.dialect.loaded_dbapi.Error:
            pass
    return fetch_raw(connection, query, values)


def fetch_typed(connection: Connection, query: Select[*tuple[Any, ...]],
                values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Return the same, each value as its column has it in Python: datetimes, booleans, addresses that do no harm."""
    readers = _readers(query, connection.dialect)
    return [tuple([value if read is None else read(value) for read, value in zip(readers, row, strict=True)])
            for row in fetch_prepared(connection, query, values)]


@lru_cache(maxsize=1024)
def _readers(query: Select[Any], dialect: Dialect) -> tuple[Callable[[Any], Any] | None, ...]:
    return tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in query.selected_columns)


def fetch_prepared_within(connection: Connection, query: Select[Any],
                          values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Return the same in the connection's transaction; raises what SQLAlchemy would (app/data/driver.py)."""
    text, names = _compiled(query, connection.dialect)
    return rows_by_driver(connection, text, values if names is None else tuple([values[name] for name in names]))


def fetch_prepared_among(connection: Connection, query: Callable[[int], Select[Any]],
                         ids: Collection[str]) -> Sequence[Sequence[Any]]:
    """Return the driver's own rows of the query for these ids; `query(count)` is the prepared one for so many.

    The last id is repeated up to the next power of two, so that a process prepares few of them. Its condition on the
    ids is `is_among(column, count)`."""
    values = among(ids)
    return fetch_prepared(connection, query(len(values)), values)


def among(ids: Collection[str]) -> dict[str, str]:
    """Return the parameters of `is_among` for these ids, at least one: as many as the next power of two."""
    given = list(ids)
    count = 1 << (len(given) - 1).bit_length()
    given += given[-1:] * (count - len(given))
    return {f"id_{place}": id_ for place, id_ in enumerate(given)}


def is_among(column: Any, count: int) -> ColumnElement[bool]:
    """Return the condition that a column is one of `count` ids, given to fetch_prepared_among."""
    among: ColumnElement[bool] = column.in_([bindparam(f"id_{place}") for place in range(count)])
    return among


def fetch_raw(connection: Connection, query: Select[Any], values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Return the driver's own rows of any query: SQLAlchemy's row objects would cost as much as the query."""
    result = connection.execute(query, values)
    rows: Sequence[Sequence[Any]] = result.cursor.fetchall()
    result.close()
    return rows


@lru_cache(maxsize=1024)
def _compiled(query: Select[Any], dialect: Dialect) -> tuple[str, list[str] | None]:
    """Return the SQL and, where the driver numbers its parameters, their names in order."""
    compiled = query.compile(dialect=dialect)
    return str(compiled), compiled.positiontup
