"""Keyset paging: a page begins after a row, found by that row's values in the order instead of counting rows before it.

NULL counts as the greatest value on both databases, as PostgreSQL has it by itself."""
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    String,
    UnaryExpression,
    and_,
    bindparam,
    false,
    or_,
    true,
    tuple_,
)
from sqlalchemy.sql.operators import desc_op

from app.data.columns import Instant, iso, parse_iso
from app.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column of an order, its direction, and how its values are read from a cursor."""

    column: ColumnElement[Any]
    descending: bool
    read: Callable[[Any], Any]
    nullable: bool

    @property
    def clause(self) -> ColumnElement[Any]:
        """Return it as ORDER BY wants it."""
        clause = self.column.desc() if self.descending else self.column.asc()
        if not self.nullable:
            return clause
        return clause.nulls_first() if self.descending else clause.nulls_last()

    def same(self, value: BindParameter[Any] | None) -> ColumnElement[bool]:
        """Return the condition that a row has this value."""
        return self.column.is_(None) if value is None else self.column == value

    def later(self, value: BindParameter[Any] | None) -> ColumnElement[bool]:
        """Return the condition that a row's value comes after this one."""
        if value is None:
            return self.column.is_not(None) if self.descending else false()
        beyond = self.column < value if self.descending else self.column > value
        return or_(beyond, self.column.is_(None)) if self.nullable and not self.descending else beyond

    def not_before(self, value: BindParameter[Any] | None) -> ColumnElement[bool]:
        """Return the condition that a row's value is this one or comes after it, as a range of an index."""
        if value is None:
            return true() if self.descending else self.column.is_(None)
        within = self.column <= value if self.descending else self.column >= value
        return or_(within, self.column.is_(None)) if self.nullable and not self.descending else within


@dataclass(frozen=True, slots=True)
class RowOrder:
    """The order of a list, and the cursors that name a place in it; `fingerprint` tells one order from another."""

    keys: tuple[SortKey, ...]
    fingerprint: str

    @property
    def clauses(self) -> list[ColumnElement[Any]]:
        """Return the terms of ORDER BY."""
        return [key.clause for key in self.keys]

    @property
    def of_values(self) -> "RowOrder":
        """Return the same order of rows none of which is NULL in any of its columns."""
        return replace(self, keys=tuple(replace(key, nullable=False) for key in self.keys))

    @property
    def of_some_without_value(self) -> "RowOrder":
        """Return the same order of rows of which some have nothing in the first place, whatever their column says."""
        return replace(self, keys=(replace(self.keys[0], nullable=True), *self.keys[1:]))

    @property
    def parameters(self) -> list[str]:
        """Return the names under which a statement takes the values of a cursor."""
        return [f"after_{place}" for place in range(len(self.keys))]

    def cursor(self, values: Sequence[Any]) -> str:
        """Return the cursor of the row with these values, as the driver gave them; a caller can read them in it."""
        return _encode(self.fingerprint, [iso(value) if isinstance(value, datetime) else value for value in values])

    def values(self, cursor: str) -> dict[str, Any]:
        """Return what the cursor says of its row, by parameter; raises InvalidInput when it is none of this order."""
        found = _decode(self.fingerprint, cursor, len(self.keys))
        try:
            return {name: _read(key, value)
                    for name, key, value in zip(self.parameters, self.keys, found, strict=True)}
        except ValueError:
            raise _malformed() from None

    def behind(self, values: Mapping[str, Any]) -> ColumnElement[bool]:
        """Return the condition that rows come after the one with these values.

        It is the same for others that are NULL in the same places: they can be given when it is executed."""
        bound = [None if value is None else bindparam(name, value, key.column.type)
                 for key, (name, value) in zip(self.keys, values.items(), strict=True)]
        uniform = len({key.descending for key in self.keys}) == 1 and not any(key.nullable for key in self.keys)
        return self._by_row_value(bound) if uniform else self._by_steps(bound)

    def _by_row_value(self, bound: Sequence[Any]) -> ColumnElement[bool]:
        """One comparison of row values: the databases begin at that very place of the index."""
        columns, given = tuple_(*(key.column for key in self.keys)), tuple_(*bound)
        return columns < given if self.keys[0].descending else columns > given

    def _by_steps(self, bound: Sequence[Any]) -> ColumnElement[bool]:
        """The same written out, for directions that differ and for NULL: later by the first key, or the same and …"""
        condition: ColumnElement[bool] = false()
        for key, value in reversed(list(zip(self.keys, bound, strict=True))):
            condition = or_(key.later(value), and_(key.same(value), condition))
        return and_(self.keys[0].not_before(bound[0]), condition)


def row_order(*terms: Any, name: str = "") -> RowOrder:
    """Return the order by these columns (`column` or `column.desc()`); together they must be unique in the list.

    `name` tells it from others where terms are no columns. Raises TypeError for anything that a cursor cannot hold."""
    keys = tuple(_sort_key(term) for term in terms)
    said = ",".join(f"{name or f'{key.column.table.name}.{key.column.name}'} {key.descending}" for key in keys)
    return RowOrder(keys, _fingerprint(said))


def position_cursor(order: str, position: int) -> str:
    """Return a cursor for an order no column has (best match first): how many rows came before."""
    return _encode(_fingerprint(order), [position])


def position_of(order: str, cursor: str) -> int:
    """Return what `position_cursor` was given; raises InvalidInput when it is none of this order."""
    position = _decode(_fingerprint(order), cursor, 1)[0]
    if type(position) is not int or not 0 <= position < 2 ** 31:
        raise _malformed()
    return position


def _sort_key(term: Any) -> SortKey:
    descending = isinstance(term, UnaryExpression) and term.modifier is desc_op
    column = term.element if descending else term.expression
    reader = next((read for kind, read in _READERS if isinstance(column.type, kind)), None)
    if reader is None:
        raise TypeError(f"{column}: a cursor holds no {column.type!r}")
    return SortKey(column, descending, reader, bool(getattr(column, "nullable", True)))


def _whole(bits: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not -2 ** bits <= value < 2 ** bits:
            raise ValueError
        return value
    return read


def _flag(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError
    return bool(value)


def _words(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    return value


def _instant(value: Any) -> str | None:
    return iso(parse_iso(_words(value)))


# The first kind a column's type is an instance of counts.
_READERS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (Instant, _instant), (Boolean, _flag), (BigInteger, _whole(63)), (Integer, _whole(31)), (String, _words))


def _read(key: SortKey, value: Any) -> Any:
    if value is None:
        if not key.nullable:
            raise ValueError
        return None
    return key.read(value)


def _fingerprint(order: str) -> str:
    return blake2b(order.encode(), digest_size=4).hexdigest()


def _encode(fingerprint: str, values: Sequence[Any]) -> str:
    return urlsafe_b64encode(orjson.dumps([fingerprint, *values])).rstrip(b"=").decode()


def _decode(fingerprint: str, cursor: str, length: int) -> list[Any]:
    try:
        found = orjson.loads(b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except ValueError:
        raise _malformed() from None
    if not isinstance(found, list) or not found or not isinstance(found[0], str):
        raise _malformed()
    if found[0] != fingerprint:
        raise _refused("a cursor of another list or order")
    if len(found) != length + 1:
        raise _malformed()
    return found[1:]


def _malformed() -> InvalidInput:
    return _refused("not a cursor: expected `paging.next` of an answer of this list")


def _refused(said: str) -> InvalidInput:
    return InvalidInput(f"after: {said}", detail={"after": said})
