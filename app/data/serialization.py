"""The one translation of rows to the wire: per model a function compiled once, from a tuple of columns to a dict.

List reads call it on Core rows; commands and events call it on entities (performance.md: no marshmallow per row)."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from orjson import Fragment, loads
from sqlalchemy import ColumnElement, type_coerce
from sqlalchemy.orm import class_mapper

from app.data.columns import WIRE_READERS, camel_case, iso
from app.data.entity import Entity
from app.data.money import FACTORS
from app.web_addresses import harmless, harmless_all

COMMON = ("is_active", "record_version", "created_at", "updated_at", "owner")
Wire = dict[str, Any]


@dataclass(frozen=True)
class RowField:
    """One property on the wire: attribute, wire name, kind, and what the kind needs."""

    attribute: str
    name: str
    kind: str
    options: tuple[str, ...] = ()
    currency: str | None = None


@dataclass(frozen=True)
class RowSerializer:
    """How one model looks on the wire."""

    model: type[Entity]
    fields: tuple[RowField, ...]
    columns: tuple[ColumnElement[Any], ...]
    row: Callable[[Sequence[Any]], Wire]
    raw_rows: dict[str, Callable[[Sequence[Any]], Wire]]
    _attributes: Callable[[Callable[[str], Any]], Wire]

    def entity(self, entity: Entity) -> Wire:
        """Return the wire form of a loaded entity: nothing is ever deferred or expired, so its own dict has it all."""
        return self._attributes(vars(entity).get)

    def entity_before(self, entity: Entity, old: dict[str, Any]) -> Wire:
        """Return what the wire form had where it may be other now, given the former values of changed attributes."""
        return _former(self.model, frozenset(old))((vars(entity) | old).get)


@cache
def row_serializer(model: type[Entity]) -> RowSerializer:
    """Return the compiled wire shape of `model`: visible columns, own properties first, then the common ones."""
    attributes = {attribute.key: attribute.columns[0] for attribute in class_mapper(model).column_attrs}
    own = [name for name in attributes if name not in COMMON and name != "id"]
    ordered = [name for name in ("id", *own, *COMMON) if not attributes[name].info.get("hidden", True)]
    fields = tuple(_field(name, attributes[name].info) for name in ordered)
    columns = tuple(_reader(getattr(model, f.attribute), f.kind) for f in fields)
    return RowSerializer(
        model, fields, columns, _of_tuples(fields, {}),
        {"sqlite": _of_tuples(fields, {"boolean": "flag({})", "object": "json({})", "ids": "json({})",
                                       "texts": "json({})", "objects": "json({})", "link": "link({})",
                                       "links": "links(parsed({}))"}),
         "postgresql": _of_tuples(fields, {"instant": "None if {0} is None else utc({0})", "link": "link({})",
                                           "links": "links({})"})},
        _of_attributes(fields))


@lru_cache(maxsize=1024)  # clients choose the attributes of a PATCH
def _former(model: type[Entity], changed: frozenset[str]) -> Callable[[Callable[[str], Any]], Wire]:
    return _of_attributes(tuple(field for field in row_serializer(model).fields
                                if field.attribute in changed or field.currency in changed))


def _field(attribute: str, info: dict[str, Any]) -> RowField:
    return RowField(attribute, info.get("wire") or camel_case(attribute), info["kind"], info.get("options", ()),
                     info.get("currency"))


def _reader(column: Any, kind: str) -> ColumnElement[Any]:
    reader = WIRE_READERS.get(kind)
    return type_coerce(column, reader()) if reader else column


def _of_attributes(fields: tuple[RowField, ...]) -> Callable[[Callable[[str], Any]], Wire]:
    names = {name for field in fields for name in (field.attribute, field.currency) if name}
    return _compiled(fields, {name: f"r({name!r})" for name in names}, {"instant": "iso({})"})


def _of_tuples(fields: tuple[RowField, ...], readers: dict[str, str]) -> Callable[[Any], Wire]:
    return _compiled(fields, {f.attribute: f"r[{index}]" for index, f in enumerate(fields)}, readers)


def _compiled(fields: tuple[RowField, ...], place: dict[str, str], readers: dict[str, str]) -> Callable[[Any], Wire]:
    """Build the row function as source: one dict display is several times faster than a loop over fields.

    `place` says where the value of an attribute stands, `readers` per kind what it still needs: entities hold
    datetimes, raw SQLite rows hold numbers and text."""
    names: dict[str, Any] = {"iso": iso, "utc": _utc, "factor": FACTORS.get, "flag": _FLAGS.get, "json": _fragment,
                             "link": harmless, "links": harmless_all, "parsed": _parsed}
    parts = []
    for index, field in enumerate(fields):
        value = place[field.attribute]
        if field.kind == "money" and field.currency:
            factor = f"factor({place[field.currency]}, 100)"
            parts.append(f"{field.name!r}: None if {value} is None else {value} / {factor}")
        elif field.kind == "choice":
            names[f"idx{index}"] = {option: at for at, option in enumerate(field.options)}.get
            parts.append(f"{field.name!r}: {value}, {field.name + '_idx'!r}: idx{index}({value})")
        else:
            parts.append(f"{field.name!r}: {readers.get(field.kind, '{}').format(value)}")
    return eval(f"lambda r: {{{', '.join(parts)}}}", names)


_FLAGS = {0: False, 1: True}


def _fragment(text: str | None) -> Any:
    return None if text is None else Fragment(text)


def _parsed(text: str | None) -> Any:
    return None if text is None else loads(text)


def _utc(moment: datetime) -> str | None:
    return iso(moment.astimezone(UTC))
