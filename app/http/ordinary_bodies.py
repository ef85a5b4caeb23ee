"""A body in which nothing is wrong is read without marshmallow's loop over all fields, at a quarter of its cost.

Whatever else is sent, marshmallow reads, and words what is wrong."""
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing


class Member(NamedTuple):
    """One field of a schema: its key on the wire, its name, how its value is read."""

    key: str
    name: str
    read: Callable[[Any, str, Mapping[str, Any]], Any]
    must_be_sent: bool
    """Else marshmallow has something to say: it refuses, or fills in a default."""


def members_of(schema: Schema, stands_for: Callable[..., Any]) -> tuple[Member, ...] | None:
    """Return the fields of a schema whose bodies may be read here.

    None for one that reads a body as a whole in another way: that keeps what it does not know, or has a processor or a
    validator beside the one that dropping null `stands_for`."""
    hooks = {getattr(type(schema), name) for named in schema._hooks.values() for name, *_ in named}
    if hooks - {stands_for} or schema.unknown != EXCLUDE or schema.many or schema.partial:
        return None
    members = tuple(Member(field.data_key or name, field.attribute or name, _reader(field),
                           field.required or field.load_default is not missing)
                    for name, field in schema.load_fields.items())
    return None if any("." in member.name for member in members) else members


def _reader(field: fields.Field[Any]) -> Callable[..., Any]:
    """Return how a value that is there is read: without the looks at what is missing, where nothing else is done."""
    is_plain = type(field).deserialize is fields.Field.deserialize
    return field._deserialize if is_plain and not (
        field.pre_load or field.post_load or field.validators) else field.deserialize


def ordinary_values(members: tuple[Member, ...], body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the values marshmallow would return, in its order; null is absence. None when it must be asked."""
    values: dict[str, Any] = {}
    try:
        for key, name, read, must_be_sent in members:
            value = body.get(key)
            if value is not None:
                values[name] = read(value, key, body)
            elif must_be_sent:
                return None
    except ValidationError:
        return None
    return values
