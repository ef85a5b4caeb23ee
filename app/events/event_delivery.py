"""What subscribers are owed of the events that outbox records make (app/data/changes.py), and an event as they see it.

The relay (app/events/relay.py) moves records onward; nothing else may publish an event of a write (decision 24)."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Index,
    Integer,
    String,
    Text,
    cast,
    func,
    insert,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.data.columns import Instant, Serial, constant
from app.data.entity import Base

PENDING, DONE, PARKED = "pending", "done", "parked"


class EventDelivery(Base):
    """What one subscriber is owed of one event of a record; the primary key is what makes a handler run once."""

    __tablename__ = "event_delivery"
    __lock_rank__ = 5

    record_id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    topic: Mapped[str] = mapped_column(String(160), primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(80), primary_key=True)
    status: Mapped[str] = mapped_column(String(8), default=PENDING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


# The same conditions in the indexes and in the queries that stand on them.
IS_PENDING = EventDelivery.status == constant(PENDING)
IS_PARKED = EventDelivery.status == constant(PARKED)
Index("ix_event_delivery_pending", EventDelivery.record_id, EventDelivery.topic, sqlite_where=IS_PENDING,
      postgresql_where=IS_PENDING)
Index("ix_event_delivery_parked", EventDelivery.subscriber, sqlite_where=IS_PARKED, postgresql_where=IS_PARKED)


def owe(connection: Connection, owed: Iterable[tuple[int, str, str]]) -> None:
    """Owe events to subscribers by one statement: record's id, topic and subscriber's name of each."""
    given = literal(orjson.dumps(list(owed)).decode(), String)
    each = (func.json_each(given) if connection.dialect.name == "sqlite"
            else func.json_array_elements(cast(given, JSON))).table_valued("value")
    record_id, *named = (each.c.value.op("->>")(literal_column(str(place))) for place in range(3))
    connection.execute(insert(EventDelivery).from_select(
        ["record_id", "topic", "subscriber", "status", "attempts", "next_attempt_at"],
        select(cast(record_id, BigInteger), *named, literal(PENDING), literal(0), literal(now(), Instant))))


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
