"""What happened to an order, noted in the transaction in which it happened, for `GET …/history` (decision 42).

The outbox forgets its records after a week; a buyer asks later than that."""
from datetime import datetime
from typing import Any

from app.actor import Actor
from app.clock import now
from app.data.columns import camel_case, iso
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.order_management.history_models import OrderHistory
from blueprints.marketplace.order_management.models import Order, OrderItem

PLACED, LINE_ADDED, LINE_CANCELLED = "PLACED", "LINE_ADDED", "LINE_CANCELLED"
PAYMENT_STARTED, PAYMENT_FAILED, PAID = "PAYMENT_STARTED", "PAYMENT_FAILED", "PAID"
PROCESSING, SHIPPED, SHIPMENT_NOTED, DELIVERED, CANCELLED = (
    "PROCESSING", "SHIPPED", "SHIPMENT_NOTED", "DELIVERED", "CANCELLED")
REFUND_DUE, REFUND_REQUESTED, REFUNDED, REFUND_LOST = "REFUND_DUE", "REFUND_REQUESTED", "REFUNDED", "REFUND_LOST"
SURPLUS, SURPLUS_REFUNDED, DISPUTED = "SURPLUS", "SURPLUS_REFUNDED", "DISPUTED"


def note(work: UnitOfWork, order: Order, what: str, *, item: OrderItem | None = None, amount: int | None = None,
         **details: Any) -> None:
    """Note what just happened to an order, or to one line of it; `amount` in minor units of the order's currency."""
    said = {camel_case(name): iso(value) if isinstance(value, datetime) else value
            for name, value in details.items() if value is not None}
    work.insert(OrderHistory(
        order_id=order.id, item_id=item.id if item else None, what=what, status=order.status,
        by=_role(work.actor, order), amount=amount, currency=None if amount is None else order.currency or "USD",
        details=said, at=now()))


def _role(actor: Actor, order: Order) -> str:
    if actor.is_user(order.buyer_id):
        return "buyer"
    if actor.is_staff and (actor.user_id is not None or actor.operator is not None):
        return "staff"
    return "system" if actor.user_id is None else "seller"
