"""Orders and the payment gateway: what staff correct, read anew and give back of an order's payment.

Nothing here runs inside a transaction: each step of the checkout flow opens its own (app/payments/pay.py)."""
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.actor import Actor
from app.data.serialization import row_serializer
from app.errors import InvalidInput
from app.payments import pay
from app.payments.attempts import read_all
from app.payments.pay import Payment
from app.payments.states import OPEN
from blueprints.marketplace.order_management import commands, refunds
from blueprints.marketplace.order_management.audit import BY_STAFF, record_fix
from blueprints.marketplace.order_management.models import Order
from blueprints.marketplace.order_management.queries import order_state
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.platform.checkout.inspection import reread
from blueprints.platform.checkout.refunds import sent_refund


def change_status(actor: Actor, order_id: str, *, status: str | None = None, refund_amount: Decimal | None = None,
                  key: str | None = None, **given: Any) -> Payment:
    """Take an order to `status` (150); REFUNDED asks the gateway, and `result` says what it answered (decision 16).

    Before staff sets PAID, what waits for the payer there is closed. `key` is the call's Idempotency-Key."""
    if status == "REFUNDED":
        return refund_order(actor, order_id, amount=refund_amount, key=key)
    if status == "PAID" and actor.is_staff:
        _close_waiting(actor, order_id)
    order = commands.change_status(actor, order_id, status=status, **given)
    return Payment(row_serializer(Order).entity(order), {})


def fix_payment(actor: Actor, order_id: str, *, reason: str, status: str | None = None,
                payment_intent_id: str | None = None, paid_at: datetime | None = None,
                payment_confirmation: str | None = None, key: str | None = None) -> None:
    """Correct an order's payment by hand, with exactly one PAYMENT_FIX entry (rules-marketplace §1.3, M-25).

    REFUNDED asks the gateway for a refund of all that is left; `key` is the call's Idempotency-Key. Before PAID, what
    waits for the payer there is closed. Raises as commands.fix_payment; InvalidInput for a payment of another order."""
    if status == "REFUNDED":
        refund_order(actor, order_id, reason=reason, key=key)
        return
    if payment_intent_id is not None and payment_intent_id not in _intents_of(order_id):
        raise InvalidInput("paymentIntentId: expected a payment of this order",
                           detail={"paymentIntentId": "expected a payment of this order"})
    if status == "PAID":
        _close_waiting(actor, order_id)
    commands.fix_payment(actor, order_id, reason=reason, status=status, payment_intent_id=payment_intent_id,
                         paid_at=paid_at, payment_confirmation=payment_confirmation)


def _intents_of(order_id: str) -> set[str | None]:
    return {attempt.intent_id for attempt in read_all(CHECKOUT, order_id)}


def _close_waiting(actor: Actor, order_id: str) -> None:
    for attempt in read_all(CHECKOUT, order_id):
        if attempt.state == OPEN:
            pay.close(CHECKOUT, actor, attempt)


def reread_payment(actor: Actor, order_id: str, *, reason: str) -> Payment:
    """Read an order's payment and its refunds anew from the gateway, and record by whom, why and what it changed.

    Raises NotFound, Forbidden, RuleViolated when no payment was started."""
    before = order_state(order_id)
    payment = reread(CHECKOUT, actor, order_id)
    record_fix(actor, order_id, f"{reason}: {before} → {order_state(order_id)}")
    return payment


def refund_order(actor: Actor, order_id: str, *, amount: Decimal | None = None, reason: str = BY_STAFF,
                 key: str | None = None) -> Payment:
    """Give an order's money back, whole or `amount` in major units; `result` says how it fared at the gateway.

    Raises NotFound, Forbidden (not staff), RuleViolated (not paid, less is left). Without an answer of the gateway
    the refund stays requested, and the settle job asks again."""
    return sent_refund(CHECKOUT, actor, refunds.request_order_refund(
        actor, order_id, amount=amount, reason=reason, key=key))


def give_back_due(actor: Actor, order_id: str, *, reason: str = BY_STAFF) -> Payment:
    """Give back exactly what is due of an order, cancelled ones too; of two at once one does it (decision 42).

    Raises NotFound, Forbidden (not staff), RuleViolated (NoRefundDue)."""
    return sent_refund(CHECKOUT, actor, refunds.request_due_refund(actor, order_id, reason=reason))
