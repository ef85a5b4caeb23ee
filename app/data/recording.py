"""Turns every changed row of a flush into its dbevent and its index event, so that none can be forgotten.

Called by the unit of work only (rules-platform §7: payloads; passwords and hidden columns never appear)."""
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.base import NO_VALUE

from app.clock import now
from app.data.entity import Entity
from app.data.wire import WireShape, wire_shape
from app.events.topics import db_topic, index_topic

Emit = Callable[..., None]


def stamp_changes(session: Session, check_expected: Callable[[Entity], None] | None) -> None:
    """Set updated_at on every changed entity, after If-Match was compared with the version that was read."""
    for entity in session.dirty:
        if isinstance(entity, Entity) and session.is_modified(entity):
            if check_expected is not None:
                check_expected(entity)
            entity.updated_at = now()


def record_changes(session: Session, emit: Emit) -> set[str]:
    """Emit the events of this flush; returns the version marks to bump."""
    touched = set()
    for entity in _entities(session.new):
        _record(emit, entity, "created", wire_shape(type(entity)).entity(entity))
        touched.add(mark_of(entity))
    for entity in _entities(session.dirty):
        old = _former_values(entity)
        if old:
            _record_update(emit, entity, old)
            touched.add(mark_of(entity))
    for entity in _entities(session.deleted):
        gone = wire_shape(type(entity)).entity(entity) | {"isActive": False}
        _record(emit, entity, "deleted", gone)
        touched.add(mark_of(entity))
    return touched


def mark_of(entity: Entity | type[Entity]) -> str:
    """Return the version mark that caches of this object's lists stand under."""
    return f"rows:{entity.__object__}"


def _entities(rows: Iterable[Any]) -> list[Entity]:
    return [row for row in rows if isinstance(row, Entity)]


def _former_values(entity: Entity) -> dict[str, Any]:
    before = inspect(entity).committed_state  # only what was set since the last flush, with its former value
    return {name: None if old is NO_VALUE else old for name, old in before.items() if getattr(entity, name) != old}


def _record(emit: Emit, entity: Entity, verb: str, row: dict[str, Any]) -> None:
    realm, payload = entity.realm_of_row, orjson.dumps(row)
    emit(db_topic(realm, entity.__service__, entity.__object__, verb), entity.id, payload, kind="db", realm=realm)
    emit(index_topic(realm, entity.__object__, verb), entity.id, payload, kind="index", realm=realm)


def _record_update(emit: Emit, entity: Entity, old: dict[str, Any]) -> None:
    shape = wire_shape(type(entity))
    row = shape.entity(entity)
    if "is_active" in old and not entity.is_active:
        _record(emit, entity, "deleted", row)
        return
    realm = entity.realm_of_row
    old["record_version"] = entity.record_version - 1
    former = shape.entity_before(entity, old)
    changed = _changed_names(shape, old)
    payload = {f"old_{entity.__object__}": former, entity.__object__: row,
               "oldDataValues": {name: former[name] for name in changed},
               "newDataValues": {name: row[name] for name in changed}}
    emit(db_topic(realm, entity.__service__, entity.__object__, "updated"), entity.id, payload, kind="db", realm=realm)
    emit(index_topic(realm, entity.__object__, "updated"), entity.id, row, kind="index", realm=realm)


def _changed_names(shape: WireShape, old: dict[str, Any]) -> list[str]:
    return [field.name for field in shape.fields if field.attribute in old]
