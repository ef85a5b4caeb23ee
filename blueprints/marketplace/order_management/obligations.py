"""What of orders others wait for from a person: who owes something is not erased (docs/decisions/099)."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select

from app.data.person_rows import MOST_OBLIGATIONS, Person
from app.data.reads import fetch
from blueprints.marketplace.order_management.models import REFUND_IS_DUE, Order, OrderItem

_UNDER_WAY = ("PAID", "PROCESSING", "SHIPPED")
_MARKETPLACE = "marketplace"


def open_orders_of(realm: str, user_id: str) -> list[str]:
    """Return the orders of a person that are not at their end, a sentence each: unpaid, not delivered, or to be given
    money back for."""
    if realm != _MARKETPLACE:
        return []
    sold = select(OrderItem.order_id).where(OrderItem.seller_id == user_id, OrderItem.is_active.is_(True))
    return [*(f"order {row.order_number}, bought, is {row.status}" + (", money is due back" if row.refund_due else "")
              for row in _open(Order.buyer_id == user_id)),
            *(f"order {row.order_number}, sold, is {row.status}" + (", money is due back" if row.refund_due else "")
              for row in _open(Order.id.in_(sold)))]


def lines_of(person: Person) -> ColumnElement[bool]:
    """Return the condition of the lines that a person has sold, and of those in orders the person has placed."""
    return or_(OrderItem.seller_id == person.id,
               OrderItem.order_id.in_(select(Order.id).where(Order.buyer_id == person.id)))


def _open(whose: ColumnElement[bool]) -> Sequence[Row[Any]]:
    unpaid = and_(Order.status == "PENDING_PAYMENT", Order.released_at.is_(None))
    return fetch(select(Order.order_number, Order.status, Order.refund_due).where(
        whose, or_(and_(Order.is_active.is_(True), or_(unpaid, Order.status.in_(_UNDER_WAY))), REFUND_IS_DUE))
        .order_by(Order.id).limit(MOST_OBLIGATIONS))
