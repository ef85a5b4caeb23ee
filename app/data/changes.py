"""The outbox: what a flush changed becomes its records, in the same transaction, so that none can be forgotten.

Called by the unit of work only (rules-platform §7: payloads; passwords and hidden columns never appear)."""
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

import orjson
from sqlalchemy import BigInteger, Index, Integer, String, Text, and_
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.base import NO_VALUE

from app.clock import now
from app.data.columns import Instant, Serial
from app.data.entity import Base, Entity
from app.data.serialization import row_serializer
from app.data.version_keys import version_key

NOTHING: Mapping[str, Any] = MappingProxyType({})


class OutboxRecord(Base):
    """What happened, once; app/events/making.py makes the events of the contract from it.

    `id` orders the records of one object, because its row lock is held while the id is drawn. A change names `service`,
    `object` (lower case, as in topics) and `verb`; `payload` is the row's JSON and `former` what an update changed. An
    API call that answered with that row adds `topic` and `envelope`, the answer without the row, which belongs at the
    character `row_at`. What is no change of an object has a `topic` and its `payload`, nothing else. `position` is its
    place in the log, which the relay gives (app/events/positions.py)."""

    __tablename__ = "outbox_record"
    __lock_rank__ = 0
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    record_id: Mapped[str] = mapped_column(String(36))
    realm: Mapped[str] = mapped_column(String(16))
    service: Mapped[str | None] = mapped_column(String(60))
    object: Mapped[str | None] = mapped_column(String(60))
    verb: Mapped[str | None] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(80))
    payload: Mapped[str] = mapped_column(Text)
    former: Mapped[str | None] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(String(160))
    envelope: Mapped[str | None] = mapped_column(Text)
    row_at: Mapped[int | None] = mapped_column(Integer)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    request_id: Mapped[str | None] = mapped_column(String(64))
    user_id: Mapped[str | None] = mapped_column(String(36))
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    position: Mapped[int | None] = mapped_column(BigInteger)


Index("ix_outbox_record_unpublished", OutboxRecord.id,
      sqlite_where=OutboxRecord.published_at.is_(None), postgresql_where=OutboxRecord.published_at.is_(None))
Index("ix_outbox_record_change", OutboxRecord.object, OutboxRecord.verb, OutboxRecord.id,
      sqlite_where=OutboxRecord.object.is_not(None), postgresql_where=OutboxRecord.object.is_not(None))
Index("ix_outbox_record_topic", OutboxRecord.topic, OutboxRecord.id,
      sqlite_where=OutboxRecord.topic.is_not(None), postgresql_where=OutboxRecord.topic.is_not(None))
Index("uq_outbox_record_position", OutboxRecord.position, unique=True)
IS_LOGGED_CHANGE = and_(OutboxRecord.object.is_not(None), OutboxRecord.position.is_not(None))
"""What the log tells of: a numbered change of a data object. The index stands on it and so do its readers."""
Index("ix_outbox_record_log", OutboxRecord.realm, OutboxRecord.position,
      sqlite_where=IS_LOGGED_CHANGE, postgresql_where=IS_LOGGED_CHANGE)


class Take(Protocol):
    """What the unit of work does with a change: `row` is the row's JSON, `former` what an update changed.

    `old` are the former values by attribute, hidden ones too."""

    def __call__(self, entity: Entity, verb: str, row: bytes, former: bytes | None = None,
                 old: Mapping[str, Any] = NOTHING) -> None:
        """Take one change into the outbox."""


def stamp_changes(rows: Iterable[Any], check_expected: Callable[[Entity], None] | None) -> list[Entity]:
    """Set updated_at on every entity among the rows that was changed, after If-Match was compared with the version that
    was read; returns them."""
    changed = [row for row in rows if isinstance(row, Entity) and former_values(row)]
    for entity in changed:
        if check_expected is not None:
            check_expected(entity)
        entity.updated_at = now()
    return changed


def record_changes(session: Session, take: Take) -> set[str]:
    """Take the changes of this flush; returns the version keys to invalidate."""
    touched = record_new(_entities(session.new), take)
    for entity in _entities(session.dirty):
        old = former_values(entity)
        if old:
            record_update(entity, old, take)
            touched.add(version_key(entity))
    for entity in _entities(session.deleted):
        take(entity, "deleted", orjson.dumps(row_serializer(type(entity)).entity(entity) | {"isActive": False}))
        touched.add(version_key(entity))
    return touched


def record_new(entities: Iterable[Entity], take: Take) -> set[str]:
    """Take data objects that were inserted; returns the version keys to invalidate."""
    touched = set()
    for entity in entities:
        take(entity, "created", row_json(entity))
        touched.add(version_key(entity))
    return touched


def record_update(entity: Entity, old: dict[str, Any], take: Take) -> None:
    """Take a row that was changed; `old` are the former values by attribute."""
    shape = row_serializer(type(entity))
    row = shape.entity(entity)
    if "is_active" in old and not entity.is_active:
        take(entity, "deleted", orjson.dumps(row), old=old)
        return
    old["record_version"] = entity.record_version - 1
    before = shape.entity_before(entity, old)
    former = {"object": entity.__object__,
              "changed": [field.name for field in shape.fields if field.attribute in old],
              "values": {name: value for name, value in before.items() if row[name] != value}}
    if "held" in old:  # no event shows it: it says who saw the row before (app/events/outward.py)
        former["held"] = old["held"]
    take(entity, "updated", orjson.dumps(row), orjson.dumps(former), old)


def row_json(entity: Entity) -> bytes:
    """Return the JSON of a row as answers and events show it."""
    return orjson.dumps(row_serializer(type(entity)).entity(entity))


def _entities(rows: Iterable[Any]) -> list[Entity]:
    return [row for row in rows if isinstance(row, Entity)]


def former_values(entity: Base) -> dict[str, Any]:
    """Return the former values of what was changed since the last flush, by attribute."""
    before = instance_state(entity).committed_state
    return {name: None if old is NO_VALUE else old for name, old in before.items() if getattr(entity, name) != old}
