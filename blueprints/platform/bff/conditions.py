"""The conditions of a request as SQL, with one meaning on both databases (front-door.md, "Same meaning").

Keywords are compared exactly and in the order of code points, amounts in units of their own currency."""
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import lcm
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    case,
    collate,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from app.data.entity import Entity
from app.data.folded import has_part
from app.data.money import FACTORS
from app.search.text import query_words
from blueprints.platform.bff.rules import LISTS, FieldCondition, Property, pattern_parts

_FINEST = lcm(*FACTORS.values())
"""In how many parts one unit of any currency is divided, so that all amounts are whole numbers."""
_WORDS = frozenset({"string", "text", "link", "id", "choice"})
_USUAL_FACTOR = 100
_DIGIT = re.compile(r"\d")
"""What may be written with separators in a text, and without them in a query."""


def is_fulfilled(model: type[Entity], one: FieldCondition, dialect: str) -> ColumnElement[bool]:
    """Return the condition of SQL, `sqlite` or `postgresql`; not for conditions that ask for words."""
    return _In(model, one.of, dialect).condition(one.operator, one.values)


@dataclass(frozen=True)
class Placed:
    """What rows are put in order by, and the conditions of those that have it, and of those that have not."""

    value: ColumnElement[Any]
    is_there: ColumnElement[bool]
    is_missing: ColumnElement[bool]


def placed_by(model: type[Entity], one: Property, dialect: str, currency: str) -> Placed:
    """Return what rows are put in order by when they are sorted by this property: amounts, in minor units, in one
    currency, since those of others are neither more nor less (FD-6)."""
    at = _In(model, one, dialect)
    if one.kind != "money":
        return Placed(at.ordered, at.column.is_not(None), at.column.is_(None))
    of_row = getattr(model, str(one.currency))
    return Placed(at.column, and_(of_row == currency, at.column.is_not(None)),
                  or_(of_row.is_distinct_from(currency), at.column.is_(None)))


def counted_values(model: type[Entity], one: Property, dialect: str) -> tuple[ColumnElement[Any], Any]:
    """Return the value that a facet of this property counts, and for a list what the table is joined with for it."""
    at = _In(model, one, dialect)
    if one.kind not in LISTS:
        return at.column, None
    members = at.members()
    return members.c.value, members


def may_hold(model: type[Entity], searched: Collection[Property], words: str) -> tuple[ColumnElement[bool], ...]:
    """Return what every row fulfils that holds these words in one of the properties: nothing, unless each of them has
    its folded text in a column beside it. So all rows are asked, and not the newest alone."""
    columns = model.__table__.c
    folded = {column.info["folds"]: column for column in columns if "folds" in column.info}
    if not searched or not {one.attribute for one in searched} <= folded.keys():
        return ()
    one_way = (ways[0][0] for ways in query_words(words) if len(ways) == len(ways[0]) == 1)
    plain = [word for word in one_way if not _DIGIT.search(word)]
    return tuple(or_(*(has_part(folded[one.attribute], word) for one in searched)) for word in plain)


def in_code_point_order(value: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return a text as it is ordered on both databases."""
    return collate(value, "C") if dialect == "postgresql" else value


def in_units(minor: int, currency: str) -> float | int:
    """Return an amount, which `placed_by` has in minor units, in units of its currency."""
    factor = FACTORS.get(currency, _USUAL_FACTOR)
    return minor // factor if minor % factor == 0 else minor / factor


class _In:
    """One property of a model in one database."""

    def __init__(self, model: type[Entity], one: Property, dialect: str) -> None:
        self.model, self.one, self.dialect = model, one, dialect
        column: Any = getattr(model, one.attribute)
        self.column = type_coerce(column, String) if one.kind == "link" else column

    @property
    def ordered(self) -> ColumnElement[Any]:
        """The value as it is compared by more and less."""
        kind: str = self.one.kind
        if self.one.place_of:
            return case({option: place for place, option in enumerate(self.one.options)}, value=self.column)
        if kind == "money":
            currency = getattr(self.model, str(self.one.currency))
            odd = {code: _FINEST // factor for code, factor in FACTORS.items() if factor != _USUAL_FACTOR}
            parts = case(odd, value=currency, else_=literal(_FINEST // _USUAL_FACTOR, BigInteger))
            return type_coerce(self.column * parts, BigInteger)
        return in_code_point_order(self.column, self.dialect) if kind in _WORDS - {"id"} else self.column

    def condition(self, operator: str, values: Sequence[Any]) -> ColumnElement[bool]:
        """Return the condition that the operator stands for."""
        return _MEANINGS[operator](self, values)

    def there(self, _values: Sequence[Any]) -> ColumnElement[bool]:
        """It has a value; a list has a member."""
        if self.one.kind in (*LISTS, "objects"):
            length = func.jsonb_array_length if self.dialect == "postgresql" else func.json_array_length
            return and_(self.column.is_not(None), length(self.column) > 0)
        found: ColumnElement[bool] = self.column.is_not(None)
        return found

    def missing(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """It has none."""
        if self.one.kind in (*LISTS, "objects"):
            return or_(self.column.is_(None), not_(self.there(values)))
        found: ColumnElement[bool] = self.column.is_(None)
        return found

    def equals(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """It has one of these values; of a list, one of its members is one of them."""
        if self.one.kind in LISTS:
            return self.has_member(lambda member: member.in_(values))
        compared, wanted = self._compared(values)
        return compared.in_(wanted) if wanted else false()

    def differs(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """It has none of these values, or no value at all."""
        if self.one.kind in LISTS:
            return not_(self.equals(values))
        compared, wanted = self._compared(values)
        return or_(self.column.is_(None), compared.not_in(wanted)) if wanted else true()

    def lies_within(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """It has a value from the first to the second, both of them included; None is open."""
        low, high = values
        parts: list[ColumnElement[bool]] = [self.column.is_not(None)]
        if low is not None:
            parts.append(self.ordered >= self._end(low, ROUND_CEILING))
        if high is not None:
            parts.append(self.ordered <= self._end(high, ROUND_FLOOR))
        return and_(*parts)

    def begins(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """It begins with one of these texts, letter by letter."""
        def begins(value: Any) -> ColumnElement[bool]:
            return or_(*(func.substr(value, 1, len(text)) == text for text in values))
        return self._of_value_or_member(begins)

    def has_form(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """The whole of it has the form of one of these patterns."""
        def has_form(value: Any) -> ColumnElement[bool]:
            return or_(*(self._like(value, pattern) for pattern in values))
        return self._of_value_or_member(has_form)

    def members(self) -> Any:
        """The members of a list as a table with a column `value`."""
        rows = func.jsonb_array_elements_text if self.dialect == "postgresql" else func.json_each
        return rows(self.column).table_valued("value", joins_implicitly=True)

    def has_member(self, condition: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
        """One of the members of a list fulfils a condition."""
        members = self.members()
        return select(literal(1)).select_from(members).where(condition(members.c.value)).exists()

    def _of_value_or_member(self, condition: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
        if self.one.kind in LISTS:
            return self.has_member(condition)
        return and_(self.column.is_not(None), condition(self.column))

    def _like(self, value: Any, pattern: str) -> ColumnElement[bool]:
        signs, escape = _SIGNS[self.dialect]
        written = "".join(signs[part] if is_sign else "".join(escape(letter) for letter in part)
                          for part, is_sign in pattern_parts(pattern))
        if self.dialect == "postgresql":
            found: ColumnElement[bool] = value.like(written, escape="\\")
            return found
        glob: ColumnElement[bool] = value.op("GLOB", is_comparison=True)(literal(written, String))
        return glob

    def _compared(self, values: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Return what is compared and with which of the values: of numbers those that it can have."""
        if self.one.kind == "money":
            return self.ordered, _whole(_parts(value) for value in values)
        if self.one.kind == "integer":
            # As wide as what is asked: in PostgreSQL a number beyond the column's own width would be an error.
            compared = type_coerce(self.ordered if self.one.place_of else self.column, BigInteger)
            return compared, _whole(Decimal(str(value)) for value in values)
        return self.column, list(values)

    def _end(self, value: Any, rounding: str) -> Any:
        if self.one.kind in ("money", "integer"):
            exact = _parts(value) if self.one.kind == "money" else Decimal(str(value))
            return literal(int(exact.to_integral_value(rounding)), BigInteger)
        return literal(value, self.column.type)


_MEANINGS: dict[str, Callable[[_In, Sequence[Any]], ColumnElement[bool]]] = {
    "eq": _In.equals, "match": _In.equals, "noteq": _In.differs, "range": _In.lies_within, "exists": _In.there,
    "missing": _In.missing, "prefix": _In.begins, "wildcard": _In.has_form}
_SIGNS: dict[str, tuple[dict[str, str], Callable[[str], str]]] = {
    "sqlite": ({"*": "*", "?": "?"}, lambda letter: f"[{letter}]" if letter in "*?[" else letter),
    "postgresql": ({"*": "%", "?": "_"}, lambda letter: f"\\{letter}" if letter in "%_\\" else letter)}


def _parts(amount: int | float) -> Decimal:
    return Decimal(str(amount)) * _FINEST


def _whole(values: Any) -> list[int]:
    return [int(value) for value in values if value == value.to_integral_value()]
