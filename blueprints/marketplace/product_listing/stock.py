"""The units of a listing as orders take them: reserved when ordered, sold when shipped, back when released.

Called inside the order's unit of work; the listing's row lock decides who gets the last unit (decision 11)."""
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from app.data.batches import BATCH_ROWS
from app.data.held import is_free
from app.data.reads import fetch, fetch_one
from app.errors import NotFound, RuleViolated
from blueprints.marketplace.product_listing.lending import OrderedListing, row_behind
from blueprints.marketplace.product_listing.models import Product

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

AUCTIONED_UNITS = 1


def lock_listings(work: "UnitOfWork", product_ids: Iterable[str], *,
                  withdrawn_too: bool = False) -> dict[str, OrderedListing]:
    """Return id → listing, all locked in the order of their ids; raises NotFound for one that is missing or held.

    `withdrawn_too` returns both all the same."""
    wanted = sorted(set(product_ids))
    query = select(Product).where(Product.id.in_(wanted)).order_by(Product.id)
    if not withdrawn_too:
        query = query.where(Product.is_active.is_(True), is_free(Product))
    found: dict[str, OrderedListing] = {listing.id: listing for listing in work.all(query, lock=True)}
    if len(found) < len(wanted):
        raise NotFound
    return found


def lock_each(work: "UnitOfWork", product_ids: Iterable[str]) -> dict[str, OrderedListing]:
    """The same, withdrawn and held ones too, for who may have locked them before: those are not locked anew."""
    return {id: work.lock(Product, id, archived_too=True) for id in sorted(set(product_ids))}


def units_offered(listing: OrderedListing) -> int | None:
    """Return how many units the listing has in all; None is unlimited, an auction has one."""
    return AUCTIONED_UNITS if listing.type == "AUCTION" else listing.quantity


def reserve(work: "UnitOfWork", listing: OrderedListing, units: int, *, promised: int = 0) -> None:
    """Take `units` for an order; raises RuleViolated when fewer are left beside those promised to other buyers."""
    row, offered = row_behind(listing), units_offered(listing)
    if offered is not None and row.reserved + row.sold + promised + units > offered:
        left = max(0, offered - row.reserved - row.sold - promised)
        raise RuleViolated("OutOfStock", f"{listing.title}: only {left} left", {"productId": listing.id, "left": left})
    work.change(row, reserved=row.reserved + units)


def release(work: "UnitOfWork", listing: OrderedListing, units: int) -> None:
    """Give reserved units back."""
    row = row_behind(listing)
    work.change(row, reserved=_less(row.reserved, units))


def ship(work: "UnitOfWork", listing: OrderedListing, units: int) -> None:
    """Turn reserved units into sold ones."""
    row = row_behind(listing)
    work.change(row, reserved=_less(row.reserved, units), sold=row.sold + units)


def take_back(work: "UnitOfWork", listing: OrderedListing, units: int) -> None:
    """Give sold units back: their money was returned."""
    row = row_behind(listing)
    work.change(row, sold=_less(row.sold, units))


def _less(held: int, units: int) -> int:
    if units > held:
        raise RuntimeError("more units given back than were taken")
    return held - units


def set_taken(work: "UnitOfWork", product_id: str, units: Callable[[], tuple[int, int]]) -> None:
    """Let a listing say that so many units are reserved and sold, counted by `units` behind the listing's lock."""
    row = work.lock(Product, product_id, archived_too=True)
    reserved, sold = units()
    work.change(row, reserved=reserved, sold=sold)


def has_held(product_ids: Iterable[str]) -> bool:
    """Return whether moderation holds one of these listings: then nobody begins to pay for it (M-7)."""
    wanted = set(product_ids)
    return bool(wanted) and fetch_one(select(Product.id).where(
        Product.id.in_(wanted), Product.held.is_not(None))) is not None


def stock_figures() -> dict[str, tuple[int, int]]:
    """Return id → (reserved, sold) of every listing of which anything is taken, for checking the stock."""
    is_taken = or_(Product.reserved != 0, Product.sold != 0)
    rows = fetch(select(Product.id, Product.reserved, Product.sold).where(is_taken))
    return {row.id: (row.reserved, row.sold) for row in rows}


def unordered_auctions(closed_before: datetime, limit: int) -> list[str]:
    """Return the ids of auctions won before a moment that no order holds, the longest closed first.

    Those that moderation holds are left out: nobody is asked to buy them (M-1)."""
    rows = fetch(select(Product.id).where(
        Product.type == "AUCTION", Product.winner_bid_id.is_not(None), Product.closed_at <= closed_before,
        Product.reserved == 0, Product.sold == 0, Product.is_active.is_(True), is_free(Product))
        .order_by(Product.closed_at).limit(limit))
    return [row.id for row in rows]


def auctions_among(product_ids: Iterable[str]) -> set[str]:
    """Return which of these listings are auctions, which have one unit."""
    wanted = sorted(set(product_ids))
    found: set[str] = set()
    for start in range(0, len(wanted), BATCH_ROWS):
        found.update(row.id for row in fetch(select(Product.id).where(
            Product.id.in_(wanted[start:start + BATCH_ROWS]), Product.type == "AUCTION")))
    return found
