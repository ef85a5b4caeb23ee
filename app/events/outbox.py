"""The outbox: one record per changed object, in the transaction that changed it; and what subscribers are owed of it.

The relay (app/events/relay.py) moves records onward; nothing else may publish an event of a write (decision 24)."""
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, constant
from app.data.entity import Base

PENDING, DONE, PARKED = "pending", "done", "parked"
_Serial = BigInteger().with_variant(Integer, "sqlite")


class OutboxRecord(Base):
    """What happened, once; app/events/making.py makes the events of the contract from it.

    `id` orders the records of one object, because its row lock is held while the id is drawn. A change names `service`,
    `object` (lower case, as in topics) and `verb`; `payload` is the row's JSON and `former` what an update changed. An
    API call that answered with that row adds `topic` and `envelope`, the answer without the row, which belongs at the
    character `row_at`. What is no change of an object has a `topic` and its `payload`, nothing else."""

    __tablename__ = "outbox_record"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(_Serial, primary_key=True, autoincrement=True)
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


class EventDelivery(Base):
    """What one subscriber is owed of one event of a record; the primary key is what makes a handler run once."""

    __tablename__ = "event_delivery"
    __lock_rank__ = 0

    record_id: Mapped[int] = mapped_column(_Serial, primary_key=True, autoincrement=False)
    topic: Mapped[str] = mapped_column(String(160), primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(80), primary_key=True)
    status: Mapped[str] = mapped_column(String(8), default=PENDING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


Index("ix_outbox_record_unpublished", OutboxRecord.id,
      sqlite_where=OutboxRecord.published_at.is_(None), postgresql_where=OutboxRecord.published_at.is_(None))
Index("ix_outbox_record_change", OutboxRecord.object, OutboxRecord.verb, OutboxRecord.id,
      sqlite_where=OutboxRecord.object.is_not(None), postgresql_where=OutboxRecord.object.is_not(None))
Index("ix_outbox_record_topic", OutboxRecord.topic, OutboxRecord.id,
      sqlite_where=OutboxRecord.topic.is_not(None), postgresql_where=OutboxRecord.topic.is_not(None))
# The same conditions in the indexes and in the queries that stand on them.
IS_PENDING = EventDelivery.status == constant(PENDING)
IS_PARKED = EventDelivery.status == constant(PARKED)
Index("ix_event_delivery_pending", EventDelivery.record_id, EventDelivery.topic, sqlite_where=IS_PENDING,
      postgresql_where=IS_PENDING)
Index("ix_event_delivery_parked", EventDelivery.subscriber, sqlite_where=IS_PARKED, postgresql_where=IS_PARKED)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a subscriber sees it; `payload` is the parsed JSON, `id` the number of its record."""

    id: int
    event_id: str
    realm: str
    topic: str
    key: str
    payload: Any
    occurred_at: datetime
    request_id: str | None
    user_id: str | None
