"""The attempts to be paid: opening one, and the lease on it while somebody talks to the gateway.

No gateway call happens here. Everything written before a call is enough to find out afterwards what became of it."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data import retries
from app.data.reads import fetch, fetch_one
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import NotFound, RuleViolated
from app.identity.access import require
from app.payments.booking import LEASE, attempts_of, billed, lock_order, new_attempt, tell, write_reference
from app.payments.checkout import Bill, Checkout, Order
from app.payments.records import PaymentAttempt
from app.payments.states import OPEN, SENDING, STARTED, SUCCESS, UNSETTLED_STATES

OPEN_ATTEMPTS = retries.OwedWork(PaymentAttempt, PaymentAttempt.check_at.is_not(None), PaymentAttempt.check_at)
"""Attempts that somebody must look at again; a lease moves the moment."""

NEW, TAKEN_OVER, BUSY, WAITING = "new", "taken over", "busy", "waiting"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the payer asked for: with which card, where to come back to, and whether to keep the card."""

    method_id: str | None
    return_url: str | None = None
    keeps_card: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """Who goes on with an attempt: of NEW and TAKEN_OVER the caller, of BUSY another process, of WAITING the payer."""

    kind: str
    attempt: PaymentAttempt


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


def begin(checkout: Checkout, actor: Actor, order_id: str, wish: Wish) -> Opening:
    """Open an attempt, or say who goes on with the one that is open: an order has one at a time.

    Raises NotFound, Forbidden (neither payer nor superAdmin), RuleViolated when the order cannot be paid (now)."""
    with unit_of_work(actor) as work:
        order = lock_order(work, checkout, order_id, active_only=True)
        require(checkout.may_start(actor, order), "errMsg_OnlyThePayerMayPay")
        checkout.refuse_unpayable(order)
        attempts = attempts_of(work, checkout, order.id)
        open_one = next((one for one in reversed(attempts) if one.state in UNSETTLED_STATES), None)
        opening = _opening_of(open_one) if open_one else Opening(NEW, _open(work, checkout, order, attempts, wish))
        work.commit()
    return opening


def _opening_of(attempt: PaymentAttempt) -> Opening:
    if attempt.state == OPEN:
        return Opening(WAITING, attempt)
    if attempt.check_at is not None and attempt.check_at > now():
        return Opening(BUSY, attempt)
    attempt.check_at = now() + LEASE
    return Opening(TAKEN_OVER, attempt)


def _open(work: UnitOfWork, checkout: Checkout, order: Order, attempts: list[PaymentAttempt],
          wish: Wish) -> PaymentAttempt:
    method_id = wish.method_id or checkout.default_method(order)
    if not method_id:
        raise RuleViolated("PaymentMethodMissing", "paymentMethodId is needed to pay")
    bill = billed(checkout, order)
    attempt = new_attempt(checkout, order.id, attempts, bill, method_id=method_id, keeps_card=wish.keeps_card,
                           return_url=wish.return_url, customer_id=_customer_of_card(work, checkout, bill, method_id))
    work.insert(attempt)
    checkout.on_started(work, order, attempt)
    write_reference(work, checkout, order, attempt, STARTED)
    tell(work, checkout, order, STARTED)
    return attempt


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


def claim(checkout: Checkout, actor: Actor, attempt_id: str, order_id: str, *, only_due: bool) -> bool:
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
