"""What a bid, a close and an offer mean, as pure decisions over integers of minor units: no I/O, no clock, no session.

All that a decision needs stands on the auction's own row (`Auction`), and it returns what that becomes (`Standing`)."""
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Protocol

OPEN, PROXY = "OPEN", "PROXY"
BIDDING_MODES = (OPEN, PROXY)
BID_STATUSES = ("ACTIVE", "WON", "LOST", "CANCELLED")
ENDING_WITHIN = timedelta(days=1)
"""An auction that ends so soon is shown as ending."""
OFFER_STATUSES = ("PENDING", "ACCEPTED", "DECLINED", "COUNTERED", "EXPIRED", "CANCELLED")
OPEN_OFFER_STATUSES = ("PENDING", "COUNTERED")
SELLER, BUYER, STAFF, SYSTEM = "seller", "buyer", "staff", "system"

IncrementTable = tuple[tuple[int | None, int], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a rule says no: a stable code, a sentence, and the amount in minor units that `{amount}` stands for."""

    code: str
    sentence: str
    amount: int | None = None


class Prices(Protocol):
    """The amounts that the seller fixed, in minor units, and how bids make the price of them (decisions 8, 11)."""

    @property
    def start_price(self) -> int | None: ...
    @property
    def start_bid(self) -> int | None: ...
    @property
    def end_bid(self) -> int | None: ...
    @property
    def reserve_price(self) -> int | None: ...
    @property
    def buy_now_price(self) -> int | None: ...
    @property
    def bidding_mode(self) -> str: ...


class Times(Protocol):
    """When bids are taken on an auction, and what a late bid moves (decision 11)."""

    @property
    def start_bid_date(self) -> datetime | None: ...
    @property
    def effective_end(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def soft_close_seconds(self) -> int | None: ...
    @property
    def hard_end_date(self) -> datetime | None: ...


class Auction(Prices, Times, Protocol):
    """All that a decision may need of an auction, by the names its listing has for it: also where it stands."""

    @property
    def current_bid(self) -> int | None: ...
    @property
    def highest_bidder_id(self) -> str | None: ...
    @property
    def leader_max(self) -> int | None: ...
    @property
    def runner_up_max(self) -> int | None: ...
    @property
    def bid_count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision changes of an auction; everybody sees `current_bid`, the maxima are secret (decision 8)."""

    current_bid: int | None
    highest_bidder_id: str | None
    leader_max: int | None
    runner_up_max: int | None
    bid_count: int
    effective_end: datetime | None


@dataclass(frozen=True, slots=True)
class StandingBid:
    """One ACTIVE bid as the recomputation after a cancelled bid needs it: whose, and the maximum behind it."""

    bidder: str
    maximum: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an auction closes: the winner (None: no sale) and the price in minor units."""

    winner: str | None
    price: int | None


def parse_increments(written: str, minor_factor: int, step: int = 1) -> IncrementTable:
    """Return the setting `below:increment,…,:increment` (major units) as a table of minor units (decision 9).

    `minor_factor` is the number of minor units in one unit of the currency, `step` what payable amounts are multiples
    of; an increment too fine becomes the next multiple, and of prices that become the same one the first counts.
    Raises ValueError unless prices and increments are positive, ascend and end open."""
    table: list[tuple[int | None, int]] = []
    bounds: list[Decimal | None] = []
    for entry in written.split(","):
        below, _, increment_text = entry.strip().partition(":")
        bounds.append(Decimal(below) if below else None)
        steps = (Decimal(increment_text) * minor_factor / step).to_integral_value(ROUND_CEILING)
        bound = int((Decimal(below) * minor_factor).to_integral_value(ROUND_CEILING)) if below else None
        table.append((bound, int(steps) * step))
    if bounds.pop() is not None or None in bounds or bounds != sorted(set(bounds), key=lambda bound: bound or 0):
        raise ValueError("increments must have ascending prices and close with one that has none")
    if any(increment_minor <= 0 for _, increment_minor in table):
        raise ValueError("increments must be positive")
    return tuple(table)


def increment(table: IncrementTable, price: int) -> int:
    """Return the step above `price`, both in minor units (decision 9)."""
    return next(step for below, step in table if below is None or price < below)


def floor_of(start_price: int | None, start_bid: int | None) -> int:
    """Return the least first bid: the higher of both starting amounts, never nothing (rules-marketplace PR3)."""
    return max(start_price or 0, start_bid or 0, 1)


def standing_of(auction: Auction) -> Standing:
    """Return where the auction stands."""
    return Standing(auction.current_bid, auction.highest_bidder_id, auction.leader_max, auction.runner_up_max,
                    auction.bid_count, auction.effective_end)


def least_bid(auction: Auction, table: IncrementTable, bidder: str) -> int:
    """Return the least amount `bidder` may bid now, in minor units (decision 9).

    The leader of a PROXY auction competes with nobody: any maximum above the own one is a raise (decision 10)."""
    if auction.highest_bidder_id is None or auction.current_bid is None:
        return floor_of(auction.start_price, auction.start_bid)
    if auction.bidding_mode == PROXY and bidder == auction.highest_bidder_id:
        return (auction.leader_max or 0) + 1
    return auction.current_bid + increment(table, auction.current_bid)


def window_refusal(auction: Times, now: datetime) -> Refusal | None:
    """Return why nobody may bid at `now`, or None while bidding is open; the end itself is already too late."""
    if auction.closed_at is not None or is_over(auction, now):
        return Refusal("AuctionEnded", "The auction has ended")
    if auction.start_bid_date is not None and now < auction.start_bid_date:
        return Refusal("AuctionNotStarted", "The auction has not started")
    return None


def bid_refusal(auction: Auction, table: IncrementTable, *, bidder: str, amount: int, own_maximum: int | None,
                now: datetime) -> Refusal | None:
    """Return why this bid is refused, or None (rules-marketplace §2.3 steps 4, 6–8; decisions 9, 10).

    `own_maximum` is the bidder's ACTIVE bid on this auction, if any."""
    closed = window_refusal(auction, now)
    if closed:
        return closed
    if own_maximum is not None and amount <= own_maximum:
        return Refusal("BidNotHigher", "Your bid must be higher than your own bid of {amount}", own_maximum)
    least = least_bid(auction, table, bidder)
    if amount < least:
        return Refusal("BidTooLow", "The least acceptable bid is {amount}", least)
    if auction.end_bid is not None and amount > auction.end_bid:
        return Refusal("BidTooHigh", "The highest acceptable bid is {amount}", auction.end_bid)
    return None


def take_bid(auction: Auction, table: IncrementTable, *, bidder: str, amount: int, now: datetime) -> Standing:
    """Return the standing after an accepted bid (decisions 8, 10, 11); call `bid_refusal` before.

    In OPEN mode `amount` becomes the price; in PROXY mode it is the bidder's maximum."""
    counted = replace(standing_of(auction), bid_count=auction.bid_count + 1, effective_end=extended_end(auction, now))
    if auction.bidding_mode == OPEN:
        return _take_open(counted, bidder, amount)
    return _lifted_to_reserve(auction, _take_proxy(auction, counted, table, bidder, amount))


def _take_open(standing: Standing, bidder: str, amount: int) -> Standing:
    runner_up = standing.runner_up_max if bidder == standing.highest_bidder_id else standing.leader_max
    return replace(standing, current_bid=amount, highest_bidder_id=bidder, leader_max=amount, runner_up_max=runner_up)


def _take_proxy(auction: Auction, standing: Standing, table: IncrementTable, bidder: str, maximum: int) -> Standing:
    leader_max, price = standing.leader_max, standing.current_bid
    if leader_max is None or price is None:
        return replace(standing, current_bid=floor_of(auction.start_price, auction.start_bid),
                       highest_bidder_id=bidder, leader_max=maximum)
    if bidder == standing.highest_bidder_id:
        return replace(standing, leader_max=maximum)
    if maximum > leader_max:
        return replace(standing, current_bid=max(price, proxy_price(table, maximum, leader_max)),
                       highest_bidder_id=bidder, leader_max=maximum, runner_up_max=leader_max)
    return replace(standing, current_bid=max(price, proxy_price(table, leader_max, maximum)), runner_up_max=maximum)


def proxy_price(table: IncrementTable, leader_max: int, runner_up_max: int) -> int:
    """Return the least price that wins, never above the leader's maximum (decision 8)."""
    return min(leader_max, runner_up_max + increment(table, runner_up_max))


def _lifted_to_reserve(auction: Auction, standing: Standing) -> Standing:
    reserve, price = auction.reserve_price, standing.current_bid
    if reserve is None or price is None or (standing.leader_max or 0) < reserve:
        return standing
    return replace(standing, current_bid=max(price, reserve))


def visible_amount(before: Auction, after: Standing, table: IncrementTable, *, bidder: str, amount: int) -> int:
    """Return what everybody may see of an accepted bid, never above its maximum (decision 8).

    The leading bid stands at the auction's price; a PROXY bid that was outbid at once shows the least it had to be."""
    if before.bidding_mode == OPEN:
        return amount
    if after.highest_bidder_id == bidder and after.current_bid is not None:
        return after.current_bid
    return least_bid(before, table, bidder)


def extended_end(auction: Times, now: datetime) -> datetime | None:
    """Return the effective end after a bid accepted at `now`: soft close, never past the hard end (decision 11)."""
    end = auction.effective_end
    if end is None or not auction.soft_close_seconds:
        return end
    late = now + timedelta(seconds=auction.soft_close_seconds)
    if auction.hard_end_date is not None:
        late = min(late, auction.hard_end_date)
    return max(end, late)


def standing_without(auction: Auction, table: IncrementTable, remaining: list[StandingBid]) -> Standing:
    """Return the standing after a bid left the auction (rules-marketplace §2.3; a raise never comes of it).

    `remaining` are the best ACTIVE bids, highest maximum first and earlier first among equals; two are enough."""
    before, after = standing_of(auction), _standing_by(auction, table, remaining)
    if not remaining or auction.bidding_mode == OPEN:
        return after
    return replace(after, current_bid=min(after.current_bid or 0, before.current_bid or 0))


def standing_put_back(auction: Auction, table: IncrementTable, bids: list[StandingBid],
                      former_price: int | None) -> Standing:
    """Return the standing after bids came back that a ban had taken out; `bids` as of standing_without (M-5).

    `former_price` is what showed before the ban, where nobody has bid or left since: the auction is as it was. Else the
    price is what these bids make it, and does not fall."""
    after = _standing_by(auction, table, bids)
    if former_price is not None:
        return replace(after, current_bid=former_price)
    if auction.bidding_mode == OPEN:
        return after
    return replace(after, current_bid=max(after.current_bid or 0, auction.current_bid or 0))


def may_come_back(auction: Times, now: datetime) -> bool:
    """Return whether bids that a ban has taken out still count: the auction runs (M-5)."""
    return auction.closed_at is None and not is_over(auction, now)


def _standing_by(auction: Auction, table: IncrementTable, bids: list[StandingBid]) -> Standing:
    """Return the standing that these best bids alone make, highest maximum first."""
    before = standing_of(auction)
    if not bids:
        return replace(before, current_bid=None, highest_bidder_id=None, leader_max=None, runner_up_max=None)
    top, second = bids[0], (bids[1] if len(bids) > 1 else None)
    after = replace(before, highest_bidder_id=top.bidder, leader_max=top.maximum,
                    runner_up_max=second.maximum if second else None)
    if auction.bidding_mode == OPEN:
        return replace(after, current_bid=top.maximum)
    floor = floor_of(auction.start_price, auction.start_bid)
    price = proxy_price(table, top.maximum, second.maximum) if second else floor
    return _lifted_to_reserve(auction, replace(after, current_bid=max(price, floor)))


def reserve_met(auction: Auction) -> bool:
    """Return whether the leading bid reaches the secret reserve; true when there is none."""
    return auction.reserve_price is None or (auction.leader_max or 0) >= auction.reserve_price


def buy_now_refusal(auction: Auction, amount: int, now: datetime) -> Refusal | None:
    """Return why the auction cannot be bought at once, or None.

    Possible until a bid stands or, with a reserve, until the reserve is met (decision 11)."""
    closed = window_refusal(auction, now)
    if closed:
        return closed
    if auction.buy_now_price is None or not buy_now_available(auction):
        return Refusal("BuyNowGone", "The auction cannot be bought at once")
    if amount != auction.buy_now_price:
        return Refusal("BuyNowPriceDiffers", "The price to buy at once is {amount}", auction.buy_now_price)
    return None


def buy_now_available(auction: Auction) -> bool:
    """Return whether the buy-now price of an open auction still stands (decision 11)."""
    if auction.buy_now_price is None:
        return False
    return auction.highest_bidder_id is None or (auction.reserve_price is not None and not reserve_met(auction))


def bought_at_once(auction: Auction, *, buyer: str, price: int) -> Standing:
    """Return the standing of an auction that `buyer` bought at the buy-now price: one bid more (decision 11)."""
    return replace(sold_to(auction, buyer=buyer, price=price), bid_count=auction.bid_count + 1)


def sold_to(auction: Auction, *, buyer: str, price: int) -> Standing:
    """Return the standing of an auction that goes to `buyer`, whoever led, as staff settle it by hand."""
    return replace(standing_of(auction), current_bid=price, highest_bidder_id=buyer, leader_max=price)


def is_over(auction: Times, now: datetime) -> bool:
    """Return whether the auction is due to be closed; one without an end is closed only by staff."""
    return auction.effective_end is not None and now >= auction.effective_end


def auction_word(*, effective_end: datetime | None, closed_at: datetime | None, has_winner: bool,
                 now: datetime) -> str:
    """Return in one word where an auction stands: running, ending (within a day), overdue (its end has passed and it
    waits to be closed), sold or unsold."""
    if closed_at is not None:
        return "sold" if has_winner else "unsold"
    if effective_end is None or effective_end > now + ENDING_WITHIN:
        return "running"
    return "ending" if effective_end > now else "overdue"


def outcome(auction: Auction) -> Outcome:
    """Return who wins at the close and at what price; nobody when the reserve is not met (decision 11)."""
    if auction.highest_bidder_id is None or not reserve_met(auction):
        return Outcome(None, None)
    return Outcome(auction.highest_bidder_id, auction.current_bid)


_TRANSITIONS = {
    ("PENDING", "ACCEPTED"): SELLER,
    ("PENDING", "DECLINED"): SELLER,
    ("PENDING", "COUNTERED"): SELLER,
    ("PENDING", "CANCELLED"): BUYER,
    ("COUNTERED", "ACCEPTED"): BUYER,
    ("COUNTERED", "DECLINED"): BUYER,
    ("COUNTERED", "CANCELLED"): BUYER,
    ("PENDING", "EXPIRED"): SYSTEM,
    ("COUNTERED", "EXPIRED"): SYSTEM,
}
_FINAL = frozenset(OFFER_STATUSES) - frozenset(OPEN_OFFER_STATUSES)


def parties_of(current: str, wanted: str) -> frozenset[str]:
    """Return who may take an offer from `current` to `wanted` (rules-marketplace §2.3); nobody: no such step.

    Staff may take every step of the table, and correct one final status into another."""
    party = _TRANSITIONS.get((current, wanted))
    if party is not None:
        return frozenset((party, STAFF))
    corrects = current in _FINAL and wanted in _FINAL and current != wanted
    return frozenset((STAFF,)) if corrects else frozenset()


def is_answer(wanted: str) -> bool:
    """Return whether the step is a response (sets respondedAt) rather than a withdrawal or a lapse."""
    return wanted in ("ACCEPTED", "DECLINED", "COUNTERED")


def lapse_time(now: datetime, hours: int, asked: datetime | None) -> datetime:
    """Return when an offer or counter lapses: `asked` when sooner, else after `hours` (decision 13)."""
    latest = now + timedelta(hours=hours)
    return min(asked, latest) if asked else latest


def has_lapsed(status: str, expires_at: datetime | None, now: datetime) -> bool:
    """Return whether an open offer may no longer be answered."""
    return status in OPEN_OFFER_STATUSES and expires_at is not None and now > expires_at


def promised_since(now: datetime, days: int) -> datetime:
    """Return since when an accepted offer that is not ordered keeps its unit: as long as a winner has to pay
    (docs/decisions/061)."""
    return now - timedelta(days=days)


def promised_until(accepted_at: datetime, days: int) -> datetime:
    """Return until when an offer accepted then keeps its unit (docs/decisions/061)."""
    return accepted_at + timedelta(days=days)


def agreed_price(offer_amount: int, counter_amount: int | None) -> int:
    """Return the unit price of an accepted offer in minor units: the counter's, if there was one."""
    return offer_amount if counter_amount is None else counter_amount


def units_left(quantity: int | None, promised: int) -> int | None:
    """Return the units an offer can still be accepted for, after `promised` accepted ones; None is unlimited."""
    return None if quantity is None else quantity - promised
