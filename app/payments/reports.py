"""What operators may see of payments: attempts, refunds, received events, and how many of each are open.

Amounts are in major units; nothing here asks the gateway."""
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, or_, select, union
from sqlalchemy.orm import aliased

from app.data.columns import iso
from app.data.money import to_wire
from app.data.reads import fetch
from app.payments.gateway_records import PaymentDispute, PaymentEvent
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.states import PENDING, REFUND_FAILED, REQUESTED, UNSETTLED_STATES

if TYPE_CHECKING:  # the flow itself is for who pays
    from app.payments.checkout import Checkout

Facts = dict[str, Any]
MOST_LOOKED_THROUGH = 10_000
"""How many of the latest attempts are looked through for those of one checkout and state."""


def figures(checkout: str) -> Facts:
    """Return how many payments and refunds are in which state, and since when the oldest open payment waits."""
    found: Facts = {}
    for label, model in (("payments", PaymentAttempt), ("refunds", PaymentRefund)):
        rows = fetch(select(model.state, func.count()).where(model.checkout == checkout).group_by(model.state))
        found |= {f"{label} {state}": count for state, count in sorted(tuple(row) for row in rows)}
    oldest = fetch(select(func.min(PaymentAttempt.started_at)).where(
        PaymentAttempt.checkout == checkout, PaymentAttempt.state.in_(UNSETTLED_STATES)))[0][0]
    found["oldest open payment"] = _moment(oldest)
    return found


def open_work(checkout: str) -> list[Facts]:
    """Return the payments and refunds the settle job will look at, with the time it will."""
    payments = fetch(select(PaymentAttempt).where(PaymentAttempt.checkout == checkout,
                                                  PaymentAttempt.check_at.is_not(None)).order_by(PaymentAttempt.check_at))
    refunds = fetch(select(PaymentRefund).where(PaymentRefund.checkout == checkout, PaymentRefund.state.in_(
        (REQUESTED, PENDING))).order_by(PaymentRefund.check_at))
    return [{"what": what, "order": row.order_id, "state": row.state, "amount": to_wire(row.amount, row.currency),
             "currency": row.currency, "look at": _moment(row.check_at), "looked at": row.checks}
            for what, rows in (("payment", payments), ("refund", refunds)) for row in rows]


def latest_attempts(checkout: str, *, state: str | None, limit: int) -> list[Facts]:
    """Return the latest attempts to be paid, the newest first, of one state: of the latest MOST_LOOKED_THROUGH."""
    latest: Any = aliased(PaymentAttempt, select(PaymentAttempt).order_by(PaymentAttempt.id.desc())
                          .limit(MOST_LOOKED_THROUGH).subquery("latest"))
    of_state = [] if state is None else [latest.state == state]
    return [_attempt(row) for row in fetch(select(latest).where(latest.checkout == checkout, *of_state)
                                           .order_by(latest.id.desc()).limit(limit))]


def attempts_of_orders(checkout: str, order_ids: Collection[str], limit: int) -> list[Facts]:
    """Return the latest attempts to be paid for these orders, the newest first."""
    return [_attempt(row) for row in fetch(select(PaymentAttempt).where(
        PaymentAttempt.checkout == checkout, PaymentAttempt.order_id.in_(order_ids))
        .order_by(PaymentAttempt.id.desc()).limit(limit))]


def orders_at_gateway(checkout: str, gateway_id: str) -> list[str]:
    """Return the ids of the orders of the payment, refund, dispute or event that the gateway calls so; by indexes."""
    called: dict[Any, Any] = {PaymentAttempt: PaymentAttempt.intent_id, PaymentRefund: PaymentRefund.gateway_refund_id,
              PaymentDispute: PaymentDispute.id, PaymentEvent: PaymentEvent.event_id}
    found: Any = union(*(select(model.order_id).where(model.checkout == checkout, name == gateway_id)
                         for model, name in called.items()))
    return [row.order_id for row in fetch(found) if row.order_id is not None]


def attempts_of_order(checkout: str, order_id: str) -> list[Facts]:
    """Return the attempts to be paid for an order, oldest first."""
    rows = fetch(select(PaymentAttempt).where(PaymentAttempt.checkout == checkout, PaymentAttempt.order_id == order_id)
                 .order_by(PaymentAttempt.number))
    return [{"attempt": row.number, "state": row.state + (" (surplus)" if row.is_surplus else ""),
             "amount": to_wire(row.amount, row.currency), "currency": row.currency, "intent": row.intent_id,
             "method": row.method_id, "error": row.error_code, "started": _moment(row.started_at)} for row in rows]


def refunds_of_order(checkout: str, order_id: str) -> list[Facts]:
    """Return the refunds of an order, oldest first."""
    rows = fetch(select(PaymentRefund).where(PaymentRefund.checkout == checkout, PaymentRefund.order_id == order_id)
                 .order_by(PaymentRefund.requested_at, PaymentRefund.id))
    return [{"refund": row.gateway_refund_id or row.id, "state": row.state, "amount": to_wire(row.amount, row.currency),
             "currency": row.currency, "reason": row.reason, "error": row.error_code,
             "requested": _moment(row.requested_at)} for row in rows]


def left_to_give_back(checkout: "Checkout", order_id: str) -> int:
    """Return the minor units of an order's payment that may still be refunded; 0 when it was never paid."""
    from app.payments.attempts import paying_attempt, read_all
    from app.payments.refunds import left_to_refund, read_refunds

    paid = paying_attempt(read_all(checkout, order_id))
    return 0 if paid is None else left_to_refund(paid, read_refunds(checkout, order_id))


def failed_refunds(checkout: str) -> Sequence[Row[Any]]:
    """Return (order_id, amount, currency, is_surplus) of the money staff may believe given back that is still here.

    The last refund of its payment failed, and nobody was waiting for the answer: a bank sent it back, or the gateway
    refused it to the settle job."""
    later = aliased(PaymentRefund)
    was_repeated = select(later.id).where(later.attempt_id == PaymentRefund.attempt_id,
                                          later.requested_at > PaymentRefund.requested_at).exists()
    was_believed = or_(PaymentRefund.is_surplus, PaymentRefund.gateway_refund_id.is_not(None), PaymentRefund.checks > 0)
    return fetch(select(PaymentRefund.order_id, PaymentRefund.amount, PaymentRefund.currency, PaymentRefund.is_surplus)
                 .where(PaymentRefund.checkout == checkout, PaymentRefund.state == REFUND_FAILED, was_believed,
                        ~was_repeated).order_by(PaymentRefund.requested_at, PaymentRefund.id))


def received_events(checkout: str, *, order_id: str | None, limit: int) -> list[Facts]:
    """Return the latest webhooks that had their effect, of one order or of all."""
    query = select(PaymentEvent.event_id, PaymentEvent.type, PaymentEvent.order_id, PaymentEvent.effect,
                   PaymentEvent.sent_at, PaymentEvent.received_at).where(PaymentEvent.checkout == checkout)
    if order_id is not None:
        query = query.where(PaymentEvent.order_id == order_id)
    rows = fetch(query.order_by(PaymentEvent.received_at.desc(), PaymentEvent.event_id).limit(limit))
    return [{"event": row.event_id, "type": row.type, "order": row.order_id, "effect": row.effect,
             "sent": _moment(row.sent_at), "received": _moment(row.received_at)} for row in rows]


def _attempt(row: Any) -> Facts:
    return {"order": row.order_id, "attempt": row.number, "state": row.state + (" (surplus)" if row.is_surplus else ""),
            "amount": to_wire(row.amount, row.currency), "currency": row.currency, "intent": row.intent_id,
            "error": row.error_code, "started": _moment(row.started_at)}


def _moment(value: Any) -> str | None:
    return value if isinstance(value, str) else iso(value)


def read_disputes(checkout: str, *conditions: Any) -> Sequence[Row[Any]]:
    """Return the disputes that meet the conditions, those to be answered first on top."""
    return fetch(select(PaymentDispute.__table__).where(PaymentDispute.checkout == checkout, *conditions)
                 .order_by(PaymentDispute.closed_at.is_not(None), PaymentDispute.answer_until.is_(None),
                           PaymentDispute.answer_until, PaymentDispute.opened_at, PaymentDispute.id))
