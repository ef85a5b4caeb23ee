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
from blueprints.marketplace.auction_offer.commands import close_auction, place_bid
from blueprints.marketplace.auction_offer.queries import auction_report, bids_on
from blueprints.marketplace.auction_offer.rules import BIDDING_MODES
from blueprints.marketplace.product_listing.commands import create_product
from blueprints.platform.auth.commands import create_user
from cli.demo_factories import auction_values
from tests.marketplace.auction_offer.reference import Reference

SYSTEM = system_actor("marketplace")
SELLER, *BIDDERS = (Actor("marketplace", str(uuid4()), role="user") for _ in range(5))
amounts = st.integers(0, 60).map(lambda n: 2000 + n * 25) | st.integers(900, 20000)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(BIDDING_MODES), st.sampled_from([None, 2500, 10**8]),
       st.lists(st.tuples(st.sampled_from(BIDDERS), amounts), min_size=8, max_size=20))
def test_an_auction_through_the_database_closes_like_the_reference(app, mode, reserve, attempts):
    for actor in (SELLER, *BIDDERS):
        with suppress(DuplicateRecord):
            create_user(SYSTEM, id=actor.user_id, email=f"{actor.user_id}@guildhall.test", fullname="Somebody",
                        password_hash="x")
    auction = create_product(SELLER, **auction_values(
        str(uuid4()), str(uuid4()), start_price=Decimal(10), bidding_mode=mode, end_bid_date=now() + timedelta(hours=1),
        reserve_price=None if reserve is None else Decimal(reserve) / 100)).id
    reference = Reference(mode, 1000, reserve)
    for bidder, cents in attempts:
        try:
            place_bid(bidder, product_id=auction, bid_amount=Decimal(cents) / 100, currency="USD")
        except RuleViolated:
            assert not reference.would_take(bidder.user_id, cents)
        else:
            assert reference.would_take(bidder.user_id, cents)
            reference.bids.append((bidder.user_id, cents))
    close_auction(SYSTEM, auction, early=True)
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
