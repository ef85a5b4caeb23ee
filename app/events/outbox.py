"""The outbox: every event is a row of the transaction that made it true; and the deliveries owed to subscribers.

The relay (app/events/relay.py) moves rows onward; nothing else may publish an event of a write (decision 24)."""
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, constant
from app.data.entity import Base

PENDING, DONE, PARKED = "pending", "done", "parked"
_Serial = BigInteger().with_variant(Integer, "sqlite")


class OutboxEvent(Base):
    """One event; `id` orders the events of one aggregate, because its row lock is held while the id is drawn."""

    __tablename__ = "outbox_event"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(_Serial, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    realm: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(160))
    key: Mapped[str] = mapped_column(String(80))
    payload: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    request_id: Mapped[str | None] = mapped_column(String(64))
    user_id: Mapped[str | None] = mapped_column(String(36))
    published_at: Mapped[datetime | None] = mapped_column(Instant)


class EventDelivery(Base):
    """What one subscriber is owed of one event; the primary key is what makes a handler run once."""

    __tablename__ = "event_delivery"
    __lock_rank__ = 0

    event_id: Mapped[int] = mapped_column(_Serial, primary_key=True, autoincrement=False)
    subscriber: Mapped[str] = mapped_column(String(80), primary_key=True)
    status: Mapped[str] = mapped_column(String(8), default=PENDING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


Index("ix_outbox_event_unpublished", OutboxEvent.id,
      sqlite_where=OutboxEvent.published_at.is_(None), postgresql_where=OutboxEvent.published_at.is_(None))
Index("ix_outbox_event_topic", OutboxEvent.topic, OutboxEvent.id)
# The same conditions in the indexes and in the queries that stand on them.
IS_PENDING = EventDelivery.status == constant(PENDING)
IS_PARKED = EventDelivery.status == constant(PARKED)
Index("ix_event_delivery_pending", EventDelivery.event_id, sqlite_where=IS_PENDING, postgresql_where=IS_PENDING)
Index("ix_event_delivery_parked", EventDelivery.subscriber, sqlite_where=IS_PARKED, postgresql_where=IS_PARKED)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a subscriber sees it; `payload` is the parsed JSON."""

    id: int
    event_id: str
    realm: str
    topic: str
    key: str
    payload: Any
    occurred_at: datetime
    request_id: str | None
    user_id: str | None


def as_event(row: Any) -> Event:
    """Return the subscriber's view of an outbox row."""
    return Event(row.id, row.event_id, row.realm, row.topic, row.key, orjson.loads(row.payload), row.occurred_at,
                 row.request_id, row.user_id)
