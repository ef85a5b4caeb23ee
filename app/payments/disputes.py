"""A buyer's bank takes a payment back: what the gateway tells of such a dispute, booked under the order's lock.

Events come late, twice and in any order, and there is no asking anew: the newest word counts, of two of the same second
the one that is further on. The ledger does not move: a dispute is between the house, the bank and the seller."""
from datetime import datetime

from sqlalchemy import select

from app.data.unit_of_work import UnitOfWork
from app.payments.checkout import Checkout, Order
from app.payments.gateway.port import Dispute, GatewayEvent
from app.payments.gateway_records import PaymentDispute

WITHDRAWN, REINSTATED = "withdrawn", "reinstated"
_FUNDS_OF = {"charge.dispute.funds_withdrawn": WITHDRAWN, "charge.dispute.funds_reinstated": REINSTATED}
_CLOSED = ("won", "lost", "warning_closed", "prevented")
# How far on each word is; one we do not know counts as open.
_PROGRESS = {"warning_needs_response": 0, "warning_under_review": 1, "needs_response": 2, "under_review": 3,
             **dict.fromkeys(_CLOSED, 4), WITHDRAWN: 0, REINSTATED: 1}


def is_closed(status: str) -> bool:
    """Return whether a dispute in this status is over, won or lost."""
    return status in _CLOSED


def is_newer(word: str, at: datetime, stored: str | None, stored_at: datetime | None) -> bool:
    """Return whether a word sent at `at` is a later one than what is stored; the same word may come again."""
    if stored is None or stored_at is None:
        return True
    return (at, _PROGRESS.get(word, 0)) > (stored_at, _PROGRESS.get(stored, 0))


def apply_dispute(work: UnitOfWork, checkout: Checkout, order: Order, event: GatewayEvent, said: Dispute) -> str:
    """Book what an event says of a dispute under the order's lock; returns in a word what it changed."""
    stored = next((one for one in disputes_of(work, checkout, order.id) if one.id == said.id), None)
    before = None if stored is None else (stored.status, stored.funds)
    dispute = stored or work.insert(PaymentDispute(
        id=said.id, checkout=checkout.name, order_id=order.id, intent_id=event.intent_id, amount=said.amount,
        currency=said.currency, status=said.status, reason=said.reason, answer_until=said.answer_until,
        opened_at=event.created, said_at=event.created))
    if stored is not None and is_newer(said.status, event.created, dispute.status, dispute.said_at):
        work.change(dispute, status=said.status, said_at=event.created, amount=said.amount, reason=said.reason,
                    answer_until=said.answer_until)
    funds = _FUNDS_OF.get(event.type)
    if funds is not None and is_newer(funds, event.created, dispute.funds, dispute.funds_at):
        work.change(dispute, funds=funds, funds_at=event.created)
    work.change(dispute, opened_at=min(dispute.opened_at, event.created), closed_at=_closed_at(dispute, event, said))
    if before == (dispute.status, dispute.funds):
        return "nothing new"
    work.flush()
    checkout.on_disputed(work, order, dispute, before is None or before[0] != dispute.status)
    return f"dispute {dispute.status}"


def _closed_at(dispute: PaymentDispute, event: GatewayEvent, said: Dispute) -> datetime | None:
    """Return when the dispute was closed: of several events that say so, the first."""
    if not is_closed(dispute.status):
        return None
    told = [event.created] if said.status == dispute.status else []
    return min([dispute.closed_at or dispute.said_at, *told])


def disputes_of(work: UnitOfWork, checkout: Checkout, order_id: str) -> list[PaymentDispute]:
    """Return the disputes of an order, oldest first."""
    return work.all(select(PaymentDispute).where(PaymentDispute.checkout == checkout.name,
                                                 PaymentDispute.order_id == order_id)
                    .order_by(PaymentDispute.opened_at, PaymentDispute.id))
