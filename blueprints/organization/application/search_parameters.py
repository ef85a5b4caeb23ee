"""Search parameters of the address, read against the schema: an unknown or unusable one is refused by name."""
import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.folding import Ways, query_ways, words
from blueprints.organization.application.instants import instant_text, parse_instant
from blueprints.organization.domain.refusals import MalformedParameter
from blueprints.organization.domain.resource_type import Extension, ResourceType
from blueprints.organization.domain.search import Comparison, Filter, Order, Search
from blueprints.organization.ports import SchemaCatalog

LARGEST_PAGE_SIZE = 200
LARGEST_PAGE = 1_000_000
MOST_SORT_KEYS = 5
MOST_WORDS = 50
_PLAIN = re.compile(r'[^"\\\x00-\x1f]+')
"""Member names that a path of SQLite's can name."""
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
SYSTEM_ORDERS = ("createdAt", "updatedAt", "version", "resourceId")


def parse_search(schemas: SchemaCatalog, kind: ResourceType, extension: Extension,
                 parameters: Iterable[tuple[str, str]]) -> Search:
    """Return the search the parameters ask for (organization.md "Search parameters"); raises MalformedParameter."""
    asked = _once(parameters)
    page = _number(asked, "page", 1, LARGEST_PAGE)
    page_size = _number(asked, "pageSize", 25, LARGEST_PAGE_SIZE)
    wanted = _wanted(asked.pop("q", ""))
    since = asked.pop("updatedSince", None)
    properties = {**extension.properties, **kind.schema["properties"]}
    orders = _orders(asked.pop("sort", None), properties)
    filters = tuple(_filter(schemas, kind, extension, properties, name, text) for name, text in asked.items())
    return Search(filters, wanted, None if since is None else _instant(since), orders, page, page_size)


def _once(parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
    asked: dict[str, str] = {}
    for name, value in parameters:
        if name in asked:
            raise MalformedParameter(f"{name} is given twice.")
        if "\0" in value:
            raise MalformedParameter(f"{name} contains a NUL character.")
        asked[name] = value
    return asked


def _number(asked: dict[str, str], name: str, default: int, largest: int) -> int:
    text = asked.pop(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= largest):
        raise MalformedParameter(f"{name} must be a number from 1 to {largest}.")
    return int(text)


def _wanted(text: str) -> tuple[Ways, ...] | None:
    if len(words(text)) > MOST_WORDS:
        raise MalformedParameter(f"q takes at most {MOST_WORDS} words.")
    return tuple(query_ways(text, MOST_WORDS)) if text.strip() else None


def _instant(text: str) -> str:
    try:
        return instant_text(parse_instant(text))
    except ValueError as error:
        raise MalformedParameter("updatedSince must be an ISO 8601 time such as 2026-01-02T03:04:05Z.") from error


def _orders(text: str | None, properties: Mapping[str, Any]) -> tuple[Order, ...]:
    if text is None:
        return Search().orders
    keys = text.split(",")
    if len(keys) > MOST_SORT_KEYS:
        raise MalformedParameter(f"sort takes at most {MOST_SORT_KEYS} keys.")
    return tuple(_order(key.strip(), properties) for key in keys)


def _order(key: str, properties: Mapping[str, Any]) -> Order:
    name = key.removeprefix("-")
    if name not in SYSTEM_ORDERS and _type(properties.get(name)) not in _READERS:
        raise MalformedParameter(f"sort: there is no sortable property {name!r}.")
    return Order(name, descending=key.startswith("-"), system=name in SYSTEM_ORDERS)


def _filter(schemas: SchemaCatalog, kind: ResourceType, extension: Extension, properties: Mapping[str, Any],
            name: str, text: str) -> Filter:
    path = tuple(name.split("."))
    spec = _spec(properties, path)
    if _type(spec) == "object":
        raise MalformedParameter(f"{name} is an object: name one of its members, such as {name}.member.")
    comparison: Comparison = "contains" if _type(spec) == "array" else "equals"
    value = _value(name, spec.get("items", {}) if comparison == "contains" else spec, text)
    value = schemas.in_form(kind, extension, path, value)
    if not schemas.accepts(kind, extension, path, value):
        raise MalformedParameter(f"{name}: {text!r} is no possible value.")
    return Filter(path, value, comparison)


def _spec(properties: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    spec: Any = {"properties": properties}
    for name in path:
        spec = spec.get("properties", {}).get(name)
        if not isinstance(spec, dict) or not _PLAIN.fullmatch(name):
            raise MalformedParameter(f"There is no search parameter {'.'.join(path)!r}.")
    return spec


def _type(spec: Any) -> str | None:
    return spec.get("type") if isinstance(spec, dict) and isinstance(spec.get("type"), str) else None


def _value(name: str, spec: Mapping[str, Any], text: str) -> Any:
    reader = _READERS.get(_type(spec) or "")
    if reader is None:
        raise MalformedParameter(f"{name} cannot be searched by value.")
    try:
        return reader(text)
    except (ValueError, KeyError) as error:
        raise MalformedParameter(f"{name}: {text!r} is no {_type(spec)}.") from error


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _finite(text: str) -> float:
    if _INTEGER.fullmatch(text):
        return int(text)  # which a float above 2^53 would not be
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


_READERS: dict[str, Any] = {"string": str, "integer": _integer, "number": _finite,
                            "boolean": {"true": True, "false": False}.__getitem__}
