"""kill -9 of worker, relay, a web worker and Valkey under load: nothing committed is lost, nothing is done twice.

Meanwhile others follow the events in streams, each once and in order, and by webhooks, at least once and in order of
each object (issue 21, "Show when done" 2).
GUILDHALL_FAULTS says how often (50 by hand: tests/README.md; in CI each is killed once)."""
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, groupby, islice
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Text, cast, func, select

from app.actor import Actor, system_actor
from app.data.changes import OutboxRecord
from app.data.connections import reading
from app.data.entity import Entity, db
from app.events.event_delivery import DONE, EventDelivery
from app.events.log import LoggedEvent, events_after, newest_position
from app.events.making import messages_of, topics_of
from app.events.outward import Selection
from app.events.subscriptions import Subscriptions
from app.events.topics import db_topic
from app.factory import create_app
from app.ops.health import backlog
from app.runtime import runtime
from app.settings import load_settings
from blueprints.marketplace.auction_offer.topics import BID_CREATED, PRICE_CHANGED
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from blueprints.marketplace.notification_management.models import Notification
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.webhooks.commands import create_endpoint
from cli.demo_factories import auction_values, category_values, subcategory_values
from tests.clients import Callers
from tests.components import wait_until
from tests.faults.followers import HANGS_UP, Follower, Following
from tests.faults.load import Bidder, Told
from tests.flow import everything_sent, sent
from tests.live import LiveSystem, live_system
from tests.passes import LONG
from tests.platform.webhooks.receivers import receiving
from tests.testbed import Testbed

PRODUCT_UPDATED = "ebaycclone-productlisting-service-dbevent-productlistingproduct-updated"

FAULTS = int(os.environ.get("GUILDHALL_FAULTS", "8" if LONG else "4"))
VICTIMS = ("worker", "relay", "web", "valkey")
BIDDERS = 4
STREAMS, EVENTS = (200, 2000) if LONG else (20, 0)
"""How many follow, and how many events they see at least: as many as happen meanwhile."""
RECOVERY_SECONDS = 60.0


@pytest.fixture
def live(testbed: Testbed, tmp_path: Path) -> Iterator[LiveSystem]:
    """The whole system, which sends webhooks to this machine."""
    with testbed.fresh_database() as url, live_system(tmp_path / "live", DATABASE_URL=url, OUTWARD_LOCAL="1") as system:
        yield system


@pytest.fixture
def inside(live: LiveSystem) -> Iterator[Flask]:
    """An application of this process on the live system's database, to prepare the load and to look afterwards."""
    app = create_app(load_settings(live.environment))
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.mark.slow
@pytest.mark.both("about what each database has committed")
def test_no_kill_loses_or_doubles_anything(live: LiveSystem, inside: Flask) -> None:
    told, stop = Told(), threading.Event()
    callers = Callers(inside)
    auctions = _auctions(callers.user("seller").actor, 3)
    bidders = [Bidder(live.url, str(callers.user(f"bidder{n}").token), auctions, told, stop) for n in range(BIDDERS)]
    with receiving() as receiver, Following(live.url, _followers(callers, auctions)) as following:
        hooked = [f"productListingProduct/{auctions[0]}"]  # the events of one object are sent one by one
        create_endpoint(callers.user("receiver").actor, url=receiver.url, topics=hooked)
        wait_until(following.have_begun, "all streams have begun", RECOVERY_SECONDS)
        before = newest_position()
        for bidder in bidders:
            bidder.start()
        for victim in islice(cycle(VICTIMS), FAULTS):
            time.sleep(random.uniform(0.1, 0.6))
            _kill(live, victim)
        wait_until(lambda: told.failures or len(_logged(before)) >= EVENTS, "enough has happened", 300)
        stop.set()
        for bidder in bidders:
            bidder.join(timeout=RECOVERY_SECONDS)
        wait_until(_is_at_rest, "the system comes to rest", RECOVERY_SECONDS)
        following.wanted = _wanted(following.followers)
        wait_until(following.have_come_to_the_end, "all streams have come to the end", RECOVERY_SECONDS)
        sent_on = _sent_to_webhooks(hooked, before)
        wait_until(lambda: {one for one, _ in sent_on} <= {*receiver.ids}, "the webhooks are sent", RECOVERY_SECONDS)

    assert told.failures == []
    assert set(told.statuses) <= {201, 400}, "a refusal or a success, never a 5xx"
    assert told.acknowledged, "the load reached the system"
    _assert_what_was_acknowledged_is_there(told)
    _assert_every_change_has_its_one_event()
    _assert_every_event_was_published_and_delivered_once()
    _assert_everybody_was_notified_once()
    _assert_each_stream_told_each_of_its_events_once_in_order(following)
    _assert_webhooks_came_in_order_of_each_object(receiver.ids, sent_on)


def _followers(callers: Callers, auctions: list[str]) -> list[Follower]:
    """Followers of bids, of all listings, of one listing: five of each person."""
    topics = ([BID_CREATED], [PRODUCT_UPDATED, BID_CREATED], *([f"productListingProduct/{one}"] for one in auctions))
    people = [str(callers.user(f"follower{number}").token) for number in range(STREAMS // 5)]
    return [Follower(people[number // 5], topics[number % len(topics)]) for number in range(STREAMS)]


def _logged(after: int) -> list[LoggedEvent]:
    """Return all events of the realm behind a position."""
    found: list[LoggedEvent] = []
    while batch := events_after("marketplace", found[-1].position if found else after):
        found += batch
    return found


def _wanted(followers: Sequence[Follower]) -> list[list[tuple[int, str]]]:
    """Return what each is to be told: (position, topic) of all that it chose, behind where it began."""
    logged = _logged(min(follower.began for follower in followers))
    chosen = [Selection.stored("marketplace", follower.topics) for follower in followers]
    return [[(event.position, event.topic) for event in logged if some.has(event) and event.position > follower.began]
            for follower, some in zip(followers, chosen, strict=True)]


def _assert_each_stream_told_each_of_its_events_once_in_order(following: Following) -> None:
    for follower, wanted in zip(following.followers, following.wanted, strict=True):
        assert follower.told == wanted
        assert follower.said == {"start"}, "nothing was lost, hidden or ended for it"
        assert follower.times > sum(len(wanted) > number for number in HANGS_UP), "it was cut off, and came back"


def _sent_to_webhooks(topics: Sequence[str], after: int) -> list[tuple[str, str]]:
    """Return (id of the message, id of the object) of all that is sent of the log behind a position, in order."""
    chosen = Selection.stored("marketplace", topics)
    return [(f"evt_{event.event_id}", event.object_id) for event in _logged(after) if chosen.has(event)]


def _assert_webhooks_came_in_order_of_each_object(came: Sequence[str], sent_on: Sequence[tuple[str, str]]) -> None:
    object_of = dict(sent_on)
    for object_id in set(object_of.values()):
        # Twice is no fault, where its answer was lost; but nothing may come before it has come.
        ids = [one for one, _ in groupby(one for one in came if object_of.get(one) == object_id)]
        assert ids == [one for one, of in sent_on if of == object_id]


def _kill(live: LiveSystem, victim: str) -> None:
    least = 3 if victim == "web" else 1  # the master and its two workers
    wait_until(lambda: live.is_back(victim, least), f"{victim} runs", RECOVERY_SECONDS)
    former = live.kill(victim, youngest=True)
    wait_until(lambda: live.is_back(victim, least) and former not in live.pids(victim), f"{victim} is back",
               RECOVERY_SECONDS)


def _auctions(seller: Actor, count: int) -> list[str]:
    staff = system_actor("marketplace")
    category = create_category(staff, **category_values())
    subcategory = create_subcategory(staff, **subcategory_values(category.id))
    return [create_product(seller, **auction_values(category.id, subcategory.id, title=f"Lot {n}")).id
            for n in range(count)]


def _is_at_rest() -> bool:
    return set(backlog().values()) == {0}


def _assert_what_was_acknowledged_is_there(told: Told) -> None:
    with reading() as connection:
        for table, row_id in told.acknowledged:
            found = db.metadata.tables[table]
            assert connection.execute(select(func.count()).select_from(found).where(found.c.id == row_id)).scalar() == 1


def _assert_every_change_has_its_one_event() -> None:
    """Each row was created by one event and changed by as many as its version says."""
    with reading() as connection:
        counts = Counter((event.topic, event.key) for event in everything_sent())
        for model in _entities():
            of_row = getattr(model, "realm" if hasattr(model, "realm") else "__realm__")
            for row_id, version, realm in connection.execute(
                    select(model.id, model.record_version, cast(of_row, Text))):
                topics = {verb: db_topic(realm, model.__service__, model.__object__, verb)
                          for verb in ("created", "updated", "deleted")}
                assert counts[topics["created"], row_id] == 1, f"{model.__object__} {row_id}"
                changes = counts[topics["updated"], row_id] + counts[topics["deleted"], row_id]
                assert changes == version - 1, f"{model.__object__} {row_id} version {version}"


def _entities() -> list[type[Entity]]:
    return [mapper.class_ for mapper in Entity.registry.mappers if issubclass(mapper.class_, Entity)]


def _assert_every_event_was_published_and_delivered_once() -> None:
    with reading() as connection:
        records = connection.execute(select(OutboxRecord.__table__)).all()
        deliveries = {(row.record_id, row.topic, row.subscriber): row.status for row in connection.execute(
            select(EventDelivery.record_id, EventDelivery.topic, EventDelivery.subscriber, EventDelivery.status))}
    by_topic = runtime().part(Subscriptions).by_topic
    owed = {(record.id, topic, subscriber.name) for record in records for topic in topics_of(record)
            for subscriber in by_topic.get(topic, ())}
    events = [message for record in records for message in messages_of(record)]
    assert owed == set(deliveries)
    assert set(deliveries.values()) <= {DONE}
    for topic in {row.topic for row in events}:
        expected = {row.event_id for row in events if row.topic == topic}
        streamed = {entry[b"eventId"].decode() for _, entry in runtime().redis.xrange(topic)}
        assert expected == streamed if len(expected) < 9_000 else streamed <= expected, topic


def _assert_everybody_was_notified_once() -> None:
    """The seller hears of each bid, a leader of each bid that took the lead away: once, and nobody else."""
    expected = [(event.event_id, "BID_UPDATED", _seller_of(event.payload["productId"])) for event in sent(BID_CREATED)]
    told = [(event, event.payload["oldLeaderId"]) for event in sent(PRICE_CHANGED)
            if event.payload["oldLeaderId"] not in (None, event.payload["leaderId"])]
    expected += [(event.event_id, "BID_OUTBID", former) for event, former in told]
    assert Counter((event.payload["productId"], former) for event, former in told) == _leads_lost()
    with reading() as connection:
        notified = connection.execute(select(
            Notification.event_id, Notification.notification_type, Notification.user_id)
            .where(Notification.channel == "IN_APP")).all()
    assert sorted(tuple(row) for row in notified) == sorted(expected)


def _leads_lost() -> Counter[tuple[str, str]]:
    """Count per listing and bidder how often the listing itself changed its leader."""
    changes = [(event.payload["old_productListingProduct"], event.payload["productListingProduct"])
               for event in sent(PRODUCT_UPDATED)]
    return Counter((new["id"], old["highestBidderId"]) for old, new in changes
                   if old["highestBidderId"] not in (None, new["highestBidderId"]))


def _seller_of(product_id: str) -> str:
    with reading() as connection:
        return connection.execute(select(Product.seller_id).where(Product.id == product_id)).scalar_one()
