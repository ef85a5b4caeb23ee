"""Turns every changed row of a flush into its outbox record, so that none can be forgotten.

Called by the unit of work only (rules-platform §7: payloads; passwords and hidden columns never appear)."""
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import orjson
from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.base import NO_VALUE

from app.clock import now
from app.data.entity import Entity
from app.data.serialization import row_serializer


class Take(Protocol):
    """What the unit of work does with a change: `row` is the row's JSON, `former` what an update changed."""

    def __call__(self, entity: Entity, verb: str, row: bytes, former: bytes | None = None) -> None:
        """Take one change into the outbox."""


def stamp_changes(session: Session, check_expected: Callable[[Entity], None] | None) -> None:
    """Set updated_at on every changed entity, after If-Match was compared with the version that was read."""
    for entity in session.dirty:
        if isinstance(entity, Entity) and session.is_modified(entity):
            if check_expected is not None:
                check_expected(entity)
            entity.updated_at = now()


def record_changes(session: Session, take: Take) -> set[str]:
    """Take the changes of this flush; returns the version marks to bump."""
    touched = set()
    for entity in _entities(session.new):
        take(entity, "created", row_json(entity))
        touched.add(version_key(entity))
    for entity in _entities(session.dirty):
        old = _former_values(entity)
        if old:
            _take_update(take, entity, old)
            touched.add(version_key(entity))
    for entity in _entities(session.deleted):
        take(entity, "deleted", orjson.dumps(row_serializer(type(entity)).entity(entity) | {"isActive": False}))
        touched.add(version_key(entity))
    return touched


def row_json(entity: Entity) -> bytes:
    """Return the JSON of a row as answers and events show it."""
    return orjson.dumps(row_serializer(type(entity)).entity(entity))


def version_key(entity: Entity | type[Entity]) -> str:
    """Return the version mark that caches of this object's lists stand under."""
    return f"rows:{entity.__object__}"


def _entities(rows: Iterable[Any]) -> list[Entity]:
    return [row for row in rows if isinstance(row, Entity)]


def _former_values(entity: Entity) -> dict[str, Any]:
    before = inspect(entity).committed_state  # only what was set since the last flush, with its former value
    return {name: None if old is NO_VALUE else old for name, old in before.items() if getattr(entity, name) != old}


def _take_update(take: Take, entity: Entity, old: dict[str, Any]) -> None:
    shape = row_serializer(type(entity))
    row = shape.entity(entity)
    if "is_active" in old and not entity.is_active:
        take(entity, "deleted", orjson.dumps(row))
        return
    old["record_version"] = entity.record_version - 1
    before = shape.entity_before(entity, old)
    former = {"object": entity.__object__,
              "changed": [field.name for field in shape.fields if field.attribute in old],
              "values": {name: value for name, value in before.items() if row[name] != value}}
    take(entity, "updated", orjson.dumps(row), orjson.dumps(former))
