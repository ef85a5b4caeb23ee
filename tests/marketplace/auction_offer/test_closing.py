"""How an auction ends: by its job, by the sweep, by staff, by a purchase; once and for all (decisions 11, 12)."""
from datetime import timedelta

import pytest

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.columns import iso
from app.errors import RuleViolated
from app.jobs.worker import run_all_due_work, run_job
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.auction_offer.topics import AUCTION_CLOSED, BID_UPDATED
from blueprints.marketplace.product_listing.auction_state import auction_overview
from tests.marketplace.auction_offer.saleroom import PRODUCTS, refused, status_after

SYSTEM = system_actor("marketplace")


def closed(auction):
    return auction_overview(auction)["closed_at"] is not None


def test_a_running_auction_is_not_closed(room):
    auction = room.auction()
    with pytest.raises(RuleViolated, match="still running"):
        close_auction(SYSTEM, auction)
    assert not closed(auction)


def test_a_fixed_price_listing_is_not_closed(room):
    with pytest.raises(RuleViolated, match="no auction"):
        close_auction(SYSTEM, room.fixed())


def test_only_staff_closes_early(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    with pytest.raises(RuleViolated, match="still running"):
        close_auction(room.seller.actor, auction, early=True)
    close_auction(room.admin.actor, auction, early=True)
    assert closed(auction)
    assert refused(room.bid(room.cleo, auction, 70)) == (400, "AuctionEnded")


def test_an_auction_without_an_end_waits_for_staff(room):
    auction = room.auction(hours=None)
    room.placed(room.ben, auction, 60)
    with moved_clock(hours=20):
        run_all_due_work()
        run_job("close-auctions")
    assert not closed(auction)
    close_auction(SYSTEM, auction, early=True)
    assert room.history(room.ben, auction)[0]["status"] == "WON"


def test_the_closing_job_runs_at_the_effective_end(room):
    auction = room.auction()
    bid = room.placed(room.ben, auction, 60)
    assert run_all_due_work() == 0
    with moved_clock(hours=1):
        assert run_all_due_work() == 1
        assert run_all_due_work() == 0
        assert room.bid_seen(room.ben, bid)["status"] == "WON"


def test_the_sweep_closes_what_the_job_has_missed(room):
    auction = room.auction()
    bid = room.placed(room.ben, auction, 60)
    with moved_clock(hours=2):
        assert run_job("close-auctions") == "1 closed"
        assert run_job("close-auctions") == "0 closed"
        assert room.bid_seen(room.ben, bid)["status"] == "WON"


def test_closing_twice_changes_nothing(room, sent):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    room.placed(room.cleo, auction, 70)
    with moved_clock(hours=1):
        first = close_auction(SYSTEM, auction)
        before = (first.closed_at, first.record_version, len(sent(BID_UPDATED)))
    with moved_clock(hours=2):
        again = close_auction(SYSTEM, auction)
        assert (again.closed_at, again.record_version, len(sent(BID_UPDATED))) == before
    assert len(sent(AUCTION_CLOSED)) == 1


def test_the_close_is_told_with_winner_and_price(room, sent):
    auction = room.auction()
    bid = room.placed(room.ben, auction, 60)
    close_auction(SYSTEM, auction, early=True)
    told = sent(AUCTION_CLOSED)[0].payload
    assert (told["productId"], told["sellerId"]) == (auction, room.seller.user_id)
    assert (told["bidId"], told["winnerId"], told["price"], told["currency"]) == (bid, room.ben.user_id, 60, "USD")


def test_without_bids_nothing_is_sold(room, sent):
    auction = room.auction()
    close_auction(SYSTEM, auction, early=True)
    assert (sent(AUCTION_CLOSED)[0].payload["bidId"], auction_overview(auction)["winner_bid_id"]) == (None, None)


@pytest.mark.parametrize(("amount", "status"), [(79.99, "LOST"), (80, "WON")])
def test_the_reserve_decides_whether_the_best_bid_wins(room, amount, status):
    auction = room.auction(reservePrice=80)
    bid = room.placed(room.ben, auction, amount)
    with moved_clock(hours=1):
        close_auction(SYSTEM, auction)
        assert room.bid_seen(room.ben, bid)["status"] == status


def test_a_soft_close_moves_the_end_and_the_job_with_it(room):
    auction = room.auction(softCloseSeconds=300)
    room.placed(room.ben, auction, 60)
    with moved_clock(minutes=58):
        room.placed(room.cleo, auction, 70)
    with moved_clock(minutes=61):
        run_all_due_work()
        assert not closed(auction)
        room.placed(room.ben, auction, 80)
    with moved_clock(minutes=64):
        room.placed(room.cleo, auction, 90)
    with moved_clock(minutes=69, seconds=1):
        run_all_due_work()
        assert closed(auction)
        assert room.price(auction) == (90, room.cleo.user_id)


def test_an_edit_of_something_else_leaves_an_end_that_a_soft_close_has_moved(room):
    auction = room.auction(softCloseSeconds=300)
    with moved_clock(minutes=59):
        bid = room.placed(room.ben, auction, 60)
        moved = room.product(auction)["effectiveEnd"]
        room.set_bid(room.ben, bid, "CANCELLED")
    with moved_clock(minutes=61):
        assert room.seller.patch(f"{PRODUCTS}/{auction}", json={"title": "Telephone"}).status_code == 200
        assert room.product(auction)["effectiveEnd"] == moved
        room.placed(room.cleo, auction, 60)


def test_a_hard_end_that_is_brought_forward_cuts_an_end_that_a_soft_close_has_moved(room):
    """Decision 11: never past the hard end."""
    auction = room.auction(softCloseSeconds=300)
    with moved_clock(minutes=59):
        room.set_bid(room.ben, room.placed(room.ben, auction, 60), "CANCELLED")
    hard = iso(now() + timedelta(minutes=62))
    with moved_clock(minutes=61):
        assert room.seller.patch(f"{PRODUCTS}/{auction}", json={"hardEndDate": hard}).status_code == 200
        assert room.product(auction)["effectiveEnd"] == hard
    with moved_clock(minutes=62, seconds=1):
        assert refused(room.bid(room.cleo, auction, 60)) == (400, "AuctionEnded")
        run_all_due_work()
        assert closed(auction)


def test_an_auction_that_has_ended_is_not_revived_by_a_later_end(room):
    auction = room.auction()
    with moved_clock(hours=1):
        answer = room.seller.patch(f"{PRODUCTS}/{auction}", json={"endBidDate": iso(now() + timedelta(hours=1))})
        assert refused(answer) == (400, "ListingClosed")


def test_a_soft_close_never_passes_the_hard_end(room):
    auction = room.auction(softCloseSeconds=300, hardEndDate=iso(now() + timedelta(minutes=61)))
    room.placed(room.ben, auction, 60)
    with moved_clock(minutes=59):
        room.placed(room.cleo, auction, 70)
    with moved_clock(minutes=60, seconds=30):
        room.placed(room.ben, auction, 80)
    with moved_clock(minutes=61):
        assert refused(room.bid(room.cleo, auction, 90)) == (400, "AuctionEnded")


def test_buy_now_needs_the_exact_price_and_a_listing_that_has_one(room):
    assert refused(room.bid(room.ben, room.auction(), 200, buyNow=True)) == (400, "BuyNowGone")
    auction = room.auction(buyNowPrice=200)
    assert refused(room.bid(room.ben, auction, 199, buyNow=True)) == (400, "BuyNowPriceDiffers")


def test_buy_now_wins_and_closes_at_once(room):
    auction = room.auction(buyNowPrice=200)
    assert status_after(room.bid(room.ben, auction, 200, buyNow=True)) == "WON"
    assert room.price(auction) == (200, room.ben.user_id)
    assert refused(room.bid(room.cleo, auction, 200, buyNow=True)) == (400, "AuctionEnded")
    assert refused(room.bid(room.cleo, auction, 300)) == (400, "AuctionEnded")


def test_buy_now_is_gone_after_the_first_bid(room):
    auction = room.auction(buyNowPrice=200)
    room.placed(room.ben, auction, 60)
    assert refused(room.bid(room.cleo, auction, 200, buyNow=True)) == (400, "BuyNowGone")


def test_buy_now_stays_until_the_reserve_is_met_and_loses_the_bids_before_it(room):
    auction = room.auction(buyNowPrice=200, reservePrice=150)
    former = room.placed(room.ben, auction, 60)
    other = room.placed(room.cleo, auction, 100)
    assert status_after(room.bid(room.ben, auction, 200, buyNow=True)) == "WON"
    assert [room.bid_seen(room.admin, bid)["status"] for bid in (former, other)] == ["LOST", "LOST"]


def test_buying_at_once_makes_the_same_won_event_as_a_close(room, sent):
    room.placed(room.ben, room.auction(buyNowPrice=200), 200, buyNow=True)
    assert [event.payload["newDataValues"]["status"] for event in sent(BID_UPDATED)] == ["WON"]


def test_a_withdrawn_auction_cancels_its_bids(room, settle):
    auction = room.auction()
    bid = room.placed(room.ben, auction, 60)
    assert room.admin.delete(f"{PRODUCTS}/{auction}").status_code == 200
    assert refused(room.set_bid(room.admin, bid, "WON")) == (400, "ListingGone")
    settle()
    assert room.bid_seen(room.ben, bid)["status"] == "CANCELLED"
    assert auction_overview(auction)["winner_bid_id"] is None


def test_staff_who_deletes_the_won_bid_frees_the_listing(room):
    auction = room.auction(buyNowPrice=200)
    bid = room.placed(room.ben, auction, 200, buyNow=True)
    assert auction_overview(auction)["winner_bid_id"] == bid
    assert room.admin.delete(f"/marketplace/auctionoffer-api/v1/auctionofferbids/{bid}").status_code == 200
    assert auction_overview(auction)["winner_bid_id"] is None
