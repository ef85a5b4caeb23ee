"""Any sequence of bids resolves as the brute-force reference does (decisions 8–10)."""
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from blueprints.marketplace.auction_offer import rules
from tests.marketplace.auction_offer.auction_row import AuctionRow
from tests.marketplace.auction_offer.reference import Reference, step

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = rules.parse_increments("1:0.05,5:0.25,25:0.50,100:1,250:2.50,500:5,1000:10,2500:25,5000:50,:100", 100)
modes = st.sampled_from(rules.BIDDING_MODES)
# amounts huddle around a few steps, so that ties, raises and refusals are common
amounts = st.integers(0, 60).map(lambda n: 2000 + n * 25) | st.integers(1, 700000)
attempts = st.lists(st.tuples(st.sampled_from(["ann", "bob", "cat", "dan"]), amounts), max_size=25)
reserves = st.none() | st.integers(1, 5000)


@given(st.integers(1, 10**7))
def test_increments_agree_with_the_reference(cents):
    assert rules.increment(TABLE, cents) == step(cents)


@given(modes, st.integers(1, 4000), reserves, attempts)
def test_every_sequence_of_bids_resolves_like_the_reference(mode, floor, reserve, attempts):
    auction = AuctionRow(bidding_mode=mode, start_price=floor, reserve_price=reserve)
    reference, own = Reference(mode, floor, reserve), {}
    for bidder, amount in attempts:
        refused = rules.bid_refusal(auction, TABLE, bidder=bidder, amount=amount, own_maximum=own.get(bidder), now=NOW)
        assert (refused is None) == reference.would_take(bidder, amount)
        if refused:
            continue
        standing = rules.take_bid(auction, TABLE, bidder=bidder, amount=amount, now=NOW)
        reference.bids.append((bidder, amount))
        own[bidder] = amount
        ranking = reference.ranking()
        assert standing.current_bid == reference.price()
        assert standing.highest_bidder_id == ranking[0][0]
        assert standing.leader_max == ranking[0][1]
        assert standing.runner_up_max == (ranking[1][1] if ranking[1:] else None)
        assert standing.bid_count == len(reference.bids)
        shown = rules.visible_amount(auction, standing, TABLE, bidder=bidder, amount=amount)
        assert shown <= amount
        leads = standing.highest_bidder_id == bidder
        assert (shown == standing.current_bid) if leads else (shown <= standing.current_bid)
        auction = auction.now_at(standing)


@given(st.integers(1, 4000), reserves, attempts)
def test_no_accepted_proxy_bid_lowers_the_price_or_lifts_it_past_the_leader(floor, reserve, attempts):
    auction = AuctionRow(bidding_mode=rules.PROXY, start_price=floor, reserve_price=reserve)
    for bidder, amount in attempts:
        if rules.bid_refusal(auction, TABLE, bidder=bidder, amount=amount, own_maximum=None, now=NOW):
            continue
        after = rules.take_bid(auction, TABLE, bidder=bidder, amount=amount, now=NOW)
        assert (auction.current_bid or floor) <= after.current_bid <= after.leader_max
        auction = auction.now_at(after)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=30), st.integers(1, 30), st.none() | st.integers(0, 200))
def test_the_end_only_moves_forward_to_a_bids_time_plus_the_extension(gaps, seconds, hard):
    start = NOW + timedelta(seconds=100)
    hard_end = None if hard is None else start + timedelta(seconds=hard)
    auction = AuctionRow(soft_close_seconds=seconds, hard_end_date=hard_end)
    end, now = start, NOW
    for gap in gaps:
        now += timedelta(seconds=gap)
        if now >= end:
            break
        moved = rules.extended_end(replace(auction, effective_end=end), now)
        assert moved == max(end, min(now + timedelta(seconds=seconds), hard_end or datetime.max.replace(tzinfo=UTC)))
        assert moved <= max(start, hard_end or moved)
        end = moved
