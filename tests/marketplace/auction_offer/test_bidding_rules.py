"""The bidding rules as sentences, refusals first (rules-marketplace §2.3, decisions 8–12)."""
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.rules import PROXY
from tests.marketplace.auction_offer.auction_row import AuctionRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WRITTEN = "1:0.05,5:0.25,25:0.50,100:1,250:2.50,500:5,1000:10,2500:25,5000:50,:100"
TABLE = rules.parse_increments(WRITTEN, 100)
AUCTION = AuctionRow(start_price=5000)
PROXY_AUCTION = AuctionRow(bidding_mode=PROXY, start_price=1000)


def refusal(auction, amount, bidder="ann", own=None, now=NOW):
    refused = rules.bid_refusal(auction, TABLE, bidder=bidder, amount=amount, own_maximum=own, now=now)
    return refused and (refused.code, refused.amount)


def after(auction, *bids, now=NOW):
    for bidder, amount in bids:
        auction = auction.now_at(rules.take_bid(auction, TABLE, bidder=bidder, amount=amount, now=now))
    return auction


def test_a_first_bid_under_the_floor_is_refused():
    assert refusal(AUCTION, 4999) == ("BidTooLow", 5000)
    assert refusal(AUCTION, 5000) is None


def test_a_later_bid_must_reach_the_price_and_an_increment():
    auction = after(AUCTION, ("ann", 6000))
    assert refusal(auction, 6099, "bob") == ("BidTooLow", 6100)
    assert refusal(auction, 6100, "bob") is None


def test_an_own_bid_that_is_not_higher_is_refused():
    assert refusal(after(PROXY_AUCTION, ("ann", 5000)), 5000, own=5000) == ("BidNotHigher", 5000)


def test_a_bid_above_the_ceiling_is_refused():
    auction = replace(AUCTION, end_bid=8000)
    assert refusal(auction, 8001) == ("BidTooHigh", 8000)
    assert refusal(auction, 8000) is None


@pytest.mark.parametrize(("moment", "code"), [
    (NOW - timedelta(milliseconds=1), "AuctionNotStarted"),
    (NOW + timedelta(hours=1), "AuctionEnded"),
])
def test_a_bid_outside_the_window_is_refused(moment, code):
    auction = replace(AUCTION, start_bid_date=NOW, effective_end=NOW + timedelta(hours=1))
    assert refusal(auction, 9000, now=moment) == (code, None)


def test_a_bid_on_a_closed_auction_is_refused_even_before_its_end():
    auction = replace(AUCTION, effective_end=NOW + timedelta(hours=1), closed_at=NOW - timedelta(hours=1))
    assert refusal(auction, 9000) == ("AuctionEnded", None)


def test_the_window_includes_its_start_and_the_millisecond_before_its_end():
    auction = replace(AUCTION, start_bid_date=NOW, effective_end=NOW + timedelta(hours=1))
    assert refusal(auction, 9000, now=NOW) is None
    assert refusal(auction, 9000, now=NOW + timedelta(hours=1, milliseconds=-1)) is None


@pytest.mark.parametrize(("price", "step"), [
    (1, 5), (99, 5), (100, 25), (499, 25), (500, 50), (2499, 50), (2500, 100), (9999, 100), (10000, 250), (24999, 250),
    (25000, 500), (49999, 500), (50000, 1000), (99999, 1000), (100000, 2500), (249999, 2500), (250000, 5000),
    (499999, 5000), (500000, 10000), (10**9, 10000),
])
def test_increment_follows_the_table(price, step):
    assert rules.increment(TABLE, price) == step


def test_increments_too_fine_for_the_currency_become_one_minor_unit():
    yen = rules.parse_increments(WRITTEN, 1)
    assert [rules.increment(yen, price) for price in (1, 4, 5, 24, 25, 100, 250)] == [1, 1, 1, 1, 1, 3, 5]


def test_increments_of_a_currency_paid_in_coarser_steps_are_multiples_of_a_step():
    """Or a bid would lead to a price that the payment gateway cannot charge: fils end in 0, ariary are whole."""
    fils, ariary = rules.parse_increments("1:0.005,:0.25", 1000, 10), rules.parse_increments(WRITTEN, 100, 100)
    assert [rules.increment(fils, price) for price in (10, 5000)] == [10, 250]
    assert [rules.increment(ariary, price) for price in (100, 10_000, 30_000)] == [100, 300, 500]


def test_prices_that_are_one_in_a_coarser_currency_are_a_table_all_the_same():
    yen = rules.parse_increments("0.10:0.01,0.50:0.05,2:0.10,:1", 1)
    assert [rules.increment(yen, price) for price in (1, 2)] == [1, 1]


@pytest.mark.parametrize("written", ["5:1", "5:1,1:2,:3", "1:0,:1", "1:-1,:1", ":1,:2", "1:1,1:2,:3"])
def test_increments_that_are_no_table_are_refused(written):
    with pytest.raises(ValueError):
        rules.parse_increments(written, 100)


def test_the_floor_is_the_higher_of_both_starting_amounts_and_never_nothing():
    assert rules.floor_of(5000, 6000) == rules.floor_of(6000, None) == rules.floor_of(6000, 5000) == 6000
    assert rules.floor_of(0, None) == 1


def test_in_an_open_auction_the_highest_bid_is_the_price():
    auction = after(AUCTION, ("ann", 6000), ("bob", 7000))
    assert (auction.current_bid, auction.highest_bidder_id) == (7000, "bob")
    assert (auction.runner_up_max, auction.bid_count) == (6000, 2)


def test_in_an_open_auction_the_leader_who_raises_moves_the_price():
    auction = after(AUCTION, ("ann", 6000))
    assert refusal(auction, 6050, "ann", own=6000) == ("BidTooLow", 6100)
    raised = after(auction, ("ann", 6100))
    assert (raised.current_bid, raised.highest_bidder_id, raised.runner_up_max) == (6100, "ann", None)


def test_a_single_proxy_bidder_pays_the_floor():
    assert after(PROXY_AUCTION, ("ann", 50000)).current_bid == 1000


def test_a_proxy_leader_defends_with_one_increment_over_the_runner_up():
    auction = after(PROXY_AUCTION, ("ann", 10000), ("bob", 5000))
    assert (auction.current_bid, auction.highest_bidder_id) == (5100, "ann")
    assert (auction.leader_max, auction.runner_up_max) == (10000, 5000)


def test_the_proxy_price_never_passes_the_leaders_maximum():
    assert after(PROXY_AUCTION, ("ann", 5050), ("bob", 5000)).current_bid == 5050


def test_a_higher_maximum_takes_the_lead_one_increment_above_the_old_one():
    auction = after(PROXY_AUCTION, ("ann", 5000), ("bob", 10000))
    assert (auction.current_bid, auction.highest_bidder_id, auction.runner_up_max) == (5100, "bob", 5000)


def test_of_equal_maxima_the_earlier_leads():
    auction = after(PROXY_AUCTION, ("ann", 5000), ("bob", 5000))
    assert (auction.current_bid, auction.highest_bidder_id) == (5000, "ann")


def test_a_proxy_leader_may_raise_by_less_than_an_increment_and_moves_nothing():
    auction = after(PROXY_AUCTION, ("ann", 5000), ("bob", 4000))
    assert refusal(auction, 5001, "ann", own=5000) is None
    raised = after(auction, ("ann", 9000))
    assert (raised.current_bid, raised.highest_bidder_id, raised.leader_max) == (auction.current_bid, "ann", 9000)


def test_a_runner_up_who_raises_is_measured_against_the_leader_not_against_himself():
    auction = after(PROXY_AUCTION, ("ann", 10000), ("bob", 5000), ("bob", 8000))
    assert (auction.current_bid, auction.highest_bidder_id, auction.runner_up_max) == (8100, "ann", 8000)


def test_a_proxy_maximum_that_reaches_the_reserve_lifts_the_price_to_it():
    auction = replace(PROXY_AUCTION, reserve_price=8000)
    under = after(auction, ("ann", 7999))
    assert under.current_bid == 1000
    assert not rules.reserve_met(under)
    assert after(auction, ("ann", 8000)).current_bid == 8000


def test_a_proxy_leader_who_raises_to_the_reserve_meets_it():
    auction = replace(PROXY_AUCTION, reserve_price=8000)
    assert after(auction, ("ann", 5000), ("ann", 9000)).current_bid == 8000


def test_above_the_reserve_the_proxy_price_is_the_usual_one():
    auction = replace(PROXY_AUCTION, reserve_price=8000)
    assert after(auction, ("ann", 20000), ("bob", 10000)).current_bid == 10250


def test_the_visible_amount_of_a_leading_proxy_bid_is_the_price():
    before = after(PROXY_AUCTION, ("ann", 5000))
    leads = after(before, ("bob", 10000))
    assert rules.visible_amount(before, leads, TABLE, bidder="bob", amount=10000) == 5100


def test_the_visible_amount_of_a_proxy_bid_outbid_at_once_is_the_least_it_had_to_be():
    before = after(PROXY_AUCTION, ("ann", 10000))
    outbid = after(before, ("bob", 5000))
    assert rules.visible_amount(before, outbid, TABLE, bidder="bob", amount=5000) == 1050


def test_a_bid_in_the_last_seconds_moves_the_end():
    late = replace(AUCTION, soft_close_seconds=60, effective_end=NOW + timedelta(seconds=10))
    assert after(late, ("ann", 6000)).effective_end == NOW + timedelta(seconds=60)


def test_a_bid_before_the_last_seconds_moves_nothing():
    end = NOW + timedelta(seconds=60)
    assert after(replace(AUCTION, soft_close_seconds=60, effective_end=end), ("ann", 6000)).effective_end == end


def test_the_end_never_moves_past_the_hard_end_nor_backwards():
    hard = replace(AUCTION, soft_close_seconds=60, effective_end=NOW + timedelta(seconds=10),
                   hard_end_date=NOW + timedelta(seconds=30))
    assert after(hard, ("ann", 6000)).effective_end == NOW + timedelta(seconds=30)
    passed = replace(hard, hard_end_date=NOW + timedelta(seconds=5))
    assert after(passed, ("ann", 6000)).effective_end == NOW + timedelta(seconds=10)


def test_without_soft_close_and_without_an_end_nothing_moves():
    tomorrow = NOW + timedelta(days=1)
    assert after(replace(AUCTION, effective_end=tomorrow), ("ann", 6000)).effective_end == tomorrow
    assert after(replace(AUCTION, soft_close_seconds=60), ("ann", 6000)).effective_end is None


def test_without_bids_nobody_wins():
    assert rules.outcome(AUCTION) == rules.Outcome(None, None)


def test_under_the_reserve_nobody_wins():
    auction = replace(AUCTION, reserve_price=8000)
    assert rules.outcome(after(auction, ("ann", 7999))).winner is None
    assert rules.outcome(after(auction, ("ann", 8000))) == rules.Outcome("ann", 8000)


def test_an_auction_is_over_at_its_end_and_one_without_an_end_never_is():
    assert rules.is_over(replace(AUCTION, effective_end=NOW), NOW)
    assert not rules.is_over(replace(AUCTION, effective_end=NOW + timedelta(milliseconds=1)), NOW)
    assert not rules.is_over(AUCTION, NOW)


def buy_now_refusal(auction, amount=20000, now=NOW):
    refused = rules.buy_now_refusal(auction, amount, now)
    return refused and refused.code


def test_an_auction_without_a_buy_now_price_cannot_be_bought_at_once():
    assert buy_now_refusal(AUCTION) == "BuyNowGone"


def test_buy_now_ends_with_the_first_bid():
    auction = replace(AUCTION, buy_now_price=20000)
    assert buy_now_refusal(after(auction, ("ann", 6000))) == "BuyNowGone"
    assert buy_now_refusal(auction) is None


def test_with_a_reserve_buy_now_ends_when_the_reserve_is_met():
    auction = replace(AUCTION, buy_now_price=20000, reserve_price=8000)
    assert buy_now_refusal(after(auction, ("ann", 6000))) is None
    assert buy_now_refusal(after(auction, ("ann", 8000))) == "BuyNowGone"


def test_buy_now_has_one_price_and_the_window_of_a_bid():
    auction = replace(AUCTION, buy_now_price=20000, start_bid_date=NOW)
    assert buy_now_refusal(auction, 19999) == "BuyNowPriceDiffers"
    assert buy_now_refusal(replace(auction, effective_end=NOW)) == "AuctionEnded"
    assert buy_now_refusal(auction, now=NOW - timedelta(seconds=1)) == "AuctionNotStarted"


def test_who_buys_at_once_leads_at_that_price_with_one_bid_more():
    auction = AUCTION.now_at(rules.bought_at_once(AUCTION, buyer="ann", price=20000))
    assert (auction.current_bid, auction.highest_bidder_id, auction.bid_count) == (20000, "ann", 1)


def test_staff_settle_at_any_bid_without_counting_a_new_one():
    auction = after(AUCTION, ("ann", 6000), ("bob", 7000))
    settled = rules.sold_to(auction, buyer="ann", price=6000)
    assert (settled.current_bid, settled.highest_bidder_id, settled.bid_count) == (6000, "ann", 2)


def without(auction, *remaining):
    return auction.now_at(rules.standing_without(auction, TABLE, [rules.StandingBid(*bid) for bid in remaining]))


def test_when_the_last_bid_leaves_the_floor_counts_again():
    auction = without(after(AUCTION, ("ann", 6000)))
    assert (auction.current_bid, auction.highest_bidder_id, auction.leader_max) == (None, None, None)
    assert auction.bid_count == 1
    assert refusal(auction, 5000) is None


def test_when_the_top_bid_leaves_the_next_one_leads():
    auction = without(after(AUCTION, ("ann", 6000), ("bob", 7000)), ("ann", 6000))
    assert (auction.current_bid, auction.highest_bidder_id, auction.runner_up_max) == (6000, "ann", None)


def test_when_the_proxy_runner_up_leaves_the_price_falls_to_what_still_wins():
    auction = after(PROXY_AUCTION, ("ann", 10000), ("bob", 5000), ("cat", 8000))
    assert without(auction, ("ann", 10000), ("bob", 5000)).current_bid == 5100
    assert without(auction, ("ann", 10000)).current_bid == 1000


def test_a_bid_that_leaves_never_lifts_the_price():
    capped = after(PROXY_AUCTION, ("ann", 10000), ("bob", 9950), ("cat", 10000), ("ann", 30000))
    assert capped.current_bid == 10000
    assert without(capped, ("ann", 30000), ("bob", 9950)).current_bid == 10000


def test_when_a_bid_leaves_a_met_reserve_stays_the_price():
    auction = after(replace(PROXY_AUCTION, reserve_price=8000), ("ann", 10000), ("bob", 9000))
    assert without(auction, ("ann", 10000)).current_bid == 8000
