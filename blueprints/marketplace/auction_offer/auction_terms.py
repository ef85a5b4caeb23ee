"""What the rules need to know of an auction, read from its listing's row, and what they refuse, as a 400."""
from functools import lru_cache

from app.data.money import FACTORS, to_wire
from app.data.unit_of_work import UnitOfWork
from app.http.errors import RuleViolated
from app.runtime import runtime
from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.rules import IncrementTable, Refusal, Standing, Terms
from blueprints.marketplace.product_listing.auction_state import record_standing
from blueprints.marketplace.product_listing.lending import AuctionListing


def terms_of(listing: AuctionListing) -> Terms:
    """Return what the seller fixed."""
    return Terms(mode=listing.bidding_mode, floor=rules.floor_of(listing.start_price, listing.start_bid),
                 ceiling=listing.end_bid, reserve=listing.reserve_price, buy_now=listing.buy_now_price,
                 starts_at=listing.start_bid_date, soft_close_seconds=listing.soft_close_seconds,
                 hard_end=listing.hard_end_date)


def standing_of(listing: AuctionListing) -> Standing:
    """Return where the auction stands."""
    return Standing(price=listing.current_bid, leader=listing.highest_bidder_id, leader_max=listing.leader_max,
                    runner_up_max=listing.runner_up_max, bid_count=listing.bid_count,
                    effective_end=listing.effective_end, closed_at=listing.closed_at)


def write_standing(work: UnitOfWork, listing: AuctionListing, standing: Standing) -> None:
    """Write where the auction stands now; the close itself is recorded apart."""
    record_standing(work, listing, price=standing.price, leader=standing.leader, leader_max=standing.leader_max,
                    runner_up_max=standing.runner_up_max, bid_count=standing.bid_count,
                    effective_end=standing.effective_end)


def increments_for(currency: str) -> IncrementTable:
    """Return the increments of the setting BID_INCREMENTS in minor units of `currency` (decision 9)."""
    return _increments(runtime().settings.bid_increments, FACTORS[currency])


@lru_cache(maxsize=64)
def _increments(written: str, factor: int) -> IncrementTable:
    return rules.parse_increments(written, factor)


def refuse(refusal: Refusal | None, currency: str) -> None:
    """Raise the 400 a rule asks for, its amount written in major units; None lets pass."""
    if refusal is not None:
        amount = to_wire(refusal.amount, currency)
        detail = None if amount is None else {"amount": amount, "currency": currency}
        raise RuleViolated(refusal.code, refusal.sentence.format(amount=f"{amount} {currency}"), detail)
