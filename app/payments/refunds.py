"""Money given back: requested under the order's lock, asked of the gateway, true when it says so (decision 16).

A refund made at the gateway's own dashboard is booked like ours once a webhook tells of it."""
import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, select

from app.actor import Actor
from app.clock import now
from app.data import retries
from app.data.ids import uuid7
from app.data.reads import fetch, fetch_one
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.payments.attempts import paying_attempt, read_all
from app.payments.booking import LEASE, LOOK_AGAIN, attempts_of, lock_order, refund_state
from app.payments.checkout import Checkout, Order
from app.payments.gateway.circuit_breaker import ask_gateway
from app.payments.gateway.port import GatewayUnavailable, PaymentGateError, PaymentGateway, PaymentRefused, Refund
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.states import PENDING, REFUND_FAILED, REQUESTED, SUCCEEDED, SUCCESS

log = logging.getLogger("guildhall.payments")

OPEN_REFUNDS = retries.OwedWork(PaymentRefund, PaymentRefund.check_at.is_not(None), PaymentRefund.check_at)
"""Refunds that somebody must look at again; a lease moves the moment."""
_MAY_BECOME = {
    REQUESTED: {PENDING, SUCCEEDED, REFUND_FAILED},
    PENDING: {PENDING, SUCCEEDED, REFUND_FAILED},
    SUCCEEDED: {REFUND_FAILED},  # a bank may send money back days later
    REFUND_FAILED: set[str](),
}


def refunds_of(work: UnitOfWork, checkout: Checkout, order_id: str) -> list[PaymentRefund]:
    """Return the refunds of an order, oldest first."""
    return work.all(select(PaymentRefund).where(PaymentRefund.checkout == checkout.name,
                                                PaymentRefund.order_id == order_id)
                    .order_by(PaymentRefund.requested_at, PaymentRefund.id))


def read_refunds(checkout: Checkout, order_id: str) -> list[PaymentRefund]:
    """Return copies of the refunds of an order, oldest first, outside any transaction."""
    rows = fetch(select(PaymentRefund.__table__).where(
        PaymentRefund.checkout == checkout.name, PaymentRefund.order_id == order_id)
                 .order_by(PaymentRefund.requested_at, PaymentRefund.id))
    return [PaymentRefund(**row._mapping) for row in rows]


def left_to_refund(paid: PaymentAttempt, refunds: Sequence[PaymentRefund]) -> int:
    """Return the minor units of a payment not given back; a refund counts from its request until it failed."""
    return paid.amount - sum(one.amount for one in refunds if one.attempt_id == paid.id and one.state != REFUND_FAILED)


def given_back(paid: PaymentAttempt, refunds: Sequence[PaymentRefund]) -> int:
    """Return the minor units of a payment the gateway confirmed as given back."""
    return sum(one.amount for one in refunds if one.attempt_id == paid.id and one.state == SUCCEEDED)


def request_refund(work: UnitOfWork, checkout: Checkout, order: Order, *, amount: int | None,
                   reason: str | None, id: str | None = None) -> PaymentRefund:
    """Request that `amount` minor units (None: all that is left) of a locked order's payment go back.

    Raises RuleViolated when it was not paid or less is left. Money that came past the gateway goes back past it."""
    paid = paying_attempt(attempts_of(work, checkout, order.id))
    if paid is None:
        raise RuleViolated("OrderNotPaid", "the order was never paid")
    left = left_to_refund(paid, refunds_of(work, checkout, order.id))
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise RuleViolated("RefundTooLarge", "that much was not paid, or is given back already",
                           {"left": left, "currency": paid.currency})
    refund = _requested(work, checkout, paid, wanted, reason, id)
    if paid.is_manual:
        _advance(work, checkout, order, paid, refund, SUCCEEDED)
    return refund


def request_surplus_refund(work: UnitOfWork, checkout: Checkout, order: Order, *, reason: str | None) -> PaymentRefund:
    """Request once more that money nobody asked for goes back, whose refund the gateway refused or a bank sent back.

    Raises RuleViolated when a locked order has none: such money is asked back by itself the first time."""
    refunds = refunds_of(work, checkout, order.id)
    for attempt in attempts_of(work, checkout, order.id):
        left = left_to_refund(attempt, refunds)
        if attempt.state == SUCCESS and attempt.is_surplus and left > 0:
            return _requested(work, checkout, attempt, left, reason)
    raise RuleViolated("NoSurplus", "no surplus payment of this order waits to be given back")


def _requested(work: UnitOfWork, checkout: Checkout, paid: PaymentAttempt, amount: int,
               reason: str | None, id: str | None = None) -> PaymentRefund:
    return work.insert(PaymentRefund(
        id=id or uuid7(), checkout=checkout.name, order_id=paid.order_id, attempt_id=paid.id, amount=amount,
        currency=paid.currency, state=REQUESTED, is_surplus=paid.is_surplus, reason=reason,
        requested_by=work.actor.user_id, requested_at=now(), check_at=now() + LEASE, checks=0))


def send_refund(checkout: Checkout, actor: Actor, refund_id: str, *, again: bool = False) -> PaymentGateError | None:
    """Ask the gateway for a requested refund, or how a pending one fares; returns the trouble, if any.

    The refund's id is the idempotency key; `again` looks first whether an earlier call got through."""
    owed = fetch_one(select(PaymentRefund.id, PaymentRefund.order_id, PaymentRefund.amount, PaymentRefund.currency,
                            PaymentRefund.gateway_refund_id, PaymentAttempt.intent_id)
                     .join(PaymentAttempt, PaymentAttempt.id == PaymentRefund.attempt_id)
                     .where(PaymentRefund.id == refund_id, PaymentRefund.state.in_((REQUESTED, PENDING)),
                            PaymentAttempt.intent_id.is_not(None)))
    if owed is None:
        return None
    try:
        said = ask_gateway(lambda gateway: _ask(gateway, checkout, owed, again))
    except PaymentRefused as refused:
        _book_refusal(checkout, actor, owed.id, owed.order_id, refused)
        return refused
    except GatewayUnavailable as trouble:
        return trouble
    book_refunds(checkout, actor, owed.order_id, owed.intent_id, [said])
    return None


def _ask(gateway: PaymentGateway, checkout: Checkout, owed: Row[Any], again: bool) -> Refund:
    if owed.gateway_refund_id:
        return gateway.retrieve_refund(owed.gateway_refund_id)
    if again:
        for earlier in gateway.find_refunds(owed.intent_id):
            if earlier.metadata.get("refundId") == owed.id:
                return earlier
    metadata = {"refundId": owed.id, "orderId": owed.order_id, "checkoutName": checkout.name}
    return gateway.refund(owed.intent_id, owed.amount, owed.currency, metadata, f"refund-{owed.id}")


def _book_refusal(checkout: Checkout, actor: Actor, refund_id: str, order_id: str, refused: PaymentRefused) -> None:
    with unit_of_work(actor) as work:
        order = lock_order(work, checkout, order_id)
        refund = next(one for one in refunds_of(work, checkout, order_id) if one.id == refund_id)
        paid = _attempt(attempts_of(work, checkout, order_id), refund.attempt_id)
        work.change(refund, error_code=refused.code, error_message=refused.message)
        _advance(work, checkout, order, paid, refund, REFUND_FAILED)
        work.commit()
    log.error("refund %s was refused: %s", refund_id, refused.message)


def claim_refund(actor: Actor, refund_id: str, *, only_due: bool) -> bool:
    """Take the lease on a refund that is due (or, unless `only_due`, that nobody works on)."""
    with unit_of_work(actor) as work:
        is_claimed = retries.claim(
            work, OPEN_REFUNDS, PaymentRefund.id == refund_id, lease=LEASE, checks=PaymentRefund.checks + 1,
            or_if=None if only_due else PaymentRefund.state != REQUESTED)
        work.commit()
    return is_claimed


def postpone_refund(actor: Actor, refund_id: str, wait: timedelta) -> None:
    """Have an unsettled refund looked at again after `wait`."""
    with unit_of_work(actor) as work:
        retries.settle(work, OPEN_REFUNDS, PaymentRefund.id == refund_id, check_at=now() + wait)
        work.commit()


def book_refunds(checkout: Checkout, actor: Actor, order_id: str, intent_id: str, refunds: Sequence[Refund]) -> None:
    """Book what the gateway says was given back of an intent."""
    with unit_of_work(actor) as work:
        apply_refunds(work, checkout, lock_order(work, checkout, order_id), intent_id, refunds)
        work.commit()


def reread_refunds(checkout: Checkout, actor: Actor, order_id: str) -> PaymentGateError | None:
    """Book what the gateway gave back of an order's payments, at its dashboard too; returns the trouble, if any."""
    for paid in read_all(checkout, order_id):
        intent_id = paid.intent_id
        if paid.state != SUCCESS or intent_id is None:
            continue
        try:
            made = ask_gateway(partial(_find_refunds, intent_id))
        except PaymentGateError as trouble:
            return trouble
        book_refunds(checkout, actor, order_id, intent_id, made)
    return None


def _find_refunds(intent_id: str, gateway: PaymentGateway) -> Sequence[Refund]:
    return gateway.find_refunds(intent_id)


def apply_refunds(work: UnitOfWork, checkout: Checkout, order: Order, intent_id: str,
                  refunds: Sequence[Refund]) -> str:
    """Book refunds of an intent under the order's lock, ours and those made at the dashboard; says what changed."""
    paid = next((one for one in attempts_of(work, checkout, order.id) if one.intent_id == intent_id), None)
    if paid is None or paid.state != SUCCESS:
        return "unknown payment"
    booked = refunds_of(work, checkout, order.id)
    changed = [_book(work, checkout, order, paid, booked, refund) for refund in refunds]
    return "refunded" if any(changed) else "nothing new"


def _book(work: UnitOfWork, checkout: Checkout, order: Order, paid: PaymentAttempt, booked: Sequence[PaymentRefund],
          said: Refund) -> bool:
    refund = next((one for one in booked if one.gateway_refund_id == said.id
                   or one.id == said.metadata.get("refundId")), None)
    if refund is None:
        refund = work.insert(PaymentRefund(
            id=uuid7(), checkout=checkout.name, order_id=order.id, attempt_id=paid.id, amount=said.amount,
            currency=said.currency, state=REQUESTED, is_surplus=paid.is_surplus, reason="made at the gateway",
            requested_at=now(), checks=0))
    work.change(refund, gateway_refund_id=said.id)
    return _advance(work, checkout, order, paid, refund, refund_state(said.status))


def _advance(work: UnitOfWork, checkout: Checkout, order: Order, paid: PaymentAttempt, refund: PaymentRefund,
             state: str) -> bool:
    before = refund.state
    if state not in _MAY_BECOME[before]:
        return False
    is_final = state in (SUCCEEDED, REFUND_FAILED)
    work.change(refund, state=state, check_at=None if is_final else now() + LOOK_AGAIN,
                settled_at=now() if is_final else None)
    work.flush()
    if state == SUCCEEDED:
        checkout.on_refunded(work, order, paid, refund)
    elif before == SUCCEEDED:
        checkout.on_refund_lost(work, order, paid, refund)
    return state != before


def _attempt(attempts: Sequence[PaymentAttempt], attempt_id: str) -> PaymentAttempt:
    return next(one for one in attempts if one.id == attempt_id)
