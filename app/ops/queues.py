"""What waits, and since when: the kernel's queues and those that services declare, for `flask status` and /metrics.

Each is one or two statements on an index of what waits: it costs the same however much was done before."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import and_, func, or_, select

from app.clock import now
from app.data.changes import OutboxRecord
from app.data.due_work import DueWork
from app.data.reads import fetch, fetch_one
from app.events.event_delivery import IS_PENDING, EventDelivery
from app.events.positions import count_waiting, oldest_waiting
from app.notify.models import EMAIL, IS_QUEUED, PUSH, SMS, MailMessage
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.states import REQUESTED, SENDING
from app.runtime import runtime

STUCK_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many pieces wait, and since when the oldest does."""

    count: int
    oldest: datetime | None

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest has waited, 0 when nothing does."""
        return max(0.0, (now() - self.oldest).total_seconds()) if self.oldest else 0.0


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: what waits in it, in a few words, and how it is read."""

    says: str
    read: Callable[[], Waiting]


class ServiceQueues(dict[str, Queue]):
    """The queues of the services of one application, by name."""


def queues() -> dict[str, Queue]:
    """Return all queues by name, the kernel's first."""
    return {**QUEUES, **runtime().part(ServiceQueues)}


def waiting(since: Any, *which: Any) -> Waiting:
    """Return how many rows fulfil `which`, and the smallest `since` among them."""
    [found] = fetch(select(func.count().label("number"), func.min(since).label("oldest")).where(*which))
    return Waiting(found.number, found.oldest)


def _outbox() -> Waiting:
    return Waiting(count_waiting(), oldest_waiting())


def _deliveries() -> Waiting:
    """A delivery is as old as its event, however often it was tried."""
    [owed] = fetch(select(func.count().label("number"), func.min(EventDelivery.record_id).label("first")).where(
        IS_PENDING))
    found = fetch_one(select(OutboxRecord.occurred_at).where(OutboxRecord.id == owed.first)) if owed.number else None
    return Waiting(owed.number, found.occurred_at if found else None)


def _due_work() -> Waiting:
    return waiting(DueWork.due_at, DueWork.due_at <= now())


def _of_channel(channel: str) -> Waiting:
    return waiting(MailMessage.created_at, IS_QUEUED, MailMessage.channel == channel)


def _stuck_payments() -> Waiting:
    """Payments and refunds that nobody looked at in time, or whose gateway has not answered for a quarter of an hour.

    A payment that waits for its payer is not stuck: it is looked at again and again."""
    long_ago = now() - STUCK_AFTER
    both = [waiting(since, and_(model.check_at.is_not(None), or_(
        model.check_at < long_ago, and_(model.state == silent, since < long_ago))))
        for model, since, silent in ((PaymentAttempt, PaymentAttempt.started_at, SENDING),
                                     (PaymentRefund, PaymentRefund.requested_at, REQUESTED))]
    return Waiting(sum(one.count for one in both), min((one.oldest for one in both if one.oldest), default=None))


QUEUES = {
    "outbox": Queue("events the relay has not published", _outbox),
    "deliveries": Queue("events a subscriber has not taken", _deliveries),
    "due_work": Queue("closings, expiries and the like that are due", _due_work),
    "mail": Queue("letters for the mail server", partial(_of_channel, EMAIL)),
    "sms": Queue("SMS for their gateway", partial(_of_channel, SMS)),
    "push": Queue("messages for the push services of devices", partial(_of_channel, PUSH)),
    "payments": Queue("payments and refunds that are stuck", _stuck_payments),
}
