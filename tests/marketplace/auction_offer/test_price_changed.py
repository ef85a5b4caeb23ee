"""The event of an auction's price: that it changed, from whom to whom, and that it keeps the secrets (062)."""
from datetime import timedelta

import pytest

from app.clock import moved_clock, now
from app.data.columns import parse_iso
from blueprints.marketplace.auction_offer.topics import PRICE_CHANGED
from tests.marketplace.auction_offer.saleroom import BIDS, refused


@pytest.fixture
def changes(sent):
    """Call it: (old price, price, old leader, leader, bid) of each change, oldest first."""
    def read():
        return [(told["oldPrice"], told["price"], told["oldLeaderId"], told["leaderId"], told["bidId"])
                for told in (event.payload for event in sent(PRICE_CHANGED))]
    return read


def test_a_refused_bid_changes_no_price(room, changes):
    product_id = room.auction()
    assert refused(room.bid(room.ben, product_id, 49)) == (400, "BidTooLow")
    assert changes() == []


def test_each_bid_says_what_it_made_of_price_and_lead(room, changes, sent):
    product_id = room.auction(title="Clock")
    first, second = room.placed(room.ben, product_id, 60), room.placed(room.cleo, product_id, 70)
    ben, cleo = room.ben.user_id, room.cleo.user_id
    assert changes() == [(None, 60, None, ben, first), (60, 70, ben, cleo, second)]
    event = sent(PRICE_CHANGED)[0]
    assert event.key == product_id
    assert event.payload == {
        "productId": product_id, "title": "Clock", "sellerId": room.seller.user_id, "currency": "USD", "oldPrice": None,
        "price": 60, "oldLeaderId": None, "leaderId": ben, "effectiveEnd": room.product(product_id)["effectiveEnd"],
        "bidId": first}


def test_a_leader_who_raises_in_an_open_auction_moves_the_price_alone(room, changes):
    product_id = room.auction()
    room.placed(room.ben, product_id, 60)
    raised = room.placed(room.ben, product_id, 80)
    assert changes()[1:] == [(60, 80, room.ben.user_id, room.ben.user_id, raised)]


def test_a_proxy_leader_who_raises_changes_nothing_that_shows(room, changes):
    """Decision 10"""
    product_id = room.auction(biddingMode="PROXY")
    first = room.placed(room.ben, product_id, 300)
    room.placed(room.ben, product_id, 400)
    assert changes() == [(None, 50, None, room.ben.user_id, first)]


def test_the_event_of_a_proxy_auction_tells_the_price_and_no_maximum(room, changes, sent):
    """Decision 8"""
    product_id = room.auction(biddingMode="PROXY", reservePrice=6543.21)
    ben, cleo = room.ben.user_id, room.cleo.user_id
    first = room.placed(room.ben, product_id, 987.65)
    second = room.placed(room.cleo, product_id, 300)
    third = room.placed(room.cleo, product_id, 1234.56)
    assert changes() == [(None, 50, None, ben, first), (50, 305, ben, ben, second), (305, 997.65, ben, cleo, third)]
    told = str([event.payload for event in sent(PRICE_CHANGED)])
    assert not [secret for secret in ("987.65", "1234.56", "6543.21", "maximum") if secret in told]


def test_who_buys_at_once_takes_the_lead_at_that_price(room, changes):
    """Decision 11"""
    product_id = room.auction(buyNowPrice=200, reservePrice=150)
    room.placed(room.ben, product_id, 60)
    bought = room.placed(room.cleo, product_id, 200, buyNow=True)
    assert changes()[1:] == [(60, 200, room.ben.user_id, room.cleo.user_id, bought)]


def test_a_bid_that_is_taken_back_gives_price_and_lead_to_the_next(room, changes):
    product_id = room.auction()
    first, second = room.placed(room.ben, product_id, 60), room.placed(room.cleo, product_id, 70)
    room.set_bid(room.cleo, second, "CANCELLED")
    assert room.ben.delete(f"{BIDS}/{first}").status_code == 200
    ben, cleo = room.ben.user_id, room.cleo.user_id
    assert changes()[2:] == [(70, 60, cleo, ben, second), (60, None, ben, None, first)]


def test_a_bid_that_did_not_lead_leaves_without_a_change(room, changes):
    product_id = room.auction()
    first = room.placed(room.ben, product_id, 60)
    room.placed(room.cleo, product_id, 70)
    room.set_bid(room.ben, first, "CANCELLED")
    assert len(changes()) == 2


def test_staff_who_award_another_bid_change_price_and_lead(room, changes):
    """AO-5"""
    product_id = room.auction()
    first = room.placed(room.ben, product_id, 60)
    room.placed(room.cleo, product_id, 70)
    room.set_bid(room.admin, first, "WON")
    assert changes()[2:] == [(70, 60, room.cleo.user_id, room.ben.user_id, first)]


def test_the_close_changes_neither_price_nor_lead(room, changes, settle):
    product_id = room.auction()
    room.placed(room.ben, product_id, 60)
    with moved_clock(hours=2):
        settle()
    assert len(changes()) == 1


def test_the_event_tells_the_end_that_a_late_bid_has_moved(room, sent):
    product_id = room.auction(softCloseSeconds=120)
    announced = parse_iso(room.product(product_id)["effectiveEnd"])
    with moved_clock(minutes=59, seconds=30):
        room.placed(room.ben, product_id, 60)
        [event] = sent(PRICE_CHANGED)
        assert announced < parse_iso(event.payload["effectiveEnd"]) <= now() + timedelta(seconds=120)
