"""What a search asks for, free of any query language."""
from dataclasses import dataclass
from typing import Any, Literal

from app.folding import Ways

Comparison = Literal["equals", "contains"]


@dataclass(frozen=True)
class Filter:
    """One property, named by its path, that must equal the value (a list: contain it)."""

    path: tuple[str, ...]
    value: Any
    comparison: Comparison = "equals"


@dataclass(frozen=True)
class Order:
    """One sort key; `system` marks members that the store writes."""

    name: str
    descending: bool
    system: bool


@dataclass(frozen=True)
class Search:
    """A page of the living resources that satisfy every filter and hold what is asked in words.

    `words` is None when none were asked for; empty when nothing but signs was, which no resource holds."""

    filters: tuple[Filter, ...] = ()
    words: tuple[Ways, ...] | None = None
    updated_since: str | None = None
    orders: tuple[Order, ...] = (Order("updatedAt", descending=True, system=True),)
    page: int = 1
    page_size: int = 25
