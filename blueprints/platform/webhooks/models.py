"""Endpoints, the messages they are owed, and how far the log was read for them."""
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Text, and_
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, Json, constant, string
from app.data.entity import Base
from app.data.retries import OwedWork
from app.data.short_ids import short_id_index

# An endpoint's states; what is not ACTIVE is sent nothing, and its messages wait for a week.
ACTIVE, PAUSED, SUSPENDED, DISABLED = STATES = ("active", "paused", "suspended", "disabled")
# A message's: it waits, was taken, was given up, or its person may not see the row any more.
PENDING, DELIVERED, PARKED, WITHHELD = MESSAGE_STATES = ("pending", "delivered", "parked", "withheld")


class WebhookEndpoint(Base):
    """One address that one person, or a program of that person, wants to be told at.

    `secret` and, until `former_until`, `former_secret` are sealed. `failing_since` is the first failure after the last
    success, `warned_at` when the person was told of it."""

    __tablename__ = "webhook_endpoint"
    __lock_rank__ = 892

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(36))
    client_id: Mapped[str | None] = mapped_column(String(36))
    url: Mapped[str] = mapped_column(String(2048))
    description: Mapped[str | None] = mapped_column(String(255))
    topics: Mapped[list[str]] = mapped_column(Json)
    payload_version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10))
    state_reason: Mapped[str | None] = mapped_column(String(200))
    secret: Mapped[str] = mapped_column(Text)
    former_secret: Mapped[str | None] = mapped_column(Text)
    former_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    succeeded_at: Mapped[datetime | None] = mapped_column(Instant)
    failing_since: Mapped[datetime | None] = mapped_column(Instant)
    warned_at: Mapped[datetime | None] = mapped_column(Instant)


class WebhookMessage(Base):
    """One event that one endpoint is owed; what it says is made of the log when it is sent (FD-21).

    A lane is (endpoint, object): `place`, then `position`, is the order in it, and only its first message that waits
    has a `due_at`. A test has no position. `tries` are the attempts: when, what came back, how long it took."""

    __tablename__ = "webhook_message"
    __lock_rank__ = 893

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(String(36))
    realm: Mapped[str] = mapped_column(String(16))
    message_id: Mapped[str] = mapped_column(String(60))
    position: Mapped[int | None] = mapped_column(BigInteger)
    place: Mapped[int] = mapped_column(BigInteger)
    topic: Mapped[str] = string(160, required=True)
    object_name: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = string(10, required=True)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer)
    last_status: Mapped[int | None] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    tries: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class WebhookReading(Base):
    """How far a realm's log was read for all its endpoints: messages are owed up to this position."""

    __tablename__ = "webhook_reading"
    __lock_rank__ = 891

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


IS_PENDING = WebhookMessage.state == constant(PENDING)
IS_PARKED = WebhookMessage.state == constant(PARKED)
MESSAGES = OwedWork(WebhookMessage, and_(IS_PENDING, WebhookMessage.due_at.is_not(None)), WebhookMessage.due_at,
                    WebhookMessage.leased_until)
"""What may be sent: the first of each lane."""

Index("ix_webhook_endpoint_person", WebhookEndpoint.realm, WebhookEndpoint.user_id, WebhookEndpoint.id)
short_id_index(WebhookEndpoint)
Index("uq_webhook_message_event", WebhookMessage.endpoint_id, WebhookMessage.position, unique=True)
Index("ix_webhook_message_list", WebhookMessage.endpoint_id, WebhookMessage.id)
Index("ix_webhook_message_due", WebhookMessage.endpoint_id, WebhookMessage.due_at, sqlite_where=IS_PENDING,
      postgresql_where=IS_PENDING)
Index("ix_webhook_message_lane", WebhookMessage.endpoint_id, WebhookMessage.object_name, WebhookMessage.object_id,
      WebhookMessage.place, WebhookMessage.position, sqlite_where=IS_PENDING, postgresql_where=IS_PENDING)
Index("ix_webhook_message_age", WebhookMessage.created_at)
