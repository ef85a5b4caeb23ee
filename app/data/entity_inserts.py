"""New rows without the ORM's flush, which costs twice as much: an INSERT compiled once per table and database.

For rows whose every value is known beforehand: data objects, whose ids are made here, and outbox records."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.orm import class_mapper, make_transient_to_detached

from app.data.entity import Base, Entity

FIRST_VERSION = 1
_Read = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class _Insert:
    """The statement, and how the database takes the values of its columns, in their order."""

    sql: str
    is_positional: bool
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def values(self, row: Mapping[str, Any]) -> Any:
        """Return the parameters of one row, given by column name."""
        if self.is_positional:
            return tuple([row[name] if bound is None else bound(row[name]) for name, bound in self.columns])
        return {name: row[name] if bound is None else bound(row[name]) for name, bound in self.columns}


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows given by column name; the database draws an autoincremented id. Raises IntegrityError."""
    statement = _insert(cast(Table, model.__table__), connection.dialect)
    values = [statement.values(row) for row in rows]
    connection.exec_driver_sql(statement.sql, values if len(values) > 1 else values[0])


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
    for entity in chain.from_iterable(by_model.values()):  # after the last: of a refused flush none is known
        make_transient_to_detached(entity)


@cache
def _insert(table: Table, dialect: Dialect) -> _Insert:
    drawn = table.autoincrement_column
    names = [column.name for column in table.columns if column is not drawn]
    compiled = insert(table).inline().compile(dialect=dialect, column_keys=names)
    order = cast(Any, compiled).positiontup or names
    return _Insert(str(compiled), cast(Any, compiled).positional, tuple(
        (name, table.columns[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in order))


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
