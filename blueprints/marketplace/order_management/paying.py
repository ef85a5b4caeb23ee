"""Orders and the payment gateway: what start, refresh, callback, refund and kept cards are for an order.

Nothing here runs inside a transaction: each step of the checkout flow opens its own (app/payments/pay.py)."""
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.money import to_wire
from app.data.reads import fetch_one
from app.data.serialization import Wire, row_serializer
from app.errors import InvalidInput, RuleViolated, Unavailable
from app.payments import cards, pay, webhooks
from app.payments.attempts import read_all
from app.payments.gateway.port import GatewayUnavailable, Payer, PaymentRefused
from app.payments.pay import Payment, order_row, without_secret
from app.payments.records import OPEN, PaymentRefund
from app.payments.refunds import reread_refunds, send_refund
from blueprints.marketplace.order_management import commands
from blueprints.marketplace.order_management.audit import record_fix
from blueprints.marketplace.order_management.models import Order
from blueprints.marketplace.order_management.queries import order_state
from blueprints.marketplace.order_management.settlement import CHECKOUT


def start_payment(actor: Actor, order_id: str, params: dict[str, Any]) -> Payment:
    """Pay an own order with a card (148)."""
    return pay.start(CHECKOUT, actor, order_id, params)


def refresh_payment(actor: Actor, order_id: str, params: dict[str, Any], *, cancelled_too: bool = False) -> Payment:
    """Read an order's payment anew from the gateway (147); `cancelled_too` finds orders cancelled for good.

    Staff do not get the secret that lets its holder confirm the payment."""
    payment = pay.refresh(CHECKOUT, actor, order_id, params, cancelled_too=cancelled_too)
    is_payer = actor.is_user(payment.order["buyerId"])
    return payment if is_payer else Payment(payment.order, without_secret(payment.result))


def receive_webhook(payload: bytes, signature: str | None) -> Payment:
    """Book a signed event of the gateway (126)."""
    return webhooks.receive(CHECKOUT, payload, signature)


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
    payment = refresh_payment(actor, order_id, {}, cancelled_too=True)
    trouble = reread_refunds(CHECKOUT, actor, order_id)
    record_fix(actor, order_id, f"{reason}: {before} → {order_state(order_id)}")
    return Payment(payment.order, trouble.serialized()) if trouble else payment


def refund_order(actor: Actor, order_id: str, *, amount: Decimal | None = None, reason: str = commands.BY_STAFF,
                 cancelled_too: bool = False, key: str | None = None) -> Payment:
    """Give an order's money back, whole or `amount` in major units; `result` says how it fared at the gateway.

    Raises NotFound, Forbidden (not staff), RuleViolated (not paid, less is left). Without an answer of the gateway
    the refund stays requested, and the settle job asks again."""
    refund = commands.request_order_refund(actor, order_id, amount=amount, reason=reason, cancelled_too=cancelled_too,
                                           key=key)
    return _sent(actor, refund)


def give_back_due(actor: Actor, order_id: str, *, reason: str = commands.BY_STAFF) -> Payment:
    """Give back exactly what is due of an order, cancelled ones too; of two at once one does it (decision 42).

    Raises NotFound, Forbidden (not staff), RuleViolated (NoRefundDue)."""
    return _sent(actor, commands.request_due_refund(actor, order_id, reason=reason))


def refund_surplus(actor: Actor, order_id: str, *, reason: str) -> Payment:
    """Give back once more what was paid although nothing was due, after its first way back failed.

    Raises NotFound, Forbidden (not staff), RuleViolated when there is no such payment."""
    return _sent(actor, commands.request_surplus_refund(actor, order_id, reason=reason))


def _sent(actor: Actor, refund: PaymentRefund) -> Payment:
    trouble = send_refund(CHECKOUT, actor, refund.id)
    said = trouble.serialized() if trouble else {"success": True}
    row = fetch_one(select(PaymentRefund.state, PaymentRefund.gateway_refund_id).where(PaymentRefund.id == refund.id))
    state, gateway_id = (row.state, row.gateway_refund_id) if row else (refund.state, None)
    return Payment(order_row(CHECKOUT, refund.order_id), {
        **said, "refundId": refund.id, "gatewayRefundId": gateway_id, "orderId": refund.order_id,
        "refundStatus": state, "amount": to_wire(refund.amount, refund.currency), "currency": refund.currency})


def own_cards(actor: Actor) -> list[Wire]:
    """Return the actor's kept cards."""
    return cards.list_cards(CHECKOUT, actor.user_id)


def keep_card(actor: Actor, method_id: str) -> Wire:
    """Keep a card for the actor; raises RuleViolated (declined, unknown), Unavailable."""
    payer = Payer(actor.realm, str(actor.user_id), actor.email, actor.fullname)
    with _gateway_errors_as_answers():
        return cards.keep_card(CHECKOUT, actor, payer, method_id)


def forget_card(actor: Actor, reference: str) -> Wire:
    """Forget one of the actor's cards; raises NotFound, Unavailable."""
    with _gateway_errors_as_answers():
        return cards.forget_card(CHECKOUT, actor, reference)


@contextmanager
def _gateway_errors_as_answers() -> Iterator[None]:
    try:
        yield
    except PaymentRefused as refused:
        raise RuleViolated(refused.code, f"Stripe error message: {refused.message}") from refused
    except GatewayUnavailable as trouble:
        raise Unavailable("the payment gateway does not answer; nothing was changed",
                          headers={"Retry-After": "15"}) from trouble
