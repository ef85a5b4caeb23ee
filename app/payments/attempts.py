"""The transactions of a payment: begin an attempt, and book what the gateway said of it; the order's lock decides.

No gateway call happens here. Everything written before a call is enough to find out afterwards what became of it."""
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.actor import Actor
from app.clock import now
from app.data import retries
from app.data.entity import Entity
from app.data.ids import uuid7
from app.data.reads import fetch, fetch_one
from app.data.serialization import row_serializer
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import NotFound, RuleViolated
from app.identity.access import require
from app.payments.booking import (
    CANCELED,
    FAILED,
    OPEN,
    SENDING,
    STARTED,
    SUCCESS,
    UNSETTLED_STATES,
    next_state,
    outcome_of,
)
from app.payments.checkout import Bill, Checkout, Order
from app.payments.gateway.port import Intent, PaymentRefused
from app.payments.records import MANUAL, PaymentAttempt, PaymentRefund

log = logging.getLogger("guildhall.payments")

LEASE = timedelta(seconds=60)
"""How long one process may be talking to the gateway about an attempt before another takes over."""
OPEN_ATTEMPTS = retries.OwedWork(PaymentAttempt, PaymentAttempt.check_at.is_not(None), PaymentAttempt.check_at)
"""Attempts that somebody must look at again; a lease moves the moment."""
LOOK_AGAIN = timedelta(minutes=30)
"""A payment that is stuck longer than this is looked up by the reconcile job (decision 15)."""

NEW, TAKEN_OVER, BUSY, WAITING = "new", "taken over", "busy", "waiting"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the payer asked for: with which card, where to come back to, and whether to keep the card."""

    method_id: str | None
    return_url: str | None = None
    keeps_card: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is with an attempt: NEW and TAKEN_OVER are the caller's, BUSY is another's, WAITING the payer's."""

    kind: str
    attempt: PaymentAttempt


def lock_order(work: UnitOfWork, checkout: Checkout, order_id: str, *, active_only: bool = False) -> Order:
    """Return the order, locked, deleted ones too unless told otherwise; raises NotFound."""
    conditions = [checkout.order.id == order_id, *([checkout.order.is_active.is_(True)] if active_only else [])]
    order = work.find(checkout.order, *conditions, lock=True)
    if order is None:
        raise NotFound
    return order


def attempts_of(work: UnitOfWork, checkout: Checkout, order_id: str) -> list[PaymentAttempt]:
    """Return the attempts of an order, oldest first."""
    return work.all(select(PaymentAttempt).where(PaymentAttempt.checkout == checkout.name,
                                                 PaymentAttempt.order_id == order_id).order_by(PaymentAttempt.number))


def read(attempt_id: str) -> PaymentAttempt:
    """Return a copy of the attempt as it is now, outside any transaction."""
    row = fetch_one(select(PaymentAttempt.__table__).where(PaymentAttempt.id == attempt_id))
    if row is None:
        raise NotFound
    return PaymentAttempt(**row._mapping)


def read_all(checkout: Checkout, order_id: str) -> list[PaymentAttempt]:
    """Return copies of the attempts of an order, oldest first, outside any transaction."""
    rows = fetch(select(PaymentAttempt.__table__).where(
        PaymentAttempt.checkout == checkout.name, PaymentAttempt.order_id == order_id).order_by(PaymentAttempt.number))
    return [PaymentAttempt(**row._mapping) for row in rows]


def paying_attempt(attempts: Sequence[PaymentAttempt]) -> PaymentAttempt | None:
    """Return the attempt that paid the order, if any; money that came on top does not count."""
    return next((one for one in attempts if one.state == SUCCESS and not one.is_surplus), None)


def begin(checkout: Checkout, actor: Actor, order_id: str, wish: Wish) -> Turn:
    """Open an attempt, or say whose turn it is with the one that is open: an order has one at a time.

    Raises NotFound, Forbidden (neither payer nor superAdmin), RuleViolated when the order cannot be paid (now)."""
    with unit_of_work(actor) as work:
        order = lock_order(work, checkout, order_id, active_only=True)
        require(checkout.may_start(actor, order), "errMsg_OnlyThePayerMayPay")
        checkout.refuse_unpayable(order)
        attempts = attempts_of(work, checkout, order.id)
        open_one = next((one for one in reversed(attempts) if one.state in UNSETTLED_STATES), None)
        turn = _turn_with(open_one) if open_one else Turn(NEW, _open(work, checkout, order, attempts, wish))
        work.commit()
    return turn


def _turn_with(attempt: PaymentAttempt) -> Turn:
    if attempt.state == OPEN:
        return Turn(WAITING, attempt)
    if attempt.check_at is not None and attempt.check_at > now():
        return Turn(BUSY, attempt)
    attempt.check_at = now() + LEASE
    return Turn(TAKEN_OVER, attempt)


def _open(work: UnitOfWork, checkout: Checkout, order: Order, attempts: list[PaymentAttempt],
          wish: Wish) -> PaymentAttempt:
    method_id = wish.method_id or checkout.default_method(order)
    if not method_id:
        raise RuleViolated("PaymentMethodMissing", "paymentMethodId is needed to pay")
    bill = _bill(checkout, order)
    attempt = _new_attempt(checkout, order.id, attempts, bill, method_id=method_id, keeps_card=wish.keeps_card,
                           return_url=wish.return_url, customer_id=_customer_of_card(work, checkout, bill, method_id))
    work.insert(attempt)
    checkout.on_started(work, order, attempt)
    write_ticket(work, checkout, order, attempt, STARTED)
    tell(work, checkout, order, STARTED)
    return attempt


def _bill(checkout: Checkout, order: Order) -> Bill:
    bill = checkout.bill(order)
    if bill.amount <= 0:
        raise RuleViolated("NothingToPay", "the order costs nothing")
    return bill


def _new_attempt(checkout: Checkout, order_id: str, attempts: Sequence[PaymentAttempt], bill: Bill,
                 **values: Any) -> PaymentAttempt:
    number = attempts[-1].number + 1 if attempts else 1
    values = {"state": SENDING, "check_at": now() + LEASE, "keeps_card": False} | values
    return PaymentAttempt(id=uuid7(), checkout=checkout.name, order_id=order_id, number=number, user_id=bill.payer_id,
                          amount=bill.amount, currency=bill.currency, description=bill.description, started_at=now(),
                          checks=0, is_surplus=False, **values)


def _customer_of_card(work: UnitOfWork, checkout: Checkout, bill: Bill, method_id: str) -> str | None:
    """Return the customer a kept card belongs to, None for a card that is not kept.

    Refuses somebody else's, and one that was forgotten: Stripe takes no detached card, but not every gateway looks."""
    method: Any = checkout.method
    kept = work.first(select(method).where(method.payment_method_id == method_id).order_by(method.is_active.desc()))
    if kept is None:
        return None
    if kept.user_id != bill.payer_id or not kept.is_active:
        raise RuleViolated("PaymentMethodUnknown", "the payment method is not one of yours")
    return str(kept.customer_id)


def claim(checkout: Checkout, actor: Actor, attempt_id: str, order_id: str, *, only_due: bool = True) -> bool:
    """Take the lease on an attempt that is due to be looked at (or, unless `only_due`, that nobody works on)."""
    with unit_of_work(actor) as work:
        lock_order(work, checkout, order_id)
        is_claimed = retries.claim(
            work, OPEN_ATTEMPTS, PaymentAttempt.id == attempt_id, lease=LEASE, checks=PaymentAttempt.checks + 1,
            or_if=None if only_due else PaymentAttempt.state != SENDING)
        work.commit()
    return is_claimed


def postpone(actor: Actor, attempt_id: str, wait: timedelta) -> None:
    """Have the attempt looked at again after `wait`, unless it was settled meanwhile."""
    with unit_of_work(actor) as work:
        retries.settle(work, OPEN_ATTEMPTS, PaymentAttempt.id == attempt_id, check_at=now() + wait)
        work.commit()


def use_card(actor: Actor, attempt_id: str, method_id: str, customer_id: str) -> PaymentAttempt:
    """Note the kept card an attempt pays with, before it is sent."""
    with unit_of_work(actor) as work:
        attempt = work.first(select(PaymentAttempt).where(PaymentAttempt.id == attempt_id), lock=True)
        if attempt is None:
            raise NotFound
        work.change(attempt, method_id=method_id, customer_id=customer_id, keeps_card=False)
        work.commit()
    return attempt


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
    attempt = work.insert(_new_attempt(checkout, order.id, attempts, found, method_id="adopted", intent_id=intent.id))
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
    if not is_due:
        return _surplus(work, checkout, order, attempt)
    checkout.on_paid(work, order, attempt)
    write_ticket(work, checkout, order, attempt, SUCCESS)
    tell(work, checkout, order, SUCCESS)
    _look_now_at_the_others(work, checkout, order, attempt)
    return "paid"


def _surplus(work: UnitOfWork, checkout: Checkout, order: Order, attempt: PaymentAttempt) -> str:
    """Money nobody asks for (paid already, cancelled, stock released, another amount) goes back by itself."""
    attempt.is_surplus = True
    checkout.on_surplus(work, order, attempt)
    work.insert(PaymentRefund(
        id=uuid7(), checkout=checkout.name, order_id=order.id, attempt_id=attempt.id, amount=attempt.amount,
        currency=attempt.currency, state="requested", is_surplus=True, reason="paid although nothing was due",
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
    write_ticket(work, checkout, order, attempt, literal)


def write_ticket(work: UnitOfWork, checkout: Checkout, order: Order, attempt: PaymentAttempt, literal: str) -> Any:
    """Keep the order's one ticket at the state of its payment."""
    model: Any = checkout.ticket
    values = {"payment_id": attempt.intent_id or "default", "payment_status": attempt.intent_status or attempt.state,
              "status_literal": literal, "redirect_url": attempt.return_url}
    ticket = work.find(model, model.order_id == order.id, model.is_active.is_(True))
    if ticket is None:
        return work.insert(model(order_id=order.id, owner_id=checkout.bill(order).payer_id, **values))
    return work.change(ticket, **values)


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
    attempt = work.insert(_new_attempt(checkout, order.id, attempts, _bill(checkout, order), method_id=MANUAL))
    _advance(work, checkout, order, attempt, SUCCESS)
    return attempt
