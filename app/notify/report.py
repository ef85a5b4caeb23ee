"""Figures of the outbox for operators: what waits and since when, what was given up, what the server last said."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from app.clock import now
from app.data.connections import reading
from app.data.ids import SHORT_ID_DIGITS
from app.data.reads import fetch
from app.data.short_ids import ids_named
from app.mail_addresses import masked_in
from app.notify.channels import BACKOFF, is_sent
from app.notify.models import (
    CAN_GO_AGAIN,
    CHANNELS,
    EMAIL,
    FAILED,
    IS_FAILED,
    IS_QUEUED,
    IS_SENT,
    MailMessage,
)
from app.runtime import runtime

WAITING, PARKED, REFUSED, SENT = "waiting", "parked", "refused", "sent"

_IS_PARKED = and_(CAN_GO_AGAIN, MailMessage.attempts >= BACKOFF.most)
STATES: dict[str, ColumnElement[bool]] = {
    WAITING: IS_QUEUED,
    PARKED: _IS_PARKED,
    REFUSED: and_(IS_FAILED, ~_IS_PARKED),
    SENT: IS_SENT,
}
"""parked: given up after the last attempt, and can go again; refused: the server does not take it, nothing sends its
channel, or it was a code, which nobody needs so late. Each stands on a partial index."""
_SHOWN = (MailMessage.id, MailMessage.realm, MailMessage.channel, MailMessage.recipient, MailMessage.template,
          MailMessage.status, MailMessage.attempts, MailMessage.last_error, MailMessage.created_at,
          MailMessage.next_attempt_at, MailMessage.sent_at)
"""What operators are shown of a message: all but its text."""


@dataclass(frozen=True, slots=True)
class MailFigures:
    """How one channel stands; `refused` counts those of the last day. `last_error` is what its server said last of
    what is waiting, parked or refused, addresses masked."""

    waiting: int
    oldest: datetime | None
    parked: int
    refused: int
    last_sent: datetime | None
    last_error: str | None


def mail_figures(channel: str = EMAIL) -> MailFigures:
    """Return how a channel stands, in at most five statements."""
    of_channel = MailMessage.channel == channel
    yesterday = now() - timedelta(days=1)
    parked_and_refused = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in (
        _IS_PARKED, and_(~_IS_PARKED, MailMessage.created_at > yesterday))]
    with reading() as connection:
        def one(query: Any) -> Any:
            return connection.execute(query).one()

        waiting, oldest = one(select(func.count(), func.min(MailMessage.created_at)).where(IS_QUEUED, of_channel))
        parked, refused = one(select(*parked_and_refused).where(IS_FAILED, of_channel))
        [last_sent] = one(select(func.max(MailMessage.sent_at)).where(IS_SENT, of_channel))
        said = select(MailMessage.last_error).limit(1)
        error = connection.execute(said.where(IS_QUEUED, of_channel, MailMessage.last_error.is_not(None)).order_by(
            MailMessage.next_attempt_at.desc())).scalar()
        if error is None and (parked or refused):
            error = connection.execute(said.where(IS_FAILED, of_channel).order_by(
                MailMessage.created_at.desc())).scalar()
    return MailFigures(waiting, oldest, parked, refused, last_sent, masked_in(error) if error else None)


def letters_in(state: str | None, limit: int, channel: str | None = None) -> list[dict[str, Any]]:
    """Return the newest messages, of one of STATES or of all, and of one channel or of all, without their text; what
    was refused comes with why."""
    chosen = [] if state is None else [STATES[state]]
    return _listed(chosen if channel is None else [*chosen, MailMessage.channel == channel], limit)


def find_letters(text: str, limit: int) -> list[dict[str, Any]]:
    """Return the same of the newest letters to an address, which is whole, and of those that the text names."""
    named = letters_named(text)
    to = _listed([MailMessage.recipient == text], limit) if "@" in text else []
    return to + (_listed([MailMessage.id.in_(named)], limit - len(to)) if named and len(to) < limit else [])


def _listed(chosen: Sequence[ColumnElement[bool]], limit: int) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in fetch(select(*_SHOWN).where(*chosen).order_by(
        MailMessage.created_at.desc(), MailMessage.id.desc()).limit(limit))]


def letter_facts(letter_id: str) -> dict[str, Any]:
    """Return one letter that is there (letters_named), without its text."""
    [row] = fetch(select(*_SHOWN).where(MailMessage.id == letter_id))
    return dict(row._mapping)


def letters_to_retry(states: tuple[str, ...]) -> list[str]:
    """Return the ids of the letters of these states that can go again, the oldest first."""
    chosen = or_(*(STATES[state] for state in states))
    sent = MailMessage.channel.in_(sent_channels())
    return [row.id for row in fetch(select(MailMessage.id).where(CAN_GO_AGAIN, sent, chosen).order_by(
        MailMessage.created_at, MailMessage.id))]


def letters_named(text: str) -> list[str]:
    """Return the ids that begin with the text or end with its eight digits: of the latest letters (ids_named), and of
    all that have not arrived."""
    model: Any = MailMessage
    found = ids_named(model, text)
    if len(digits := text.strip().lower()) == SHORT_ID_DIGITS:
        for has_not_arrived in (IS_FAILED, IS_QUEUED):  # each stands on an index of its own, both together on none
            found += [row.id for row in fetch(select(MailMessage.id).where(
                has_not_arrived, func.substr(MailMessage.id, 36 - SHORT_ID_DIGITS + 1) == digits))]
    return list(dict.fromkeys(found))


def sent_channels() -> list[str]:
    """Return the channels whose messages leave this installation."""
    return [channel for channel in CHANNELS if is_sent(channel, runtime().settings)]


def standing_of(letter_id: str) -> str:
    """Return in one word how a message stands: its status, or of one that failed and cannot go again why: `gone` (a
    code, whose text is not kept) or its channel, which nothing sends."""
    [row] = fetch(select(MailMessage.status, MailMessage.text, MailMessage.channel).where(MailMessage.id == letter_id))
    if row.status != FAILED:
        return str(row.status)
    return "gone" if not row.text else FAILED if is_sent(row.channel, runtime().settings) else str(row.channel)
