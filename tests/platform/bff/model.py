"""What the BFF must answer, worked out by brute force: over rows in hand, in Python, without an index and without SQL.

Who sees a row is asked of the Python form of its visibility; words are cut by rules of its own."""
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.entity import Entity
from app.data.money import FACTORS
from app.data.reads import fetch
from app.data.visibility import ReadObject, attributes_of, those_visible
from blueprints.platform.bff.indexes import properties_of_object
from blueprints.platform.bff.rules import MEASURED, WORDED, Property

Row = Mapping[str, Any]
MOST_VALUES = 100


def stored(model: type[Entity]) -> list[dict[str, Any]]:
    """Return all rows of a table by wire name, hidden columns too."""
    names = attributes_of(model)
    rows = fetch(select(*(getattr(model, attribute) for attribute in names.values())))
    return [dict(zip(names, row, strict=True)) for row in rows]


def asking_price(row: Row) -> int | None:
    """Return what a listing costs now, in minor units: of an auction the current bid, else the start (FD-6)."""
    of_auction: int | None = row["startPrice"] if row["currentBid"] is None else row["currentBid"]
    price: int | None = row["price"]
    return of_auction if row["type"] == "AUCTION" else price


def still_runs(row: Row) -> bool:
    """Return whether an auction has an end that is still to come."""
    end = row["effectiveEnd"]
    return row["closedAt"] is None and end is not None and end >= now()


DERIVED: Mapping[str, Callable[[Row], Any]] = {"askingPrice": asking_price}
SORTS: Mapping[str, tuple[str, bool, Callable[[Row], bool]]] = {
    "newest": ("createdAt", True, lambda row: True), "priceAscending": ("askingPrice", False, lambda row: True),
    "priceDescending": ("askingPrice", True, lambda row: True),
    "endingSoonest": ("effectiveEnd", False, still_runs)}
"""What an order by a name means: its field, whether downwards, and which rows it has."""


class Model:
    """One data object as one caller sees it."""

    def __init__(self, one: ReadObject, actor: Actor, usual_currency: str = "USD") -> None:
        self._object, self._usual = one, usual_currency
        self._properties = properties_of_object(one)
        rows = stored(one.model)
        seen = those_visible(one.visibility, rows, actor)
        self.rows = [row for row, is_seen in zip(rows, seen, strict=True) if is_seen]

    def narrowed(self, among: Callable[[Row], bool]) -> "Model":
        """Return the same with some of the rows alone."""
        made = copy(self)
        made.rows = [row for row in self.rows if among(row)]
        return made

    def found(self, filters: Mapping[str, Any], words: str = "", searched: Sequence[str] = (),
              beginnings: Sequence[str] = ()) -> list[Row]:
        """Return the rows that fulfil all filters and hold the words."""
        rows = [row for row in self.rows if all(self._fulfils(row, name, one) for name, one in filters.items())]
        if not words.strip():
            return rows
        if searched:
            return [row for row in rows if _holds_words([row[name] for name in searched], words)]
        typed = words.strip()
        return [row for row in rows if any((row[name] or "").startswith(typed) for name in beginnings)]

    def ordered(self, rows: Sequence[Row], sort_by: str, descending: bool,
                filters: Mapping[str, Any] | None = None) -> list[str]:
        """Return their ids in order: nulls last either way, ties by id; amounts of other currencies count as none."""
        by_id = sorted(rows, key=lambda row: row["id"])
        there = [row for row in by_id if self._in_order(row, sort_by, filters or {}) is not None]
        none = [row["id"] for row in by_id if self._in_order(row, sort_by, filters or {}) is None]
        # sorted() keeps equal ones as they are, by id, in the reverse too.
        there.sort(key=lambda row: self.value(row, sort_by), reverse=descending)
        return [*(row["id"] for row in there), *none]

    def facet(self, filters: Mapping[str, Any], name: str, **asked: Any) -> dict[str, Any]:
        """Return what a facet says: without the filters on its own property."""
        own = self._properties[name].attribute
        others = {other: one for other, one in filters.items() if self._properties[other].attribute != own}
        rows = self.found(others, **asked)
        if self._properties[name].kind in MEASURED and name not in self._object.facets:
            known = [value for row in rows if (value := self._in_order(row, name, filters)) is not None]
            extent = {"min": min(known, default=None), "max": max(known, default=None)}
            money = self._properties[name].kind == "money"
            return extent | {"currency": self._currency(name, filters)} if money else extent
        values = [self.value(row, name) for row in rows]
        counted = Counter(_named(item) for value in values if value is not None
                          for item in (value if isinstance(value, list) else [value]))
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES])

    def _in_order(self, row: Row, name: str, filters: Mapping[str, Any]) -> Any:
        if self._properties[name].kind != "money":
            return self.value(row, name)
        return self.value(row, name) if row[self._of_currency(name)] == self._currency(name, filters) else None

    def _currency(self, name: str, filters: Mapping[str, Any]) -> str:
        said = filters.get(self._of_currency(name), {})
        values = said.get("values", [said.get("value")])
        return values[0] if said.get("operator") == "eq" and len(values) == 1 else self._usual

    def _of_currency(self, name: str) -> str:
        currency = self._properties[name].currency
        return next(wire for wire, attribute in attributes_of(self._object.model).items() if attribute == currency)

    def value(self, row: Row, name: str) -> Any:
        """Return a value as it is compared: amounts in units of their currency, choices by name or place."""
        one = self._properties[name]
        if one.place_of:
            return None if row[_wire(one)] is None else one.options.index(row[_wire(one)])
        value = DERIVED[name](row) if name in DERIVED else row[name]
        if one.kind == "money" and value is not None:
            currency = next(row[wire] for wire, attribute in attributes_of(self._object.model).items()
                            if attribute == one.currency)
            return Decimal(value) / FACTORS.get(currency, 100)
        return value

    def _fulfils(self, row: Row, name: str, said: Mapping[str, Any]) -> bool:
        one, operator = self._properties[name], said["operator"]
        value = self.value(row, name)
        items = value if isinstance(value, list) else [] if value is None else [value]
        if operator == "exists":
            return bool(items)
        if operator == "missing":
            return not items
        if operator == "range":
            low, high = (_typed(one, end) for end in said["values"])
            return value is not None and (low is None or value >= low) and (high is None or value <= high)
        wanted = [_typed(one, each) for each in said.get("values", [said.get("value")])]
        if operator == "noteq":
            return not any(item in wanted for item in items)
        if operator == "match" and one.kind in WORDED:
            return any(_holds_words([value], each.rstrip() + " ") for each in wanted)
        if operator in ("match_phrase", "match_phrase_prefix"):
            return any(_holds_phrase(item, each, operator.endswith("prefix")) for item in items for each in wanted)
        if operator in ("eq", "match"):
            return any(item in wanted for item in items)
        if operator == "prefix":
            return any(item.startswith(each) for item in items for each in wanted)
        assert operator == "wildcard"
        return any(re.fullmatch(_expression(each), item, re.DOTALL) for item in items for each in wanted)


def _expression(pattern: str) -> str:
    return "".join(".*" if letter == "*" else "." if letter == "?" else re.escape(letter) for letter in pattern)


def _typed(one: Property, value: Any) -> Any:
    if one.kind == "instant" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if one.kind == "money" and value is not None:
        return Decimal(str(value))
    return value


def _wire(one: Property) -> str:
    return one.name.removesuffix("_idx")


def _named(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def words_of(value: Any) -> list[str]:
    """Return the words of a text, or of all texts of a list, without case and accents."""
    text = " ".join(value) if isinstance(value, list) else str(value or "")
    plain = "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))
    return re.findall(r"[^\W_]+", plain)


def _holds_words(values: Sequence[Any], words: str) -> bool:
    held = {word for value in values for word in words_of(value)}
    wanted, is_open = words_of(words), not words.endswith(" ")
    if not wanted:
        return False
    *whole, last = wanted
    return set(whole) <= held and (last in held or (
        is_open and len(last) > 1 and any(word.startswith(last) for word in held)))


def _holds_phrase(value: str, phrase: str, is_open: bool) -> bool:
    held, wanted = words_of(value), words_of(phrase)
    if not wanted:
        return False
    for start in range(len(held) - len(wanted) + 1):
        part = held[start:start + len(wanted)]
        if part == wanted or (is_open and part[:-1] == wanted[:-1] and part[-1].startswith(wanted[-1])):
            return True
    return False
