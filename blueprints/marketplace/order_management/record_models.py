"""What is written once of an order and never changed: its ledger and its history; amounts are minor units."""
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant
from app.data.entity import Base

SALE, REFUND, REFUND_LOST, SURPLUS, SURPLUS_REFUND = "SALE", "REFUND", "REFUND_LOST", "SURPLUS", "SURPLUS_REFUND"
CORRECTION = "CORRECTION"
"""What an operator had put right (ledger_corrections.py): its source is the booking that was wrong, or the payment or
refund of which something was not booked."""


class LedgerEntry(Base):
    """One booking: what a payment or refund moved for one line, and how it divides. Written once, never changed.

    `source_id` is the payment attempt or refund; `item_id` is empty for money that belongs to no sale."""

    __tablename__ = "order_ledger"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    source_id: Mapped[str] = mapped_column(String(36))
    order_id: Mapped[str] = mapped_column(String(36))
    item_id: Mapped[str] = mapped_column(String(36))
    seller_id: Mapped[str | None] = mapped_column(String(36))
    category_id: Mapped[str | None] = mapped_column(String(36))
    currency: Mapped[str] = mapped_column(String(3))
    percent: Mapped[Any] = mapped_column(Numeric(7, 4, asdecimal=False))
    gross: Mapped[int] = mapped_column(BigInteger)
    commission: Mapped[int] = mapped_column(BigInteger)
    net: Mapped[int] = mapped_column(BigInteger)
    booked_at: Mapped[datetime] = mapped_column(Instant)
    month: Mapped[str] = mapped_column(String(7))


Index("uq_order_ledger_source", LedgerEntry.source_id, LedgerEntry.item_id, LedgerEntry.kind, unique=True)
Index("ix_order_ledger_seller", LedgerEntry.seller_id, LedgerEntry.month)
Index("ix_order_ledger_order", LedgerEntry.order_id)
