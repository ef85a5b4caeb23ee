"""A rule-based state machine over an auction's whole life: bids, raises, withdrawals, buy-now, time, close."""
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from blueprints.marketplace.auction_offer import rules
from tests.marketplace.auction_offer.auction_row import AuctionRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = rules.parse_increments("1:0.05,5:0.25,25:0.50,100:1,250:2.50,500:5,1000:10,2500:25,5000:50,:100", 100)
bidders = st.sampled_from(["ann", "bob", "cat", "dan"])
FLOOR = 1000
# around the least acceptable bid, so that most bids count and ties, raises and refusals are common
margins = st.sampled_from([-25, 0, 0, 25, 50, 100, 300, 1000])


@dataclass
class Bid:
    bidder: str
    maximum: int
    status: str = "ACTIVE"


class AuctionLife(RuleBasedStateMachine):
    """Keeps every bid beside the standing, as the table of bids does, and checks the one against the other."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.bids: list[Bid] = []

    @initialize(mode=st.sampled_from(rules.BIDDING_MODES), reserve=st.sampled_from([None, 1500, 4000, 100000]),
                buy_now=st.sampled_from([None, 2000, 9000]), soft=st.sampled_from([None, 30, 120]),
                hard=st.sampled_from([None, 0, 20, 90]), ceiling=st.sampled_from([None, 3000, 6000]))
    def open_auction(self, mode, reserve, buy_now, soft, hard, ceiling):
        self.first_end = NOW + timedelta(seconds=600)
        self.auction = AuctionRow(
            bidding_mode=mode, start_price=FLOOR, reserve_price=reserve, buy_now_price=buy_now, soft_close_seconds=soft,
            end_bid=ceiling, hard_end_date=None if hard is None else self.first_end + timedelta(seconds=hard),
            effective_end=self.first_end)

    def active(self) -> list[Bid]:
        """The ACTIVE bids, best first."""
        return sorted((bid for bid in self.bids if bid.status == "ACTIVE"), key=lambda bid: -bid.maximum)

    def own(self, bidder: str) -> Bid | None:
        return next((bid for bid in self.bids if bid.bidder == bidder and bid.status == "ACTIVE"), None)

    @rule(burst=st.lists(st.tuples(bidders, margins), min_size=1, max_size=8))
    def bids_arrive(self, burst):
        for bidder, margin in burst:
            self.bid(bidder, margin)

    def bid(self, bidder, margin):
        own, before = self.own(bidder), self.auction
        amount = rules.least_bid(before, TABLE, bidder) + margin
        refused = rules.bid_refusal(before, TABLE, bidder=bidder, amount=amount,
                                    own_maximum=own and own.maximum, now=self.now)
        if refused:
            return
        assert before.closed_at is None
        assert self.now < before.effective_end
        self.auction = before.now_at(rules.take_bid(before, TABLE, bidder=bidder, amount=amount, now=self.now))
        if own:
            own.status = "LOST"
        self.bids.append(Bid(bidder, amount))
        assert self.auction.current_bid >= (before.current_bid or FLOOR)
        if before.bidding_mode == rules.PROXY and before.highest_bidder_id == bidder:
            assert self.auction.current_bid in (before.current_bid, before.reserve_price)

    @rule(bidder=bidders)
    def withdraw(self, bidder):
        own = self.own(bidder)
        if own is None or rules.window_refusal(self.auction, self.now):
            return
        own.status = "CANCELLED"
        remaining = [rules.StandingBid(bid.bidder, bid.maximum) for bid in self.active()[:2]]
        before, self.auction = self.auction, self.auction.now_at(
            rules.standing_without(self.auction, TABLE, remaining))
        assert (self.auction.current_bid or 0) <= before.current_bid

    @rule(bidder=bidders)
    def buy_now(self, bidder):
        price = self.auction.buy_now_price
        if price is None or rules.buy_now_refusal(self.auction, price, self.now):
            return
        assert not self.active() or self.auction.leader_max < self.auction.reserve_price
        bought = self.auction.now_at(rules.bought_at_once(self.auction, buyer=bidder, price=price))
        self.auction = replace(bought, closed_at=self.now)
        self.settle(Bid(bidder, price))

    @rule(seconds=st.sampled_from([1, 5, 20, 60]))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: len(self.bids) > 3 and not rules.is_over(self.auction, self.now))
    @rule(milliseconds=st.sampled_from([0, 1, 30_000]))
    def the_end_comes_near(self, milliseconds):
        self.now = max(self.now, self.auction.effective_end - timedelta(milliseconds=milliseconds))

    @precondition(lambda self: rules.is_over(self.auction, self.now) and not self.auction.closed_at)
    @rule()
    def close(self):
        result = rules.outcome(self.auction)
        best = self.active()
        assert result.winner in (None, best[0].bidder if best else None)
        self.auction = replace(self.auction, closed_at=self.now)
        self.settle(best[0] if result.winner else None)
        if result.winner:
            assert FLOOR <= result.price <= best[0].maximum
            assert result.price >= (self.auction.reserve_price or 0)
        elif best:
            assert best[0].maximum < self.auction.reserve_price

    def settle(self, winner: Bid | None) -> None:
        """What the close writes: one WON at most, the rest LOST."""
        for bid in self.active():
            bid.status = "LOST"
        if winner:
            if winner not in self.bids:
                self.bids.append(winner)
            winner.status = "WON"

    @invariant()
    def the_row_agrees_with_the_bids(self):
        if self.auction.closed_at:
            return
        best = self.active()
        assert self.auction.highest_bidder_id == (best[0].bidder if best else None)
        assert self.auction.leader_max == (best[0].maximum if best else None)
        assert self.auction.runner_up_max == (best[1].maximum if best[1:] else None)

    @invariant()
    def the_price_lies_between_what_loses_and_the_leaders_maximum(self):
        best = self.active()
        if self.auction.closed_at or not best:
            return
        assert FLOOR <= self.auction.current_bid <= best[0].maximum
        assert all(bid.maximum <= self.auction.current_bid for bid in best[1:])

    @invariant()
    def at_most_one_bid_is_won_and_none_is_active_after_the_close(self):
        assert sum(bid.status == "WON" for bid in self.bids) <= 1
        assert not (self.auction.closed_at and self.active())
        assert len({bid.bidder for bid in self.active()}) == len(self.active())

    @invariant()
    def the_end_never_passes_the_hard_end(self):
        assert self.auction.effective_end >= self.first_end
        if self.auction.hard_end_date:
            assert self.auction.effective_end <= max(self.first_end, self.auction.hard_end_date)


AuctionLife.TestCase.settings = settings(max_examples=200, stateful_step_count=30)
TestAuctionLife = AuctionLife.TestCase
