"""The auction columns of a listing: auctionOffer locks and reads them, and has them changed here; nobody else does.

The row lock taken here decides every race between bids, closings and accepted offers (performance.md)."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from app.clock import now
from app.data.columns import constant
from app.data.folded import has_part
from app.data.reads import fetch, fetch_one
from app.data.short_ids import ids_named
from app.errors import NotFound, RuleViolated
from blueprints.marketplace.product_listing.lending import AuctionListing, AuctionStanding, ListingView, row_behind
from blueprints.marketplace.product_listing.models import IS_OPEN_ENDED, WAS_CLOSED, Product

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

_DAY = timedelta(days=1)
MOST_LOOKED_THROUGH = 10_000
"""How many of the latest listings are looked through for a part of a title, which no index finds."""
_LISTED = (Product.id, Product.title, Product.currency, Product.seller_id, Product.start_price, Product.start_bid,
           Product.current_bid, Product.bid_count, Product.effective_end, Product.closed_at, Product.winner_bid_id)


@dataclass(frozen=True, slots=True)
class AuctionFacts:
    """What a reader of bids must know of their listing before it shows an amount."""

    seller_id: str
    closed_at: datetime | None


def lock_listing(work: "UnitOfWork", product_id: str, *, withdrawn_too: bool = False) -> AuctionListing:
    """Return the listing, locked until the end of the transaction; raises NotFound."""
    return work.lock(Product, product_id, archived_too=withdrawn_too)


def refuse_held(listing: ListingView) -> None:
    """Refuse to trade what moderation holds, for those who see it all the same: its seller and staff (M-1).

    Raises RuleViolated ListingHeld."""
    if listing.is_active and not listing.is_live:
        raise RuleViolated("ListingHeld", "Moderation holds the listing; it is not traded at present")


def record_standing(work: "UnitOfWork", listing: AuctionListing, standing: AuctionStanding) -> None:
    """Write where the auction stands now; amounts in minor units of the listing's currency."""
    work.change(row_behind(listing), current_bid=standing.current_bid, highest_bidder_id=standing.highest_bidder_id,
                leader_max=standing.leader_max, runner_up_max=standing.runner_up_max, bid_count=standing.bid_count,
                effective_end=standing.effective_end)


def record_close(work: "UnitOfWork", listing: AuctionListing, closed_at: datetime, winner_bid_id: str | None) -> None:
    """Close the auction for good; without a winner nothing was sold."""
    work.change(row_behind(listing), closed_at=closed_at, winner_bid_id=winner_bid_id)


def forget_winner(work: "UnitOfWork", listing: ListingView) -> None:
    """Free a closed auction from a winner who did not pay, so that its item may be offered to another bidder."""
    work.change(row_behind(listing), winner_bid_id=None)


def record_promise(work: "UnitOfWork", listing: AuctionListing, until: datetime | None) -> None:
    """Hold the listing until then for the buyers of accepted offers (docs/decisions/061)."""
    work.change(row_behind(listing), promised_until=until)


def units_in_stock(listing: AuctionListing) -> int | None:
    """Return the units nobody has ordered yet; None is unlimited (decision 11)."""
    row = row_behind(listing)
    return None if row.quantity is None else row.quantity - row.reserved - row.sold


def overdue_auctions(moment: datetime, limit: int) -> list[str]:
    """Return the ids of live auctions whose effective end has passed and that nobody has closed, oldest first."""
    rows = fetch(select(Product.id).where(
        Product.type == "AUCTION", Product.closed_at.is_(None), Product.effective_end <= moment,
        Product.is_active.is_(True)).order_by(Product.effective_end).limit(limit))
    return [row.id for row in rows]


def running_auctions(until: datetime | None, limit: int, seller_id: str | None = None) -> list[dict[str, Any]]:
    """Return live auctions that are not closed, the next to end first: those that end before `until`, or all.

    Those without an end come last. Also what ended within a day and waits to be closed."""
    moment = now()
    ends = [Product.closed_at.is_(None), Product.effective_end > moment - _DAY]
    if until is not None:
        ends.append(Product.effective_end <= until)
    found = _auctions(ends, Product.effective_end, limit, seller_id)
    if until is None and len(found) < limit:
        found += _auctions([IS_OPEN_ENDED], Product.created_at.desc(), limit - len(found), seller_id)
    return found


def closed_auctions(limit: int, seller_id: str | None = None) -> list[dict[str, Any]]:
    """Return the live listings whose auction is closed, the latest close first."""
    return _auctions([WAS_CLOSED], Product.closed_at.desc(), limit, seller_id)


def _auctions(conditions: list[Any], order: Any, limit: int, seller_id: str | None) -> list[dict[str, Any]]:
    query = select(*_LISTED).where(Product.type == constant("AUCTION"), Product.is_active.is_(True),
                                   *conditions).order_by(order)
    # Without LIMIT PostgreSQL reads what one seller has; with it, it walks everybody's in the hope of meeting some.
    query = query.limit(limit) if seller_id is None else query.where(Product.seller_id == seller_id)
    return [dict(row._mapping) for row in fetch(query)[:limit]]


def auctions_meant(text: str, seller_ids: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """Return the latest live auctions, closed ones too, that a text names, and those of these sellers.

    It names by an id, its beginning or last eight digits, or by a part of the title, in any case: of the latest
    MOST_LOOKED_THROUGH listings."""
    is_auction, latest_first = Product.type == constant("AUCTION"), (Product.created_at.desc(), Product.id.desc())
    latest = select(Product.id, Product.type, Product.folded_title).where(Product.is_active.is_(True)).order_by(
        *latest_first).limit(MOST_LOOKED_THROUGH).subquery("latest")
    meant = {*ids_named(Product, text), *(row.id for row in fetch(select(latest.c.id).where(
        latest.c.type == "AUCTION", has_part(latest.c.folded_title, text)).limit(limit)))}
    if seller_ids:
        meant |= {row.id for row in fetch(select(Product.id).where(
            Product.seller_id.in_(seller_ids), Product.is_active.is_(True), is_auction).order_by(
                *latest_first).limit(limit))}
    rows = fetch(select(*_LISTED).where(Product.id.in_(meant), is_auction, Product.is_active.is_(True)).order_by(
        *latest_first).limit(limit)) if meant else []
    return [dict(row._mapping) for row in rows]


def auction_facts(product_ids: Iterable[str]) -> dict[str, AuctionFacts]:
    """Return id → seller and close of listings, withdrawn ones too, in one statement."""
    wanted = set(product_ids)
    if not wanted:
        return {}
    rows = fetch(select(Product.id, Product.seller_id, Product.closed_at).where(Product.id.in_(wanted)))
    return {row.id: AuctionFacts(row.seller_id, row.closed_at) for row in rows}


def auction_standings() -> Select[Any]:
    """Return a query of where each auction stands, withdrawn and closed ones too, secrets included: for the doctor."""
    return select(Product.id, Product.closed_at, Product.winner_bid_id, Product.bid_count, Product.current_bid,
                  Product.highest_bidder_id, Product.leader_max, Product.runner_up_max).where(Product.type == "AUCTION")


def auction_overview(product_id: str) -> dict[str, Any]:
    """Return every auction column of one listing, live or withdrawn, secrets included; raises NotFound."""
    columns = (Product.id, Product.title, Product.type, Product.currency, Product.seller_id, Product.is_active,
               Product.bidding_mode, Product.start_price, Product.start_bid, Product.end_bid, Product.reserve_price,
               Product.buy_now_price, Product.start_bid_date, Product.end_bid_date, Product.effective_end,
               Product.hard_end_date, Product.soft_close_seconds, Product.current_bid, Product.highest_bidder_id,
               Product.leader_max, Product.bid_count, Product.closed_at, Product.winner_bid_id)
    row = fetch_one(select(*columns).where(Product.id == product_id))
    if row is None:
        raise NotFound
    return dict(row._mapping)
