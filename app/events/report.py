"""Figures about the outbox for operators: how old the oldest waiting event is, and what each subscriber is owed."""
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import exists, func, or_, select, union_all

from app.clock import now
from app.data.changes import OutboxRecord
from app.data.columns import iso
from app.data.connections import reading
from app.data.ids import canonical_uuid, short_id
from app.data.reads import fetch, fetch_one
from app.events.deliveries import stored_for
from app.events.event_delivery import DONE, IS_PARKED, IS_PENDING, PARKED, PENDING, EventDelivery
from app.events.making import event_id_of, origins_of, tells, topics_of
from app.events.positions import IS_PUBLISHED, is_any_waiting, oldest_waiting, waiting_ids
from app.mail_addresses import masked_in

WAITING, OWED = "waiting", "owed"
"""How far a record is, beside PARKED and DONE: the relay has not taken it; a subscriber has still to do it."""
_SHOWN = (OutboxRecord.id, OutboxRecord.record_id, OutboxRecord.realm, OutboxRecord.service, OutboxRecord.object,
          OutboxRecord.verb, OutboxRecord.key, OutboxRecord.topic, OutboxRecord.occurred_at, OutboxRecord.request_id,
          OutboxRecord.user_id, OutboxRecord.published_at, (~IS_PUBLISHED).label("waits"))
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Owed:
    """Deliveries of one subscriber in one state; `error` is one of their last errors."""

    subscriber: str
    status: str
    count: int
    next_attempt: str | None
    error: str | None

    def row(self) -> dict[str, object]:
        """Return it as a row of a table."""
        return asdict(self)


def owed_deliveries() -> list[Owed]:
    """Return what is owed or parked, per subscriber and state."""
    counted = (EventDelivery.subscriber, EventDelivery.status, func.count().label("how_many"),
               func.min(EventDelivery.next_attempt_at).label("next_attempt"),
               func.max(EventDelivery.last_error).label("error"))
    with reading() as connection:  # a statement a state, because each stands on the state's partial index
        rows = [row for state in (IS_PENDING, IS_PARKED) for row in connection.execute(
            select(*counted).where(state).group_by(EventDelivery.subscriber, EventDelivery.status))]
    rows.sort(key=lambda row: (row.subscriber, row.status))
    return [Owed(row.subscriber, row.status, row.how_many, iso(row.next_attempt), row.error) for row in rows]


def oldest_unpublished_seconds() -> float:
    """Return how long the oldest unpublished record has waited, 0 when none does."""
    oldest = oldest_waiting()
    return round((now() - oldest).total_seconds(), 3) if oldest else 0.0


def latest_records(*, state: str | None, topic: str | None, limit: int) -> list[Facts]:
    """Return the latest records, the newest first, without their payloads: of one state but DONE, that make an event of
    the topic. Two statements; each way to choose stands on an index of its own."""
    query = select(*_SHOWN).order_by(OutboxRecord.id.desc()).limit(limit)
    if state == WAITING:
        query = query.where(OutboxRecord.id.in_(waiting_ids()), *([] if topic is None else [tells(topic)]))
    elif state is not None:
        of_state = [IS_PARKED if state == PARKED else IS_PENDING,
                    *([] if topic is None else [EventDelivery.topic == topic])]
        query = query.where(OutboxRecord.id.in_(select(EventDelivery.record_id).where(*of_state)))
    elif topic is not None:
        # Each origin for itself: of both in one, the planner walks all records from the newest on.
        found = [select(OutboxRecord.id).where(origin).order_by(OutboxRecord.id.desc()).limit(limit).subquery()
                 for origin in origins_of(topic)]
        query = query.where(OutboxRecord.id.in_(union_all(*(select(one.c.id) for one in found))))
    rows = fetch(query)
    owed = _states_of_deliveries(row.id for row in rows)
    return [_facts(row, owed[row.id]) for row in rows]


def record_in_the_outbox(number: int) -> Facts | None:
    """Return one record without its payload, of an update with the names of what it changed; None when none is there.

    `events` are the events it makes, `deliveries` what became of each at its subscribers; addresses in errors are
    masked."""
    row = fetch_one(select(*_SHOWN, OutboxRecord.former).where(OutboxRecord.id == number))
    if row is None:
        return None
    deliveries = fetch(select(EventDelivery).where(EventDelivery.record_id == number)
                       .order_by(EventDelivery.topic, EventDelivery.subscriber))
    changed = [] if row.former is None else orjson.loads(row.former)["changed"]
    return {**_facts(row, {one.status for one in deliveries}), "recordId": row.record_id, "requestId": row.request_id,
            "changed": changed,
            "events": [{"topic": topic, "eventId": event_id_of(row, topic)} for topic in topics_of(row)],
            "deliveries": [{"subscriber": one.subscriber, "status": one.status, "attempts": one.attempts,
                            "next": iso(one.next_attempt_at) if one.status == PENDING else None,
                            "done": iso(one.done_at), "topic": one.topic,
                            "error": one.last_error and masked_in(one.last_error)} for one in deliveries]}


def _states_of_deliveries(record_ids: Iterable[int]) -> dict[int, set[str]]:
    """Return record id → the states of deliveries that are not done."""
    found: dict[int, set[str]] = defaultdict(set)
    if ids := list(record_ids):
        for row in fetch(select(EventDelivery.record_id, EventDelivery.status).distinct().where(
                EventDelivery.record_id.in_(ids), EventDelivery.status != DONE)):
            found[row.record_id].add(row.status)
    return found


def _facts(row: Any, states: set[str]) -> Facts:
    # Not whole: which row it is may be its person's own, as whom one blocks (NET-7).
    key = short_id(row.key) if canonical_uuid(row.key) else row.key
    state = WAITING if row.waits else PARKED if PARKED in states else OWED if PENDING in states else DONE
    return {"number": row.id, "at": iso(row.occurred_at), "realm": row.realm, "state": state,
            "event": row.topic if row.object is None else f"{row.object} {row.verb}", "key": key,
            "userId": row.user_id, "topics": topics_of(row),
            "publishedAt": None if row.waits else iso(row.published_at)}


def is_anything_on_its_way() -> bool:
    """Return whether an event waits for the relay or for a subscriber: then what follows events may lag behind."""
    on_the_way = or_(is_any_waiting(), exists().where(IS_PENDING))
    with reading() as connection:
        return bool(connection.execute(select(on_the_way)).scalar())


def replayable(subscriber: str, topic: str | None, after: int) -> int:
    """Return how many stored events a replay to this subscriber would send again; raises LookupError as it does."""
    with reading() as connection:
        return sum(connection.execute(select(func.count()).select_from(OutboxRecord).where(*stored)).scalar_one()
                   for stored in stored_for(subscriber, topic, after).values())
