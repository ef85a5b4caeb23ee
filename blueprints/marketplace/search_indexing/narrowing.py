"""How a search of records is narrowed, counted and ordered beside its words: by what listings are and cost.

These are read from the index alone; without any of them and without words a list is SQL."""
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from app.clock import now
from app.data.columns import iso
from app.data.reads.read_request import ReadRequest
from app.errors import InvalidInput
from app.runtime import runtime
from app.search import Filter, Sort
from app.search.rows import WORDLESS_RELEVANCE
from blueprints.marketplace.product_listing.rules import CONDITIONS, TYPES

PRICE, RELEVANCE = "askingPrice", "relevance"
CHOICES: Mapping[str, tuple[str, ...] | None] = {
    "type": TYPES, "condition": CONDITIONS, "categoryId": None, "subcategoryId": None, "sellerId": None,
    "currency": None}
"""What is compared as a whole, with the values it may have where these are known."""
FACETS = ("documentType", "type", "condition", "categoryId", "subcategoryId", "sellerId", "currency", PRICE)
SORTS: Mapping[str, Sort | None] = {
    RELEVANCE: None, "priceAscending": Sort(PRICE), "priceDescending": Sort(PRICE, descending=True),
    "newest": Sort("createdAt", descending=True), "endingSoonest": Sort("endBidDate")}
_MOST_VALUES, _MOST_LENGTH = 100, 64

ARGUMENTS: dict[str, str] = {
    **{name: f"one or more of {', '.join(values)}, separated by commas" if values else "one or more values, separated "
       "by commas" for name, values in CHOICES.items()},
    "priceFrom": "the least asking price: of a listing its price, of an auction the current bid, without one the "
                 "start; in `currency`, else in that of MARKETPLACE_CURRENCY",
    "priceTo": "the highest asking price, likewise",
    "sort": f"one of {', '.join(SORTS)}; {RELEVANCE} with words in q; prices within one currency, as above; of "
            "auctions those that still run",
    "facets": f"what is counted, separated by commas: {', '.join(FACETS)}",
}
EXTRAS: dict[str, Any] = {
    "facets": {"type": "object", "description": "of each facet asked for, how often each value occurs among all that "
               "is found, most frequent first, at most 100; a filter does not narrow the facet of its own field",
               "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}}},
    "ranges": {"type": "object", "description": "with facets=askingPrice: the least and the highest asking price in "
               "one currency among all that is found; a filter of prices does not narrow it",
               "additionalProperties": {"type": "object", "properties": {
                   "min": {"type": ["number", "null"]}, "max": {"type": ["number", "null"]},
                   "currency": {"type": "string"}}}}}


@dataclass(frozen=True)
class Narrowed:
    """What was asked of a search beside its words; `currency` is that of prices, and holds where prices matter."""

    chosen: Mapping[str, tuple[str, ...]]
    price: tuple[str | None, str | None]
    currency: str
    sort: str
    facets: tuple[str, ...]

    @property
    def is_any(self) -> bool:
        """Whether anything was asked."""
        return bool(self.chosen or any(self.price) or self.sort or self.facets)

    @property
    def order(self) -> Sort | None:
        """The order asked for; None is that of relevance."""
        return SORTS[self.sort] if self.sort else None

    @property
    def is_timeless(self) -> bool:
        """Whether an answer may be remembered: what still runs changes by the clock."""
        return self.sort != "endingSoonest"

    def filters(self, without: str = "") -> list[Filter]:
        """Return the conditions, those of one facet left out."""
        found = [Filter(name, "in", values) for name, values in self.chosen.items() if name != without]
        if any(self.price) and without != PRICE:
            found.append(Filter(PRICE, "range", self.price))
        if without == PRICE or ((any(self.price) or self.sort.startswith("price")) and without != "currency"):
            found += [] if "currency" in self.chosen else [Filter("currency", "in", [self.currency])]
        if self.sort == "endingSoonest":
            found.append(Filter("endBidDate", "range", (iso(now()), None)))
        return found


def narrowed_by(asked: ReadRequest) -> Narrowed:
    """Return what a search was asked beside its words. Raises InvalidInput, which names the parameter."""
    given = asked.arguments
    chosen = {name: _values(name, given[name], known) for name, known in CHOICES.items() if given.get(name, "")}
    if "currency" in chosen:
        chosen["currency"] = tuple(value.upper() for value in chosen["currency"])
    price = (_amount("priceFrom", given), _amount("priceTo", given))
    sort = given.get("sort", "")
    if sort and sort not in SORTS:
        raise _wrong("sort", f"one of {', '.join(SORTS)}")
    if sort == RELEVANCE and not given.get("q", "").strip():
        raise InvalidInput(f"sort: {WORDLESS_RELEVANCE}", detail={"sort": WORDLESS_RELEVANCE})
    facets = _values("facets", given["facets"], FACETS) if given.get("facets") else ()
    named = chosen.get("currency", (runtime().settings.marketplace_currency,))
    by_price = any(price) or sort.startswith("price") or PRICE in facets
    if by_price and len(named) > 1:
        raise _wrong("currency", "one currency, within which prices are compared")
    return Narrowed(chosen, price, named[0], sort, facets)


def _values(name: str, written: str, known: tuple[str, ...] | None) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(part.strip() for part in written.split(",")))
    if known is not None and not set(values) <= set(known):
        raise _wrong(name, f"one or more of {', '.join(known)}")
    if len(values) > _MOST_VALUES or not all(0 < len(value) <= _MOST_LENGTH for value in values):
        raise _wrong(name, f"1 to {_MOST_VALUES} values of 1 to {_MOST_LENGTH} characters")
    return values


def _amount(name: str, given: Mapping[str, str]) -> str | None:
    written = given.get(name, "").strip()
    if not written:
        return None
    try:
        amount = Decimal(written)
    except InvalidOperation:
        raise _wrong(name, "an amount") from None
    if not amount.is_finite() or not 0 <= amount < 10**12:
        raise _wrong(name, "an amount of 0 or more")
    return str(amount)


def _wrong(name: str, wanted: str) -> InvalidInput:
    return InvalidInput(f"{name}: expected {wanted}", detail={name: f"expected {wanted}"})
