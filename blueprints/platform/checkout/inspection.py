"""What operators see of the payments of one checkout, and do about one order's; amounts are in major units."""
from collections.abc import Callable, Collection, Mapping
from typing import Any

from app.actor import Actor
from app.data.columns import iso
from app.data.money import to_wire
from app.payments import pay
from app.payments.checkout import Checkout
from app.payments.disputes import read_disputes
from app.payments.pay import Payment
from app.payments.records import PaymentDispute
from app.payments.refunds import reread_refunds
from app.payments.reports import left_to_give_back

Facts = dict[str, Any]
Numbers = Callable[[Collection[str]], Mapping[str, str]]
"""Returns id → what people call an order, of these orders."""


def disputes_of_orders(checkout: Checkout, numbers: Numbers, *, closed_too: bool = False,
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


def refundable(checkout: Checkout, order_id: str, currency: str) -> Any:
    """Return what of an order's money may still be given back; 0 when it was never paid."""
    return to_wire(left_to_give_back(checkout, order_id), currency)


def reread(checkout: Checkout, actor: Actor, order_id: str) -> Payment:
    """Read an order's payment and its refunds anew from the gateway, a deleted order's too; `result` is the trouble.

    Raises NotFound, Forbidden, RuleViolated when no payment was started."""
    payment = pay.refresh(checkout, actor, order_id, {}, cancelled_too=True)
    trouble = reread_refunds(checkout, actor, order_id)
    return Payment(payment.order, trouble.serialized()) if trouble else payment
