"""Streams that are open, as a web worker holds them: what is told, to whom, and how they end (FD-12…16, FD-7)."""
import sys
from contextlib import ExitStack
from datetime import timedelta
from unittest.mock import patch

import pytest
from sqlalchemy.exc import OperationalError

from app.actor import system_actor
from app.clock import moved_clock, now
from app.events.relay import relay_all
from app.ops import streams as held
from app.runtime import runtime
from blueprints.platform.auth.commands import lock_user
from tests.marketplace.auction_offer.saleroom import PRODUCTS, Saleroom

SUBSCRIBE = "/marketplace/realtime/subscribe?topics="
PRODUCT = "ebaycclone-productlisting-service-dbevent-productlistingproduct"
UPDATED, CREATED, DELETED = f"{PRODUCT}-updated", f"{PRODUCT}-created", f"{PRODUCT}-deleted"
OFFER = "ebaycclone-auctionoffer-service-dbevent-auctionofferoffer-created"
BID = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid-created"


@pytest.fixture
def room(callers):
    return Saleroom(callers)


@pytest.fixture
def relayed():
    """Do something, and have it published."""
    def run(act, *arguments, **named):
        found = act(*arguments, **named)
        relay_all()
        return found
    return run


def titled(stream, title):
    return stream.wait(lambda one: any(said["data"].get("title") == title for said in one.messages), f"it says {title}")


def retitle(room, product, title):
    assert room.seller.patch(f"{PRODUCTS}/{product}", json={"title": title}).status_code == 200


def test_an_accepted_bid_is_told_to_whoever_follows_the_auction(room, streams, relayed):
    auction = relayed(room.auction)
    following = [streams.open(f"{SUBSCRIBE}{names}", room.cleo.token).has_begun()
                 for names in (BID, f"productListingProduct/{auction}", f"{UPDATED}:{auction},{BID}")]
    relayed(room.placed, room.ben, auction, 60)
    assert all("Content-Length" not in stream.headers for stream in following)
    by_topic, by_object, both = (stream.wait(lambda one: one.messages, "the bid is told") for stream in following)
    assert by_topic.messages[0]["type"] == BID
    assert by_topic.messages[0]["data"]["bidAmount"] == 60
    assert by_object.messages[0]["data"]["currentBid"] == 60
    both.wait(lambda one: {said["type"] for said in one.messages} == {UPDATED, BID}, "both are told")


def test_former_values_are_told_to_staff_alone_and_no_session_to_anybody(room, streams, relayed):
    """FD-13."""
    product = relayed(room.fixed)
    admin, user = (streams.open(f"{SUBSCRIBE}{UPDATED}", who.token).has_begun() for who in (room.admin, room.ben))
    relayed(retitle, room, product, "Newer")
    [to_staff], [to_user] = (titled(stream, "Newer").messages for stream in (admin, user))
    assert to_staff["old"]["title"] == "Phone"
    assert "old" not in to_user
    assert "sessionId" not in user.text + admin.text


def test_45_a_stream_echoes_the_request_id_and_two_callers_never_share_what_they_are_told(room, streams, relayed):
    listing = relayed(room.fixed)
    sara, ben, cleo = (streams.open(f"{SUBSCRIBE}{OFFER},{CREATED}&requestId=abc-{number}", who.token).has_begun()
                       for number, who in enumerate((room.seller, room.ben, room.cleo)))
    assert [stream.headers["X-Request-Id"] for stream in (sara, ben, cleo)] == ["abc-0", "abc-1", "abc-2"]
    relayed(room.offered, room.ben, listing, 80)
    for stream in (sara, ben):
        stream.wait(lambda one: [said["type"] for said in one.messages] == [OFFER], "its parties hear of the offer")
    relayed(room.fixed, title="For all")
    titled(cleo, "For all")
    assert [said["type"] for said in cleo.messages] == [CREATED]


def test_what_turns_hidden_is_told_once_as_gone(room, streams, relayed):
    offer_topic = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid-updated"
    auction = relayed(room.auction)
    bid = relayed(room.placed, room.ben, auction, 60)
    stream = streams.open(f"{SUBSCRIBE}{offer_topic}", room.cleo.token).has_begun()
    owner = streams.open(f"{SUBSCRIBE}{offer_topic}", room.ben.token).has_begun()
    assert room.set_bid(room.admin, bid, "CANCELLED").status_code == 200
    relay_all()
    [gone] = stream.wait(lambda one: one.named("gone"), "it is gone").named("gone")
    assert gone.data["data"] == {"object": "auctionOfferBid", "id": bid}
    assert not stream.messages
    owner.wait(lambda one: one.messages, "whoever sees it still is told the row")


def test_who_comes_back_gets_what_happened_meanwhile_once_and_in_order(room, streams, relayed):
    product = relayed(room.fixed)
    first = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()
    relayed(retitle, room, product, "One")
    last = titled(first, "One").events[-1].id
    first.leave()
    first.is_closed()
    for title in ("Two", "Three"):
        relayed(retitle, room, product, title)
    again = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token, last_event_id=last).has_begun()
    relayed(retitle, room, product, "Four")
    titled(again, "Four")
    assert [said["data"]["title"] for said in again.messages] == ["Two", "Three", "Four"]


def test_who_missed_more_than_may_wait_gets_all_of_it(room, streams, relayed):
    with patch.object(held, "_BATCH", 2), patch.object(held, "MOST_EVENTS", 4):
        product = relayed(room.fixed)
        start = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun().events[0].id
        for number in range(9):
            relayed(retitle, room, product, f"No {number}")
        again = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token, last_event_id=start)
        titled(again, "No 8")
    assert [said["data"]["title"] for said in again.messages] == [f"No {number}" for number in range(9)]


def test_a_heartbeat_carries_the_id_alone(room, streams):
    """FD-15."""
    with patch.object(held, "BEAT_SECONDS", 0.01):
        stream = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()
        stream.wait(lambda one: one.text.endswith("\n\nid: " + one.events[0].id + "\n\n"), "a heartbeat came")
    assert [event.name for event in stream.events] == ["start"]


def ended(stream):
    stream.is_closed()
    return [event.data for event in stream.named("end")]


def test_logout_within_a_burst_ends_the_stream(room, streams, relayed):
    auction = relayed(room.auction)
    stream, other = (streams.open(f"{SUBSCRIBE}{BID}", who.token).has_begun() for who in (room.cleo, room.seller))
    relayed(room.placed, room.ben, auction, 60)
    room.cleo.post("/marketplace/auth-api/logout")
    assert ended(stream) == [{"reason": "session"}]
    said = stream.text
    relayed(room.placed, room.ben, auction, 70)
    other.wait(lambda one: len(one.messages) == 2, "who is logged in is told")
    assert stream.text == said


def test_who_is_locked_is_told_no_more(room, streams):
    stream = streams.open(f"{SUBSCRIBE}{UPDATED}", room.cleo.token).has_begun()
    lock_user(system_actor("marketplace", "op"), room.cleo.user_id, until=now() + timedelta(days=1))
    assert ended(stream) == [{"reason": "session"}]


def test_a_login_that_expires_ends_the_stream(room, streams):
    stream = streams.open(f"{SUBSCRIBE}{UPDATED}", room.cleo.token).has_begun()
    with moved_clock(hours=25):
        assert ended(stream) == [{"reason": "session"}]


def test_a_session_is_not_kept_in_use_by_a_stream(room, streams, app):
    stream = streams.open(f"{SUBSCRIBE}{UPDATED}", room.cleo.token).has_begun()
    with moved_clock(hours=9):
        assert ended(stream) == [{"reason": "session"}]


def test_a_visitor_follows_what_anybody_may_read(make_app, room, relayed):
    from tests.event_streams import stream_server

    with stream_server(make_app(MARKETPLACE_PUBLIC_READS="1")) as streams:
        product = relayed(room.fixed)
        stream = streams.open(f"{SUBSCRIBE}productListingProduct/{product}").has_begun()
        refused = streams.open(f"{SUBSCRIBE}{BID}").is_closed()
        relayed(retitle, room, product, "Newer")
        titled(stream, "Newer")
    assert refused.status == 401


def test_a_client_that_leaves_too_much_unread_is_let_go_to_come_again(room, streams, relayed):
    """FD-16."""
    with patch.object(held, "MOST_EVENTS", 2):
        product = relayed(room.fixed)
        deaf, hears = (streams.open(f"{SUBSCRIBE}{UPDATED}", who.token).has_begun() for who in (room.ben, room.cleo))
        deaf.reads = False
        for number in range(6):
            relayed(retitle, room, product, f"No {number}")
            titled(hears, f"No {number}")
        deaf.read_again()
        deaf.is_closed()
    assert deaf.text.rstrip("\n").splitlines()[-1].startswith("retry: ")
    assert len(deaf.messages) < 6
    assert len(hears.messages) == 6


def test_a_client_that_reads_nothing_at_all_is_dropped(room, relayed, make_app):
    from tests.event_streams import stream_server

    with stream_server(make_app(ANSWER_SECONDS="0.2")) as streams:
        deaf = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()
        deaf.reads = False
        relayed(retitle, room, room.fixed(), "Newer")
        deaf.is_closed()
        assert deaf.was_dropped
        assert len(streams.server.streams) == 0


def test_a_stop_ends_all_streams_and_they_shall_come_again(room, streams):
    opened = [streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun() for _ in range(3)]
    streams.stop()
    for stream in opened:
        stream.is_closed()
        assert not stream.named("end")
    late = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).is_closed()
    assert late.status == 200


def test_a_user_has_ten_streams_and_no_more(room, streams):
    opened = [streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun() for _ in range(10)]
    refused = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).is_closed()
    assert (refused.status, refused.headers["Retry-After"]) == (429, "30")
    assert "TooManyOpenStreams" in refused.text
    streams.open(f"{SUBSCRIBE}{UPDATED}", room.cleo.token).has_begun()
    opened[0].leave()
    opened[0].is_closed()
    streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()


def test_an_address_has_a_bound_of_its_own(make_app, room):
    from tests.event_streams import stream_server

    with stream_server(make_app(STREAMS_PER_ADDRESS="2")) as streams:
        for _ in range(2):
            streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()
        assert streams.open(f"{SUBSCRIBE}{UPDATED}", room.cleo.token).is_closed().status == 429
        streams.open(f"{SUBSCRIBE}{UPDATED}", room.cleo.token, address="203.0.113.2").has_begun()
        for _ in range(3):
            streams.open(f"{SUBSCRIBE}{UPDATED}", room.seller.token, address="127.0.0.1").has_begun()


def test_streams_stay_open_while_the_database_is_away(room, streams, relayed):
    product = relayed(room.fixed)
    stream = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()
    with ExitStack() as away:
        calls = []

        def fails(*_):
            calls.append(1)
            raise OperationalError("SELECT", {}, Exception("gone"))

        away.enter_context(patch.object(held, "read_on", fails))
        relayed(retitle, room, product, "Newer")
        stream.wait(lambda _: calls, "it was asked")
    titled(stream, "Newer")


@pytest.mark.once("about Redis, which is the same beside both databases")
def test_an_emptied_redis_ends_no_stream_and_no_event_is_lost_or_told_twice(room, streams, relayed):
    product = relayed(room.fixed)
    following, old = (streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun() for _ in range(2))
    relayed(retitle, room, product, "Newer")
    last = titled(old, "Newer").events[-1].id
    old.leave()
    runtime().redis.flushdb()
    relayed(retitle, room, product, "Newest")
    back = streams.open(f"{SUBSCRIBE}{UPDATED}&lastEventId={last}", room.ben.token)
    for stream, titles in ((following, ["Newer", "Newest"]), (back, ["Newest"])):
        assert [said["data"]["title"] for said in titled(stream, "Newest").messages] == titles
        assert not stream.is_over
        assert not stream.named("reset")


def test_a_page_of_this_machine_may_read_the_stream(room, streams):
    stream = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token, origin="http://localhost:5173").has_begun()
    assert stream.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    foreign = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token, origin="https://evil.example").has_begun()
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_a_stream_that_ended_leaves_nothing_behind(room, streams, relayed):
    for product in [relayed(room.fixed) for _ in range(3)]:
        streams.open(f"{SUBSCRIBE}productListingProduct/{product}", room.ben.token).has_begun().leave()
    for stream in streams.opened:
        stream.is_closed()
    assert len(streams.server.streams) == 0
    assert not any(streams.server.streams._by_key.values())
    for _ in range(10):  # no place is taken any more
        streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()


def test_open_streams_are_counted(room, streams, client):
    streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()
    said = client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text
    assert "guildhall_open_streams 1.0" in said


def test_threads_take_turns_sooner_only_while_a_stream_is_open(room, streams):
    alone = sys.getswitchinterval()
    stream = streams.open(f"{SUBSCRIBE}{UPDATED}", room.ben.token).has_begun()
    assert sys.getswitchinterval() < alone
    stream.leave()
    stream.is_closed()
    assert sys.getswitchinterval() == alone
