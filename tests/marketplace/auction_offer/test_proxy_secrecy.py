"""Nobody but the bidder, and after the close the seller and staff, sees a maximum (decision 8)."""
import pytest
from sqlalchemy import select

from app.clock import moved_clock
from app.data.connections import reading
from app.data.entity import db
from app.runtime import runtime
from tests.flow import everything_sent
from tests.marketplace.auction_offer.saleroom import BIDS, PRODUCTS, refused

SECRET = 7654.32
DIGITS = ("7654.32", "765432")


@pytest.fixture
def auction(room):
    return room.auction(biddingMode="PROXY")


def stored_texts():
    """Everything the outbox tells, as one text per event."""
    return [event.payload for event in everything_sent()]


def everything_kept(home):
    """All rows of all tables but the hidden columns of bid and listing, all of Redis, all files of the home."""
    hidden = {("auction_offer_bid", "maximum"), ("product_listing_product", "leader_max"),
              ("product_listing_product", "runner_up_max")}
    with reading() as connection:
        for table in db.metadata.sorted_tables:
            shown = [column for column in table.c if (table.name, column.name) not in hidden]
            yield from (str(tuple(row)) for row in connection.execute(select(*shown)))
    redis = runtime().redis
    readers = {b"string": redis.get, b"hash": redis.hgetall, b"stream": redis.xrange, b"set": redis.smembers,
               b"list": lambda key: redis.lrange(key, 0, -1), b"zset": lambda key: redis.zrange(key, 0, -1)}
    yield from (str((key, readers[redis.type(key)](key))) for key in redis.scan_iter())
    yield from (file.read_bytes().decode("latin-1") for file in home.rglob("*")
                if file.is_file() and not file.name.startswith("guildhall.db"))


def test_nothing_but_the_bids_own_hidden_columns_ever_holds_a_maximum(room, auction, settle, caplog):
    keyed = {"headers": {"Idempotency-Key": "one bid"}}
    body = {"productId": auction, "bidAmount": SECRET, "currency": "USD", "status": "ACTIVE"}
    with caplog.at_level("DEBUG"):
        bid = room.ben.post(BIDS, json=body, **keyed).json["auctionOfferBid"]["id"]
        assert room.ben.post(BIDS, json=body, **keyed).headers["Idempotency-Replayed"] == "true"
        assert refused(room.bid(room.ben, auction, SECRET, auctionOfferBidId=bid)) == (400, "BidNotHigher")
        room.placed(room.cleo, auction, 300)
        assert room.bid_seen(room.ben, bid)["bidAmount"] == SECRET
        room.ben.patch(f"{BIDS}/{bid}", json={})
        settle()
        with moved_clock(hours=1):
            settle()
            assert room.history(room.seller, auction)[0]["bidAmount"] == SECRET
    kept = [*everything_kept(runtime().settings.home), caplog.text]
    assert len([part for part in kept if bid in part]) > 5
    assert not [part for part in kept if any(digits in part for digits in DIGITS)]


def test_a_single_proxy_bidder_pays_the_start_price(room, auction):
    room.placed(room.ben, auction, SECRET)
    assert room.price(auction) == (50, room.ben.user_id)


def test_the_outbox_never_holds_a_secret_maximum(room, auction, settle):
    bid = room.placed(room.ben, auction, SECRET)
    room.placed(room.cleo, auction, 300)
    room.bid(room.cleo, auction, 120)
    raised = room.placed(room.ben, auction, SECRET + 1000)
    room.placed(room.cleo, auction, 500)
    room.ben.get(f"{BIDS}/{bid}")
    room.history(room.ben, auction)
    with moved_clock(hours=1):
        settle()
    texts = stored_texts()
    assert len(texts) > 15
    for digits in (*DIGITS, "8654.32", "865432"):
        assert not [payload for payload in texts if digits in payload]
    assert room.bid_seen(room.ben, raised)["status"] == "WON"


def test_the_history_shows_others_the_visible_amounts_only(room, auction):
    room.placed(room.ben, auction, SECRET)
    room.placed(room.cleo, auction, 300)
    shown = [(row["userId"], row["bidAmount"]) for row in room.history(room.seller, auction)]
    assert shown == [(room.ben.user_id, 305), (room.cleo.user_id, 51)]
    assert room.price(auction) == (305, room.ben.user_id)


def test_before_the_close_neither_seller_nor_staff_sees_a_maximum(room, auction):
    bid = room.placed(room.ben, auction, SECRET)
    for viewer in (room.seller, room.admin):
        answer = viewer.get(f"{BIDS}/{bid}")
        assert answer.json["auctionOfferBid"]["bidAmount"] == 50
        listed = viewer.get(f"{BIDS}?productId={auction}")
        product = viewer.get(f"{PRODUCTS}/{auction}")
        for page in (answer, listed, product):
            assert not [digits for digits in DIGITS if digits in page.text]


def test_the_bidder_sees_the_own_maximum_and_what_the_others_see(room, auction):
    bid = room.placed(room.ben, auction, SECRET)
    seen = room.bid_seen(room.ben, bid)
    assert (seen["bidAmount"], seen["visibleAmount"]) == (SECRET, 50)
    assert [row["bidAmount"] for row in room.history(room.ben, auction)] == [SECRET]


def test_after_the_close_seller_and_staff_see_the_maxima_and_others_do_not(room, auction, settle):
    bens, cleos = room.placed(room.ben, auction, SECRET), room.placed(room.cleo, auction, 300)
    with moved_clock(hours=1):
        settle()
        for viewer in (room.seller, room.admin):
            assert [row["bidAmount"] for row in room.history(viewer, auction)] == [SECRET, 300]
        assert room.bid_seen(room.seller, bens)["visibleAmount"] == 305
        assert [row["bidAmount"] for row in room.history(room.cleo, auction)] == [305, 300]
        assert room.bid_seen(room.cleo, cleos)["bidAmount"] == 300


def test_a_maximum_cannot_be_found_by_filtering(room, auction):
    room.placed(room.ben, auction, SECRET)
    found = room.cleo.get(f"{BIDS}?bidAmount={SECRET}").json
    assert found["auctionOfferBids"] == []


def test_a_refusal_tells_the_least_bid_not_the_maximum(room, auction):
    room.placed(room.ben, auction, SECRET)
    answer = room.bid(room.cleo, auction, 50.5)
    assert answer.json["detail"] == {"amount": 51.0, "currency": "USD"}
    assert not [digits for digits in DIGITS if digits in answer.text]


def test_of_equal_maxima_the_earlier_leads_at_that_price(room, auction):
    room.placed(room.ben, auction, 300)
    room.placed(room.cleo, auction, 300)
    assert room.price(auction) == (300, room.ben.user_id)


def test_a_leader_who_raises_moves_nothing_visible(room, auction):
    room.placed(room.ben, auction, 300)
    room.placed(room.cleo, auction, 100)
    room.placed(room.ben, auction, 300.01)
    assert room.price(auction) == (102.5, room.ben.user_id)


def test_a_reserve_is_secret_and_lifts_the_price_when_it_is_met(room):
    auction = room.auction(biddingMode="PROXY", reservePrice=SECRET)
    assert "reservePrice" not in room.product(auction)
    room.placed(room.ben, auction, 5000)
    assert room.price(auction) == (50, room.ben.user_id)
    assert not [payload for payload in stored_texts() if "7654.32" in payload or "reserve" in payload.lower()]
    room.placed(room.cleo, auction, 8000)
    assert room.price(auction) == (SECRET, room.cleo.user_id)


def test_when_a_proxy_runner_up_cancels_the_leaders_bid_falls_with_the_price(room, auction):
    room.placed(room.ben, auction, SECRET)
    cleos = room.placed(room.cleo, auction, 300)
    room.set_bid(room.cleo, cleos, "CANCELLED")
    assert room.price(auction) == (50, room.ben.user_id)
    assert [row["bidAmount"] for row in room.history(room.seller, auction)] == [50]


def test_a_soft_close_extends_a_proxy_auction_only_for_accepted_bids(room):
    auction = room.auction(biddingMode="PROXY", softCloseSeconds=120)
    room.placed(room.ben, auction, SECRET)
    with moved_clock(minutes=59):
        assert room.bid(room.cleo, auction, 20).status_code == 400
        room.placed(room.cleo, auction, 300)
    with moved_clock(minutes=60, seconds=30):
        room.placed(room.cleo, auction, 400)
    with moved_clock(minutes=62, seconds=31):
        assert room.bid(room.cleo, auction, 900).status_code == 400


def test_the_answer_to_a_bid_is_its_event_and_shows_what_everybody_sees(room, auction, sent):
    answer = room.bid(room.ben, auction, SECRET)
    assert answer.json["auctionOfferBid"]["bidAmount"] == 50
    told, = sent("ebaycclone-auctionoffer-service-auctionofferbid-created")
    assert told.payload["auctionOfferBid"] == answer.json["auctionOfferBid"]
