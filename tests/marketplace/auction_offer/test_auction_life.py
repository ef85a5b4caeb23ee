"""A rule-based state machine over an auction's whole life: bids, raises, withdrawals, buy-now, time, close."""
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from blueprints.marketplace.auction_offer import rules

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = rules.parse_increments("1:0.05,5:0.25,25:0.50,100:1,250:2.50,500:5,1000:10,2500:25,5000:50,:100", 100)
bidders = st.sampled_from(["ann", "bob", "cat", "dan"])
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
        self.terms = rules.Terms(mode=mode, floor=1000, reserve=reserve, buy_now=buy_now, soft_close_seconds=soft,
                                 ceiling=ceiling,
                                 hard_end=None if hard is None else self.first_end + timedelta(seconds=hard))
        self.standing = rules.Standing(effective_end=self.first_end)

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
        own, before = self.own(bidder), self.standing
        amount = rules.least_bid(self.terms, before, TABLE, bidder) + margin
        refused = rules.bid_refusal(self.terms, before, TABLE, bidder=bidder, amount=amount,
                                    own_maximum=own and own.maximum, now=self.now)
        if refused:
            return
        assert before.closed_at is None
        assert self.now < before.effective_end
        self.standing = rules.take_bid(self.terms, before, TABLE, bidder=bidder, amount=amount, now=self.now)
        if own:
            own.status = "LOST"
        self.bids.append(Bid(bidder, amount))
        assert self.standing.price >= (before.price or self.terms.floor)
        if self.terms.mode == rules.PROXY and before.leader == bidder:
            assert self.standing.price in (before.price, self.terms.reserve)

    @rule(bidder=bidders)
    def withdraw(self, bidder):
        own = self.own(bidder)
        if own is None or rules.window_refusal(self.terms, self.standing, self.now):
            return
        own.status = "CANCELLED"
        remaining = [rules.StandingBid(bid.bidder, bid.maximum) for bid in self.active()[:2]]
        before, self.standing = self.standing, rules.standing_without(self.terms, self.standing, TABLE, remaining)
        assert (self.standing.price or 0) <= before.price

    @rule(bidder=bidders)
    def buy_now(self, bidder):
        price = self.terms.buy_now
        if price is None or rules.buy_now_refusal(self.terms, self.standing, price, self.now):
            return
        assert not self.active() or self.standing.leader_max < self.terms.reserve
        self.standing = rules.closed_by_purchase(self.standing, buyer=bidder, price=price, now=self.now)
        self.settle(Bid(bidder, price))

    @rule(seconds=st.sampled_from([1, 5, 20, 60]))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: len(self.bids) > 3 and not rules.is_over(self.standing, self.now))
    @rule(milliseconds=st.sampled_from([0, 1, 30_000]))
    def the_end_comes_near(self, milliseconds):
        self.now = max(self.now, self.standing.effective_end - timedelta(milliseconds=milliseconds))

    @precondition(lambda self: rules.is_over(self.standing, self.now) and not self.standing.closed_at)
    @rule()
    def close(self):
        result = rules.outcome(self.terms, self.standing)
        best = self.active()
        assert result.winner in (None, best[0].bidder if best else None)
        self.standing = replace(self.standing, closed_at=self.now)
        self.settle(best[0] if result.winner else None)
        if result.winner:
            assert self.terms.floor <= result.price <= best[0].maximum
            assert result.price >= (self.terms.reserve or 0)
        elif best:
            assert best[0].maximum < self.terms.reserve

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
        if self.standing.closed_at:
            return
        best = self.active()
        assert self.standing.leader == (best[0].bidder if best else None)
        assert self.standing.leader_max == (best[0].maximum if best else None)
        assert self.standing.runner_up_max == (best[1].maximum if best[1:] else None)

    @invariant()
    def the_price_lies_between_what_loses_and_the_leaders_maximum(self):
        best = self.active()
        if self.standing.closed_at or not best:
            return
        assert self.terms.floor <= self.standing.price <= best[0].maximum
        assert all(bid.maximum <= self.standing.price for bid in best[1:])

    @invariant()
    def at_most_one_bid_is_won_and_none_is_active_after_the_close(self):
        assert sum(bid.status == "WON" for bid in self.bids) <= 1
        assert not (self.standing.closed_at and self.active())
        assert len({bid.bidder for bid in self.active()}) == len(self.active())

    @invariant()
    def the_end_never_passes_the_hard_end(self):
        assert self.standing.effective_end >= self.first_end
        if self.terms.hard_end:
            assert self.standing.effective_end <= max(self.first_end, self.terms.hard_end)


AuctionLife.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestAuctionLife = AuctionLife.TestCase
