"""What operators see of the payments of one checkout, and do about one order's; amounts are in major units."""
from typing import Any

from app.actor import Actor
from app.data.money import to_wire
from app.payments import pay
from app.payments.checkout import Checkout
from app.payments.pay import Payment
from app.payments.refunds import reread_refunds
from app.payments.reports import left_to_give_back

Facts = dict[str, Any]



def refundable(checkout: Checkout, order_id: str, currency: str) -> Any:
    """Return what of an order's money may still be given back; 0 when it was never paid."""
    return to_wire(left_to_give_back(checkout, order_id), currency)


def reread(checkout: Checkout, actor: Actor, order_id: str) -> Payment:
    """Read an order's payment and its refunds anew from the gateway, a deleted order's too; `result` is the trouble.

    Raises NotFound, Forbidden, RuleViolated when no payment was started."""
    payment = pay.refresh(checkout, actor, order_id, {}, cancelled_too=True)
    trouble = reread_refunds(checkout, actor, order_id)
    return Payment(payment.order, trouble.serialized()) if trouble else payment
