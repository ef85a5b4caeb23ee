"""What became of an order, step by step."""
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, Json, Serial
from app.data.entity import Base


class OrderHistory(Base):
    """One thing that happened to an order, written in its transaction and never changed; `id` is the order of things.

    `item_id` is the line it is about, None for the whole order. `amount` is in minor units of `currency`. `by` says in
    which role somebody did it, never who."""

    __tablename__ = "order_history"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    order_id: Mapped[str] = mapped_column(String(36))
    item_id: Mapped[str | None] = mapped_column(String(36))
    what: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(24))
    by: Mapped[str] = mapped_column(String(24))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    details: Mapped[Any] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)


Index("ix_order_history_order", OrderHistory.order_id, OrderHistory.id)
