"""What the gateway says of a payment, and how it is booked on attempt, order and reference; the order's lock decides.

The decisions are pure and the same for start, refresh, webhook and reconcile. Success is final; a failure that arrives
late never undoes it. No gateway call happens here."""
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.actor import Actor
from app.clock import now
from app.data.entity import Entity
from app.data.ids import uuid7
from app.data.serialization import row_serializer
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import NotFound, RuleViolated
from app.payments.checkout import Bill, Checkout, Order
from app.payments.gateway.port import Intent, PaymentRefused
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.states import (
    CANCELED,
    FAILED,
    MANUAL,
    OPEN,
    PENDING,
    REFUND_FAILED,
    REQUESTED,
    SENDING,
    STARTED,
    SUCCEEDED,
    SUCCESS,
    UNSETTLED_STATES,
)

log = logging.getLogger("guildhall.payments")

LEASE = timedelta(seconds=60)
"""How long one process may be talking to the gateway about an attempt before another takes over."""
LOOK_AGAIN = timedelta(minutes=30)
"""A payment that is stuck longer than this is looked up by the reconcile job (decision 15)."""

_OUTCOME_OF_INTENT = {
    "succeeded": SUCCESS,
    "requires_action": STARTED, "requires_confirmation": STARTED, "processing": STARTED, "requires_capture": STARTED,
    "canceled": CANCELED,
    "requires_payment_method": FAILED,
}
_STATE_OF_OUTCOME = {STARTED: OPEN, SUCCESS: SUCCESS, FAILED: FAILED, CANCELED: CANCELED}
_MAY_BECOME = {
    SENDING: {OPEN, FAILED, CANCELED, SUCCESS},
    OPEN: {FAILED, CANCELED, SUCCESS},
    FAILED: {OPEN, CANCELED, SUCCESS},
    CANCELED: {SUCCESS},
    SUCCESS: set[str](),
}
_REFUND_STATE_OF = {"succeeded": SUCCEEDED, "failed": REFUND_FAILED, "canceled": REFUND_FAILED}


def outcome_of(intent_status: str) -> str | None:
    """Return what an intent's status means for its order; None for a word we do not know: no change (OR18).

    Every intent is confirmed when it is made, so requires_payment_method means that the card failed (§7.3)."""
    return _OUTCOME_OF_INTENT.get(intent_status)


def next_state(state: str, outcome: str | None) -> str:
    """Return the attempt's state after `outcome` was seen; the same state when it brings nothing new."""
    wanted = _STATE_OF_OUTCOME.get(outcome or "", state)
    return wanted if wanted in _MAY_BECOME[state] else state


def refund_state(status: str) -> str:
    """Return our word for the gateway's word on a refund; whatever is not final is pending."""
    return _REFUND_STATE_OF.get(status, PENDING)


def lock_order(work: UnitOfWork, checkout: Checkout, order_id: str, *, active_only: bool = False) -> Order:
    """Return the order, locked, deleted ones too unless `active_only`; raises NotFound."""
    checkout.lock_first(work, order_id)
    conditions = [checkout.order.id == order_id, *([checkout.order.is_active.is_(True)] if active_only else [])]
    order = work.find(checkout.order, *conditions, lock=True)
    if order is None:
        raise NotFound
    return order


def attempts_of(work: UnitOfWork, checkout: Checkout, order_id: str) -> list[PaymentAttempt]:
    """Return the attempts of an order, oldest first."""
    return work.all(select(PaymentAttempt).where(PaymentAttempt.checkout == checkout.name,
                                                 PaymentAttempt.order_id == order_id).order_by(PaymentAttempt.number))


def billed(checkout: Checkout, order: Order) -> Bill:
    """Return what an order costs; raises RuleViolated when it costs nothing."""
    bill = checkout.bill(order)
    if bill.amount <= 0:
        raise RuleViolated("NothingToPay", "the order costs nothing")
    return bill


def new_attempt(checkout: Checkout, order_id: str, attempts: Sequence[PaymentAttempt], bill: Bill,
                **values: Any) -> PaymentAttempt:
    """Return the next attempt of an order, not yet inserted; `values` are what differs from one that is being sent."""
    number = attempts[-1].number + 1 if attempts else 1
    values = {"state": SENDING, "check_at": now() + LEASE, "keeps_card": False} | values
    return PaymentAttempt(id=uuid7(), checkout=checkout.name, order_id=order_id, number=number, user_id=bill.payer_id,
                          amount=bill.amount, currency=bill.currency, description=bill.description, started_at=now(),
                          checks=0, is_surplus=False, **values)


def book_intent(checkout: Checkout, actor: Actor, order_id: str, intent: Intent) -> None:
    """Book the gateway's present word on a payment; what is known already changes nothing."""
    with unit_of_work(actor) as work:
        order = lock_order(work, checkout, order_id)
        apply_intent(work, checkout, order, intent)
        work.commit()


def book_refusal(checkout: Checkout, actor: Actor, attempt: PaymentAttempt, refused: PaymentRefused) -> None:
    """Book that the gateway refused an attempt: no money moved, the order may be paid by another."""
    with unit_of_work(actor) as work:
        order = lock_order(work, checkout, attempt.order_id)
        stored = _stored(attempts_of(work, checkout, order.id), attempt.id)
        work.change(stored, error_code=refused.code, error_message=refused.message,
                    intent_id=stored.intent_id or refused.intent_id)
        _advance(work, checkout, order, stored, FAILED)
        work.commit()


def close_attempt(checkout: Checkout, actor: Actor, attempt: PaymentAttempt) -> None:
    """Book that nothing can come of an attempt any more: the gateway knows no such payment."""
    with unit_of_work(actor) as work:
        order = lock_order(work, checkout, attempt.order_id)
        _advance(work, checkout, order, _stored(attempts_of(work, checkout, order.id), attempt.id), CANCELED)
        work.commit()


def apply_intent(work: UnitOfWork, checkout: Checkout, order: Order, intent: Intent) -> str:
    """Book an intent under the order's lock; returns in a word what it changed.

    An intent that carries our metadata but stands in no book (a restored backup) is adopted: its money is real."""
    attempts = attempts_of(work, checkout, order.id)
    attempt = _attempt_of(attempts, intent) or _adopted(work, checkout, order, attempts, intent)
    if (intent.amount, intent.currency) != (attempt.amount, attempt.currency):
        log.error("intent %s is of %s %s, its attempt of %s %s", intent.id, intent.amount, intent.currency,
                  attempt.amount, attempt.currency)
        work.change(attempt, error_code="amount_mismatch", error_message="the gateway names another amount")
        return "amount mismatch"
    work.change(attempt, intent_id=intent.id, intent_status=intent.status)
    if intent.error_code and attempt.state != SUCCESS:
        work.change(attempt, error_code=intent.error_code, error_message=intent.error_message)
    return _advance(work, checkout, order, attempt, outcome_of(intent.status))


def _attempt_of(attempts: list[PaymentAttempt], intent: Intent) -> PaymentAttempt | None:
    """Return the attempt that made an intent: the one that has it, or that waits for the one of its number and amount.

    Past a restored backup numbers are given twice: money of another amount, or by hand, is another payment."""
    known = next((one for one in attempts if one.intent_id == intent.id), None)
    written = (intent.metadata.get("attempt"), intent.amount, intent.currency)
    return known or next((one for one in attempts if one.intent_id is None and not one.is_manual
                          and (str(one.number), one.amount, one.currency) == written), None)


def _adopted(work: UnitOfWork, checkout: Checkout, order: Order, attempts: list[PaymentAttempt],
             intent: Intent) -> PaymentAttempt:
    bill = checkout.bill(order)
    found = Bill(intent.amount, intent.currency, bill.payer_id, bill.description)
    log.warning("adopted intent %s of order %s, which no attempt knew", intent.id, order.id)
    attempt = work.insert(new_attempt(checkout, order.id, attempts, found, method_id="adopted", intent_id=intent.id))
    work.flush()
    return attempt


def _stored(attempts: list[PaymentAttempt], attempt_id: str) -> PaymentAttempt:
    return next(one for one in attempts if one.id == attempt_id)


def _advance(work: UnitOfWork, checkout: Checkout, order: Order, attempt: PaymentAttempt, outcome: str | None) -> str:
    """Move the attempt, and with it the order where this attempt still speaks for it; returns what changed."""
    before, state = attempt.state, next_state(attempt.state, outcome)
    attempt.state = state
    attempt.check_at = _look_again(attempt)
    if state == before:
        return "nothing new"
    if state in (SUCCESS, CANCELED, FAILED):
        attempt.settled_at = now() if state == SUCCESS else attempt.settled_at or now()
    if state == SUCCESS:
        return _paid(work, checkout, order, attempt)
    is_news = before in UNSETTLED_STATES or state == OPEN
    if is_news and _speaks_for(work, checkout, order, attempt):
        _not_paid(work, checkout, order, attempt)
    return state


def _look_again(attempt: PaymentAttempt) -> Any:
    """An attempt that failed is looked at once more: until it is closed at the gateway its payer could revive it."""
    is_final = attempt.state in (SUCCESS, CANCELED) or (attempt.state == FAILED and attempt.intent_id is None)
    return None if is_final else now() + LOOK_AGAIN


def _paid(work: UnitOfWork, checkout: Checkout, order: Order, attempt: PaymentAttempt) -> str:
    attempt.error_code = attempt.error_message = None
    bill = checkout.bill(order)
    is_due = checkout.accepts_payment(order) and (attempt.amount, attempt.currency) == (bill.amount, bill.currency)
    if not is_due or not checkout.may_be_sold(order):
        return _surplus(work, checkout, order, attempt)
    checkout.on_paid(work, order, attempt)
    write_reference(work, checkout, order, attempt, SUCCESS)
    tell(work, checkout, order, SUCCESS)
    _look_now_at_the_others(work, checkout, order, attempt)
    return "paid"


def _surplus(work: UnitOfWork, checkout: Checkout, order: Order, attempt: PaymentAttempt) -> str:
    """Money nobody asks for (paid already, cancelled, stock released, another amount) goes back by itself."""
    attempt.is_surplus = True
    checkout.on_surplus(work, order, attempt)
    work.insert(PaymentRefund(
        id=uuid7(), checkout=checkout.name, order_id=order.id, attempt_id=attempt.id, amount=attempt.amount,
        currency=attempt.currency, state=REQUESTED, is_surplus=True, reason="paid although nothing was due",
        requested_at=now(), check_at=now(), checks=0))
    log.warning("surplus payment %s of order %s goes back", attempt.intent_id, order.id)
    return "surplus"


def _look_now_at_the_others(work: UnitOfWork, checkout: Checkout, order: Order, paid: PaymentAttempt) -> None:
    for other in attempts_of(work, checkout, order.id):
        if other.id != paid.id and other.check_at is not None:
            other.check_at = now()


def _speaks_for(work: UnitOfWork, checkout: Checkout, order: Order, attempt: PaymentAttempt) -> bool:
    """Only the last attempt's bad news concern the order, while it waits for money; a surplus was never one of its."""
    last = work.rows(select(func.max(PaymentAttempt.number)).where(
        PaymentAttempt.checkout == checkout.name, PaymentAttempt.order_id == order.id,
        PaymentAttempt.is_surplus.is_(False)))[0][0]
    return attempt.number == last and checkout.accepts_payment(order)


def _not_paid(work: UnitOfWork, checkout: Checkout, order: Order, attempt: PaymentAttempt) -> None:
    literal = STARTED if attempt.state == OPEN else attempt.state
    if attempt.state == OPEN:
        checkout.on_started(work, order, attempt)
    else:
        checkout.on_unpaid(work, order, attempt)
        tell(work, checkout, order, literal)
    write_reference(work, checkout, order, attempt, literal)


def write_reference(work: UnitOfWork, checkout: Checkout, order: Order, attempt: PaymentAttempt, literal: str) -> Any:
    """Keep the order's one reference at the state of its payment."""
    model: Any = checkout.reference
    values = {"payment_id": attempt.intent_id or "default", "payment_status": attempt.intent_status or attempt.state,
              "status_literal": literal, "redirect_url": attempt.return_url}
    reference = work.find(model, model.order_id == order.id, model.is_active.is_(True))
    if reference is None:
        return work.insert(model(order_id=order.id, owner_id=checkout.bill(order).payer_id, **values))
    return work.change(reference, **values)


def tell(work: UnitOfWork, checkout: Checkout, order: Order, outcome: str) -> None:
    """Raise the payment event of the outcome, with the order as it is now."""
    work.flush()
    row: Entity = order
    payload = {row.__object__: row_serializer(type(row)).entity(row), "statusLiteral": outcome}
    work.emit(checkout.topics[outcome], order.id, payload, realm=checkout.realm)


def book_manual_payment(work: UnitOfWork, checkout: Checkout, order: Order) -> PaymentAttempt:
    """Book money that came past the gateway (staff's word).

    Raises RuleViolated while a payment is open there, and for an order that waits for no money or costs nothing."""
    attempts = attempts_of(work, checkout, order.id)
    if any(one.state in UNSETTLED_STATES for one in attempts):
        raise RuleViolated("PaymentInProgress", "a payment of this order is open at the gateway; refresh it first")
    if not checkout.accepts_payment(order):
        raise RuleViolated("OrderNotPayable", "the order does not wait for money")
    if not checkout.may_be_sold(order):
        raise RuleViolated("PartyInactive", "the payer or a seller is not active at present")
    attempt = work.insert(new_attempt(checkout, order.id, attempts, billed(checkout, order), method_id=MANUAL))
    _advance(work, checkout, order, attempt, SUCCESS)
    return attempt
