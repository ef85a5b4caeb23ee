"""What suspensions and bans do to bids and offers, and what their undo brings back (moderation.md M-5, M-9).

Called by the one effect of the marketplace, behind the account's lock; where bids change, listings are locked."""
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import false, or_, select

from app.clock import now
from app.data.moderated_kinds import Sides
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.commands import put_back_bid, take_out_bids
from blueprints.marketplace.auction_offer.models import ACTIVE_BID, OPEN_OFFER, PENDING_OFFER, Bid, Offer
from blueprints.marketplace.product_listing.auction_state import lock_listing
from blueprints.marketplace.product_listing.stock import has_held

Rows = Mapping[str, Any]


def auctions_bid_on(work: UnitOfWork, people: Collection[str]) -> list[str]:
    """Return the ids of the auctions on which a bid of one of these people stands, in order."""
    bids = select(Bid.product_id).where(Bid.user_id.in_(people), ACTIVE_BID).distinct().order_by(Bid.product_id)
    return [row.product_id for row in work.rows(bids)]


def auctions_of(work: UnitOfWork, bid_ids: Collection[str]) -> list[str]:
    """Return the ids of the auctions that these bids are on."""
    return [row.product_id for row in work.rows(select(Bid.product_id).where(Bid.id.in_(bid_ids)))]


def lapse_offers(work: UnitOfWork, person_id: str, sides: Sides) -> dict[str, Any]:
    """Let the open offers lapse that the person made or was made; returns id → status and side before."""
    theirs = [column == person_id for column, is_taken in (
        (Offer.buyer_id, sides.buys), (Offer.seller_id, sides.sells)) if is_taken]
    lapsing = work.all(select(Offer).where(OPEN_OFFER, or_(false(), *theirs)).order_by(Offer.id), lock=True)
    before = {offer.id: {"status": offer.status, "buys": offer.buyer_id == person_id} for offer in lapsing}
    for offer in lapsing:
        work.change(offer, status="EXPIRED")
    return before


def reopen_offers(work: UnitOfWork, sides: Sides, lapsed: Rows) -> list[str]:
    """Reopen what lapsed by an act, is still in time and on a listing that nothing holds; returns a sentence when some
    stay as they are."""
    wanted = [offer_id for offer_id, was in lapsed.items() if (sides.buys if was["buys"] else sides.sells)]
    offers = work.all(select(Offer).where(Offer.id.in_(wanted)).order_by(Offer.id), lock=True)
    back = [offer for offer in offers if _may_reopen(work, offer, lapsed[offer.id]["status"])]
    for offer in back:
        work.change(offer, status=lapsed[offer.id]["status"])
        work.flush()  # so that the next one of the same buyer and listing meets it
    return _stay(len(wanted) - len(back), "offer", "lapsed")


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
    bids = {bid.id: bid for bid in work.all(select(Bid).where(Bid.id.in_(ids)).order_by(Bid.id), lock=True)}
    back = [put_back_bid(work, bids[bid_id], taken[bid_id]) for bid_id in ids if bid_id in bids]
    return _stay(len(ids) - sum(back), "bid", "cancelled")


def _may_reopen(work: UnitOfWork, offer: Offer, status: str) -> bool:
    if offer.status != "EXPIRED" or not offer.is_active or rules.has_lapsed(status, offer.expires_at, now()):
        return False
    if has_held([offer.product_id]):
        return False
    return status != "PENDING" or work.find(Offer, Offer.product_id == offer.product_id,
                                            Offer.buyer_id == offer.buyer_id, PENDING_OFFER) is None


def _stay(count: int, noun: str, state: str) -> list[str]:
    return [f"{count} {noun}{'s' * (count > 1)} cannot come back and {'stay' if count > 1 else 'stays'} {state}"
            ] if count else []
