"""The log: what happened to data objects, in the order of positions, for streams and webhooks (front-door.md FD-12).

Whoever follows it asks for what is behind a position; records stay for seven days after they were published."""
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import exists, select

from app.data.changes import IS_LOGGED_CHANGE, OutboxRecord
from app.data.reads import fetch
from app.data.visibility import read_objects
from app.events.making import event_id_of
from app.events.positions import log_state
from app.events.topics import db_topic

Verb = Literal["created", "updated", "deleted"]
EVENTS_AT_ONCE = 256
_LONGEST_POSITION = 18  # digits, which a signed number of 64 bits holds
_SHOWN = (OutboxRecord.position, OutboxRecord.record_id, OutboxRecord.realm, OutboxRecord.service, OutboxRecord.object,
          OutboxRecord.verb, OutboxRecord.key, OutboxRecord.payload, OutboxRecord.former, OutboxRecord.occurred_at)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A dbevent at its place in the log; `row` is the wire row as of the event, with nobody's eyes yet.

    `old` is the whole row before an update, None else. `was` has what no row shows and the update changed, as it was
    before (`held`). Nothing of it goes outward but by app/events/outward.py."""

    position: int
    event_id: str
    topic: str
    realm: str
    object_name: str
    object_id: str
    verb: Verb
    row: dict[str, Any]
    old: dict[str, Any] | None
    at: datetime
    was: dict[str, Any] = field(default_factory=dict)


def events_after(realm: str, position: int, limit: int = EVENTS_AT_ONCE) -> list[LoggedEvent]:
    """Return the first `limit` dbevents of a realm behind a position, in order, in one statement.

    No verification, no notification and no API event is among them (FD-13)."""
    return [_event(record) for record in fetch(
        select(*_SHOWN).where(IS_LOGGED_CHANGE, OutboxRecord.realm == realm, OutboxRecord.position > position)
        .order_by(OutboxRecord.position).limit(limit))]


def events_at(realm: str, positions: Collection[int]) -> list[LoggedEvent]:
    """Return the dbevents of a realm at these positions, in order, those that are still there, in one statement."""
    return [_event(record) for record in fetch(
        select(*_SHOWN).where(IS_LOGGED_CHANGE, OutboxRecord.realm == realm,
                              OutboxRecord.position.in_(sorted(positions))).order_by(OutboxRecord.position))]


def read_on(realm: str, position: int, limit: int = EVENTS_AT_ONCE) -> tuple[list[LoggedEvent], int]:
    """Return the next dbevents of a realm behind a position, and the position up to which these are all there are.

    One statement where nothing is new, two else. The cache version LOG_VERSION of the relay changes when it is time."""
    newest = newest_position()
    if newest <= position:
        return [], position
    events = events_after(realm, position, limit)
    if len(events) == limit:
        return events, events[-1].position
    # Some may have come behind the newest since that was asked for: nobody is told them twice.
    return events, max([newest, *(event.position for event in events[-1:])])


def read_position(text: str) -> int | None:
    """Return the position that somebody names as the last he has; None for what can be none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_POSITION else None


def newest_position() -> int:
    """Return the newest position that was given, in whatever realm; 0 before the first."""
    return int(log_state().newest)


def oldest_position() -> int:
    """Return the position behind which the log is kept whole: where to begin with the oldest event."""
    return int(log_state().purged)


def is_known(position: int) -> bool:
    """Return whether everything behind this position is still there: if not, the follower is told `reset` (FD-12).

    A position that was never given, as one of before a backup came back, is not known."""
    state = log_state()
    if position < state.purged:
        return False
    if position in (state.purged, state.newest):
        return True
    return bool(fetch(select(exists().where(OutboxRecord.position == position)))[0][0])


def _event(record: Any) -> LoggedEvent:
    topic = db_topic(record.realm, record.service, record.object, record.verb)
    row, former = orjson.loads(record.payload), orjson.loads(record.former) if record.former else {}
    found = read_objects().find(record.realm, record.object)
    return LoggedEvent(
        record.position, event_id_of(record, topic), topic, record.realm, found.name if found else record.object,
        record.key, record.verb, row, row | former["values"] if former else None, record.occurred_at,
        {"held": former["held"]} if "held" in former else {})
