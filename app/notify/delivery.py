"""Sending what is owed: the messages of a channel are claimed one by one, codes first, and each has its own fate.

A message that is delayed does not stop the others; only a service that is away ends the run (front-door.md FD-26)."""
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_

from app.actor import kernel_actor
from app.clock import now
from app.data.columns import constant
from app.data.retries import OwedWork, claim_due, error_text, postpone, settle
from app.data.unit_of_work import unit_of_work
from app.notify import bounces
from app.notify.carrier import Away, Carrier, Delayed, Outgoing, RecipientGone, Undeliverable
from app.notify.channels import BACKOFF
from app.notify.device_tokens import forget_devices
from app.notify.mailbox import opened
from app.notify.models import CHANNELS, EMAIL, FAILED, IS_QUEUED, OPTIONAL, QUEUED, SENT, MailMessage
from app.notify.unsubscribe import Subscription, unsubscribe_link
from app.runtime import runtime

log = logging.getLogger("guildhall.mail")

OWED = {channel: OwedWork(MailMessage, and_(IS_QUEUED, MailMessage.channel == constant(channel)),
                          MailMessage.next_attempt_at, first=MailMessage.lane) for channel in CHANNELS}
# How long one process keeps a message to itself; after a crash it is taken up again.
LEASE = timedelta(minutes=5)


def deliver_queued(carrier: Carrier, channel: str = EMAIL, limit: int = 500) -> dict[str, int]:
    """Hand the waiting messages of a channel to its carrier: codes first, digests last, of each lane the oldest first.

    Returns how many ended in which status. The carrier is asked outside any transaction: a slow server holds no
    lock. The run ends where the service itself is away."""
    ended: Counter[str] = Counter()
    while (left := limit - ended.total()) > 0:
        messages = _claim(channel, min(left, carrier.at_once))
        if not messages:
            break
        failures = _handed_over(carrier, messages)
        ended.update(_note(message, failure) for message, failure in zip(messages, failures, strict=True))
        if any(isinstance(failure, Away) for failure in failures):
            break
    return dict(ended)


def _claim(channel: str, most: int) -> list[MailMessage]:
    """Return the messages that are next, leased; none when none is due."""
    with unit_of_work(kernel_actor()) as work:
        messages = claim_due(work, OWED[channel], most, lease=LEASE)
        work.commit()
    return messages


def _handed_over(carrier: Carrier, messages: Sequence[MailMessage]) -> list[Exception | None]:
    """Return what became of each message; one that cannot even be written does not touch the others."""
    written: list[Outgoing | Exception] = []
    for message in messages:
        try:
            written.append(_outgoing(message))
        except Exception as error:
            written.append(error)
    answers = iter(carrier.send_all([one for one in written if isinstance(one, Outgoing)]))
    return [next(answers) if isinstance(one, Outgoing) else one for one in written]


def _note(message: MailMessage, failure: Exception | None) -> str:
    """Write down the fate of a message; return its status."""
    if failure is None:
        return _end(message, SENT, last_error=None, sent_at=now())
    if isinstance(failure, Undeliverable):
        return _refuse(message, failure)
    if isinstance(failure, Delayed):
        return _delay(message, str(failure), failure.wait)
    log.error("message %s could not be handed over", message.id, exc_info=failure)
    return _delay(message, error_text(failure))  # it counts its attempts, too


def _outgoing(message: MailMessage) -> Outgoing:
    return_path = of_person = ""
    if message.channel == EMAIL:
        return_path = bounces.return_path(message.id, runtime().settings)
        if message.kind in OPTIONAL and message.user_id is not None:
            of_person = unsubscribe_link(message.realm, Subscription(message.user_id, message.template, EMAIL))
    return Outgoing(message.id, message.realm, message.recipient, message.template, opened(message), message.user_id,
                    message.data, of_person, return_path)


def _delay(message: MailMessage, error: str, asked: timedelta | None = None) -> str:
    with unit_of_work(kernel_actor()) as work:
        gave_up = postpone(work, OWED[message.channel], MailMessage.id == message.id, error=error, backoff=BACKOFF,
                           asked=asked, parked=_ended(message, FAILED))
        work.commit()
    return FAILED if gave_up else QUEUED


def _refuse(message: MailMessage, error: Undeliverable) -> str:
    """End a message that is refused for good: what says that nobody is there counts against the address (FD-25)."""
    with unit_of_work(kernel_actor()) as work:
        if isinstance(error, RecipientGone):
            forget_devices(work, [message.recipient])
        if bounces.refused_as_unknown(error.status):
            bounces.count_bounce(work, bounces.Bounce(message.id, error.status, str(error)))
        settle(work, OWED[message.channel], MailMessage.id == message.id, attempts=message.attempts + 1,
               last_error=str(error), **_ended(message, FAILED))
        work.commit()
    return FAILED


def _end(message: MailMessage, status: str, **values: Any) -> str:
    with unit_of_work(kernel_actor()) as work:
        settle(work, OWED[message.channel], MailMessage.id == message.id, attempts=message.attempts + 1, **values,
               **_ended(message, status))
        work.commit()
    return status


def _ended(message: MailMessage, status: str) -> dict[str, Any]:
    """Return the values of a message that waits for nothing any more; in production a secret body is gone."""
    gone = {"text": "", "html": ""} if message.secret and runtime().settings.is_production else {}
    return {"status": status, "next_attempt_at": None, **gone}
