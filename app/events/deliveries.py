"""Delivers due events to subscribers: in batches, once per (event, subscriber), retried with back-off, then parked."""
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, takewhile
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from app.actor import kernel_actor, system_actor
from app.backoff import Backoff
from app.clock import now
from app.data import batches
from app.data.batches import purge, yield_write_lock
from app.data.changes import OutboxRecord
from app.data.columns import Instant
from app.data.reads import fetch
from app.data.retries import OwedWork, error_text, lock_owed, postpone, settle
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.events.event_delivery import DONE, IS_PARKED, IS_PENDING, PARKED, PENDING, EventDelivery
from app.events.making import event_of, tells, topics_of
from app.events.positions import IS_PUBLISHED, note_purged
from app.events.subscriptions import Subscription, subscription

log = logging.getLogger("guildhall.deliveries")

BATCH = 200
DELIVERIES = OwedWork(EventDelivery, IS_PENDING, EventDelivery.next_attempt_at)
BACKOFF = Backoff(timedelta(seconds=2), timedelta(hours=1), most=8)
_FEWER = 4


def drain_deliveries() -> int:
    """Deliver everything that is due; returns how many deliveries were tried."""
    tried = 0
    while batch := deliver_batch():
        tried += batch
    return tried


def deliver_batch(limit: int = BATCH) -> int:
    """Claim the oldest due deliveries of one subscriber in one realm and run them; returns how many, 0 for none.

    They are claimed and settled by the kernel; the handler acts as the system of the realm it was called from."""
    with unit_of_work(kernel_actor()) as work:
        rows, gone = _claim(work, limit)
        if gone:
            log.error("deliveries whose records are gone are removed: %s", sorted(gone))
            work.execute(delete(EventDelivery).where(
                tuple_(EventDelivery.record_id, EventDelivery.topic, EventDelivery.subscriber).in_(gone)))
            work.commit()
            return len(gone)
        if not rows:
            return 0
        named = rows[0].subscriber
        listener = subscription(named)
        if listener is None:
            _settle(work, named, rows, status=PARKED, last_error="the subscriber no longer exists")
            work.commit()
            return len(rows)
        if listener.batch_handler is None:
            try:
                _run_each(work, listener, rows)
                _settle(work, named, rows)
                work.commit()
                return len(rows)
            except Exception as error:
                work.rollback()
                log.info("batch of %s falls back to single deliveries: %s", named, error)
    if listener.batch_handler is not None:
        rows = _together(rows)
        _run_batch(listener, rows)
    else:
        for row in rows:
            _deliver_one(listener, row)
    return len(rows)


def _together(rows: Sequence[Any]) -> list[Any]:
    """Return those first rows a batch handler gets at once: fewer after each failure, in the end each alone.

    So one event that cannot be handled is parked alone, and not with all that came along with it."""
    attempts = rows[0].attempts
    alike = list(takewhile(lambda row: row.attempts == attempts, rows))
    return alike[:max(1, BATCH // _FEWER ** attempts)]


def _claim(work: UnitOfWork, limit: int) -> tuple[list[Any], set[tuple[int, str, str]]]:
    """Return the claimed deliveries with their records, and the keys of those whose record is gone."""
    due = (select(EventDelivery.record_id, EventDelivery.topic, EventDelivery.subscriber)
           .where(DELIVERIES.is_due())
           .order_by(EventDelivery.record_id, EventDelivery.topic).limit(limit).with_for_update(skip_locked=True))
    found = work.rows(due)
    if not found:
        return [], set()
    first = found[0].subscriber
    claimed = {(row.record_id, row.topic) for row in found if row.subscriber == first}
    query = (select(OutboxRecord.__table__, EventDelivery.topic.label("sent_topic"), EventDelivery.subscriber,
                    EventDelivery.attempts)
             .join(EventDelivery, EventDelivery.record_id == OutboxRecord.id)
             .where(OutboxRecord.id.in_({record_id for record_id, _ in claimed}), EventDelivery.subscriber == first))
    rows = [row for row in work.rows(query) if (row.id, row.sent_topic) in claimed]
    gone = {(record_id, topic, first) for record_id, topic in claimed - {(row.id, row.sent_topic) for row in rows}}
    rows.sort(key=lambda row: (row.id, topics_of(row).index(row.sent_topic)))
    return [row for row in rows if row.realm == rows[0].realm], gone


def _run_each(work: UnitOfWork, listener: Subscription, rows: Sequence[Any]) -> None:
    """Call the handler of each event in the realm it happened in and for the request that caused it."""
    assert listener.handler is not None  # noqa: S101 - the two kinds of subscriber
    for (realm, request_id), caused in groupby(rows, key=attrgetter("realm", "request_id")):
        with work.acting_for(system_actor(realm), request_id):
            for row in caused:
                listener.handler(work, event_of(row, row.sent_topic))


def _run_batch(listener: Subscription, rows: Sequence[Any]) -> None:
    """Feed a batch handler outside any transaction; events are idempotent there, so a crash only repeats."""
    assert listener.batch_handler is not None  # noqa: S101 - the two kinds of subscriber
    try:
        listener.batch_handler([event_of(row, row.sent_topic) for row in rows])
    except Exception as error:
        log.exception("subscriber %s failed", listener.name)
        _postpone(listener.name, rows, error)
        return
    with unit_of_work(kernel_actor()) as work:
        _settle(work, listener.name, rows)
        work.commit()


def _deliver_one(listener: Subscription, row: Any) -> None:
    try:
        with unit_of_work(kernel_actor()) as work:
            if lock_owed(work, DELIVERIES, *_owed_of(listener.name, [row])):
                _run_each(work, listener, [row])
                _settle(work, listener.name, [row])
                work.commit()
    except Exception as error:
        log.exception("subscriber %s failed on %s of record %s", listener.name, row.sent_topic, row.id)
        _postpone(listener.name, [row], error)


def _owed_of(subscriber: str, rows: Sequence[Any]) -> Iterator[ColumnElement[bool]]:
    """Yield, per topic, the condition that names what the subscriber is owed of these rows."""
    by_topic: dict[str, list[int]] = {}
    for row in rows:
        by_topic.setdefault(row.sent_topic, []).append(row.id)
    for topic, ids in by_topic.items():
        yield and_(EventDelivery.record_id.in_(ids), EventDelivery.topic == topic,
                   EventDelivery.subscriber == subscriber)


def _settle(work: UnitOfWork, subscriber: str, rows: Sequence[Any], status: str = DONE,
            last_error: str | None = None) -> None:
    for which in _owed_of(subscriber, rows):
        settle(work, DELIVERIES, which, status=status, done_at=now(), last_error=last_error)


def _postpone(subscriber: str, rows: Sequence[Any], error: Exception) -> None:
    with unit_of_work(kernel_actor()) as work:
        for which in _owed_of(subscriber, rows):
            postpone(work, DELIVERIES, which, error=error_text(error), backoff=BACKOFF, parked={"status": PARKED})
        work.commit()


def retry_parked(subscriber: str | None = None) -> int:
    """Owe parked deliveries again; returns how many (`flask events retry`)."""
    if subscriber is None:
        named = fetch(select(EventDelivery.subscriber).where(IS_PARKED).distinct())
        return sum(retry_parked(row.subscriber) for row in named)
    parked = IS_PARKED, EventDelivery.subscriber == subscriber
    return purge(
        kernel_actor(),
        lambda size: [row.record_id for row in fetch(select(EventDelivery.record_id).where(*parked).limit(size))],
        lambda work, ids: work.execute(update(EventDelivery).where(*parked, EventDelivery.record_id.in_(ids)).values(
            status=PENDING, attempts=0, next_attempt_at=now(), last_error=None)))


def stored_for(subscriber: str, topic: str | None, after: int) -> dict[str, tuple[ColumnElement[bool], ...]]:
    """Return, per topic, the conditions on records whose event a replay sends again; raises LookupError as replay()."""
    listener = subscription(subscriber)
    if listener is None:
        raise LookupError(f"no subscriber is called {subscriber}")
    if topic is not None and topic not in listener.topics:
        raise LookupError(f"{subscriber} does not listen to {topic}")
    topics = [topic] if topic else sorted(listener.topics)
    return {topic: (tells(topic), OutboxRecord.id > after, IS_PUBLISHED) for topic in topics}


def replay(subscriber: str, *, topic: str | None = None, after: int = 0) -> int:
    """Owe stored events to a subscriber once more (`flask events replay`); returns how many.

    Raises LookupError for an unknown subscriber or a topic it does not listen to."""
    stored_for(subscriber, topic, after)
    # Not what comes meanwhile: it is delivered anyway, and may come of the replay itself.
    [known] = fetch(select(func.min(OutboxRecord.id).label("oldest"), func.max(OutboxRecord.id).label("newest")))
    oldest, newest, replayed = known.oldest or 1, known.newest or 0, 0
    for above in range(max(after, oldest - 1), newest, batches.BATCH_ROWS):
        batch = OutboxRecord.id <= min(above + batches.BATCH_ROWS, newest)
        for sent_topic, stored in stored_for(subscriber, topic, above).items():
            replayed += _owe_again(subscriber, sent_topic, *stored, batch)
        yield_write_lock()
    return replayed


def _owe_again(subscriber: str, topic: str, *stored: ColumnElement[bool]) -> int:
    owed = select(OutboxRecord.id, literal(topic), literal(subscriber), literal(PENDING), literal(0),
                  literal(now(), Instant))
    same = EventDelivery.subscriber == subscriber, EventDelivery.topic == topic
    with unit_of_work(kernel_actor()) as work:
        work.rows(_locked_records(*stored))
        work.execute(delete(EventDelivery).where(
            *same, EventDelivery.record_id.in_(select(OutboxRecord.id).where(*stored))))
        # What the relay publishes between the two statements is owed already.
        unowed = ~exists().where(EventDelivery.record_id == OutboxRecord.id, *same)
        done = work.execute(insert(EventDelivery).from_select(
            ["record_id", "topic", "subscriber", "status", "attempts", "next_attempt_at"], owed.where(*stored, unowed))
            .execution_options(preserve_rowcount=True))
        work.commit()
    return int(done.rowcount)


def _locked_records(*which: ColumnElement[bool]) -> Select[Any]:
    """Return the query that locks records: a replay owes none that a purge removes at the same time."""
    return select(OutboxRecord.id).where(*which).order_by(OutboxRecord.id).with_for_update()


def purge_events(days: int = 7) -> int:
    """Delete records published more than `days` ago whose deliveries are all done; returns how many.

    The log is known from behind the newest of them on (app/events/log.py)."""
    unowed = _unowed_before(now() - timedelta(days=days))

    def remove(work: UnitOfWork, ids: Sequence[int]) -> None:
        # Locked, and then asked again, because a replay may have owed one of them anew.
        work.rows(_locked_records(OutboxRecord.id.in_(ids)))
        rows = work.rows(_unowed(ids))
        free = [row.id for row in rows]
        work.execute(delete(EventDelivery).where(EventDelivery.record_id.in_(free)))
        work.execute(delete(OutboxRecord).where(OutboxRecord.id.in_(free)))
        note_purged(work, max((row.position for row in rows if row.position is not None), default=0))

    return purge(kernel_actor(), lambda _: next(unowed, ()), remove)


def _unowed_before(limit: datetime) -> Iterator[Sequence[int]]:
    """Yield batches of the records that were published before `limit` and are owed to nobody.

    Records are published in the order of their ids, so a batch without an old one is the end: the young ones behind it,
    seven days of them, are not looked at."""
    after = 0
    while batch := fetch(select(OutboxRecord.id, OutboxRecord.published_at).where(OutboxRecord.id > after)
                         .order_by(OutboxRecord.id).limit(batches.BATCH_ROWS)):
        old = [row.id for row in batch if row.published_at is not None and row.published_at < limit]
        if not old:
            return
        if unowed := [row.id for row in fetch(_unowed(old))]:
            yield unowed
        after = batch[-1].id


def _unowed(ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """Return the query for those of the records that no subscriber is owed."""
    owed = exists().where(EventDelivery.record_id == OutboxRecord.id, or_(IS_PENDING, IS_PARKED))
    return select(OutboxRecord.id, OutboxRecord.position).where(OutboxRecord.id.in_(ids), IS_PUBLISHED, ~owed)
