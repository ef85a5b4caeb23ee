"""The relay: makes events of committed outbox records, moves them to the stream and owes them to their subscribers.

One leader at a time; a batch is numbered, then published, then noted, so a crash in between publishes twice, which the
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
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.backoff import Backoff
from app.data.connections import writing_engine
from app.data.entity import db
from app.data.restored_copy import wait_until_live
from app.data.sqlite_write_lock import sqlite_write_lock
from app.events.event_delivery import owe
from app.events.making import messages_of, topics_of
from app.events.positions import note_published, number, numbered_batch
from app.events.subscriptions import Subscriptions
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


def relay_all(transport: Transport | None = None, *, limit: int = BATCH, stop: threading.Event | None = None) -> int:
    """Publish the events of all records that wait and owe them to subscribers, `limit` records at a time; returns how
    many records. `stop` ends it behind a batch.

    What one batch leaves behind and the numbers of the next are one transaction. Raises RuntimeError when another relay
    has published the same batch."""
    transport = transport or RedisStreams(runtime().redis)
    moved, rows = 0, numbered_batch(limit)
    while rows:
        runtime().cache_versions.invalidate(LOG_VERSION)
        transport.publish([message for row in rows for message in messages_of(row)])
        moved += len(rows)
        rows = _settled(rows, 0 if stop is not None and stop.is_set() else limit)
    return moved


def _settled(rows: Sequence[Any], limit: int) -> Sequence[Any]:
    """Owe what was published to its subscribers and note that it is; returns the next records, which are numbered."""
    by_topic = runtime().part(Subscriptions).by_topic
    owed = [(row.id, topic, subscriber.name)
            for row in rows for topic in topics_of(row) for subscriber in by_topic.get(topic, ())]
    following: Sequence[Any] = ()
    with sqlite_write_lock(), writing_engine().begin() as connection:
        newest = note_published(connection, rows[-1].position)
        if owed:
            owe(connection, owed)
        if limit:
            following = number(connection, newest, limit)
    if owed:
        runtime().part(WakeUp).deliver()
    return following


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
                    moved = relay_all(transport, stop=stop)
                    seen, quiet, failures = version, 0, 0
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
