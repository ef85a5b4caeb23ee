"""What staff have to settle of orders: money that should go back, and what banks take back.

Apart from queries.py: who asks for it at the terminal asks nothing about who sees an order."""
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select

from app.data.money import to_wire
from app.data.reads import fetch
from app.payments.reports import failed_refunds
from blueprints.marketplace.order_management.models import CHECKOUT_NAME, REFUND_IS_DUE, Order
from blueprints.platform.checkout.checks import disputes_of_orders

DUE = (Order.id, Order.order_number, Order.buyer_id, Order.status, Order.currency, Order.refund_due, Order.created_at)


def refunds_due() -> list[dict[str, Any]]:
    """Return the orders whose money staff should give back (decision 16), with what is left of it (major units).

    They, or lines of theirs, were cancelled after they were paid, or a refund failed when nobody was waiting for it;
    `surplus` is money that was nobody's."""
    rows = fetch(select(*DUE).where(REFUND_IS_DUE).order_by(Order.id))
    due = [_due(row, row.refund_due, row.currency) for row in rows]
    failed, ended = failed_refunds(CHECKOUT_NAME), {row.id for row in rows}
    orders = {row.id: row for row in fetch(select(Order.id, Order.order_number, Order.status).where(
        Order.id.in_({one.order_id for one in failed})))}
    return due + [_due(orders[one.order_id], one.amount, one.currency, surplus=one.is_surplus) for one in failed
                  if one.is_surplus or one.order_id not in ended]


def _due(order: Row[Any], left: int, currency: str | None, *, surplus: bool = False) -> dict[str, Any]:
    return {"order": order.order_number, "id": order.id, "status": order.status, "currency": currency,
            "left": to_wire(left, currency or "USD"), "surplus": surplus}


def disputes(*, closed_too: bool = False, order_id: str | None = None) -> list[dict[str, Any]]:
    """Return the disputes of orders, those to be answered first on top; amounts in major units (decisions/067)."""
    return disputes_of_orders(CHECKOUT_NAME, _numbers_of, closed_too=closed_too, order_id=order_id)


def _numbers_of(order_ids: Collection[str]) -> dict[str, str]:
    return {row.id: row.order_number for row in fetch(select(Order.id, Order.order_number).where(
        Order.id.in_(order_ids)))}
