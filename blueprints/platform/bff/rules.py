"""How rows are asked for: paging, sorts and filters are read and judged here, without a database (rules-platform §5).

What is wrong is told by its name: a map of names to what was expected."""
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

LONGEST_PAGE, USUAL_PAGE = 100, 10
FURTHEST_ROW = 10_000
"""No page by number reaches further; `after` does (FD-9)."""
MOST_FILTERS, MOST_VALUES, LONGEST_VALUE = 50, 100, 2_000
MOST_STARS, LONGEST_PATTERN = 8, 256
MOST_PATTERNS = 20
"""How many beginnings and patterns all conditions of a request have together: each is compared with every row."""
MOST_FACETS = 20
MOST_FIELDS = 100
MOST_INDEXES, USUAL_GROUP, LONGEST_GROUP = 20, 5, 20
LONGEST_FILTER_NAME = 100
OPERATORS = ("match", "eq", "noteq", "range", "exists", "missing", "prefix", "wildcard", "regexp", "match_phrase",
             "match_phrase_prefix")

_COMPARED = ("match", "eq", "noteq", "exists", "missing")
_ORDERED = (*_COMPARED, "range")
_KEYED = (*_ORDERED, "prefix", "wildcard")
_IN_LISTS = (*_COMPARED, "prefix", "wildcard")
_PHRASES = ("match_phrase", "match_phrase_prefix")
_THERE = ("exists", "missing")
_NOTHING: tuple[Any, ...] = (None, True, False, "", [])
"""What may stand beside an operator that takes no value."""
_OFFERED: Mapping[str, tuple[str, ...]] = {
    "string": (*_KEYED, *_PHRASES), "text": (*_COMPARED, "prefix", "wildcard", *_PHRASES),
    "texts": (*_IN_LISTS, *_PHRASES), "id": _KEYED, "choice": _KEYED, "link": _KEYED, "ids": _IN_LISTS,
    "links": _IN_LISTS, "integer": _ORDERED, "number": _ORDERED, "money": _ORDERED, "instant": _ORDERED,
    "boolean": _COMPARED, "object": _THERE, "objects": _THERE}
WORDED = frozenset({"string", "text", "texts"})
"""The kinds in which words are looked for; of all others `match` is `eq`."""
LISTS = frozenset({"ids", "texts", "links"})
SORTED = frozenset({"string", "link", "id", "choice", "integer", "number", "money", "instant", "boolean"})
MEASURED = frozenset({"integer", "number", "money", "instant"})
"""The kinds of which a facet says the least and the greatest value, unless the object declares it to be counted."""

ReadInstant = Callable[[str, bool], datetime]
"""Returns the moment that ISO 8601 text names, of a day the last one where told so; raises ValueError."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an object as it is asked for: its wire name, its kind, and where its value stands.

    `place_of`: it is the zero-based place of the value among the options (`status_idx`). `currency` is the attribute
    that holds the currency of an amount."""

    name: str
    attribute: str
    kind: str
    options: tuple[str, ...] = ()
    currency: str | None = None
    place_of: bool = False
    nullable: bool = True

    @property
    def operators(self) -> tuple[str, ...]:
        """Return the operators that may be asked of it."""
        return _OFFERED[self.kind]


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """One condition on one property; `range` has two values, None for open, `exists` and `missing` have none."""

    of: Property
    operator: str
    values: tuple[Any, ...] = ()

    @property
    def asks_words(self) -> bool:
        """Return whether it asks for words of a text, which no index of the database has."""
        return self.of.kind in WORDED and self.operator.startswith("match")


def currency_of_order(one: Property, conditions: Sequence[FieldCondition], usual: str) -> str:
    """Return in which currency amounts of a property are put in order: the one that is filtered by, else the usual."""
    chosen = [condition.values[0] for condition in conditions if condition.of.attribute == one.currency
              and condition.operator == "eq" and len(condition.values) == 1]
    return chosen[0] if chosen else usual


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The asked page, order, words and facets; `faults` says of each wrong parameter what was expected.

    `sort` is an order by its name, `fields` are the only members of rows that are wanted (all without), `highlight`:
    where the words stand is wanted, too."""

    page: int = 1
    limit: int = USUAL_PAGE
    sort_by: str | None = None
    descending: bool = False
    words: str = ""
    after: str | None = None
    facets: tuple[str, ...] = ()
    sort: str | None = None
    fields: tuple[str, ...] = ()
    highlight: bool = False
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def offset(self) -> int:
        """Return how many rows come before the page."""
        return (self.page - 1) * self.limit


def read_list(said: Mapping[str, str | None]) -> ListRequest:
    """Return what page, limit, sortBy, sortOrder, sort, q, after, facets, fields and highlight ask for, None where they
    are not given."""
    faults: dict[str, str] = {}
    page = _whole(said, "page", 1, FURTHEST_ROW, faults)
    limit = _whole(said, "limit", USUAL_PAGE, LONGEST_PAGE, faults)
    after, words = said.get("after"), said.get("q") or ""
    if after is not None and page != 1:
        faults["after"] = "cannot be given together with page"
    elif not faults and page * limit > FURTHEST_ROW:
        faults["page"] = f"expected a page within the first {FURTHEST_ROW} rows; `after` goes on behind them"
    if said.get("sortOrder") not in (None, "asc", "desc"):
        faults["sortOrder"] = "expected asc or desc"
    facets = names_in(said.get("facets"))
    if len(facets) > MOST_FACETS:
        faults["facets"] = f"expected at most {MOST_FACETS}"
    if said.get("sort") and (said.get("sortBy") or said.get("sortOrder")):
        faults["sort"] = "cannot be given together with sortBy or sortOrder"
    if len(words) > LONGEST_VALUE or "\x00" in words:
        faults["q"] = f"expected at most {LONGEST_VALUE} characters"
    return ListRequest(page, limit, said.get("sortBy") or None, said.get("sortOrder") == "desc", words, after, facets,
                       said.get("sort") or None, fields_in(said, faults), highlight_in(said, faults), faults)


def fields_in(said: Mapping[str, str | None], faults: dict[str, str]) -> tuple[str, ...]:
    """Return the members of rows that `fields` names; of too many, a fault is added."""
    found = names_in(said.get("fields"))
    if len(found) > MOST_FIELDS:
        faults["fields"] = f"expected at most {MOST_FIELDS}"
    return found


def highlight_in(said: Mapping[str, str | None], faults: dict[str, str]) -> bool:
    """Return whether `highlight` asks where the words stand; of what is neither true nor false, a fault is added."""
    if said.get("highlight") not in (None, "true", "false"):
        faults["highlight"] = "expected true or false"
    return said.get("highlight") == "true"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """The words to look for, in which indexes (none named: in all that have words), and how many rows of each."""

    words: str
    indexes: tuple[str, ...]
    limit: int
    highlight: bool
    faults: Mapping[str, str]


def read_search(said: Mapping[str, str | None]) -> SearchRequest:
    """Return what q, indexes, limit and highlight ask for, None where they are not given."""
    faults: dict[str, str] = {}
    words = said.get("q") or ""
    if not words.strip() or len(words) > LONGEST_VALUE or "\x00" in words:
        faults["q"] = f"expected words of at most {LONGEST_VALUE} characters"
    indexes = names_in(said.get("indexes"))
    if len(indexes) > MOST_INDEXES:
        faults["indexes"] = f"expected at most {MOST_INDEXES}"
    limit = _whole(said, "limit", USUAL_GROUP, LONGEST_GROUP, faults)
    return SearchRequest(words, indexes, limit, highlight_in(said, faults), faults)


def names_in(said: str | None) -> tuple[str, ...]:
    """Return the names that are written with commas between them, each once."""
    return tuple(dict.fromkeys(name for name in (said or "").split(",") if name))


def page_facts(asked: ListRequest, total: int, rows: int) -> dict[str, Any]:
    """Return what the answer says of its page, which has so many rows of the total (rules-platform §5.2)."""
    pages = -(-total // asked.limit)
    has_next = asked.after is None and asked.page < pages and (asked.page + 1) * asked.limit <= FURTHEST_ROW
    return {"total": total, "totalPage": pages, "currentPage": asked.page,
            "nextPage": asked.page + 1 if has_next else None,
            "prevPage": asked.page - 1 if asked.page > 1 else None, "pageItem": rows}


def filters_of(body: Any) -> Mapping[str, Any] | None:
    """Return the map of filters of a body, which is that map or has it as `filters`; None where it is neither."""
    if body is None:
        return {}
    if isinstance(body, Mapping) and set(body) == {"filters"}:
        body = {} if body["filters"] is None else body["filters"]
    return body if isinstance(body, Mapping) else None


def read_filters(said: Mapping[str, Any] | None, offered: Mapping[str, Property],
                 read_instant: ReadInstant) -> tuple[list[FieldCondition], dict[str, str]]:
    """Return the conditions that a map of property to {operator, value | values} asks for, all of which must hold.

    `offered` are the properties that the caller may ask for. The second says of each wrong one what was expected."""
    if said is None:
        return [], {"filters": 'expected an object of {"property": {"operator": …, "value": …}}'}
    if len(said) > MOST_FILTERS:
        return [], {"filters": f"expected at most {MOST_FILTERS}"}
    found, faults = [], {}
    for name, one in said.items():
        try:
            found.append(_condition(name, one, offered, read_instant))
        except ValueError as error:
            faults[name[:LONGEST_FILTER_NAME]] = str(error)
    patterns = [one for one in found if one.operator in ("prefix", "wildcard")]
    if sum(len(one.values) for one in patterns) > MOST_PATTERNS:
        too_many = f"values: expected at most {MOST_PATTERNS} beginnings and patterns in all conditions together"
        faults |= {one.of.name: too_many for one in patterns}
    return found, faults


def echo_of(said: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the filters of an answer: each with the property it is about."""
    return [{"field": name, **one} for name, one in (said or {}).items()]


def pattern_parts(pattern: str) -> Iterator[tuple[str, bool]]:
    r"""Yield the parts of a wildcard pattern: literal texts, and `*` (any text) or `?` (one character) as signs.

    A sign behind a backslash is a letter. Raises ValueError for too many `*`."""
    stars, literal, place = 0, "", 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\" and place + 1 < len(pattern):
            literal, place = literal + pattern[place + 1], place + 2
            continue
        if letter in "*?":
            if literal:
                yield literal, False
            yield letter, True
            literal, stars = "", stars + (letter == "*")
        else:
            literal += letter
        place += 1
    if stars > MOST_STARS:
        raise ValueError(f"expected at most {MOST_STARS} `*`")
    if literal:
        yield literal, False


def _condition(name: str, said: Any, offered: Mapping[str, Property], read_instant: ReadInstant) -> FieldCondition:
    if name not in offered:
        raise ValueError("is no property that may be filtered here")
    if not isinstance(said, Mapping) or not isinstance(said.get("operator"), str):
        raise ValueError(f'expected {{"operator": …, "value": …}} with one of {", ".join(OPERATORS)}')
    if unknown := sorted(set(said) - {"operator", "value", "values"}):
        raise ValueError(f"{unknown[0][:LONGEST_FILTER_NAME]} is not known beside operator, value and values")
    one, operator = offered[name], said["operator"]
    if operator not in OPERATORS:
        raise ValueError(f"operator: expected one of {', '.join(one.operators)}")
    if operator == "regexp":
        raise ValueError("regexp is not offered; wildcard is")
    if operator not in one.operators:
        raise ValueError(f"operator: {operator} cannot be asked of it; expected one of {', '.join(one.operators)}")
    return FieldCondition(one, operator, _values(one, operator, said, read_instant))


def _values(one: Property, operator: str, said: Mapping[str, Any], read_instant: ReadInstant) -> tuple[Any, ...]:
    if operator in _THERE:
        if any(said.get(name) not in _NOTHING for name in ("value", "values")):
            raise ValueError(f"value: {operator} takes none")
        return ()
    if "value" in said and "values" in said:
        raise ValueError("expected value or values, not both")
    given: Any = said["values"] if "values" in said else [said.get("value")]
    if operator == "range":
        given = said["value"] if isinstance(said.get("value"), list) else given
        return _ends(one, given, read_instant)
    if not isinstance(given, list) or not 0 < len(given) <= MOST_VALUES:
        raise ValueError(f"values: expected a list of 1 to {MOST_VALUES} values")
    if operator in ("eq", "noteq") or (operator == "match" and one.kind not in WORDED):
        return tuple(dict.fromkeys(_value(one, value, read_instant, False) for value in given))
    texts = tuple(_text_for(operator, value) for value in given)
    stars = (part == "*" and is_sign for text in texts for part, is_sign in pattern_parts(text))
    if operator == "wildcard" and sum(stars) > MOST_STARS:
        raise ValueError(f"values: expected at most {MOST_STARS} `*` in all")
    return texts


def _ends(one: Property, given: Any, read_instant: ReadInstant) -> tuple[Any, Any]:
    if not isinstance(given, list) or len(given) != 2:
        raise ValueError("values: expected [from, to], null for open")
    low, high = (None if value is None else _value(one, value, read_instant, is_end)
                 for value, is_end in zip(given, (False, True), strict=True))
    return low, high


def _value(one: Property, value: Any, read_instant: ReadInstant, is_end: bool) -> Any:
    if one.kind == "instant":
        return _moment(value, read_instant, is_end)
    return _READERS[one.kind](one, value)


def _moment(value: Any, read_instant: ReadInstant, is_end: bool) -> Any:
    """Text is ISO 8601, a number is milliseconds since 1970."""
    if isinstance(value, str):
        return read_instant(value, is_end)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected an ISO 8601 date or milliseconds since 1970")
    try:
        return datetime.fromtimestamp(_number(value) / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("expected milliseconds since 1970") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > LONGEST_VALUE:
        raise ValueError(f"expected a text of at most {LONGEST_VALUE} characters, without NUL")
    return value


def _text_for(operator: str, value: Any) -> str:
    text = _text(value)
    if not text:
        raise ValueError("expected a text that is not empty")
    if operator == "wildcard":
        if len(text) > LONGEST_PATTERN:
            raise ValueError(f"expected a pattern of at most {LONGEST_PATTERN} characters")
        list(pattern_parts(text))
    return text


def _id(value: Any) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError("expected a UUID")
    return str(UUID(value))


def _choice(one: Property, value: Any) -> str:
    if value not in one.options:
        raise ValueError(f"expected one of {', '.join(one.options)}")
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool) and value not in ("true", "false"):
        raise ValueError("expected true or false")
    return value in (True, "true")


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e15:
        raise ValueError("expected a number")
    return value


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_READERS: Mapping[str, Callable[[Property, Any], Any]] = {
    **dict.fromkeys(("string", "text", "link", "texts", "links"), lambda one, value: _text(value)),
    **dict.fromkeys(("id", "ids"), lambda one, value: _id(value)),
    **dict.fromkeys(("integer", "number", "money"), lambda one, value: _number(value)),
    "choice": _choice, "boolean": lambda one, value: _flag(value)}


def _whole(said: Mapping[str, str | None], name: str, usual: int, most: int, faults: dict[str, str]) -> int:
    text = said.get(name)
    if text is None:
        return usual
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    if not 1 <= number <= most:
        faults[name] = f"expected an integer from 1 to {most}"
        return usual
    return number


def wrong(faults: Sequence[tuple[str, str]] | Mapping[str, str]) -> str:
    """Return all that is wrong as one sentence."""
    return "; ".join(f"{name}: {said}" for name, said in dict(faults).items())
