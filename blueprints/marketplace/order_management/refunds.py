"""What is due to a buyer, and what staff have go back; the gateway is asked after the commit (decisions 16, 42)."""
from decimal import Decimal

from app.actor import Actor
from app.clock import now
from app.data.money import minor_of, to_wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.jobs.wakeup import wake
from app.payments import refunds as payment_refunds
from app.payments.attempts import paying_attempt
from app.payments.booking import attempts_of, lock_order
from app.payments.pay import SETTLE_JOB
from app.payments.records import PaymentRefund
from app.runtime import runtime
from blueprints.marketplace.order_management import history, ledger
from blueprints.marketplace.order_management.audit import BY_STAFF, record_fix
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.marketplace.order_management.placing import items_of
from blueprints.marketplace.order_management.settlement import CHECKOUT, bill
from blueprints.marketplace.order_management.steps import refuse_actor, refuse_step, roles_of
from blueprints.platform.checkout.refunds import request_refund_once


def owe_money(work: UnitOfWork, order: Order, item: OrderItem | None = None) -> None:
    """Write down what is due to the buyer now, and give it back at once where the house does that (decision 42)."""
    before, due = order.refund_due, 0 if order.paid_at is None else ledger.money_due(work, order, without=item)
    if due == before:
        return
    work.change(order, refund_due=due)
    history.note(work, order, history.REFUND_DUE, item=item, amount=due - before)
    paid = paying_attempt(attempts_of(work, CHECKOUT, order.id))
    by_itself = runtime().settings.refund_on_cancel and paid is not None and not paid.is_manual
    if by_itself and _due_and_not_under_way(work, order) > 0:
        work.change(_request_due(work, order, reason="cancelled"), check_at=now())
        work.after_commit(settle_soon)


def request_due_refund(actor: Actor, order_id: str, *, reason: str = BY_STAFF) -> PaymentRefund:
    """Request that exactly what is due to the buyer goes back; the same again finds nothing due any more.

    Raises NotFound, Forbidden (not staff), RuleViolated (NoRefundDue)."""
    with unit_of_work(actor) as work:
        order = lock_order(work, CHECKOUT, order_id)
        refuse_actor("REFUNDED", roles_of(actor, order, items_of(work, order_id)))
        refund = _request_due(work, order, reason=reason)
        record_fix(actor, order_id, f"{reason}: refund of {to_wire(refund.amount, refund.currency)} {refund.currency}")
        work.commit()
    return refund


def _due_and_not_under_way(work: UnitOfWork, order: Order) -> int:
    is_open = (payment_refunds.REQUESTED, payment_refunds.PENDING)
    return order.refund_due - sum(one.amount for one in payment_refunds.refunds_of(work, CHECKOUT, order.id)
                                  if one.state in is_open and not one.is_surplus)


def _request_due(work: UnitOfWork, order: Order, *, reason: str) -> PaymentRefund:
    amount = _due_and_not_under_way(work, order)
    if amount <= 0:
        raise RuleViolated("NoRefundDue", "nothing of this order is due, or it is on its way back")
    history.note(work, order, history.REFUND_REQUESTED, amount=amount)
    return payment_refunds.request_refund(work, CHECKOUT, order, amount=amount, reason=reason)


def request_order_refund(actor: Actor, order_id: str, *, amount: Decimal | None = None, reason: str = BY_STAFF,
                         cancelled_too: bool = False, key: str | None = None) -> PaymentRefund:
    """Request that `amount` (major units; None: all that is left) of an order go back (decision 16).

    `cancelled_too` finds orders that were cancelled for good. `key` is the call's Idempotency-Key: the same call again
    finds its refund, and asks no second. Raises NotFound, Forbidden (not staff), RuleViolated (never paid, or less is
    left)."""
    with unit_of_work(actor) as work:
        order = lock_order(work, CHECKOUT, order_id, active_only=not cancelled_too)
        refuse_actor("REFUNDED", roles_of(actor, order, items_of(work, order_id)))
        if order.status != "REFUNDED":  # that again: a bank may have sent the refund back, or nothing is left
            refuse_step(order, "REFUNDED")
        minor = None if amount is None else minor_of("refundAmount", amount, bill(order).currency)
        refund, is_new = request_refund_once(work, CHECKOUT, order, amount=minor, reason=reason, key=key)
        if is_new:
            said = f"{to_wire(refund.amount, refund.currency)} {refund.currency}"
            history.note(work, order, history.REFUND_REQUESTED, amount=refund.amount)
            record_fix(actor, order_id, f"{reason}: refund of {said}")
        work.commit()
    return refund


def request_surplus_refund(actor: Actor, order_id: str, *, reason: str) -> PaymentRefund:
    """Request once more that a surplus payment goes back, its first refund having failed; the order does not change.

    Raises NotFound, Forbidden (not staff), RuleViolated when there is none."""
    with unit_of_work(actor) as work:
        order = lock_order(work, CHECKOUT, order_id)
        refuse_actor("REFUNDED", roles_of(actor, order, items_of(work, order_id)))
        refund = payment_refunds.request_surplus_refund(work, CHECKOUT, order, reason=reason)
        record_fix(actor, order_id, f"{reason}: surplus of {to_wire(refund.amount, refund.currency)} {refund.currency}")
        work.commit()
    return refund


def settle_soon() -> None:
    """Have the gateway asked soon what became of payments and refunds."""
    wake(SETTLE_JOB)
