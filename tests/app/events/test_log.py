"""The log of dbevents: in the order in which they became visible, nothing passed over, nothing twice (FD-12, FD-13)."""
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from redis import RedisError
from sqlalchemy import delete, insert, select, update

from app.actor import system_actor
from app.clock import moved_clock
from app.data.changes import OutboxRecord
from app.data.connections import writing_engine
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.events import log
from app.events.deliveries import drain_deliveries, purge_events, replay
from app.events.log import LoggedEvent, events_after, is_known, newest_position, oldest_position, read_on
from app.events.positions import LogState
from app.events.relay import LOG_VERSION, relay_all
from app.events.report import WAITING, is_anything_on_its_way, latest_records, oldest_unpublished_seconds
from app.events.subscriptions import Subscriptions
from app.events.transport import RedisStreams
from app.ops.health import backlog
from app.runtime import runtime
from blueprints.marketplace.category_management import commands
from blueprints.marketplace.category_management.models import Category

SYSTEM = system_actor("marketplace")
CREATED = "ebaycclone-categorymanagement-service-dbevent-category-created"
Counting = Callable[[], AbstractContextManager[list[str]]]


class Killed(Exception):
    """What ends a relay at a chosen place."""


@pytest.fixture(autouse=True)
def _empty_log(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(OutboxRecord))
        work.execute(delete(LogState))
        work.commit()
    runtime().redis.delete(CREATED)


def categories(*titles: str) -> None:
    for title in titles:
        commands.create_category(SYSTEM, title=title)


def logged(after: int = 0, **options: Any) -> list[str]:
    """Titles of the categories in it: subscribers who hear of them make other objects."""
    return [event.row["title"] for event in events_after("marketplace", after, **options)
            if event.object_name == "category"]


def positions() -> list[int]:
    return [row.position for row in fetch(select(OutboxRecord.position).order_by(OutboxRecord.position))]


def streamed() -> list[int]:
    return [int(entry_id.split(b"-")[0]) for entry_id, _ in runtime().redis.xrange(CREATED)]


def test_what_is_not_relayed_is_not_in_the_log(app: Flask) -> None:
    categories("a")
    assert (logged(), newest_position(), oldest_position()) == ([], 0, 0)


def test_an_event_has_its_object_its_row_and_what_was_before(app: Flask) -> None:
    category = commands.create_category(SYSTEM, title="a")
    with unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, category.id), title="b")
        work.commit()
    with unit_of_work(SYSTEM) as work:
        work.archive(work.lock(Category, category.id))
        work.commit()
    relay_all()
    created, updated, deleted = events_after("marketplace", 0)
    assert isinstance(created, LoggedEvent)
    assert (created.topic, created.object_name, created.object_id) == (CREATED, "category", category.id)
    assert (created.verb, created.row["title"], created.old) == ("created", "a", None)
    assert (updated.verb, updated.row["title"], updated.old and updated.old["title"]) == ("updated", "b", "a")
    assert (deleted.verb, deleted.row["isActive"], deleted.old) == ("deleted", False, None)
    assert created.position < updated.position < deleted.position == newest_position()


def test_the_log_is_read_on_behind_a_position(app: Flask) -> None:
    categories("a", "b", "c")
    relay_all()
    first = events_after("marketplace", 0, limit=1)
    assert [event.row["title"] for event in first] == ["a"]
    assert logged(first[0].position) == ["b", "c"]
    assert logged(newest_position()) == []


def test_the_log_is_one_statement_on_its_index(app: Flask, count_statements: Counting) -> None:
    categories("a", "b")
    relay_all()
    with count_statements() as asked:
        assert logged() == ["a", "b"]
    assert len(asked) == 1


def test_a_follower_reads_on_to_the_end_in_steps_and_asks_once_where_nothing_is_new(
        app: Flask, count_statements: Counting) -> None:
    categories("a", "b", "c")
    relay_all()
    first, reached = read_on("marketplace", 0, limit=2)
    assert ([event.row["title"] for event in first], reached) == (["a", "b"], first[-1].position)
    rest, end = read_on("marketplace", reached, limit=2)
    assert ([event.row["title"] for event in rest], end) == (["c"], newest_position())
    with unit_of_work(SYSTEM) as work:
        work.emit("nothing-for-followers", "k", {})
        work.commit()
    relay_all()
    assert read_on("marketplace", end) == ([], newest_position())
    with count_statements() as asked:
        assert read_on("marketplace", newest_position()) == ([], newest_position())
    assert len(asked) == 3, "one, beside the two of this test"


def test_what_comes_while_a_follower_reads_is_read_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    categories("a")
    relay_all()
    ask = log.events_after

    def late(*given: Any) -> list[LoggedEvent]:
        categories("b")
        relay_all()
        return ask(*given)

    with monkeypatch.context() as patch:
        patch.setattr(log, "events_after", late)
        first, reached = read_on("marketplace", 0)
    assert [event.row["title"] for event in first] == ["a", "b"]
    assert read_on("marketplace", reached) == ([], reached)


def test_who_follows_is_woken_by_a_cache_version(app: Flask) -> None:
    runtime().cache_versions.read(LOG_VERSION)  # a Redis that was emptied says once that all is new
    seen = runtime().cache_versions.read(LOG_VERSION)
    relay_all()
    assert runtime().cache_versions.read(LOG_VERSION) == seen
    categories("a")
    relay_all()
    assert runtime().cache_versions.read(LOG_VERSION) != seen


def test_only_dbevents_of_the_realm_are_in_the_log(app: Flask) -> None:
    categories("a")
    with unit_of_work(SYSTEM) as work:
        work.emit("ebaycclone-user-service-email-verification-start", "k", {"secretCode": "123456"})
        work.emit("ebaycclone-notification-email", "k", {"to": "ann@example.com"})
        work.commit()
    relay_all()
    assert logged() == ["a"]
    assert events_after("network", 0) == []
    assert newest_position() > events_after("marketplace", 0)[0].position, "what is not told has a position, too"


def test_what_was_drawn_first_and_committed_last_comes_last_and_is_passed_over_by_nobody(app: Flask) -> None:
    categories("late", "a", "b")
    late = fetch(select(OutboxRecord.__table__).order_by(OutboxRecord.id).limit(1))[0]
    _forget(late.id)
    relay_all()
    read = newest_position()
    assert logged() == ["a", "b"]
    _write_again(late)  # with the number it has drawn before the others
    relay_all()
    assert logged(read) == ["late"]
    assert logged() == ["a", "b", "late"]


@pytest.mark.postgresql
def test_an_open_transaction_of_long_ago_is_told_when_it_commits(app: Flask) -> None:
    categories("late")
    late = fetch(select(OutboxRecord.__table__))[0]
    _forget(late.id)
    with writing_engine().connect() as connection, connection.begin() as open_one:
        connection.execute(insert(OutboxRecord), [late._asdict()])
        categories("a")
        relay_all()
        read = newest_position()
        assert logged() == ["a"]
        open_one.commit()
    relay_all()
    assert logged(read) == ["late"]


def _forget(record_id: int) -> None:
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(OutboxRecord).where(OutboxRecord.id == record_id))
        work.commit()


def _write_again(record: Any) -> None:
    with unit_of_work(SYSTEM) as work:
        work.execute(insert(OutboxRecord).values(**record._asdict()))
        work.commit()


def test_a_relay_killed_behind_numbering_publishes_the_same_positions_before_any_other(app: Flask) -> None:
    categories("late", "a", "b")
    late = fetch(select(OutboxRecord.__table__).order_by(OutboxRecord.id).limit(1))[0]
    _forget(late.id)

    class Dead:
        def publish(self, messages: object) -> None:
            raise Killed

    with pytest.raises(Killed):
        relay_all(Dead())
    numbered = positions()
    _write_again(late)
    assert logged() == ["a", "b"], "what is numbered is in the log, published or not"
    relay_all()
    assert positions()[:2] == numbered
    assert logged() == ["a", "b", "late"]
    assert streamed() == positions()


def test_a_relay_killed_behind_publishing_leaves_each_entry_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    categories("a", "b")
    with monkeypatch.context() as patch:
        patch.setattr("app.events.relay._settled", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            relay_all()
    categories("c")
    relay_all()
    assert logged() == ["a", "b", "c"]
    assert streamed() == positions()


def test_a_relay_killed_while_it_publishes_leaves_each_entry_once(app: Flask) -> None:
    categories("a", "b")

    class Half:
        def publish(self, messages: Any) -> None:
            RedisStreams(runtime().redis).publish(messages[:2])
            raise Killed

    with pytest.raises(Killed):
        relay_all(Half())
    relay_all()
    assert streamed() == positions()


def test_with_an_emptied_redis_the_relay_goes_on(app: Flask) -> None:
    categories("a")
    relay_all()
    runtime().redis.flushdb()
    categories("b")
    relay_all()
    assert logged() == ["a", "b"]
    assert streamed() == positions()[1:]


def test_what_redis_refuses_for_another_reason_is_published_again(app: Flask) -> None:
    categories("a")
    runtime().redis.set(CREATED, "no stream")
    with pytest.raises(RedisError):
        relay_all()
    runtime().redis.delete(CREATED)
    relay_all()
    assert streamed() == positions()


def test_positions_go_on_behind_a_clock_that_was_set_back(app: Flask) -> None:
    with moved_clock(hours=5):
        categories("a")
        relay_all()
    categories("b")
    relay_all()
    first, second = positions()
    assert second == first + 1
    assert streamed() == positions()


def test_several_relays_give_each_record_one_position_and_one_entry(app: Flask) -> None:
    categories(*(f"c{number}" for number in range(40)))

    def relay() -> None:
        with app.app_context():
            moved = 1
            while moved:
                try:
                    moved = relay_all(limit=3)
                except RuntimeError:  # the other one has published them
                    moved = 1

    relays = [threading.Thread(target=relay) for _ in range(3)]
    for one in relays:
        one.start()
    for one in relays:
        one.join()
    assert [event.row["title"] for event in events_after("marketplace", 0)] == [f"c{number}" for number in range(40)]
    assert len(set(positions())) == 40
    assert streamed() == positions()


def test_what_a_killed_relay_has_numbered_waits_still_and_is_neither_purged_nor_replayed(app: Flask) -> None:
    class Dead:
        def publish(self, messages: object) -> None:
            raise Killed

    categories("a")
    with pytest.raises(Killed):
        relay_all(Dead())
    [position] = positions()
    [fact] = latest_records(state=WAITING, topic=None, limit=5)
    assert (fact["state"], fact["publishedAt"]) == (WAITING, None)
    assert (backlog()["unpublished"], is_anything_on_its_way()) == (1, True)
    with moved_clock(days=30):
        assert oldest_unpublished_seconds() > 29 * 24 * 3600
        assert purge_events(7) == 0
        assert [replay(one.name, topic=CREATED) for one in runtime().part(Subscriptions).by_topic[CREATED]][:1] == [0]
    relay_all()
    assert (positions(), streamed()) == ([position], [position])
    assert backlog()["unpublished"] == 0


def test_what_a_relay_of_the_former_release_has_numbered_is_published_once(app: Flask) -> None:
    """It marked a record when it was published, not when it was numbered."""
    categories("a", "b")
    with unit_of_work(SYSTEM) as work:
        work.execute(insert(LogState).values(id=1, newest=1002, published=1000, purged=0))
        for number, row in enumerate(work.rows(select(OutboxRecord.id).order_by(OutboxRecord.id)), start=1001):
            work.execute(update(OutboxRecord).where(OutboxRecord.id == row.id).values(position=number))
        work.commit()
    categories("c")
    relay_all()
    assert positions()[:2] == [1001, 1002]
    assert streamed() == positions()
    assert logged() == ["a", "b", "c"]
    assert backlog()["unpublished"] == 0


def test_a_relay_that_is_stopped_ends_behind_its_batch_and_numbers_no_other(app: Flask) -> None:
    categories("a", "b")
    stop = threading.Event()
    stop.set()
    assert relay_all(limit=1, stop=stop) == 1
    assert (logged(), backlog()["unpublished"]) == (["a"], 1)


def test_a_batch_costs_the_same_statements_however_many_records_topics_and_subscribers(
        app: Flask, count_statements: Counting) -> None:
    """One reads and changes the records, one owes them; what notes a batch numbers the next one."""
    def asked(batches: int, size: int) -> int:
        categories(*(f"{batches} {size} {number}" for number in range(batches * size)))
        with count_statements() as statements:
            assert relay_all(limit=size) == batches * size
        return len([one for one in statements if not one.startswith(("BEGIN", "SAVEPOINT"))])

    asked(1, 1)
    first = asked(1, 1)
    assert asked(1, 5) == first
    assert asked(3, 2) == first + 2 * 4


def test_a_position_is_known_while_everything_behind_it_is_kept(app: Flask) -> None:
    assert is_known(0), "nothing was ever purged"
    categories("old")
    relay_all()
    drain_deliveries()
    old = newest_position()
    with moved_clock(days=8):
        categories("young")
        relay_all()
        assert [is_known(position) for position in (0, old, newest_position())] == [True, True, True]
        purge_events(7)
        assert [is_known(position) for position in (0, old - 1, old, newest_position())] == [False, False, True, True]
        assert oldest_position() == old
        assert logged(old) == ["young"]


def test_a_position_that_was_never_given_is_not_known(app: Flask) -> None:
    categories("a")
    relay_all()
    assert not is_known(newest_position() + 1)
    assert not is_known(newest_position() - 1)


def test_after_a_loss_of_the_newest_records_no_position_is_given_again(app: Flask) -> None:
    """A backup that comes back knows nothing of what was told since; who has heard that is told `reset`."""
    categories("a")
    relay_all()
    kept = newest_position()
    with moved_clock(seconds=30):
        categories("lost")
        relay_all()
        heard = newest_position()
        with unit_of_work(SYSTEM) as work:
            work.execute(delete(OutboxRecord).where(OutboxRecord.position == heard))
            work.execute(update(LogState).values(newest=kept, published=kept))
            work.commit()
    with moved_clock(seconds=31):
        categories("new")
        relay_all()
    assert newest_position() > heard
    assert not is_known(heard)
    assert is_known(kept)
