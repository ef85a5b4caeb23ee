"""What suspensions and bans do to bids and offers, and what their undo brings back (moderation.md M-5, M-9).

Called by the one effect of the marketplace, behind the account's lock; where bids change, listings are locked."""
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select

from app.data.moderated_kinds import Sides
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.auction_offer.commands import put_back_bid, take_out_bids
from blueprints.marketplace.auction_offer.lapsed_offers import lapsed_products, let_lapse, reopen, stay
from blueprints.marketplace.auction_offer.models import ACTIVE_BID, Bid, Offer
from blueprints.marketplace.product_listing.auction_state import lock_listing

Rows = Mapping[str, Any]


def auctions_bid_on(work: UnitOfWork, people: Collection[str]) -> list[str]:
    """Return the ids of the auctions on which a bid of one of these people stands, in order."""
    bids = select(Bid.product_id).where(Bid.user_id.in_(people), ACTIVE_BID).distinct().order_by(Bid.product_id)
    return [row.product_id for row in work.rows(bids)]


def auctions_of(work: UnitOfWork, bid_ids: Collection[str]) -> list[str]:
    """Return the ids of the auctions that these bids are on."""
    return [row.product_id for row in work.rows(select(Bid.product_id).where(Bid.id.in_(bid_ids)))]


def lapse_offers(work: UnitOfWork, person_id: str, sides: Sides, act_id: str) -> None:
    """Let the open offers lapse that the person made, or was made, with an act."""
    theirs = [column == person_id for column, is_taken in (
        (Offer.buyer_id, sides.buys), (Offer.seller_id, sides.sells)) if is_taken]
    let_lapse(work, or_(false(), *theirs), act_id)


def lapsed_with(work: UnitOfWork, person_id: str, act_ids: Collection[str]) -> list[str]:
    """Return the ids of the listings whose offers reopen_offers would look at, in order."""
    return lapsed_products(work, _of(person_id), act_ids)


def reopen_offers(work: UnitOfWork, person_id: str, act_ids: Collection[str]) -> list[str]:
    """Reopen the person's offers that lapsed with these acts and may come back; returns sentences for the rest."""
    return reopen(work, _of(person_id), act_ids)


def take_out_all(work: UnitOfWork, person_id: str, product_ids: list[str]) -> dict[str, Any]:
    """Cancel the bids of the person on these locked auctions, the prices follow; returns id → what was before."""
    taken: dict[str, Any] = {}
    for product_id in product_ids:
        taken |= take_out_bids(work, lock_listing(work, product_id, withdrawn_too=True), person_id)
    return taken


def put_back_all(work: UnitOfWork, taken: Rows) -> list[str]:
    """Let bids stand again whose auction, which is locked, still runs and whose bidder has no newer one; returns a
    sentence when some stay as they are."""
    ids = sorted(taken)
    if not ids:  # nothing is locked for nothing: another act may still have to lock offers
        return []
    bids = {bid.id: bid for bid in work.all(select(Bid).where(Bid.id.in_(ids)).order_by(Bid.id), lock=True)}
    back = [put_back_bid(work, bids[bid_id], taken[bid_id]) for bid_id in ids if bid_id in bids]
    return stay(len(ids) - sum(back), "bid", "cancelled")


def _of(person_id: str) -> ColumnElement[bool]:
    return or_(Offer.buyer_id == person_id, Offer.seller_id == person_id)
