"""The kit input and output shapes are written with: strict fields, snake_case inside, camelCase on the wire.

Input is checked by marshmallow; output schemas document, the compiled wire shape writes (performance.md)."""
import re
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

import orjson
from marshmallow import EXCLUDE, INCLUDE, Schema, ValidationError, fields, pre_load
from marshmallow.validate import Length, OneOf, Range
from sqlalchemy.orm import class_mapper

from app.data.columns import camel_case, parse_iso
from app.data.entity import Entity
from app.data.ids import canonical_uuid
from app.data.money import is_currency
from app.data.serialization import row_serializer
from app.errors import InvalidInput
from app.http.ordinary_bodies import Member, members_of, ordinary_values
from app.plain_text import has_address, hidden_in_identifier, hidden_sign
from app.runtime import runtime
from app.web_addresses import LONGEST_ADDRESS, link

_DEEPEST = 32
_LARGEST_AMOUNT = 10 ** 12
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_ADDRESS = "an https address, or a file of ours, without spaces, quotes, backslashes or password"
_MISSING = {"required": "is required", "null": "is required"}
_zone: ContextVar[tzinfo] = ContextVar("zone of the body that is read", default=UTC)


FILLED_IN: dict[str, Any] = {"x-filled-in": True}
"""Metadata of a field that the contract requires and that the server fills in where it is left out (rules-network G1 to
G3): the document says that it is required."""
NOT_READ = {"x-not-read": True, "description": "the server's own: what is sent is ignored"}
"""Of a field whose value the server alone decides: it never reaches the command."""


class InputSchema(Schema):
    """What a client sends. null means absent (rules-platform §2.6); unknown keys are ignored."""

    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field) -> None:
        """Name the field on the wire and let every kind of absence read the same."""
        field_obj.data_key = field_obj.data_key or camel_case(field_name)
        field_obj.error_messages = {**field_obj.error_messages, **_MISSING}

    @pre_load
    def _drop_nulls(self, data: Any, **_: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    @cached_property
    def ordinary(self) -> tuple[Member, ...] | None:
        """The fields by which a body is read without marshmallow; None where a subclass has processors of its own."""
        return members_of(self, stands_for=InputSchema._drop_nulls)


class Text(fields.Field[str]):
    """A string of `least`…`most` characters; surrounding white space is not content."""

    def __init__(self, *, most: int = 255, least: int = 1, **options: Any) -> None:
        super().__init__(metadata={"minLength": least, "maxLength": most} | options.pop("metadata", {}), **options)
        self._length = Length(least, most, error=f"expected text of {least} to {most} characters")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("expected text")
        if _UNSTORABLE.search(value):
            raise ValidationError("expected text without NUL or half characters")
        self._length(value.strip())
        return value.strip()


class Line(Text):
    """Text that is shown as one line: no line breaks, and no character that nobody sees or that turns it around."""

    _hidden = staticmethod(hidden_sign)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        line = super()._deserialize(value, attr, data, **options)
        hidden = self._hidden(line)
        if hidden:
            raise ValidationError(f"expected one line without hidden characters; this one has {hidden}")
        return line


class Name(Line):
    """What a person is called. It stands in letters and lists of others, so it carries no address."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        name = super()._deserialize(value, attr, data, **options)
        if has_address(name):
            raise ValidationError("expected a name, without an e-mail or web address")
        return name


class Code(Line):
    """Text that identifies, compared by `app.plain_text.identifier_key` (decision 34): nothing is hidden in it."""

    _hidden = staticmethod(hidden_in_identifier)


class WebAddress(Text):
    """A link or a picture: an https address, or a file of our own buckets; comes out in ASCII.

    The one field for every address a client sends. Demo and test also take http addresses of this machine."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=LONGEST_ADDRESS, metadata={
            "format": "uri-reference", "description": _ADDRESS} | options.pop("metadata", {}), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        settings = runtime().settings
        try:
            found = link(super()._deserialize(value, attr, data, **options), own=settings.public_url.rstrip("/"),
                         is_local_fine=not settings.is_production)
        except ValueError:
            raise ValidationError(f"expected {_ADDRESS}") from None
        self._length(found)
        return found


class Identifier(fields.Field[str]):
    """A UUID; comes out in canonical lower case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        found = canonical_uuid(value)
        if found is None:
            raise ValidationError("expected a UUID")
        return found


class Instant(fields.Field[datetime]):
    """An ISO 8601 date; comes out as aware UTC. A date without a time is its first instant in the realm's zone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        try:
            return parse_iso(value, _zone.get())
        except (TypeError, ValueError):
            raise ValidationError("expected an ISO 8601 date") from None


class Money(fields.Field[Decimal]):
    """A decimal number in major units, exact; the command makes it minor units of the row's currency."""

    def __init__(self, *, positive: bool = False, **options: Any) -> None:
        bound = {"exclusiveMinimum" if positive else "minimum": 0, "maximum": _LARGEST_AMOUNT}
        super().__init__(metadata=bound | options.pop("metadata", {}), **options)
        self._positive = positive

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("expected a number")
        amount = Decimal(str(value))
        if not amount.is_finite() or abs(amount) > _LARGEST_AMOUNT:
            raise ValidationError("expected an amount of at most 10^12")
        if amount < 0 or (self._positive and amount == 0):
            raise ValidationError("expected an amount greater than 0" if self._positive else "expected 0 or more")
        return amount


class Currency(fields.Field[str]):
    """An ISO 4217 code."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        code = value.strip().upper() if isinstance(value, str) else value
        if not is_currency(code):
            raise ValidationError("expected an ISO 4217 currency code")
        return str(code)


class Choice(fields.Field[str]):
    """One of the contract's enum options, by name."""

    def __init__(self, choices: tuple[str, ...], **options: Any) -> None:
        super().__init__(validate=OneOf(choices, error=f"expected one of {', '.join(choices)}"),
                         metadata={"enum": list(choices)} | options.pop("metadata", {}), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("expected text")
        return value


class Whole(fields.Field[int]):
    """An integer between `least` and `most`, of 32 bits unless they say more."""

    def __init__(self, *, least: int = -2 ** 31, most: int = 2 ** 31 - 1, **options: Any) -> None:
        super().__init__(validate=Range(least, most, error=f"expected an integer from {least} to {most}"), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("expected an integer")
        return value


class Flag(fields.Field[bool]):
    """true or false, nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("expected true or false")
        return value


class JsonObject(fields.Field[dict[str, Any]]):
    """A JSON object, or the text of one (rules-platform §2.6)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any]:
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                raise ValidationError("expected a JSON object") from None
        if not isinstance(value, dict):
            raise ValidationError("expected a JSON object")
        _check_storable(value, _DEEPEST)
        return value


def _check_storable(value: Any, levels: int) -> None:
    """Refuse what one of the databases cannot keep: NUL, half characters, integers over 64 bits, bottomless nesting."""
    if levels == 0:
        raise ValidationError(f"expected at most {_DEEPEST} levels of nesting")
    if isinstance(value, str) and _UNSTORABLE.search(value):
        raise ValidationError("expected text without NUL or half characters")
    if isinstance(value, dict):
        for key, item in value.items():
            _check_storable(key, levels)
            _check_storable(item, levels - 1)
    elif isinstance(value, list):
        for item in value:
            _check_storable(item, levels - 1)


class ObjectOf(fields.Nested):
    """A JSON object with the fields of a schema, or the text of one (rules-platform §2.6)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, *rest: Any, **options: Any) -> Any:
        return super()._deserialize(JsonObject().deserialize(value), attr, data, *rest, **options)


class IdList(fields.Field[list[str]]):
    """A list of UUIDs, at most 100."""

    def __init__(self, **options: Any) -> None:
        shape = {"items": {"type": "string", "format": "uuid"}, "maxItems": 100}
        super().__init__(metadata=shape | options.pop("metadata", {}), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[str]:
        if not isinstance(value, list) or len(value) > 100:
            raise ValidationError("expected a list of at most 100 UUIDs")
        found = [canonical_uuid(item) for item in value]
        if None in found:
            raise ValidationError("expected a list of UUIDs")
        return [item for item in found if item]


class ListOf(fields.List[Any]):
    """A list of at most `most` values, each read by `item`: one alone is a list of it, and none stands there twice."""

    def __init__(self, item: fields.Field[Any], *, most: int, **options: Any) -> None:
        super().__init__(item, metadata={"maxItems": most} | options.pop("metadata", {}), **options)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[Any]:
        values = value if isinstance(value, list) else [value]
        if len(values) > self._most:
            raise ValidationError(f"expected at most {self._most} values")
        found: dict[Any, None] = {}
        for place, one in enumerate(values, 1):
            try:
                found[self.inner.deserialize(one)] = None
            except ValidationError as error:
                raise ValidationError(f"value {place}: {error.messages[0]}") from None
        return list(found)


def list_changes(name: str, item: type[fields.Field[Any]], *, most: int, **options: Any) -> tuple[ListOf, ...]:
    """Return the three fields of a list in a PATCH: the whole of it, what is added, what goes (rules-network §0.2).

    `name` is that of the wire: `skills`, `skills_append`, `skills_remove`; `options` are the item's. The command makes
    the new list of them by `merged_list` (app/data/list_values.py)."""
    return tuple(ListOf(item(**options), most=most, data_key=f"{name}{end}") for end in ("", "_append", "_remove"))


def load(schema: Schema, body: Any, zone: tzinfo = UTC) -> dict[str, Any]:
    """Return the checked input with snake_case keys; raises InvalidInput that names every wrong field at once.

    `zone` is where dates without a time are meant."""
    if not isinstance(body, dict):
        raise InvalidInput("errMsg_bodyIsNotAJsonObject", detail={"body": "expected a JSON object"})
    before = _zone.set(zone)
    try:
        loaded = _loaded(schema, body)
    except ValidationError as error:
        said_of = error.normalized_messages()
        detail = {name: said[0] if isinstance(said, list) else _texts(said) for name, said in said_of.items()}
        raise InvalidInput("; ".join(f"{name}: {said}" for name, said in detail.items()), detail=detail) from None
    finally:
        _zone.reset(before)
    for name in _not_read(type(schema)):
        loaded.pop(name, None)
    return loaded


def _loaded(schema: Schema, body: dict[str, Any]) -> dict[str, Any]:
    members = schema.ordinary if isinstance(schema, InputSchema) else None
    values = None if members is None else ordinary_values(members, body)
    if values is None:
        values = schema.load(body)
    return values


@cache
def _not_read(kind: type[Schema]) -> tuple[str, ...]:
    """Return the fields whose values never reach the command."""
    return tuple(name for name, field in kind().fields.items() if field.metadata.get("x-not-read"))


def _texts(said: Any) -> Any:
    """Return marshmallow's messages of nested fields with text keys: positions in a list come as numbers."""
    return {str(key): _texts(value) for key, value in said.items()} if isinstance(said, dict) else said


_DOCUMENTED: dict[str, Any] = {
    "string": fields.String, "text": fields.String, "link": fields.String, "id": fields.UUID,
    "instant": fields.AwareDateTime, "money": fields.Float, "choice": fields.String, "boolean": fields.Boolean,
    "integer": fields.Integer, "number": fields.Float, "object": fields.Dict}
_LISTED: dict[str, Any] = {"ids": fields.UUID, "texts": fields.String, "links": fields.String,
                           "objects": fields.Dict}


class _Shown(Schema):
    """An answer's row: the model's fields, and what the query joins."""

    class Meta:
        unknown = INCLUDE


@cache
def output_schema(model: type[Entity]) -> type[Schema]:
    """Return the marshmallow schema that documents the wire shape of `model`."""
    shown: dict[str, Any] = {}
    columns = class_mapper(model).columns
    for item in row_serializer(model).fields:
        may_be_null: dict[str, Any] = {"allow_none": bool(columns[item.attribute].nullable)}
        if item.kind in _LISTED:
            shown[item.name] = fields.List(_LISTED[item.kind](), **may_be_null)
        elif item.kind == "choice":
            options = [*item.options, None] if may_be_null["allow_none"] else list(item.options)
            shown[item.name] = fields.String(metadata={"enum": options}, **may_be_null)
            shown[f"{item.name}_idx"] = fields.Integer(**may_be_null)
        else:
            shown[item.name] = _DOCUMENTED[item.kind](**may_be_null)
    for name, kind in model.__made__.items():
        shown[name] = fields.List(_LISTED[kind]()) if kind in _LISTED else _DOCUMENTED[kind]()
    return _Shown.from_dict(shown, name=model.__object__[:1].upper() + model.__object__[1:])
