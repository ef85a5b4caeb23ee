"""The tables of the checkout flow: attempts to be paid, money given back; shared by every checkout. What the gateway
tells stands in gateway_records.py.

`checkout` names whose order it is. They are no data objects: what clients see stands on the data objects below."""
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant
from app.data.entity import Base
from app.payments.states import MANUAL


class PaymentAttempt(Base):
    """One attempt to be paid for one order; number and order make its idempotency key (decision 15).

    Written before the gateway is asked, with everything that is sent, so that a lost call can be repeated as it was.
    `check_at` is when somebody must look at it again: nobody is asked to remember. `settled_at` is when it was paid,
    or first known to have failed."""

    __tablename__ = "payment_attempt"
    __lock_rank__ = 210

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    checkout: Mapped[str] = mapped_column(String(60))
    order_id: Mapped[str] = mapped_column(String(36))
    number: Mapped[int] = mapped_column(Integer)
    user_id: Mapped[str | None] = mapped_column(String(36))
    method_id: Mapped[str] = mapped_column(String(255))
    customer_id: Mapped[str | None] = mapped_column(String(255))
    keeps_card: Mapped[bool] = mapped_column(Boolean)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    description: Mapped[str] = mapped_column(Text)
    return_url: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    is_surplus: Mapped[bool] = mapped_column(Boolean, default=False)
    intent_id: Mapped[str | None] = mapped_column(String(255))
    intent_status: Mapped[str | None] = mapped_column(String(40))
    error_code: Mapped[str | None] = mapped_column(String(255))
    error_message: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Instant)
    check_at: Mapped[datetime | None] = mapped_column(Instant)
    checks: Mapped[int] = mapped_column(Integer, default=0)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def key(self) -> str:
        """Return the idempotency key of the charge within its checkout."""
        return f"{self.order_id}-{self.number}"

    @property
    def is_manual(self) -> bool:
        """True for money that came past the gateway and was booked by staff."""
        return self.method_id == MANUAL


class PaymentRefund(Base):
    """Money to be given back: requested here first, then asked of the gateway, settled when the gateway says so."""

    __tablename__ = "payment_refund"
    __lock_rank__ = 220

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    checkout: Mapped[str] = mapped_column(String(60))
    order_id: Mapped[str] = mapped_column(String(36))
    attempt_id: Mapped[str] = mapped_column(String(36))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(16))
    is_surplus: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str | None] = mapped_column(Text)
    gateway_refund_id: Mapped[str | None] = mapped_column(String(255))
    error_code: Mapped[str | None] = mapped_column(String(255))
    error_message: Mapped[str | None] = mapped_column(Text)
    requested_by: Mapped[str | None] = mapped_column(String(36))
    requested_at: Mapped[datetime] = mapped_column(Instant)
    check_at: Mapped[datetime | None] = mapped_column(Instant)
    checks: Mapped[int] = mapped_column(Integer, default=0)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)


Index("uq_payment_attempt_number", PaymentAttempt.checkout, PaymentAttempt.order_id, PaymentAttempt.number, unique=True)
Index("uq_payment_attempt_intent", PaymentAttempt.intent_id, unique=True)
Index("ix_payment_attempt_check_at", PaymentAttempt.check_at,
      sqlite_where=PaymentAttempt.check_at.is_not(None), postgresql_where=PaymentAttempt.check_at.is_not(None))
Index("ix_payment_refund_order", PaymentRefund.checkout, PaymentRefund.order_id)
Index("uq_payment_refund_gateway", PaymentRefund.gateway_refund_id, unique=True)
Index("ix_payment_refund_check_at", PaymentRefund.check_at,
      sqlite_where=PaymentRefund.check_at.is_not(None), postgresql_where=PaymentRefund.check_at.is_not(None))
