"""The relay: makes events of committed outbox records, moves them to the stream and owes them to their subscribers.

One leader at a time; a batch is numbered, published and then marked, so a crash in between publishes twice, which the
stream refuses, and never loses. It watches the cache versions, so an idle relay asks the database once a second."""
import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis import RedisError
from sqlalchemy import insert, text, update
from sqlalchemy.exc import SQLAlchemyError

from app.backoff import Backoff
from app.clock import now
from app.data.changes import OutboxRecord
from app.data.connections import writing_engine
from app.data.entity import db
from app.data.restored_copy import wait_until_live
from app.data.sqlite_write_lock import sqlite_write_lock
from app.events.event_delivery import PENDING, EventDelivery
from app.events.making import messages_of, topics_of
from app.events.positions import note_published, numbered_batch
from app.events.subscriptions import subscribers_of
from app.events.transport import RedisStreams, Transport
from app.runtime import runtime

log = logging.getLogger("guildhall.relay")

LOG_VERSION = "log"
"""The cache version that changes when the log has grown: it wakes who follows it (FD-12)."""
BATCH = 200
_LEADER_KEY = 720_461
_TICK, _QUIET_TICKS = 0.02, 50
_BACKOFF = Backoff(timedelta(milliseconds=200), timedelta(seconds=5))


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Handed in by the factory: `deliver` asks a worker to deliver due events soon."""

    deliver: Callable[[], object]


def relay_batch(transport: Transport, limit: int = BATCH) -> int:
    """Publish the events of the oldest unpublished records and owe them to subscribers; returns how many records."""
    rows = numbered_batch(limit)
    if not rows:
        return 0
    runtime().cache_versions.invalidate(LOG_VERSION)
    transport.publish([message for row in rows for message in messages_of(row)])
    _set_published(rows)
    return len(rows)


def _set_published(rows: Sequence[Any]) -> None:
    moment = now()
    owed = [{"record_id": row.id, "topic": topic, "subscriber": subscriber.name, "status": PENDING, "attempts": 0,
             "next_attempt_at": moment}
            for row in rows for topic in topics_of(row) for subscriber in subscribers_of(topic)]
    with sqlite_write_lock(), writing_engine().begin() as connection:
        waiting = OutboxRecord.published_at.is_(None)
        done = connection.execute(update(OutboxRecord).where(OutboxRecord.id.in_([row.id for row in rows]), waiting)
                                  .values(published_at=moment))
        if done.rowcount != len(rows):
            raise RuntimeError("another relay published the same events")
        note_published(connection, rows[-1].position)
        if owed:
            connection.execute(insert(EventDelivery), owed)
    if owed:
        runtime().part(WakeUp).deliver()


def relay_all(transport: Transport | None = None) -> int:
    """Publish everything that waits; returns how many records."""
    transport = transport or RedisStreams(runtime().redis)
    total = 0
    while moved := relay_batch(transport):
        total += moved
    return total


def run_relay(stop: threading.Event) -> None:
    """Relay until `stop` is set, while leading.

    After a failure the lead is sought anew: a database that went away has taken it, and given it to another."""
    wait_until_live(stop)
    versions, transport, failures = runtime().cache_versions, RedisStreams(runtime().redis), 0
    while not stop.is_set():
        try:
            with leadership(stop):
                quiet, seen = _QUIET_TICKS, versions.read("outbox")
                while not stop.is_set():
                    version = versions.read("outbox")
                    if version == seen and quiet < _QUIET_TICKS:
                        quiet += 1
                        stop.wait(_TICK)
                        continue
                    moved = relay_batch(transport)
                    seen, quiet, failures = (version, 0, 0) if not moved else (seen, _QUIET_TICKS, 0)
                    if not moved:  # without Redis each version looks new
                        stop.wait(_TICK)
        except (RedisError, OSError, SQLAlchemyError, RuntimeError) as error:
            failures += 1
            log.warning("relay will retry: %s", error)
            stop.wait(_BACKOFF.wait(failures).total_seconds())


@contextmanager
def leadership(stop: threading.Event) -> Iterator[None]:
    """Hold the one leader's place: an advisory lock on PostgreSQL, a locked file on SQLite."""
    if db.engine.dialect.name == "sqlite":
        descriptor = os.open(runtime().settings.home / "relay.leader", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not stop.is_set() and not _locked(descriptor):
                stop.wait(0.5)
            yield
        finally:
            os.close(descriptor)
        return
    with db.engine.connect().execution_options(reads_only=True) as connection:
        lead = text("SELECT pg_try_advisory_lock(:key)")
        while not stop.is_set() and not connection.execute(lead, {"key": _LEADER_KEY}).scalar():
            stop.wait(0.5)
        try:
            yield
        finally:
            with suppress(SQLAlchemyError):  # a lost connection has given up the lock
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LEADER_KEY})


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
