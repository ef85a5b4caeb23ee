"""New rows without the ORM's flush, which costs twice as much: an INSERT compiled once per table and database.

For rows whose every value is known beforehand: data objects, whose ids are made here, and outbox records."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, bindparam, insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import class_mapper

from app.data.changes import OutboxRecord
from app.data.driver import change_by_driver
from app.data.entity import Base, Entity
from app.data.loaded_rows import take_as_loaded
from app.data.prepared_write import PreparedWrite, prepared_write
from app.data.sqlite_write_lock import sqlite_write_lock

FIRST_VERSION = 1
_OF_RECORD = "outbox_"
_MOST_AT_ONCE = 4  # rows of one statement: what most commands tell; more go by the driver's own way for many


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows given by column name; the database draws an autoincremented id. Raises IntegrityError."""
    table, count = cast(Table, model.__table__), len(rows)
    if count <= _MOST_AT_ONCE:
        statement = _insert(table, connection.dialect, count)
        change_by_driver(connection, statement.sql, statement.values(rows[0] if count == 1 else _by_place(rows)))
    else:
        statement = _insert(table, connection.dialect)
        change_by_driver(connection, statement.sql, [statement.values(row) for row in rows])


def complete_entities(entities: Iterable[Entity]) -> None:
    """Give new data objects version 1 and the default of what was not given: their rows are known before the insert."""
    for entity in entities:
        row = vars(entity)
        row["record_version"] = FIRST_VERSION
        for name, default in _defaults(type(entity)):
            if row.get(name) is None:
                row[name] = default()


def insert_entities(connection: Connection, entities: Iterable[Entity]) -> None:
    """Insert complete data objects; they are then what a session would have loaded. Raises IntegrityError."""
    by_model: dict[type[Entity], list[Entity]] = {}
    for entity in entities:
        by_model.setdefault(type(entity), []).append(entity)
    for model, alike in by_model.items():
        insert_rows(connection, model, [vars(entity) for entity in alike])
    for entity in chain.from_iterable(by_model.values()):  # once all are in: of a refused flush none is loaded
        take_as_loaded(entity)


def insert_at_once(connection: Connection, entity: Entity, record: Mapping[str, Any]) -> bool:
    """Insert a complete data object and its outbox record in a transaction of their own; returns whether that is done.

    `connection` is one that reads: no transaction is open on it. The driver does it: PostgreSQL's by one statement
    instead of four. Where somebody listens to statements, or the database refuses them, nothing is done: the ordinary
    way tells the listener, or what is wrong. Raises OperationalError when the database went away meanwhile."""
    if connection.dispatch.before_cursor_execute or connection.dispatch.commit:
        return False
    if connection.dialect.name == "sqlite":
        return _insert_by_sqlite(connection, entity, record)
    return _insert_by_postgresql(connection, entity, record)


def _insert_by_sqlite(connection: Connection, entity: Entity, record: Mapping[str, Any]) -> bool:
    driver = cast(Any, connection.connection.driver_connection)
    row_insert, record_insert = (_insert(cast(Table, table), connection.dialect)
                                 for table in (entity.__table__, OutboxRecord.__table__))
    row_values, record_values = row_insert.values(vars(entity)), record_insert.values(record)
    with sqlite_write_lock():
        try:
            driver.execute("BEGIN IMMEDIATE")
            driver.execute(row_insert.sql, row_values)
            driver.execute(record_insert.sql, record_values)
            driver.execute("COMMIT")
        except BaseException as error:
            driver.rollback()
            if not isinstance(error, connection.dialect.loaded_dbapi.Error):
                raise
            return False
    return True


def _insert_by_postgresql(connection: Connection, entity: Entity, record: Mapping[str, Any]) -> bool:
    database, driver = connection.dialect.loaded_dbapi, cast(Any, connection.connection.driver_connection)
    if not driver.autocommit:  # then the statement would wait for a COMMIT that nobody sends
        return False
    both = _insert_with_record(cast(Table, entity.__table__), connection.dialect)
    values = both.values(vars(entity) | {f"{_OF_RECORD}{name}": value for name, value in record.items()})
    try:
        # Its other cursors look for the places of more than 50 values anew at each call.
        database.RawCursor(driver).execute(both.sql, values)
    except database.Error as error:
        # The server said no, so nothing is done; one that ends the connection (57P…) may have done it before.
        has_said_no = error.sqlstate is not None and not error.sqlstate.startswith("57P")
        if has_said_no or isinstance(error, database.DataError):  # data that the driver refuses is not sent
            return False
        connection.invalidate(error)
        raise OperationalError(None, None, error) from error
    return True


def _by_place(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()}


@cache
def _insert(table: Table, dialect: Dialect, count: int = 1) -> PreparedWrite:
    """Return the statement for so many rows; the names of several are those of `_by_place`."""
    columns = {name: table.columns[name] for name in _given_names(table)}
    if count == 1:
        return prepared_write(insert(table).inline().compile(dialect=dialect, column_keys=list(columns)), dialect,
                              columns)
    rows = [{name: bindparam(f"{name}_{place}", type_=column.type) for name, column in columns.items()}
            for place in range(count)]
    return prepared_write(insert(table).inline().values(rows).compile(dialect=dialect), dialect, {
        f"{name}_{place}": column for place in range(count) for name, column in columns.items()})


@cache
def _insert_with_record(table: Table, dialect: Dialect) -> PreparedWrite:
    """Return PostgreSQL's statement for a row of the table and its outbox record, whose names begin with `outbox_`."""
    records = cast(Table, OutboxRecord.__table__)
    of_row = {name: table.columns[name] for name in _given_names(table)}
    of_record = {f"{_OF_RECORD}{name}": records.columns[name] for name in _given_names(records)}
    row = insert(table).inline().values({name: bindparam(name, type_=column.type) for name, column in of_row.items()})
    record = insert(records).inline().values(
        {column.name: bindparam(name, type_=column.type) for name, column in of_record.items()})
    numbered = cast(Any, type(dialect))(paramstyle="numeric_dollar")
    return prepared_write(record.add_cte(row.cte("new_row")).compile(dialect=numbered), dialect, of_row | of_record)


def _given_names(table: Table) -> list[str]:
    return [column.name for column in table.columns if column is not table.autoincrement_column]


@cache
def _defaults(model: type[Entity]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    """Return what makes the value of each attribute that was not given: its column's default, or None."""
    return tuple((attribute.key, _default(attribute.columns[0])) for attribute in class_mapper(model).column_attrs)


def _default(column: Any) -> Callable[[], Any]:
    made = column.default
    if column.server_default is not None or column.key != column.name or not (
            made is None or made.is_scalar or made.is_callable):
        raise TypeError(f"{column}: the default of a data object is a value or a function, and its column is named as "
                        "its attribute, so that its row is known before it is inserted")
    if made is not None and made.is_callable:
        return lambda: made.arg(None)
    return lambda: None if made is None else made.arg
