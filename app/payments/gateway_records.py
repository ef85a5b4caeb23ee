"""What the gateway told of payments: disputes of banks, and the webhooks that had their effect."""
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, Json
from app.data.entity import Base


class PaymentDispute(Base):
    """A payment that its buyer's bank takes back, until that is decided; `id` is the gateway's (decisions/067).

    `status` is the gateway's word and `funds` where the money is (None: untouched), each with when it was said."""

    __tablename__ = "payment_dispute"
    __lock_rank__ = 230

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    checkout: Mapped[str] = mapped_column(String(60))
    order_id: Mapped[str] = mapped_column(String(36))
    intent_id: Mapped[str | None] = mapped_column(String(255))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(80))
    funds: Mapped[str | None] = mapped_column(String(16))
    answer_until: Mapped[datetime | None] = mapped_column(Instant)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    said_at: Mapped[datetime] = mapped_column(Instant)
    funds_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class PaymentEvent(Base):
    """A webhook that had its effect; the primary key is what makes a second delivery do nothing."""

    __tablename__ = "payment_event"

    checkout: Mapped[str] = mapped_column(String(60), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(80))
    order_id: Mapped[str | None] = mapped_column(String(36))
    intent_id: Mapped[str | None] = mapped_column(String(255))
    effect: Mapped[str] = mapped_column(String(80))
    payload: Mapped[Any] = mapped_column(Json)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)


Index("ix_payment_dispute_order", PaymentDispute.checkout, PaymentDispute.order_id)
Index("ix_payment_dispute_open", PaymentDispute.answer_until,
      sqlite_where=PaymentDispute.closed_at.is_(None), postgresql_where=PaymentDispute.closed_at.is_(None))
Index("ix_payment_event_order", PaymentEvent.checkout, PaymentEvent.order_id)
Index("ix_payment_event_received", PaymentEvent.received_at)
