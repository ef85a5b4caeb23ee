"""Orders and their lines (rules-marketplace §7.1); amounts are minor units of their currency."""
from datetime import datetime
from typing import Any

from sqlalchemy import Index, literal_column
from sqlalchemy.orm import Mapped

from app.data.columns import (
    choice,
    id_list,
    identifier,
    instant,
    integer,
    json_object,
    money,
    string,
)
from app.data.entity import Entity
from app.data.short_ids import short_id_index
from app.payments.states import CONFIRMATIONS
from blueprints.marketplace.order_management.rules import ORDER_STATUSES
from blueprints.platform.checkout.objects import unique_among_active

RESERVED, SOLD, RELEASED = "reserved", "sold", "released"
CHECKOUT_NAME = "orderManagementOrder"
"""What the payments of orders are kept under; how they are paid stands in settlement.py."""
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


# The same condition in the index and in the queries that stand on it.
REFUND_IS_DUE = Order.refund_due > literal_column("0")

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
