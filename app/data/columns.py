"""The column kit: each kind of property once, with its storage on both databases and its look on the wire.

Column.info carries what the wire needs: kind, hidden, enum options, the currency attribute of an amount."""
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Float,
    Integer,
    String,
    Text,
    literal_column,
    types,
)
from sqlalchemy.orm import MappedColumn, mapped_column

from app.web_addresses import LONGEST_ADDRESS, harmless, harmless_all

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up; SQLite counts none but an INTEGER."""


def iso(moment: datetime | None) -> str | None:
    """Return an aware UTC datetime as ISO 8601 with milliseconds and Z."""
    return None if moment is None else moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def is_day(text: str) -> bool:
    """Tell whether ISO 8601 text is a date without a time."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def parse_iso(text: str, zone: tzinfo = UTC) -> datetime:
    """Return ISO 8601 text as an aware UTC datetime cut to milliseconds; raises ValueError when it is not one.

    Of a date without a time it is the first instant in `zone`; a time that names no zone is UTC."""
    moment = datetime.fromisoformat(text)
    try:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone if is_day(text) else UTC)
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies before year 1 or after year 9999 in UTC") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def read_instant(value: datetime | str | None) -> datetime | None:
    """Return what a driver gave of an Instant as an aware UTC datetime."""
    if value is None:
        return None
    return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromisoformat(value)


class Instant(types.TypeDecorator[datetime]):
    """An aware UTC datetime: timestamptz on PostgreSQL, sortable ISO text (the wire form itself) on SQLite."""

    impl = String(24)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(String(24))
        from sqlalchemy.dialects.postgresql import TIMESTAMP

        return dialect.type_descriptor(TIMESTAMP(timezone=True, precision=3))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or isinstance(value, str):
            return value
        return value.astimezone(UTC) if dialect.name == "postgresql" else iso(value.astimezone(UTC))

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return read_instant(value)


class WireInstant(types.TypeDecorator[str]):
    """The same column read straight into wire text, so that list reads never build datetimes on SQLite."""

    impl = String(24)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return Instant().load_dialect_impl(dialect)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return value if value is None or isinstance(value, str) else iso(value.astimezone(UTC))


class Json(types.TypeDecorator[Any]):
    """A JSON value: jsonb on PostgreSQL, text on SQLite; None is SQL NULL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return orjson.loads(value) if isinstance(value, str) and dialect.name != "postgresql" else value


class WireJson(types.TypeDecorator[Any]):
    """The same column passed to the answer unparsed where the database gives text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return Json().load_dialect_impl(dialect)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return orjson.Fragment(value) if isinstance(value, str) and dialect.name != "postgresql" else value


class WebAddress(types.TypeDecorator[str]):
    """An address that pages link to. Whatever stands there, none comes out by which a page would run something."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return harmless(value)


class WebAddresses(Json):
    """A list of such addresses, each held to the same."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return harmless_all(super().process_result_value(value, dialect))


def _column(type_: Any, kind: str, *, required: bool, hidden: bool = False, wire: str | None = None,
            info: dict[str, Any] | None = None, **options: Any) -> MappedColumn[Any]:
    details = {"kind": kind, "hidden": hidden, "wire": wire, **(info or {})}
    return mapped_column(type_, nullable=not required, info=details, **options)


def string(length: int = 255, *, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A String of the contract, at most `length` characters."""
    return _column(String(length), "string", required=required, **options)


def web_address(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """An address of a picture or a page; app/http/schemas.WebAddress is what may be written there."""
    return _column(WebAddress(LONGEST_ADDRESS), "link", required=required, **options)


def text(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A Text of the contract, unbounded in the database."""
    return _column(Text, "text", required=required, **options)


def folded(of: str, *, required: bool = False) -> MappedColumn[Any]:
    """What `contains` filters look in: the compact form (app/folding.py) of the attribute `of`, kept by the model.

    Kept means: whoever sets the attribute of a row sets this too (app/data/folded.py); a statement that updates the
    attribute in the database has to set both."""
    return _column(Text, "text", required=required, hidden=True, info={"folds": of})


def identifier(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A UUID in canonical text."""
    return _column(String(36), "id", required=required, **options)


def instant(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A Date of the contract, an aware UTC datetime in Python."""
    return _column(Instant, "instant", required=required, **options)


def money(currency: str, *, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """An amount in minor units; `currency` names the attribute of the same row that holds its currency."""
    return _column(BigInteger, "money", required=required, info={"currency": currency}, **options)


def choice(options_: tuple[str, ...], *, required: bool = True, **options: Any) -> MappedColumn[Any]:
    """An Enum stored as its name; the wire adds `<name>_idx`, the zero-based position."""
    length = max(len(option) for option in options_)
    return _column(String(max(32, length)), "choice", required=required, info={"options": options_}, **options)


def boolean(*, required: bool = True, **options: Any) -> MappedColumn[Any]:
    """A Boolean."""
    return _column(Boolean, "boolean", required=required, **options)


def integer(*, required: bool = False, big: bool = False, **options: Any) -> MappedColumn[Any]:
    """An Integer (32 bit unless `big`)."""
    return _column(BigInteger if big else Integer, "integer", required=required, **options)


def number(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A Double that is not money."""
    return _column(Float(53), "number", required=required, **options)


def json_object(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """An Object of the contract."""
    return _column(Json, "object", required=required, **options)


def id_list(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A list of UUIDs."""
    return _column(Json, "ids", required=required, **options)


def text_list(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A list of Strings of the contract, none twice; app/http/schemas.ListOf is what may be written there."""
    return _column(Json, "texts", required=required, **options)


def web_address_list(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A list of addresses of files, pictures or pages."""
    return _column(WebAddresses, "links", required=required, **options)


def object_list(*, required: bool = False, **options: Any) -> MappedColumn[Any]:
    """A list of Objects of the contract."""
    return _column(Json, "objects", required=required, **options)


def constant(value: str) -> ColumnElement[str]:
    """Return a fixed word written into the statement itself: with a parameter in its place no partial index is used."""
    return literal_column(f"'{value}'", String)


def camel_case(name: str) -> str:
    """Return a snake_case attribute's wire name; a leading underscore stays (`_archivedAt`)."""
    head, *rest = name.lstrip("_").split("_")
    return ("_" if name.startswith("_") else "") + head + "".join(part[:1].upper() + part[1:] for part in rest)


WIRE_READERS: dict[str, Callable[[], Any]] = {
    "instant": WireInstant, "object": WireJson, "ids": WireJson, "texts": WireJson, "objects": WireJson}
