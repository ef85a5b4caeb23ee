"""From the commit to the subscriber: nothing lost, nothing twice (architecture.md, How an event flows)."""
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask import Flask
from redis import ConnectionError as RedisAway
from sqlalchemy import delete, event, select, text

from app.actor import NoRealm, kernel_actor, system_actor
from app.annotations import Function, annotations_of
from app.clock import moved_clock
from app.data import batches
from app.data.changes import OutboxRecord
from app.data.entity import db
from app.data.reads import fetch
from app.data.redis_versions import RedisVersions
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.events import relay, subscriptions
from app.events.deliveries import drain_deliveries, purge_events, replay, retry_parked
from app.events.event_delivery import DONE, PARKED, Event, EventDelivery
from app.events.relay import relay_all
from app.events.subscriptions import Subscriptions
from app.ops.health import backlog
from app.redis_breaker import RedisBreaker
from app.runtime import runtime
from blueprints.marketplace.category_management import commands
from blueprints.marketplace.category_management.models import Category
from tests.components import wait_until
from tests.flow import sent

SYSTEM = system_actor("marketplace")
Counting = Callable[[], AbstractContextManager[list[str]]]
CREATED = "ebaycclone-categorymanagement-service-dbevent-category-created"


@pytest.fixture(autouse=True)
def _own_subscribers(app: Flask) -> Iterator[None]:
    kept = runtime().part(Subscriptions)
    runtime().keep(Subscriptions())
    yield
    runtime().keep(kept)


def brought(function: Function) -> Function:
    """Bring a marked function into the running application."""
    for said in annotations_of(function):
        runtime().part(Subscriptions).add(said)
    return function


@pytest.fixture(autouse=True)
def _empty_outbox(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(OutboxRecord))
        work.commit()


class Unheard(Exception):
    """What a failing subscriber raises."""


def copying_subscriber(fails: int = 0) -> list[str]:
    """Subscribe a handler that makes a subcategory per category, failing the first `fails` times."""
    heard: list[str] = []

    @brought
    @subscriptions.subscribe(CREATED, name="test.copy")
    def copy(work: UnitOfWork, event: Event) -> None:
        heard.append(event.payload["title"])
        commands.create_subcategory(SYSTEM, category_id=event.key, name=event.payload["title"], group="MORE")
        if len(heard) <= fails:
            raise Unheard

    return heard


def deliveries() -> list[tuple[str, int]]:
    rows = fetch(select(EventDelivery.__table__).order_by(EventDelivery.record_id, EventDelivery.topic))
    return [(row.status, row.attempts) for row in rows]


def deliveries_of(subscriber: str) -> list[int]:
    rows = fetch(select(EventDelivery.record_id).where(EventDelivery.subscriber == subscriber))
    return sorted(row.record_id for row in rows)


def test_a_subscriber_hears_each_event_once(app: Flask) -> None:
    heard = copying_subscriber()
    for title in ("a", "b", "c"):
        commands.create_category(SYSTEM, title=title)
    relay_all()
    assert drain_deliveries() == 3
    assert drain_deliveries() == 0
    assert heard == ["a", "b", "c"]
    assert deliveries() == [(DONE, 0)] * 3


def test_events_arrive_in_the_stream_of_their_topic_in_order(app: Flask) -> None:
    for title in ("a", "b"):
        commands.create_category(SYSTEM, title=title)
    relay_all()
    entries = runtime().redis.xrange(CREATED)
    assert [b'"title":"a"' in entries[0][1][b"payload"], b'"title":"b"' in entries[1][1][b"payload"]] == [True, True]


def test_a_failed_subscriber_leaves_no_effect_and_is_tried_again_later(app: Flask) -> None:
    heard = copying_subscriber(fails=2)  # the batch, then the single try
    commands.create_category(SYSTEM, title="a")
    relay_all()
    drain_deliveries()
    assert sent(CREATED.replace("category-created", "subcategory-created")) == []
    assert deliveries() == [("pending", 1)]
    with moved_clock(minutes=1):
        drain_deliveries()
    assert heard == ["a", "a", "a"]
    assert deliveries() == [(DONE, 1)]


def test_one_bad_event_does_not_hold_up_the_others(app: Flask) -> None:
    @brought
    @subscriptions.subscribe(CREATED, name="test.picky")
    def picky(work: UnitOfWork, event: Event) -> None:
        if event.payload["title"] == "bad":
            raise Unheard

    for title in ("good", "bad", "fine"):
        commands.create_category(SYSTEM, title=title)
    relay_all()
    drain_deliveries()
    assert deliveries() == [(DONE, 0), ("pending", 1), (DONE, 0)]


def test_a_subscriber_that_always_fails_is_parked_visibly_and_can_be_retried(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 1)
    copying_subscriber(fails=1000)
    for title in ("a", "b"):
        commands.create_category(SYSTEM, title=title)
    relay_all()
    for hour in range(10):
        with moved_clock(hours=hour):
            drain_deliveries()
    assert deliveries() == [(PARKED, 8)] * 2
    assert backlog()["parked"] == 2
    assert retry_parked() == 2
    assert deliveries() == [("pending", 0)] * 2


def test_a_batch_subscriber_gets_many_events_at_once(app: Flask) -> None:
    batches: list[int] = []

    @brought
    @subscriptions.subscribe_batch(CREATED, name="test.index")
    def index(events: Sequence[Event]) -> None:
        batches.append(len(events))

    for number in range(5):
        commands.create_category(SYSTEM, title=str(number))
    relay_all()
    drain_deliveries()
    assert batches == [5]


def emit_in(realm: str, *keys: str) -> None:
    """Emit one event per key, each for a request of its own."""
    for key in keys:
        with unit_of_work(system_actor(realm), request_id=f"request {key}") as work:
            work.emit(CREATED, key, {"title": key})
            work.commit()


def test_a_subscriber_acts_in_the_realm_and_for_the_request_of_each_event(app: Flask) -> None:
    acted: list[tuple[str, str, str | None]] = []

    @brought
    @subscriptions.subscribe(CREATED, name="test.copy")
    def copy(work: UnitOfWork, event: Event) -> None:
        acted.append((event.key, work.actor.realm, work.request_id))
        work.insert(Category(title=event.key))

    emit_in("marketplace", "a", "b")
    emit_in("network", "c")
    emit_in("marketplace", "d")
    relay_all()
    assert drain_deliveries() == 4
    assert sorted(acted) == [("a", "marketplace", "request a"), ("b", "marketplace", "request b"),
                             ("c", "network", "request c"), ("d", "marketplace", "request d")]
    made = {event.payload["title"]: event.request_id for event in sent(CREATED) if "id" in event.payload}
    assert made == {key: f"request {key}" for key in "abcd"}


def test_a_subscriber_that_failed_acts_in_the_realm_of_the_event_when_it_is_tried_again(app: Flask) -> None:
    acted: list[tuple[str, str | None]] = []

    @brought
    @subscriptions.subscribe(CREATED, name="test.copy")
    def copy(work: UnitOfWork, event: Event) -> None:
        acted.append((work.actor.realm, work.request_id))
        if len(acted) < 3:
            raise Unheard

    emit_in("network", "a")
    relay_all()
    drain_deliveries()
    with moved_clock(minutes=1):
        drain_deliveries()
    assert acted == [("network", "request a")] * 3
    assert deliveries() == [(DONE, 1)]


def test_a_batch_holds_events_of_one_realm(app: Flask) -> None:
    batches: list[list[str]] = []

    @brought
    @subscriptions.subscribe_batch(CREATED, name="test.index")
    def index(events: Sequence[Event]) -> None:
        batches.append(sorted(f"{event.realm} {event.key}" for event in events))

    emit_in("marketplace", "a")
    emit_in("network", "b")
    emit_in("marketplace", "c")
    relay_all()
    drain_deliveries()
    assert sorted(batches) == [["marketplace a", "marketplace c"], ["network b"]]


def test_the_kernel_itself_emits_no_event(app: Flask) -> None:
    with pytest.raises(NoRealm), unit_of_work(kernel_actor()) as work:
        work.emit(CREATED, "a", {})


def test_one_bad_event_is_parked_alone_not_with_its_batch(app: Flask) -> None:
    @brought
    @subscriptions.subscribe_batch(CREATED, name="test.index")
    def index(events: Sequence[Event]) -> None:
        if any(event.payload["title"] == "bad" for event in events):
            raise Unheard

    for title in ("good", "bad", "fine"):
        commands.create_category(SYSTEM, title=title)
    relay_all()
    for hour in range(10):
        with moved_clock(hours=hour):
            drain_deliveries()
    assert [status for status, _ in deliveries()] == [DONE, PARKED, DONE]


def test_a_delivery_a_rival_has_done_after_our_failure_is_not_owed_again(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = copying_subscriber(fails=2)  # the batch, then the single try; the rival succeeds
    commands.create_category(SYSTEM, title="a")
    relay_all()
    monkeypatch.setattr("app.events.deliveries.log.exception", lambda *_: drain_deliveries())
    drain_deliveries()
    assert heard == ["a", "a", "a"]
    assert deliveries() == [(DONE, 0)]


def test_a_relay_that_dies_between_publishing_and_marking_loses_nothing(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = copying_subscriber()
    commands.create_category(SYSTEM, title="a")
    with monkeypatch.context() as patch:
        patch.setattr("app.events.relay._settled", lambda *_: (_ for _ in ()).throw(Unheard))
        with pytest.raises(Unheard):
            relay_all()
    relay_all()
    drain_deliveries()
    assert heard == ["a"]
    assert len(runtime().redis.xrange(CREATED)) == 1, "the stream has refused the second"


def test_without_redis_commands_commit_and_the_relay_catches_up(app: Flask) -> None:
    class Away:
        def publish(self, rows: Sequence[object]) -> None:
            raise RedisAway

    heard = copying_subscriber()
    commands.create_category(SYSTEM, title="a")
    with pytest.raises(RedisAway):
        relay_all(Away())
    assert backlog()["unpublished"] == 1
    relay_all()
    drain_deliveries()
    assert heard == ["a"]


def test_a_relay_that_failed_seeks_the_lead_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed may have taken the lead away: two that lead would tell everything twice."""
    stop, led = threading.Event(), []

    def relay_once(transport: object, *, stop: threading.Event) -> int:
        if len(led) == 1:
            raise RuntimeError("another relay published the same events")
        stop.set()
        return 0

    @contextmanager
    def lead(stop: threading.Event) -> Iterator[None]:
        led.append("leads")
        try:
            yield
        finally:
            led.append("leads no more")

    monkeypatch.setattr(relay, "leadership", lead)
    monkeypatch.setattr(relay, "relay_all", relay_once)
    relay.run_relay(stop)
    assert led == ["leads", "leads no more"] * 2


def test_a_relay_whose_versions_are_out_of_reach_does_not_ask_the_database_without_a_pause(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such versions read as always changed."""
    told: list[str] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            told.append("pause")
            return False

    def relay_nothing(transport: object, *, stop: threading.Event) -> int:
        told.append("ask")
        if told.count("ask") == 3:
            stop.set()
        return 0

    stop = Stop()
    monkeypatch.setattr(runtime(), "cache_versions", RedisVersions(RedisBreaker("unix:///nowhere/valkey.sock", 1)))
    monkeypatch.setattr(relay, "relay_all", relay_nothing)
    relay.run_relay(stop)
    assert told == ["ask", "pause"] * 3


def test_stored_events_can_be_replayed_to_one_subscriber(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    heard, titles = copying_subscriber(), ["a", "b", "c"]
    for title in titles:
        commands.create_category(SYSTEM, title=title)
    relay_all()
    drain_deliveries()
    assert replay("test.copy") == 3
    assert replay("test.copy", after=deliveries_of("test.copy")[0]) == 2
    drain_deliveries()
    assert heard == titles * 2


def test_a_topic_the_subscriber_does_not_know_is_not_replayed(app: Flask) -> None:
    copying_subscriber()
    for subscriber, topic in (("test.copy", CREATED.replace("created", "deleted")), ("test.other", CREATED)):
        with pytest.raises(LookupError):
            replay(subscriber, topic=topic)


def test_a_replay_names_no_event_one_by_one(app: Flask, count_statements: Counting) -> None:
    """A hundred thousand of them would be more parameters than a database takes."""
    copying_subscriber()

    def told_of_a_replay() -> list[str]:
        commands.create_category(SYSTEM, title="a")
        relay_all()
        with count_statements() as told:
            replay("test.copy")
        return told

    assert told_of_a_replay() == told_of_a_replay()


def test_a_purge_removes_what_is_old_in_batches(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    copying_subscriber()
    for number in range(3):
        commands.create_category(SYSTEM, title=f"old {number}")
    relay_all()
    drain_deliveries()
    relay_all()
    old = {row.id for row in fetch(select(OutboxRecord.id))}
    with moved_clock(days=8):
        young = commands.create_category(SYSTEM, title="young").id
        relay_all()
        assert purge_events(7) == len(old) > batches.BATCH_ROWS
    assert {row.key for row in fetch(select(OutboxRecord.key))} == {young}
    assert not old & {row.record_id for row in fetch(select(EventDelivery.record_id))}


def test_a_purge_does_not_look_at_the_young_events(app: Flask, monkeypatch: pytest.MonkeyPatch,
                                                   count_statements: Counting) -> None:
    """It ends at the first batch without an old one, however many follow."""
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    looked = []
    for young in (3, 30):
        with unit_of_work(SYSTEM) as work:
            for number in range(young):
                work.emit("young", str(number), {})
            work.commit()
        relay_all()
        with count_statements() as asked:
            assert purge_events(7) == 0
        looked.append(len(asked))
        assert all("LIMIT" in statement for statement in asked)
    assert looked == [1, 1]


def test_an_owed_event_does_not_hide_the_old_ones_behind_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    copying_subscriber(fails=1000)
    for number in range(3):
        commands.create_category(SYSTEM, title=f"owed {number}")
    with unit_of_work(SYSTEM) as work:
        work.emit("nobody-listens", "x", {})
        work.commit()
    relay_all()
    with moved_clock(days=8):
        purge_events(7)
    assert len(sent(CREATED)) == 3
    assert sent("nobody-listens") == []


def test_old_events_are_purged_but_never_one_that_is_still_owed(app: Flask) -> None:
    copying_subscriber(fails=1000)
    commands.create_category(SYSTEM, title="owed")
    with unit_of_work(SYSTEM) as work:
        work.emit("nobody-listens", "x", {})
        work.commit()
    relay_all()
    drain_deliveries()
    with moved_clock(days=8):
        purge_events(7)
    assert [event.payload["title"] for event in sent(CREATED)] == ["owed"]
    assert sent("nobody-listens") == []


def test_a_delivery_whose_record_is_gone_holds_up_nobody(app: Flask) -> None:
    heard = copying_subscriber()
    for title in ("gone", "stays"):
        commands.create_category(SYSTEM, title=title)
    relay_all()
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(OutboxRecord).where(OutboxRecord.id == deliveries_of("test.copy")[0]))
        work.commit()
    drain_deliveries()
    assert heard == ["stays"]
    assert deliveries() == [(DONE, 0)]


@pytest.mark.postgresql
def test_a_record_that_is_being_replayed_is_not_purged(app: Flask) -> None:
    commands.create_category(SYSTEM, title="a")
    relay_all()
    heard = copying_subscriber()  # a new one, who is told what was before it came

    def purge() -> None:
        with app.app_context():
            purge_events(0)

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(kernel_actor()) as work:
            assert replay("test.copy") == 1
            purging = pool.submit(purge)
            wait_until(lambda: purging.done() or _somebody_waits_for_a_lock(work), "the purge ends or waits")
            work.commit()
        purging.result()
    drain_deliveries()
    assert heard == ["a"]


def _somebody_waits_for_a_lock(work: UnitOfWork) -> bool:
    return bool(work.rows(select(text("1")).select_from(text("pg_locks WHERE NOT granted"))))


@pytest.mark.postgresql
def test_an_event_that_is_relayed_during_a_replay_is_owed_once(app: Flask) -> None:
    heard = copying_subscriber()
    commands.create_category(SYSTEM, title="a")
    relay_all()
    drain_deliveries()
    commands.create_category(SYSTEM, title="b")

    def relay_before_the_insert(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO event_delivery") and "outbox_record" in statement:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(_relay_in, app).result()

    event.listen(db.engine, "before_cursor_execute", relay_before_the_insert)
    try:
        replay("test.copy")
    finally:
        event.remove(db.engine, "before_cursor_execute", relay_before_the_insert)
    drain_deliveries()
    assert heard == ["a", "a", "b"]


def _relay_in(app: Flask) -> None:
    with app.app_context():
        relay_all()
