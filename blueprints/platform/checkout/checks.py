"""What `flask doctor` and `flask payments` ask of the payments of one checkout."""
from typing import Any

from sqlalchemy import func, select

from app.data.reads import fetch
from app.ops.findings import MOST_NAMED, some_of
from app.payments.checkout import Checkout
from app.payments.records import PaymentAttempt, PaymentDispute
from app.payments.states import SUCCESS


def unmatched_payments(checkout: Checkout) -> list[str]:
    """Return the orders that say they are paid without exactly one payment of theirs that succeeded and is not surplus,
    and those so paid that do not say it. The order's object says it by `paid_at`."""
    order: Any = checkout.order
    counted = func.count(PaymentAttempt.id)
    paying = select(PaymentAttempt.order_id, counted.label("payments")).where(
        PaymentAttempt.checkout == checkout.name, PaymentAttempt.state == SUCCESS,
        PaymentAttempt.is_surplus.is_(False)).group_by(PaymentAttempt.order_id)
    payments = {row.order_id: row.payments for row in fetch(paying)}
    paid = {row.id for row in fetch(select(order.id).where(order.paid_at.is_not(None)))}
    return [*(f"order {order_id} is paid by {payments[order_id]} payments" for order_id in sorted(payments)
              if payments[order_id] != 1 or order_id not in paid),
            *(f"order {order_id} is paid by no payment" for order_id in sorted(paid - payments.keys()))]


def check_disputes(checkout: Checkout) -> tuple[str, str]:
    """Return what `flask doctor` says of payments that banks take back: staff answers them at Stripe."""
    waiting = fetch(select(PaymentDispute.id, PaymentDispute.order_id).where(
        PaymentDispute.checkout == checkout.name, PaymentDispute.closed_at.is_(None))
                    .order_by(PaymentDispute.answer_until).limit(MOST_NAMED + 1))
    if not waiting:
        return "ok", "no payment is disputed"
    open_ones = some_of([f"{one.id} of order {one.order_id}" for one in waiting])
    return "warn", f"disputes are open: {open_ones} (flask payments disputes)"
