"""Brings values into the form they are compared in; words are cut by app/folding.py.

There is no query syntax: whatever a visitor types is words, so nothing can be injected. A value that does not fit its
field is missing."""
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from app.folding import Ways, fold, query_members, query_ways
from app.search.fields import Field

MAX_QUERY_CHARACTERS = 2000
MAX_QUERY_WORDS = 200
MIN_PREFIX = 2  # shorter last words are searched whole: a single letter would match nearly everything


def query_words(query: str) -> list[Ways]:
    """What a visitor looks for (app/folding.py); overlong input is cut, never refused."""
    return query_ways(query[:MAX_QUERY_CHARACTERS], MAX_QUERY_WORDS)


def query_parts(query: str) -> list[Ways]:
    """The same, each as often as it stands in the query."""
    return query_members(query[:MAX_QUERY_CHARACTERS], MAX_QUERY_WORDS)


def ends_open(query: str) -> bool:
    """Whether the last word may still be being typed: then it is searched as a beginning."""
    return not query[:MAX_QUERY_CHARACTERS].endswith((" ", "\t", "\n"))


def is_beginning(word: str) -> bool:
    """Whether a last word that may still be being typed is long enough to be searched as a beginning."""
    return len(word) >= MIN_PREFIX


MAX_KEYWORD = 512  # characters kept of a keyword
SEPARATOR = "\x1f"  # between the values of a `many` keyword


def value_of(fields: Mapping[str, Any], name: str) -> Any:
    """The value under a possibly dotted name, None when absent."""
    value: Any = fields
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def as_text(value: Any) -> str:
    """All text in a value, to take words from."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return " ".join(as_text(item) for item in value)
    if isinstance(value, Mapping):
        return " ".join(as_text(item) for item in value.values())
    return as_keyword(value) or ""


def as_keyword(value: Any) -> str | None:
    """A single value as the string it is compared by."""
    if value is None or isinstance(value, list | tuple | Mapping):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).replace(SEPARATOR, " ").encode("utf-8", "replace").decode()[:MAX_KEYWORD]


def as_number(value: Any) -> float | None:
    """A finite number, or None; numbers written as strings count."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def as_instant(value: Any) -> float | None:
    """Milliseconds since 1970, from a datetime, an ISO 8601 text or such a number; naive times are UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return as_number(value)
    if not isinstance(value, datetime):
        return as_number(value)
    try:
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return float(round(aware.timestamp() * 1000))
    except (OverflowError, ValueError):
        return None


def column_value(field: Field, value: Any) -> str | float | None:
    """What a document's column holds for a field, None when it has no usable value."""
    if field.kind == "number":
        return as_number(value)
    if field.kind == "instant":
        return as_instant(value)
    if field.kind == "text":
        return fold(as_text(value))[:MAX_KEYWORD].encode("utf-8", "replace").decode() or None
    if field.many:
        items = value if isinstance(value, list | tuple) else [value]
        found = [item for item in map(as_keyword, items) if item is not None]
        if field.folded:  # of several spellings in one document the first stays: it is counted once
            found = list({fold(item): item for item in reversed(found)}.values())
        return SEPARATOR.join(dict.fromkeys(found)) if found else None
    return as_keyword(value)


def packed(fields: Mapping[str, Any]) -> bytes:
    """A document's fields as JSON; what JSON cannot hold is written as text."""
    try:
        return orjson.dumps(fields, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return orjson.dumps(_scrubbed(fields), default=str, option=orjson.OPT_NON_STR_KEYS)


def _scrubbed(value: Any) -> Any:
    # Lone surrogates and integers beyond 64 bits are legal in Python and in some clients' JSON, not in ours.
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    if isinstance(value, Mapping):
        return {_scrubbed(str(key)): _scrubbed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(item) for item in value]
    return value
