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
    """Return `body` when it is an object that every database can hold.

    Raises MalformedBody for another JSON type, nesting deeper than 32, or a NUL character (PostgreSQL has none)."""
    if not isinstance(body, dict):
        raise MalformedBody("The body must be a JSON object.")
    _check_storable(body, DEEPEST)
    return body


def check_size(document: Mapping[str, Any]) -> None:
    """Refuse a document that a change would let outgrow LARGEST_BYTES; raises MalformedBody."""
    if len(json.dumps(document, ensure_ascii=False).encode()) > LARGEST_BYTES:
        raise MalformedBody(f"The document is larger than {LARGEST_BYTES} bytes.")


def _check_storable(value: object, levels: int) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise MalformedBody("The body contains a NUL character.")
    elif isinstance(value, (dict, list)):
        if not levels:
            raise MalformedBody(f"The body is nested deeper than {DEEPEST} levels.")
        members = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        for member in members:
            _check_storable(member, levels - 1)
