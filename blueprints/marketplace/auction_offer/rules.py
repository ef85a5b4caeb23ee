"""What a bid, a close and an offer mean, as pure decisions over integers of minor units: no I/O, no clock, no session.

Everything a decision needs stands on the auction's own row (`Terms`, `Standing`); bids are never aggregated."""
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

OPEN, PROXY = "OPEN", "PROXY"
BIDDING_MODES = (OPEN, PROXY)
BID_STATUSES = ("ACTIVE", "WON", "LOST", "CANCELLED")
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


@dataclass(frozen=True, slots=True)
class Terms:
    """What the seller fixed for one auction; amounts in minor units (decisions 8, 11)."""

    mode: str = OPEN
    floor: int = 1
    ceiling: int | None = None
    reserve: int | None = None
    buy_now: int | None = None
    starts_at: datetime | None = None
    soft_close_seconds: int | None = None
    hard_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one auction stands; `price` is what everybody sees, the maxima are secret (decision 8)."""

    price: int | None = None
    leader: str | None = None
    leader_max: int | None = None
    runner_up_max: int | None = None
    bid_count: int = 0
    effective_end: datetime | None = None
    closed_at: datetime | None = None


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


def parse_increments(written: str, minor_factor: int) -> IncrementTable:
    """Return the setting `below:increment,…,:increment` (major units) as a table of minor units (decision 9).

    `minor_factor` is the number of minor units in one unit of the currency; an increment too fine for the currency
    becomes one minor unit, and of prices that become the same one the first counts. Raises ValueError unless prices
    and increments are positive, ascend and end open."""
    table: list[tuple[int | None, int]] = []
    bounds: list[Decimal | None] = []
    for step in written.split(","):
        below, _, increment_text = step.strip().partition(":")
        bounds.append(Decimal(below) if below else None)
        increment_minor = int((Decimal(increment_text) * minor_factor).to_integral_value(ROUND_CEILING))
        bound = int((Decimal(below) * minor_factor).to_integral_value(ROUND_CEILING)) if below else None
        table.append((bound, increment_minor))
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


def least_bid(terms: Terms, standing: Standing, table: IncrementTable, bidder: str) -> int:
    """Return the least amount `bidder` may bid now, in minor units (decision 9).

    The leader of a PROXY auction competes with nobody: any maximum above the own one is a raise (decision 10)."""
    if standing.leader is None or standing.price is None:
        return terms.floor
    if terms.mode == PROXY and bidder == standing.leader:
        return (standing.leader_max or 0) + 1
    return standing.price + increment(table, standing.price)


def window_refusal(terms: Terms, standing: Standing, now: datetime) -> Refusal | None:
    """Return why nobody may bid at `now`, or None while bidding is open; the end itself is already too late."""
    if standing.closed_at is not None or (standing.effective_end is not None and now >= standing.effective_end):
        return Refusal("AuctionEnded", "The auction has ended")
    if terms.starts_at is not None and now < terms.starts_at:
        return Refusal("AuctionNotStarted", "The auction has not started")
    return None


def bid_refusal(terms: Terms, standing: Standing, table: IncrementTable, *, bidder: str, amount: int,
                own_maximum: int | None, now: datetime) -> Refusal | None:
    """Return why this bid is refused, or None (rules-marketplace §2.3 steps 4, 6–8; decisions 9, 10).

    `own_maximum` is the bidder's ACTIVE bid on this auction, if any."""
    closed = window_refusal(terms, standing, now)
    if closed:
        return closed
    if own_maximum is not None and amount <= own_maximum:
        return Refusal("BidNotHigher", "Your bid must be higher than your own bid of {amount}", own_maximum)
    least = least_bid(terms, standing, table, bidder)
    if amount < least:
        return Refusal("BidTooLow", "The least acceptable bid is {amount}", least)
    if terms.ceiling is not None and amount > terms.ceiling:
        return Refusal("BidTooHigh", "The highest acceptable bid is {amount}", terms.ceiling)
    return None


def take_bid(terms: Terms, standing: Standing, table: IncrementTable, *, bidder: str, amount: int,
             now: datetime) -> Standing:
    """Return the standing after an accepted bid (decisions 8, 10, 11); call `bid_refusal` before.

    In OPEN mode `amount` becomes the price; in PROXY mode it is the bidder's maximum."""
    resolved = _take_open(standing, bidder, amount) if terms.mode == OPEN else \
        _take_proxy(terms, standing, table, bidder, amount)
    return replace(resolved, bid_count=standing.bid_count + 1, effective_end=extended_end(terms, standing, now))


def _take_open(standing: Standing, bidder: str, amount: int) -> Standing:
    runner_up = standing.runner_up_max if bidder == standing.leader else standing.leader_max
    return replace(standing, price=amount, leader=bidder, leader_max=amount, runner_up_max=runner_up)


def _take_proxy(terms: Terms, standing: Standing, table: IncrementTable, bidder: str, maximum: int) -> Standing:
    leader_max, price = standing.leader_max, standing.price
    if leader_max is None or price is None:
        after = replace(standing, price=terms.floor, leader=bidder, leader_max=maximum)
    elif bidder == standing.leader:
        after = replace(standing, leader_max=maximum)
    elif maximum > leader_max:
        after = replace(standing, price=max(price, proxy_price(table, maximum, leader_max)), leader=bidder,
                        leader_max=maximum, runner_up_max=leader_max)
    else:
        after = replace(standing, price=max(price, proxy_price(table, leader_max, maximum)),
                        runner_up_max=maximum)
    return _lifted_to_reserve(terms, after)


def proxy_price(table: IncrementTable, leader_max: int, runner_up_max: int) -> int:
    """Return the least price that wins, never above the leader's maximum (decision 8)."""
    return min(leader_max, runner_up_max + increment(table, runner_up_max))


def _lifted_to_reserve(terms: Terms, standing: Standing) -> Standing:
    if terms.reserve is None or standing.price is None or (standing.leader_max or 0) < terms.reserve:
        return standing
    return replace(standing, price=max(standing.price, terms.reserve))


def visible_amount(terms: Terms, before: Standing, after: Standing, table: IncrementTable, *, bidder: str,
                   amount: int) -> int:
    """Return what everybody may see of an accepted bid, never above its maximum (decision 8).

    The leading bid stands at the auction's price; a PROXY bid that was outbid at once shows the least it had to be."""
    if terms.mode == OPEN:
        return amount
    if after.leader == bidder and after.price is not None:
        return after.price
    return least_bid(terms, before, table, bidder)


def extended_end(terms: Terms, standing: Standing, now: datetime) -> datetime | None:
    """Return the effective end after a bid accepted at `now`: soft close, never past the hard end (decision 11)."""
    end = standing.effective_end
    if end is None or not terms.soft_close_seconds:
        return end
    late = now + timedelta(seconds=terms.soft_close_seconds)
    if terms.hard_end is not None:
        late = min(late, terms.hard_end)
    return max(end, late)


def standing_without(terms: Terms, standing: Standing, table: IncrementTable,
                     remaining: list[StandingBid]) -> Standing:
    """Return the standing after a bid left the auction (rules-marketplace §2.3; a raise never comes of it).

    `remaining` are the best ACTIVE bids, highest maximum first and earlier first among equals; two are enough."""
    if not remaining:
        return replace(standing, price=None, leader=None, leader_max=None, runner_up_max=None)
    top, second = remaining[0], (remaining[1] if len(remaining) > 1 else None)
    after = replace(standing, leader=top.bidder, leader_max=top.maximum,
                    runner_up_max=second.maximum if second else None)
    if terms.mode == OPEN:
        return replace(after, price=top.maximum)
    price = proxy_price(table, top.maximum, second.maximum) if second else terms.floor
    lifted = _lifted_to_reserve(terms, replace(after, price=max(price, terms.floor)))
    return replace(lifted, price=min(lifted.price or 0, standing.price or 0))


def reserve_met(terms: Terms, standing: Standing) -> bool:
    """Return whether the leading bid reaches the secret reserve; true when there is none."""
    return terms.reserve is None or (standing.leader_max or 0) >= terms.reserve


def buy_now_refusal(terms: Terms, standing: Standing, amount: int, now: datetime) -> Refusal | None:
    """Return why the auction cannot be bought at once, or None.

    Possible until a bid stands or, with a reserve, until the reserve is met (decision 11)."""
    closed = window_refusal(terms, standing, now)
    if closed:
        return closed
    if terms.buy_now is None or not buy_now_available(terms, standing):
        return Refusal("BuyNowGone", "The auction cannot be bought at once")
    if amount != terms.buy_now:
        return Refusal("BuyNowPriceDiffers", "The price to buy at once is {amount}", terms.buy_now)
    return None


def buy_now_available(terms: Terms, standing: Standing) -> bool:
    """Return whether the buy-now price of an open auction still stands (decision 11)."""
    if terms.buy_now is None:
        return False
    return standing.leader is None or (terms.reserve is not None and not reserve_met(terms, standing))


def closed_by_purchase(standing: Standing, *, buyer: str, price: int, now: datetime) -> Standing:
    """Return the standing of an auction that `buyer` bought at once, or that staff settled by hand."""
    return replace(standing, price=price, leader=buyer, leader_max=price, closed_at=now)


def is_over(standing: Standing, now: datetime) -> bool:
    """Return whether the auction is due to be closed; one without an end is closed only by staff."""
    return standing.effective_end is not None and now >= standing.effective_end


def outcome(terms: Terms, standing: Standing) -> Outcome:
    """Return who wins at the close and at what price; nobody when the reserve is not met (decision 11)."""
    if standing.leader is None or not reserve_met(terms, standing):
        return Outcome(None, None)
    return Outcome(standing.leader, standing.price)


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
