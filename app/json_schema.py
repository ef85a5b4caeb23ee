"""The one JSON Schema validator (2020-12): ECMA patterns, our formats, and no document that keeps it busy for long."""
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from unicodedata import normalize

import orjson
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from app.mail_addresses import typed_address
from app.plain_text import hidden_in_identifier, hidden_sign
from app.web_addresses import split_address

Schema = Mapping[str, Any]
Keyword = Callable[..., Iterator[ValidationError]]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# RFC 3339, as the vocabulary says; the library knows these two only beside a package we do not need.
_TIME = r"\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
_TIME_OF_DAY = re.compile(_TIME, re.ASCII | re.IGNORECASE)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT" + _TIME, re.ASCII | re.IGNORECASE)
_ESCAPE_CLASS_OR_END = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
_LARGEST_PLAIN = 2**63  # orjson writes no larger integer
_LARGEST: dict[type, str] = {str: "maxLength", list: "maxItems", dict: "maxProperties"}


def new_formats() -> FormatChecker:
    """Return a checker of the formats all services share; a service adds its own with `.checks(name)`."""
    formats = FormatChecker(formats=["email", "date", "ipv4", "ipv6"])
    formats.checks("date-time", raises=ValueError)(_is_instant)
    formats.checks("time", raises=ValueError)(_is_time_of_day)
    formats.checks("uuid")(_is_uuid)
    formats.checks("uri", raises=ValueError)(_is_uri)
    return formats


def validator(schema: Schema, formats: FormatChecker) -> Draft202012Validator:
    """Return the validator of a schema; `iter_errors` of it raises RecursionError for what is nested too deeply."""
    return _Validator(schema, format_checker=formats)


def in_form(value: Any, schema: Schema) -> Any:
    """Return a value of a document as it is kept: no white space around the texts that its schema marks as lines.

    `"x-line": "shown"` marks a line that is read, `"identifies"` one that identifies (decision 34): hidden characters
    are refused in both. `"x-form"` says in which form it is compared: `code` in NFKC and capitals, `mail` as
    app/mail_addresses.py has it. Members and items are followed, references are not."""
    if isinstance(value, str):
        return _text_in_form(value, schema) if "x-line" in schema else value
    if isinstance(value, dict):
        members, others = schema.get("properties", {}), schema.get("additionalProperties")
        return {name: in_form(member, members.get(name, others)) if isinstance(members.get(name, others), dict)
                else member for name, member in value.items()}
    items = schema.get("items")
    return [in_form(item, items) for item in value] if isinstance(value, list) and isinstance(items, dict) else value


def _text_in_form(text: str, schema: Schema) -> str:
    line = text.strip() or text
    if schema.get("x-form") == "code":
        return normalize("NFKC", line).upper()
    return typed_address(line) if schema.get("x-form") == "mail" else line


def is_too_large(value: object, schema: Schema) -> bool:
    """Tell whether a text, list or object is larger than its own schema allows."""
    if not isinstance(value, (str, list, dict)):
        return False
    most = schema.get(_LARGEST[type(value)])
    return most is not None and len(value) > most


def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or bool(_INSTANT.fullmatch(value) and datetime.fromisoformat(value.upper()))


def _is_time_of_day(value: object) -> bool:
    return not isinstance(value, str) or bool(_TIME_OF_DAY.fullmatch(value) and _is_instant(f"1970-01-01T{value}"))


def _is_uuid(value: object) -> bool:
    """Stricter than the library, whose reader takes the digits of every script."""
    return not isinstance(value, str) or bool(_UUID.fullmatch(value.lower()))


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(split_address(value))


@lru_cache(maxsize=512)
def _ecma(pattern: str) -> re.Pattern[str]:
    """Read each $ as ECMA 262 does: the very end, not the place before a last line break."""
    return re.compile(_ESCAPE_CLASS_OR_END.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern))


def _pattern(_validator: Any, pattern: str, value: object, _schema: Schema) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _ecma(pattern).search(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _line(_validator: Any, kind: object, value: object, _schema: Schema) -> Iterator[ValidationError]:
    hidden = (hidden_in_identifier if kind == "identifies" else hidden_sign)(value) if isinstance(value, str) else None
    if hidden:
        yield ValidationError(f"expected one line without hidden characters; this one has {hidden}")


def _unique_items(_validator: Any, wanted: object, value: object, _schema: Schema) -> Iterator[ValidationError]:
    """Compare by text: the library compares each with each, which takes minutes for a document of objects."""
    if wanted and isinstance(value, list) and len({_text(item) for item in value}) < len(value):
        yield ValidationError("has an item twice")


def _text(item: object) -> bytes:
    """Return the same text for items that are equal; 1 and 1.0 are one number."""
    try:
        return orjson.dumps(_with_plain_numbers(item), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise RecursionError("nested too deeply") from error


def _with_plain_numbers(item: Any) -> Any:
    if isinstance(item, list):
        return [_with_plain_numbers(one) for one in item]
    if isinstance(item, dict):
        return {name: _with_plain_numbers(one) for name, one in item.items()}
    return int(item) if isinstance(item, float) and item.is_integer() and abs(item) < _LARGEST_PLAIN else item


def _unless_too_large(check: Keyword) -> Keyword:
    """Look into nothing that is larger than it may be: it is refused for that, not for each of its thousands."""

    def keyword(within: Any, wanted: Any, value: object, schema: Schema) -> Iterator[ValidationError]:
        if not is_too_large(value, schema):
            yield from check(within, wanted, value, schema) or ()

    return keyword


_LOOK_INSIDE = ("items", "properties", "propertyNames", "additionalProperties")
_Validator = extend(Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique_items, "x-line": _line} | {
    name: _unless_too_large(Draft202012Validator.VALIDATORS[name]) for name in _LOOK_INSIDE})
