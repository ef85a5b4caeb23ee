"""List filters: optional query parameters named as in the contract, equality, AND-ed (rules-platform §2.8).

A repeated or comma-separated value means any of (an Object is not split at its commas); `null` means absent; a
malformed value is a 400 that names it."""
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any

import orjson
from sqlalchemy import JSON, ColumnElement, and_, cast, or_, true, type_coerce
from sqlalchemy import String as SqlString

from app.data.columns import camel_case, is_day, parse_iso
from app.data.folded import folded_column, has_part
from app.data.ids import canonical_uuid
from app.data.money import FACTORS, to_minor
from app.errors import InvalidInput

Condition = ColumnElement[bool]
Clause = Callable[[list[Any]], Condition]

_MOST_VALUES = 100
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
_MEMBER = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what both databases take as a step of a path, without quoting
_MOST_MEMBERS, _DEEPEST = 20, 4


@dataclass(frozen=True)
class Filter:
    """One query parameter: its wire name, how its text is read, and the condition it stands for."""

    name: str
    parse: Callable[..., Any]
    clause: Clause
    kind: str
    options: tuple[str, ...] = ()
    takes_null: bool = True
    is_split: bool = True
    takes_zone: bool = False
    """`parse` also takes the zone in which dates without a time are meant."""


@dataclass(frozen=True)
class Filters:
    """The filters of one list."""

    items: tuple[Filter, ...] = ()

    def conditions(self, arguments: Mapping[str, list[str]],
                   zone: tzinfo = UTC) -> tuple[list[Condition], list[dict[str, Any]]]:
        """Return the SQL conditions of the given arguments and their echo for the envelope; raises InvalidInput.

        `zone` is where dates without a time are meant."""
        conditions, echo, wrong = [], [], {}
        for item in self.items:
            given = arguments.get(item.name, ())
            texts = [part for text in given for part in (text.split(",") if item.is_split else [text]) if part != ""]
            if not texts:
                continue
            try:
                values = _values(item, texts, zone)
            except ValueError as error:
                wrong[item.name] = str(error)
                continue
            conditions.append(item.clause(values))
            echo.append({"name": item.name, "value": texts[0] if len(texts) == 1 else texts})
        if wrong:
            raise InvalidInput("; ".join(f"{name}: {said}" for name, said in wrong.items()), detail=wrong)
        return conditions, echo

    def values_named(self, echoes: Iterable[Mapping[str, Any]], name: str) -> list[Any] | None:
        """Return what is asked for by the filter of that name, as `values` has it; None where it is not asked."""
        return next((self.values(echo) for echo in echoes if echo["name"] == name), None)

    def asks_only(self, echoes: Iterable[Mapping[str, Any]], name: str, value: Any) -> bool:
        """Return whether the filter of that name is asked for nothing but this value."""
        asked = self.values_named(echoes, name)
        return asked is not None and set(asked) <= {value, None}

    def values(self, echo: Mapping[str, Any]) -> list[Any]:
        """Return what an echoed filter asks for as it is compared, None for `null`: for those who compare elsewhere."""
        texts = echo["value"] if isinstance(echo["value"], list) else [echo["value"]]
        return _values(next(item for item in self.items if item.name == echo["name"]), texts)


def _values(item: Filter, texts: list[str], zone: tzinfo = UTC) -> list[Any]:
    if len(texts) > _MOST_VALUES:
        raise ValueError(f"expected at most {_MOST_VALUES} values")
    parse = partial(item.parse, zone=zone) if item.takes_zone else item.parse
    return [None if text == "null" and item.takes_null else parse(text) for text in texts]


def _any_of(column: Any) -> Clause:
    def clause(values: list[Any]) -> Condition:
        known = [value for value in values if value is not None]
        parts = [column.in_(known)] if len(known) > 1 else [column == known[0]] if known else []
        return or_(*parts, column.is_(None)) if None in values else parts[0]
    return clause


def _contains(column: Any) -> Clause:
    folded = folded_column(column)

    def clause(values: list[Any]) -> Condition:
        return or_(*(column.is_(None) if value is None else has_part(folded, value) for value in values))
    return clause


def _identifier(text: str) -> str:
    found = canonical_uuid(text)
    if found is None:
        raise ValueError("expected a UUID")
    return found


def _one_of(options: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in options:
            raise ValueError(f"expected one of {', '.join(options)}")
        return text
    return parse


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("expected true or false")
    return text.lower() == "true"


def _whole(text: str) -> int:
    if not _INTEGER.fullmatch(text) or abs(int(text)) >= 2 ** 31:
        raise ValueError("expected a 32-bit integer")
    return int(text)


def _text(text: str) -> str:
    if "\x00" in text:
        raise ValueError("expected text without NUL")
    return text


def _instant(text: str, zone: tzinfo = UTC) -> datetime:
    """Return the moment a query argument names, of a date without a time its first instant in `zone`."""
    try:
        return parse_iso(text.replace(" ", "+"), zone)
    except ValueError:
        raise ValueError("expected an ISO 8601 date") from None


def _last_instant(text: str, zone: tzinfo = UTC) -> datetime:
    """The same, of a date without a time its last instant: whoever asks until a day means the whole of it."""
    first = _instant(text, zone)
    if not is_day(text):
        return first
    try:
        following = first.astimezone(zone) + timedelta(days=1)
    except OverflowError:  # 9999-12-31
        return first
    return following.astimezone(UTC) - timedelta(milliseconds=1)


_PARSERS: dict[str, Callable[[str], Any]] = {
    "id": _identifier, "boolean": _boolean, "integer": _whole, "instant": _instant, "string": _text,
    "text": _text, "link": _text}


def equal(column: Any, name: str | None = None) -> Filter:
    """Filter a column by equality; `name` when the contract renames it. Amounts are compared in the row's currency."""
    info, key = column.info, column.key
    wire = name or info.get("wire") or camel_case(key)
    if info["kind"] == "money":
        return _amount(column, wire)
    parse = _one_of(info["options"]) if info["kind"] == "choice" else _PARSERS[info["kind"]]
    return Filter(wire, parse, _any_of(column), info["kind"], info.get("options", ()))


def contains(column: Any) -> Filter:
    """Filter by any part of a column that has a folded one; case, accents and the separators of codes do not count."""
    return Filter(camel_case(column.key), _text, _contains(column), "string")


def searched(column: Any) -> Filter:
    """Filter by a value that a search index compares, and no condition of SQL; text is not split at its commas."""
    info = column.info
    parse = _one_of(info["options"]) if info["kind"] == "choice" else _PARSERS.get(info["kind"], _text)
    return Filter(info.get("wire") or camel_case(column.key), parse, lambda values: true(), info["kind"],
                  info.get("options", ()), takes_null=False, is_split=info["kind"] in ("choice", "id"))


def holding(column: Any) -> Filter:
    """Filter an Object by members it must have, as JSON: `{"brand": "visa"}` also finds those with more members."""
    def clause(values: list[Any]) -> Condition:
        return or_(*(column.is_(None) if value is None else and_(column.is_not(None), *_members(column, value))
                     for value in values))
    return Filter(camel_case(column.key), _object, clause, "string", is_split=False)


def _object(text: str) -> dict[tuple[str, ...], Any]:
    """Return the scalars of a JSON object by their paths; raises ValueError."""
    try:
        found = orjson.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError('expected a JSON object, such as {"brand": "visa"}')
    scalars = dict(_scalars(found, ()))
    if len(scalars) > _MOST_MEMBERS:
        raise ValueError(f"expected at most {_MOST_MEMBERS} members")
    return scalars


def _scalars(value: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, member in value.items():
        if not _MEMBER.fullmatch(name) or len(path) >= _DEEPEST:
            raise ValueError("expected members named by letters, digits, _ and -")
        if isinstance(member, dict):
            yield from _scalars(member, (*path, name))
        elif isinstance(member, list) or (isinstance(member, str) and "\x00" in member):
            raise ValueError(f"{name}: expected a text, a number, true, false or null")
        else:
            yield (*path, name), member


def _members(column: Any, scalars: dict[tuple[str, ...], Any]) -> Iterator[Condition]:
    """SQLite reads true as 1 and numbers as such, PostgreSQL all of them as text: texts are compared on both."""
    for path, value in scalars.items():
        found = cast(type_coerce(column, JSON)[path].as_string(), SqlString)
        if value is None:
            yield found.is_(None)
        elif isinstance(value, bool):
            yield found.in_(["true", "1"] if value else ["false", "0"])
        else:
            yield found == str(value)


def since(column: Any, name: str) -> Filter:
    """Keep rows at or after the given moment, or from the beginning of the given day on."""
    return Filter(name, _instant, lambda values: column >= values[0], "instant", takes_null=False, takes_zone=True)


def until(column: Any, name: str) -> Filter:
    """Keep rows at or before the given moment, or to the end of the given day."""
    return Filter(name, _last_instant, lambda values: column <= values[0], "instant", takes_null=False, takes_zone=True)


def _amount(column: Any, wire: str) -> Filter:
    """An amount matches whatever the row's currency makes of it: 12.5 is 1250 cents or 12500 fils."""
    currency = getattr(column.class_, column.info["currency"])

    def parse(text: str) -> dict[int, int]:
        found = {}
        for factor, code in ((1, "JPY"), (100, "USD"), (1000, "KWD")):
            try:
                found[factor] = to_minor(text, code)
            except ValueError:
                continue
        if not found:
            raise ValueError("expected an amount")
        return found

    def clause(values: list[Any]) -> Condition:
        odd = [code for code, factor in FACTORS.items() if factor != 100]
        parts = []
        for value in values:
            if value is None:
                parts.append(column.is_(None))
                continue
            if 100 in value:
                parts.append((column == value[100]) & currency.not_in(odd))
            parts += [(column == minor) & currency.in_([c for c in odd if FACTORS[c] == factor])
                      for factor, minor in value.items() if factor != 100]
        return or_(*parts)
    return Filter(wire, parse, clause, "number")
