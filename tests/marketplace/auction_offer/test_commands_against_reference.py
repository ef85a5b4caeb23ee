"""Whole auctions through the commands and the database close as the brute-force reference says."""
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actor import Actor, system_actor
from app.clock import now
from app.data.reads import Page
from app.errors import DuplicateRecord, RuleViolated
from blueprints.marketplace.auction_offer.checks import check_auctions
from blueprints.marketplace.auction_offer.commands import close_auction, place_bid, take_out_bids_of
from blueprints.marketplace.auction_offer.queries import auction_report, bids_on
from blueprints.marketplace.auction_offer.rules import BIDDING_MODES
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.platform.auth.commands import create_user
from cli.demo_factories import auction_values
from tests import passes
from tests.marketplace.auction_offer.reference import Reference

SYSTEM = system_actor("marketplace")
SELLER, *BIDDERS = (Actor("marketplace", str(uuid4()), role="user") for _ in range(5))
amounts = st.integers(0, 60).map(lambda n: 2000 + n * 25) | st.integers(900, 20000)


@settings(max_examples=passes.examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(BIDDING_MODES), st.sampled_from([None, 2500]),
       st.lists(st.tuples(st.sampled_from(BIDDERS), st.just(None) | amounts), min_size=8, max_size=20))
def test_an_auction_whose_bids_come_and_go_stands_where_they_put_it(app, mode, reserve, attempts):
    """What the doctor recounts is what bids, raises and bids taken back (None) leave behind."""
    auction = _listed(mode, reserve)
    for bidder, cents in attempts:
        with suppress(RuleViolated):
            if cents is None:
                take_out_bids_of(SYSTEM, bidder.user_id)
            else:
                place_bid(bidder, product_id=auction, bid_amount=Decimal(cents) / 100, currency="USD")
        assert check_auctions()[0] == "ok"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(BIDDING_MODES), st.sampled_from([None, 2500, 10**8]),
       st.lists(st.tuples(st.sampled_from(BIDDERS), amounts), min_size=8, max_size=20))
def test_an_auction_through_the_database_closes_like_the_reference(app, mode, reserve, attempts):
    auction = _listed(mode, reserve)
    reference = Reference(mode, 1000, reserve)
    for bidder, cents in attempts:
        try:
            place_bid(bidder, product_id=auction, bid_amount=Decimal(cents) / 100, currency="USD")
        except RuleViolated:
            assert not reference.would_take(bidder.user_id, cents)
        else:
            assert reference.would_take(bidder.user_id, cents)
            reference.bids.append((bidder.user_id, cents))
    assert check_auctions()[0] == "ok"
    close_auction(SYSTEM, auction, early=True)
    assert check_auctions()[0] == "ok"
    report, bids = auction_report(auction), bids_on(SYSTEM, auction, Page(0))
    price = reference.price()
    assert report["currentBid"] == (None if price is None else price / 100)
    assert report["highestBidderId"] == reference.leader()
    sold = price is not None and (reserve is None or reference.ranking()[0][1] >= reserve)
    won = [bid["userId"] for bid in bids if bid["status"] == "WON"]
    assert won == ([reference.leader()] if sold else [])
    assert {bid["status"] for bid in bids} <= {"WON", "LOST"}
    assert [round(bid["bidAmount"] * 100) for bid in reversed(bids)] == [cents for _, cents in reference.bids]
    if sold:
        assert next(bid for bid in bids if bid["status"] == "WON")["visibleAmount"] == price / 100


def _listed(mode, reserve):
    """An auction of SELLER's from 10 USD on, with a reserve in cents or none; returns its id."""
    for actor in (SELLER, *BIDDERS):
        with suppress(DuplicateRecord):
            create_user(SYSTEM, id=actor.user_id, email=f"{actor.user_id}@guildhall.test", fullname="Somebody",
                        password_hash="x")
    return create_product(SELLER, **auction_values(
        str(uuid4()), str(uuid4()), start_price=Decimal(10), bidding_mode=mode, end_bid_date=now() + timedelta(hours=1),
        reserve_price=None if reserve is None else Decimal(reserve) / 100)).id
