"""Operations on JSON documents: merge patch, and the limits that make every accepted document storable anywhere."""
import json
from collections.abc import Mapping
from typing import Any

from blueprints.organization.domain.refusals import MalformedBody

Document = dict[str, Any]

SYSTEM_MEMBERS = ("resourceId", "version", "createdAt", "updatedAt")
"""Members of a record that the store writes; a client may send them back, they are not its to change."""

DEEPEST = 32
"""Levels of nesting accepted: far below what any JSON reader on the way refuses."""

LARGEST_BYTES = 262_144
"""The largest document kept, so that an event with the record before and after fits into any stream's record."""


def properties_of(document: Mapping[str, Any]) -> Document:
    """Return the document without the members that the store writes."""
    return {name: value for name, value in document.items() if name not in SYSTEM_MEMBERS}


def merge_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> Document:
    """Return `target` changed by a JSON merge patch (RFC 7396): null removes, objects merge, all else replaces."""
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            former = merged.get(name)
            merged[name] = merge_patch(former if isinstance(former, dict) else {}, value)
        else:
            merged[name] = value
    return merged


def storable(body: object) -> Document:
    """Return `body`, when it is an object, as every database can hold it and gives it back.

    Raises MalformedBody for another JSON type, nesting deeper than 32, or a NUL character (PostgreSQL has none)."""
    if not isinstance(body, dict):
        raise MalformedBody("The body must be a JSON object.")
    document: Document = _storable(body, DEEPEST)
    return document


def check_size(document: Mapping[str, Any]) -> None:
    """Refuse a document that a change would let outgrow LARGEST_BYTES; raises MalformedBody."""
    if len(json.dumps(document, ensure_ascii=False).encode()) > LARGEST_BYTES:
        raise MalformedBody(f"The document is larger than {LARGEST_BYTES} bytes.")


def _storable(value: Any, levels: int) -> Any:
    if isinstance(value, str) and "\0" in value:
        raise MalformedBody("The body contains a NUL character.")
    if isinstance(value, float):
        return _plain_number(value)
    if not isinstance(value, (dict, list)):
        return value
    if not levels:
        raise MalformedBody(f"The body is nested deeper than {DEEPEST} levels.")
    if isinstance(value, list):
        return [_storable(member, levels - 1) for member in value]
    return {_storable(name, levels - 1): _storable(member, levels - 1) for name, member in value.items()}


def _plain_number(value: float) -> float:
    """Return a whole number as an integer where JSON readers have one: 1e18 and -0.0 come back from PostgreSQL so."""
    return int(value) if value.is_integer() and -2 ** 63 <= value < 2 ** 64 else value
