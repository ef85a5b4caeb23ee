"""The checkout flow: start, refresh, and settling what was left open, the same for every kind of order.

Record the attempt, call the gateway, book its answer: three steps, of which a crash may take the last two. Whatever is
left open is found out by refresh, webhook or the settle job, each by looking it up before anything is sent again."""
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.money import to_wire
from app.data.reads import fetch_one
from app.data.serialization import Wire, row_serializer
from app.errors import NotFound, RuleViolated
from app.identity.access import require
from app.jobs.wakeup import wake
from app.payments import attempts, booking
from app.payments.attempts import Wish
from app.payments.cards import keep_card
from app.payments.checkout import Checkout
from app.payments.gateway.circuit_breaker import NOT_ASKED, ask_gateway
from app.payments.gateway.port import Charge, GatewayUnavailable, Intent, Payer, PaymentGateError, PaymentRefused
from app.payments.records import PaymentAttempt
from app.payments.states import CANCELED, FAILED, OPEN, SENDING, STARTED, SUCCESS, UNSETTLED_STATES
from app.runtime import runtime

SETTLE_JOB = "settle-payments"
ROUNDS = 3
CLOCKS_DIFFER_BY = timedelta(minutes=10)
LOST_AFTER = timedelta(minutes=30)
"""A payment the gateway has not heard of for so long was never made; a charge is not sent again after that."""

Said = Intent | PaymentGateError | None
"""What the gateway said last: a payment, trouble, or nothing."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What start, refresh and callback answer: the order's row, and `paymentResult`."""

    order: Wire
    result: dict[str, Any]


def start(checkout: Checkout, actor: Actor, order_id: str, params: dict[str, Any]) -> Payment:
    """Pay an order with a card: create and confirm one payment at the gateway (rules-marketplace §7.3).

    A payment that is open already is continued, or closed when another card is given. Raises NotFound, Forbidden,
    RuleViolated; what the gateway says, good or bad, is `Payment.result`."""
    wish = Wish(params.get("paymentMethodId"), params.get("return_url"), bool(params.get("storeCard")))
    said: Said = None
    for _ in range(ROUNDS):
        opening = attempts.begin(checkout, actor, order_id, wish)
        said = _take(checkout, actor, opening)
        if not _begins_anew(checkout, actor, opening, wish):
            break
    return present(checkout, order_id, params, said)


def _take(checkout: Checkout, actor: Actor, opening: attempts.Opening) -> Said:
    if opening.kind == attempts.BUSY:
        return None
    if opening.kind == attempts.NEW:
        return charge(checkout, actor, opening.attempt)
    return settle(checkout, actor, opening.attempt)


def _begins_anew(checkout: Checkout, actor: Actor, opening: attempts.Opening, wish: Wish) -> bool:
    """Return whether the payer's new card should be tried now that the payment found open is out of the way."""
    if opening.kind in (attempts.NEW, attempts.BUSY) or wish.method_id in (None, opening.attempt.method_id):
        return False
    if attempts.read(opening.attempt.id).state == OPEN:
        close(checkout, actor, opening.attempt)
    return attempts.read(opening.attempt.id).state not in (*UNSETTLED_STATES, SUCCESS)


def refresh(checkout: Checkout, actor: Actor, order_id: str, params: dict[str, Any], *,
            cancelled_too: bool = False) -> Payment:
    """Look the order's payment up at the gateway and book what is found; never charges.

    Its payer alone gets the secret that lets its holder confirm the payment. Raises NotFound, Forbidden (neither payer
    nor who oversees payments), RuleViolated when no payment was ever started."""
    order, made = started(checkout, actor, order_id, cancelled_too=cancelled_too)
    said: Said = None
    for attempt in _undecided(made)[-ROUNDS:]:
        said = look_up(checkout, actor, attempt)
    payment = present(checkout, order_id, params, said)
    is_payer = actor.is_user(checkout.bill(order).payer_id)
    return payment if is_payer else Payment(payment.order, without_secret(payment.result))


def started(checkout: Checkout, actor: Actor, order_id: str, *,
            cancelled_too: bool = False) -> tuple[Any, list[PaymentAttempt]]:
    """Return an order and its payments, of which there is one at least, without asking the gateway; raises as
    `refresh`."""
    order = fetch_one(select(checkout.order.__table__).where(checkout.order.id == order_id))
    if order is None or not (order.is_active or cancelled_too):
        raise NotFound
    require(checkout.may_look(actor, order), "errMsg_OnlyThePayerMayRefresh")
    made = attempts.read_all(checkout, order_id)
    if not made:
        raise RuleViolated("PaymentNotStarted", "no payment was started for this order")
    return order, made


def _undecided(made: list[PaymentAttempt]) -> list[PaymentAttempt]:
    """Return the attempts that may still turn out to be paid; none once the order is."""
    if attempts.paying_attempt(made) is not None:
        return []
    return [one for one in made if one.state not in (SUCCESS, CANCELED) or one.intent_id is None]


def present(checkout: Checkout, order_id: str, params: dict[str, Any], said: Said = None) -> Payment:
    """Return the order as it is now with its `paymentResult`."""
    order = order_row(checkout, order_id)
    if isinstance(said, PaymentGateError) and said.code not in NOT_ASKED:
        return Payment(order, said.serialized())
    return Payment(order, payment_result(checkout, order_id, params, said if isinstance(said, Intent) else None))


def charge(checkout: Checkout, actor: Actor, attempt: PaymentAttempt) -> Said:
    """Send an attempt to the gateway and book the answer.

    Without an answer the attempt stays as it is: the settle job, a webhook or a refresh finds out."""
    try:
        intent = _charged(checkout, actor, attempt)
    except PaymentRefused as refused:
        booking.book_refusal(checkout, actor, attempt, refused)
        return refused
    except GatewayUnavailable as trouble:
        if trouble.code in NOT_ASKED:
            attempts.postpone(actor, attempt.id, timedelta(0))
            wake(SETTLE_JOB)
        return trouble
    booking.book_intent(checkout, actor, attempt.order_id, intent)
    return intent


def _charged(checkout: Checkout, actor: Actor, attempt: PaymentAttempt) -> Intent:
    if attempt.keeps_card and attempt.user_id is not None:
        names = (actor.email, actor.fullname) if actor.is_user(attempt.user_id) else ()
        card = keep_card(checkout, actor, Payer(checkout.realm, attempt.user_id, *names), attempt.method_id)
        attempt = attempts.use_card(actor, attempt.id, card["paymentMethodId"], card["customerId"])
    sent = Charge(attempt.amount, attempt.currency, attempt.method_id, attempt.customer_id, attempt.description,
                  checkout.metadata(attempt), attempt.return_url)
    return ask_gateway(lambda gateway: gateway.charge(sent, checkout.key_prefix + attempt.key))


def settle(checkout: Checkout, actor: Actor, attempt: PaymentAttempt) -> Said:
    """Find out what became of an attempt, and finish it if its order still wants it, else close it."""
    if not _is_wanted(checkout, attempt):
        return close(checkout, actor, attempt)
    said = look_up(checkout, actor, attempt)
    if said is None and attempts.read(attempt.id).state == SENDING:
        return charge(checkout, actor, attempt)
    return said


def close(checkout: Checkout, actor: Actor, attempt: PaymentAttempt) -> Said:
    """Cancel an attempt at the gateway, so that nobody can pay by it later; one that did pay is booked as paid."""
    said = look_up(checkout, actor, attempt)
    stored = attempts.read(attempt.id)
    intent_id = stored.intent_id
    if isinstance(said, PaymentGateError) or stored.state not in (OPEN, FAILED) or intent_id is None:
        return said
    try:
        intent = ask_gateway(lambda gateway: gateway.cancel_intent(intent_id))
    except PaymentRefused:
        booking.close_attempt(checkout, actor, attempt)
        return None
    except GatewayUnavailable as trouble:
        return trouble
    booking.book_intent(checkout, actor, attempt.order_id, intent)
    return intent


def look_up(checkout: Checkout, actor: Actor, attempt: PaymentAttempt) -> Said:
    """Book what the gateway knows of an attempt; one it has not heard of in half an hour was never made."""
    stored = attempts.read(attempt.id)
    try:
        found = ask_gateway(lambda gateway: [gateway.retrieve_intent(stored.intent_id)] if stored.intent_id else
                            gateway.find_intents(_traces(checkout, stored), stored.started_at - CLOCKS_DIFFER_BY))
    except PaymentRefused as refused:
        if refused.status != 404:
            return refused
        found = []
    except GatewayUnavailable as trouble:
        return trouble
    for intent in found:
        booking.book_intent(checkout, actor, attempt.order_id, intent)
    is_lost = stored.intent_id is not None or stored.state == FAILED or now() - stored.started_at > LOST_AFTER
    if is_lost and (not found or attempts.read(attempt.id).intent_id is None):
        booking.close_attempt(checkout, actor, stored)
    return found[-1] if found else None


def _traces(checkout: Checkout, attempt: PaymentAttempt) -> dict[str, str]:
    written = checkout.metadata(attempt)
    return {name: written[name] for name in ("orderId", "checkoutName", "attempt")}


def _is_wanted(checkout: Checkout, attempt: PaymentAttempt) -> bool:
    """Return whether the order still waits for this very attempt."""
    order = fetch_one(select(checkout.order.__table__).where(checkout.order.id == attempt.order_id))
    is_open = attempts.read(attempt.id).state in UNSETTLED_STATES
    return is_open and order is not None and checkout.wants_payment(order)


def order_row(checkout: Checkout, order_id: str) -> Wire:
    """Return the order as the wire shows it, a cancelled (soft-deleted) one too; raises NotFound."""
    shape = row_serializer(checkout.order)
    row = fetch_one(select(*shape.columns).where(checkout.order.id == order_id))
    if row is None:
        raise NotFound
    return shape.row(row)


def payment_result(checkout: Checkout, order_id: str, params: dict[str, Any], intent: Intent | None) -> dict[str, Any]:
    """Return the documented result of the order's payment; `amount` in major units.

    The client secret is the payer's alone: it is there when the gateway was just asked, and stands in no event."""
    made = attempts.read_all(checkout, order_id)
    attempt = attempts.paying_attempt(made) or (made[-1] if made else None)
    if attempt is None:
        return {"success": False, "orderId": order_id, "paymentUserParams": params}
    model: Any = checkout.reference
    reference = fetch_one(select(model.id).where(model.order_id == order_id, model.is_active.is_(True)))
    literal = STARTED if attempt.state in (SENDING, OPEN) else attempt.state
    status = attempt.intent_status or ("processing" if literal == STARTED else literal)
    return {
        "success": attempt.state in (SUCCESS, SENDING, OPEN), "paymentTicketId": reference.id if reference else None,
        "orderId": order_id, "paymentId": attempt.intent_id, "paymentStatus": status,
        "paymentIntentInfo": _intent_info(attempt, intent, status), "statusLiteral": literal,
        "amount": to_wire(attempt.amount, attempt.currency), "currency": attempt.currency,
        "description": attempt.description, "metadata": checkout.metadata(attempt), "paymentUserParams": params}


def without_secret(result: dict[str, Any]) -> dict[str, Any]:
    """Return a `paymentResult` without the secret that lets its holder confirm the payment, for everybody else."""
    info = result.get("paymentIntentInfo")
    return result if info is None else result | {"paymentIntentInfo": info | {"clientSecret": None}}


def _intent_info(attempt: PaymentAttempt, intent: Intent | None, status: str) -> dict[str, Any]:
    is_this = intent is not None and intent.id == attempt.intent_id
    return {"paymentIntentId": attempt.intent_id, "clientSecret": intent.client_secret if is_this and intent else None,
            "publicKey": runtime().settings.stripe_publishable_key or None, "status": status}
