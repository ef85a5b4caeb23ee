"""A refund that a person of staff asks for by a call: asked once however often the call is sent, and answered."""
from datetime import timedelta
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.money import to_wire
from app.data.reads import fetch_one
from app.data.unit_of_work import UnitOfWork
from app.payments.checkout import Checkout, Order
from app.payments.pay import Payment, order_row
from app.payments.records import PaymentRefund
from app.payments.refunds import request_refund, send_refund
from app.payments.states import REFUND_FAILED
from app.runtime import runtime


def request_refund_once(work: UnitOfWork, checkout: Checkout, order: Order, *, amount: int | None, reason: str,
                        key: str | None) -> tuple[PaymentRefund, bool]:
    """Request that `amount` minor units (None: all that is left) of a locked order go back; returns whether it is new.

    `key` is the call's Idempotency-Key: its answer is kept after the gateway's, so a call that a crash cut short in
    between finds its refund again, and asks no second. Raises RuleViolated (never paid, or less is left)."""
    refund_id = _refund_id(checkout, work.actor, order.id, key)
    earlier = work.first(select(PaymentRefund).where(PaymentRefund.id == refund_id)) if refund_id else None
    if earlier is not None and _is_repeated(earlier):
        return earlier, False
    return request_refund(work, checkout, order, amount=amount, reason=reason, id=None if earlier else refund_id), True


def _refund_id(checkout: Checkout, actor: Actor, order_id: str, key: str | None) -> str | None:
    """Return the id that every call with the same Idempotency-Key gives its refund, None without one."""
    if key is None:
        return None
    return str(uuid5(NAMESPACE_OID, "\n".join((str(actor.user_id), checkout.key_prefix + order_id, key))))


def _is_repeated(earlier: PaymentRefund) -> bool:
    """Return whether a call under the key of this refund is the same call: as long as keys are kept, and it holds."""
    kept = timedelta(hours=runtime().settings.idempotency_hours)
    return earlier.state != REFUND_FAILED and earlier.requested_at > now() - kept


def sent_refund(checkout: Checkout, actor: Actor, refund: PaymentRefund) -> Payment:
    """Ask the gateway for a requested refund, outside any transaction; returns the order and how the refund fares."""
    trouble = send_refund(checkout, actor, refund.id)
    said = trouble.serialized() if trouble else {"success": True}
    row = fetch_one(select(PaymentRefund.state, PaymentRefund.gateway_refund_id).where(PaymentRefund.id == refund.id))
    state, gateway_id = (row.state, row.gateway_refund_id) if row else (refund.state, None)
    return Payment(order_row(checkout, refund.order_id), {
        **said, "refundId": refund.id, "gatewayRefundId": gateway_id, "orderId": refund.order_id,
        "refundStatus": state, "amount": to_wire(refund.amount, refund.currency), "currency": refund.currency})
