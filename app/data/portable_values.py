"""The form of each column's value that both databases take, and the form in which two of them are compared.

Rows are moved without the models: what a type hides or mends when it is read (app/data/columns.py) must arrive, too."""
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    Text,
    cast,
    func,
    type_coerce,
)

from app.data.columns import Instant, Json, iso, parse_iso

_LARGEST_INTEGER = 2.0**63
_INSTANT_LENGTH = len("2026-01-01T00:00:00.000Z")
Form = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Portable:
    """How a kind of column is read on each database, and what is made of what the driver gave.

    `carried` makes what is written to the other database, `compared` what two databases must agree on."""

    on_sqlite: Callable[[Any], ColumnElement[Any]]
    on_postgresql: Callable[[Any], ColumnElement[Any]]
    carried: Form | None = None
    compared: Form | None = None


def _plain(column: Any) -> ColumnElement[Any]:
    return column


def _stored_text(column: Any) -> ColumnElement[Any]:
    return type_coerce(column, Text)


def _as_text(column: Any) -> ColumnElement[Any]:
    return cast(column, Text)


def _instant_text(column: Any) -> ColumnElement[Any]:
    in_utc = func.timezone("UTC", type_coerce(column, String))
    return type_coerce(func.to_char(in_utc, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), Text)


def _day_text(column: Any) -> ColumnElement[Any]:
    return type_coerce(func.to_char(column, "YYYY-MM-DD"), Text)


def _whole_instant(text: str) -> str:
    return text if len(text) == _INSTANT_LENGTH else str(iso(parse_iso(text)))


def _compact_json(text: str) -> str:
    return orjson.dumps(orjson.loads(text)).decode()


def _decimal_text(text: str) -> str:
    return f"{Decimal(text).normalize():f}"


def _comparable_json(text: str) -> Any:
    """Return a JSON value with its numbers as jsonb gives them back: 1e5 and 100000.0 are the number 100000."""
    return _comparable_numbers(orjson.loads(text))


def _comparable_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _comparable_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_comparable_numbers(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_INTEGER:
        return int(value)
    return value


# The first kind that fits counts: Float is a Numeric, Text a String.
PORTABLES: tuple[tuple[tuple[type, ...], Portable], ...] = (
    ((Instant,), Portable(_stored_text, _instant_text, _whole_instant)),
    ((Json, JSON), Portable(_stored_text, _as_text, _compact_json, _comparable_json)),
    ((Boolean,), Portable(_plain, _plain, bool)),
    ((Integer, Float), Portable(_plain, _plain)),
    ((Numeric,), Portable(_as_text, _as_text, _decimal_text)),
    ((Date,), Portable(_stored_text, _day_text)),
    ((LargeBinary,), Portable(_plain, _plain, bytes, bytes.hex)),
    ((String,), Portable(_stored_text, _stored_text)),
)


def portable_of(column: Column[Any]) -> Portable:
    """Return how this column is moved; raises TypeError for a type that nobody has thought of."""
    type_: Any = column.type
    for candidate in (type_, getattr(type_, "impl_instance", type_)):
        for kinds, portable in PORTABLES:
            if isinstance(candidate, kinds):
                return portable
    raise TypeError(f"{column} has the type {type_!r}, which nobody knows how to move: app/data/portable_values.py")


class PortableTable:
    """One table as its rows are moved and compared, on one of the two databases."""

    def __init__(self, table: Table, dialect: str) -> None:
        self.table = table
        self.dialect = dialect
        self._portables = [portable_of(column) for column in table.columns]

    @cached_property
    def columns(self) -> list[ColumnElement[Any]]:
        """What is selected, in the order of the table's columns."""
        read = "on_sqlite" if self.dialect == "sqlite" else "on_postgresql"
        return [getattr(portable, read)(column).label(column.name)
                for portable, column in zip(self._portables, self.table.columns, strict=True)]

    @cached_property
    def key(self) -> list[ColumnElement[Any]]:
        """The columns that rows are ordered by: the primary key, its texts by code point on both databases."""
        return [self._ordered(column) for column in self.table.primary_key]

    @cached_property
    def key_places(self) -> list[int]:
        """Where the key stands among the columns."""
        names = [column.name for column in self.table.columns]
        return [names.index(column.name) for column in self.table.primary_key]

    def carried(self, row: Any) -> list[Any]:
        """Return what is written to the other database."""
        values = list(row)
        for place, form in self._carried:
            if values[place] is not None:
                values[place] = form(values[place])
        return values

    def compared(self, carried: list[Any]) -> bytes:
        """Return one text for all that the row says, of what `carried` returned."""
        values = list(carried)
        for place, form in self._compared:
            if values[place] is not None:
                values[place] = form(values[place])
        return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)

    def key_of(self, carried: list[Any]) -> tuple[Any, ...]:
        """Return the key of a row that `carried` returned."""
        return tuple(carried[place] for place in self.key_places)

    @cached_property
    def _carried(self) -> list[tuple[int, Form]]:
        return [(place, portable.carried) for place, portable in enumerate(self._portables) if portable.carried]

    @cached_property
    def _compared(self) -> list[tuple[int, Form]]:
        return [(place, portable.compared) for place, portable in enumerate(self._portables) if portable.compared]

    def _ordered(self, column: Column[Any]) -> ColumnElement[Any]:
        is_text = self.dialect == "postgresql" and isinstance(column.type, String)
        return column.collate("C") if is_text else column
