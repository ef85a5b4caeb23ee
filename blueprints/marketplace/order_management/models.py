"""The tables of orderManagement (rules-marketplace §7.1) and its ledger; amounts are minor units of their currency."""
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Numeric, String, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import (
    Instant,
    Json,
    Serial,
    choice,
    id_list,
    identifier,
    instant,
    integer,
    json_object,
    money,
    string,
)
from app.data.entity import Base, Entity
from app.data.short_ids import short_id_index
from app.payments.states import CONFIRMATIONS
from blueprints.marketplace.order_management.rules import ORDER_STATUSES
from blueprints.platform.checkout.objects import Customer, Method, Ticket, index_payments, unique_among_active

RESERVED, SOLD, RELEASED = "reserved", "sold", "released"
_HOLDS = (RESERVED, SOLD, RELEASED)


class Order(Entity):
    """What one buyer buys at once, of one or several sellers.

    `summary` is what the wire shows; `total` and `currency` are what is charged. Until `payable_until` it may be paid
    and its units are held; `released_at` says that they were given back. `refund_due` is what was paid for lines that
    were cancelled and is still here, kept equal to the ledger (decision 42)."""

    __tablename__ = "order_management_order"
    __service__ = "orderManagement"
    __object__ = "orderManagementOrder"
    __realm__ = "marketplace"
    __lock_rank__ = 80
    __owner__ = "buyer_id"
    __duplicates__ = {"uq_order_management_order_number": (
        "OrderNumberExists", "an order with this orderNumber already exists")}

    order_number: Mapped[str] = string(required=True)
    items: Mapped[list[str]] = id_list(required=True, default=list)
    buyer_id: Mapped[str] = identifier(required=True)
    status: Mapped[str] = choice(ORDER_STATUSES, default="PENDING_PAYMENT")
    payment_method_id: Mapped[str] = string(required=True)
    stripe_customer_id: Mapped[str] = string(required=True)
    payment_intent_id: Mapped[str | None] = string()
    shipping_address: Mapped[dict[str, Any]] = json_object(required=True)
    summary: Mapped[dict[str, Any]] = json_object(required=True)
    tracking_number: Mapped[str | None] = string()
    estimated_delivery: Mapped[datetime | None] = instant()
    cancelled_at: Mapped[datetime | None] = instant()
    paid_at: Mapped[datetime | None] = instant()
    delivered_at: Mapped[datetime | None] = instant()
    shipped_at: Mapped[datetime | None] = instant()
    carrier: Mapped[str | None] = string()
    payment_confirmation: Mapped[str] = choice(CONFIRMATIONS, default="pending", wire="_paymentConfirmation")

    dispute_status: Mapped[str | None] = string(40)  # additive, decisions/067

    currency: Mapped[str | None] = string(3, hidden=True)
    total: Mapped[int] = integer(required=True, big=True, default=0, hidden=True)
    payable_until: Mapped[datetime | None] = instant(hidden=True)
    released_at: Mapped[datetime | None] = instant(hidden=True)
    refund_due: Mapped[int] = integer(required=True, big=True, default=0, hidden=True)


class OrderItem(Entity):
    """One line: `quantity` units of a listing at the unit price agreed, for its seller. Never changed (029).

    A cancelled line is archived (decision 42). `hold` says where its units are in the listing's stock."""

    __tablename__ = "order_management_order_item"
    __service__ = "orderManagement"
    __object__ = "orderManagementOrderItem"
    __realm__ = "marketplace"
    __lock_rank__ = 90
    __duplicates__ = {"uq_order_management_order_item_product": (
        "OrderItemExists", "the order has an item of this product already")}

    shipping: Mapped[int] = money("currency", required=True)
    order_id: Mapped[str] = identifier(required=True)
    quantity: Mapped[int] = integer(required=True)
    product_id: Mapped[str] = identifier(required=True)
    price: Mapped[int] = money("currency", required=True)
    seller_id: Mapped[str] = identifier(required=True)
    title: Mapped[str] = string(required=True)
    currency: Mapped[str] = string(3, required=True)

    category_id: Mapped[str | None] = identifier(hidden=True)
    hold: Mapped[str] = choice(_HOLDS, default=RESERVED, hidden=True)


class OrderPayment(Ticket):
    """The payment ticket of an order."""

    __tablename__ = "order_management_payment"
    __service__ = "orderManagement"
    __object__ = "sys_orderManagementOrderPayment"
    __realm__ = "marketplace"


class PaymentCustomer(Customer):
    """Who a buyer is at the payment gateway."""

    __tablename__ = "order_management_payment_customer"
    __service__ = "orderManagement"
    __realm__ = "marketplace"


class PaymentMethod(Method):
    """A card a buyer keeps for the next order."""

    __tablename__ = "order_management_payment_method"
    __service__ = "orderManagement"
    __realm__ = "marketplace"


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


# The same condition in the index and in the queries that stand on it.
REFUND_IS_DUE = Order.refund_due > literal_column("0")

Index("ix_order_history_order", OrderHistory.order_id, OrderHistory.id)
Index("ix_order_management_order_refund_due", Order.created_at, Order.id,
      sqlite_where=REFUND_IS_DUE, postgresql_where=REFUND_IS_DUE)
unique_among_active("uq_order_management_order_number", Order.order_number)
Index("ix_order_management_order_ended_number", Order.order_number,
      sqlite_where=Order.is_active.is_(False), postgresql_where=Order.is_active.is_(False))
Index("ix_order_management_order_recent", Order.created_at, Order.id)
short_id_index(Order)
Index("ix_order_management_order_buyer", Order.buyer_id, Order.created_at)
Index("ix_order_management_order_status", Order.status, Order.created_at)
unique_among_active("uq_order_management_order_item_product", OrderItem.order_id, OrderItem.product_id)
# Lines that were cancelled are read with the others: to give units back, to tell people, to show the whole.
Index("ix_order_management_order_item_order", OrderItem.order_id)
Index("ix_order_management_order_item_created", OrderItem.created_at, OrderItem.id)
Index("ix_order_management_order_item_seller", OrderItem.seller_id, OrderItem.created_at)
Index("ix_order_management_order_item_product", OrderItem.product_id)
index_payments("order_management", OrderPayment, PaymentCustomer, PaymentMethod)
Index("uq_order_ledger_source", LedgerEntry.source_id, LedgerEntry.item_id, LedgerEntry.kind, unique=True)
Index("ix_order_ledger_seller", LedgerEntry.seller_id, LedgerEntry.month)
Index("ix_order_ledger_order", LedgerEntry.order_id)
