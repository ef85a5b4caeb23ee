"""What `flask doctor` and `flask payments` ask of the payments of one checkout, which its name tells."""
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.data.columns import iso
from app.data.money import to_wire
from app.data.reads import fetch
from app.ops.findings import MOST_NAMED, some_of
from app.payments.gateway_records import PaymentDispute
from app.payments.records import PaymentAttempt
from app.payments.reports import read_disputes
from app.payments.states import SUCCESS

if TYPE_CHECKING:  # the flow itself is for who pays
    from app.payments.checkout import Checkout

Facts = dict[str, Any]
Numbers = Callable[[Collection[str]], Mapping[str, str]]
"""Returns id → what people call an order, of these orders."""


def unmatched_payments(checkout: str, order: Any) -> list[str]:
    """Return the orders that say they are paid without exactly one payment of theirs that succeeded and is not surplus,
    and those so paid that do not say it. The order's object says it by `paid_at`."""
    counted = func.count(PaymentAttempt.id)
    paying = select(PaymentAttempt.order_id, counted.label("payments")).where(
        PaymentAttempt.checkout == checkout, PaymentAttempt.state == SUCCESS,
        PaymentAttempt.is_surplus.is_(False)).group_by(PaymentAttempt.order_id)
    payments = {row.order_id: row.payments for row in fetch(paying)}
    paid = {row.id for row in fetch(select(order.id).where(order.paid_at.is_not(None)))}
    return [*(f"order {order_id} is paid by {payments[order_id]} payments" for order_id in sorted(payments)
              if payments[order_id] != 1 or order_id not in paid),
            *(f"order {order_id} is paid by no payment" for order_id in sorted(paid - payments.keys()))]


def disputes_of_orders(checkout: str, numbers: Numbers, *, closed_too: bool = False,
                       order_id: str | None = None) -> list[Facts]:
    """Return the disputes of orders, those to be answered first on top (decisions/067)."""
    conditions: list[Any] = [] if closed_too else [PaymentDispute.closed_at.is_(None)]
    if order_id is not None:
        conditions.append(PaymentDispute.order_id == order_id)
    found = read_disputes(checkout, *conditions)
    called = numbers({one.order_id for one in found})
    return [{"dispute": one.id, "order": called[one.order_id], "id": one.order_id, "status": one.status,
             "amount": to_wire(one.amount, one.currency), "currency": one.currency, "reason": one.reason,
             "funds": one.funds or "untouched", "answer until": iso(one.answer_until), "opened": iso(one.opened_at),
             "closed": iso(one.closed_at)} for one in found]


def check_disputes(checkout: "Checkout") -> tuple[str, str]:
    """Return what `flask doctor` says of payments that banks take back: staff answers them at Stripe."""
    waiting = fetch(select(PaymentDispute.id, PaymentDispute.order_id).where(
        PaymentDispute.checkout == checkout.name, PaymentDispute.closed_at.is_(None))
                    .order_by(PaymentDispute.answer_until).limit(MOST_NAMED + 1))
    if not waiting:
        return "ok", "no payment is disputed"
    open_ones = some_of([f"{one.id} of order {one.order_id}" for one in waiting])
    return "warn", f"disputes are open: {open_ones} (flask payments disputes)"
