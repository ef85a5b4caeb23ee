"""Open offers lapse by an act of moderation, and come back when nothing keeps them any more (moderation.md M-9).

Several acts may keep one offer: that on its listing, and those on both its parties. It names the one it lapsed with;
once that is taken back while another keeps it, it says WAITING, and comes back with the last of them."""
from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, select

from app.clock import now
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.models import OPEN_OFFER, PENDING_OFFER, Offer
from blueprints.marketplace.auction_offer.offer_commands import EXPIRE_OFFER
from blueprints.marketplace.product_listing.auction_state import lock_listing
from blueprints.marketplace.product_listing.lending import AuctionListing
from blueprints.platform.people.queries import inactive_among
from blueprints.platform.people.rules import BUYING, SELLING

WAITING = "waiting"
"""What `lapsed_by` says when the act that an offer lapsed with was taken back, while something else keeps it."""


def lock_open(work: UnitOfWork, which: Any) -> list[Offer]:
    """Return the open offers among these, locked in the order of their ids."""
    return work.all(select(Offer).where(which, OPEN_OFFER).order_by(Offer.id), lock=True)


def let_lapse(work: UnitOfWork, which: Any, act_id: str) -> None:
    """Let the open offers among these lapse with an act."""
    for offer in lock_open(work, which):
        work.change(offer, status="EXPIRED", lapsed_by=act_id)


def lapsed_products(work: UnitOfWork, which: Any, act_ids: Collection[str]) -> list[str]:
    """Return the ids of the listings whose offers among these would come back with these acts, in order."""
    found = select(Offer.product_id).where(which, _lapsed_with(act_ids)).distinct().order_by(Offer.product_id)
    return [row.product_id for row in work.rows(found)]


def reopen(work: UnitOfWork, which: Any, act_ids: Collection[str], *, shown: str | None = None) -> list[str]:
    """Reopen those among these offers that lapsed with these acts, are in time still, and that nothing else keeps.

    `shown` is the listing that is about to be held no more. Locks their listings, then the offers; returns sentences of
    what does not come back now."""
    listings = {id: lock_listing(work, id, withdrawn_too=True) for id in lapsed_products(work, which, act_ids)}
    if not listings:
        return []
    offers = work.all(select(Offer).where(which, _lapsed_with(act_ids), Offer.product_id.in_(listings))
                      .order_by(Offer.id), lock=True)
    work.flush()  # so that the account whose suspension ends is read as it is now
    not_buying = inactive_among(work.actor.realm, [offer.buyer_id for offer in offers], BUYING)
    not_selling = inactive_among(work.actor.realm, [offer.seller_id for offer in offers], SELLING)
    over = kept = 0
    for offer in offers:
        listing = listings[offer.product_id]
        status = "PENDING" if offer.counter_amount is None else "COUNTERED"
        if _is_over(work, listing, offer, status):
            work.change(offer, lapsed_by=None)
            over += 1
        elif (not listing.is_live and listing.id != shown) or offer.buyer_id in not_buying or (
                offer.seller_id in not_selling):
            work.change(offer, lapsed_by=WAITING)
            kept += 1
        else:
            work.change(offer, status=status, lapsed_by=None)
            work.schedule(EXPIRE_OFFER, offer.id, offer.expires_at)
            work.flush()  # so that the next one of the same buyer and listing meets it
    return [*stay(over, "offer", "lapsed"),
            *([f"{kept} offer(s) stay lapsed while another act, or a party that is not active, keeps them"] if kept
              else [])]


def stay(count: int, noun: str, state: str) -> list[str]:
    """Return the sentence that so many cannot come back; none of none."""
    return [f"{count} {noun}{'s' * (count > 1)} cannot come back and {'stay' if count > 1 else 'stays'} {state}"
            ] if count else []


def _lapsed_with(act_ids: Collection[str]) -> Any:
    return and_(Offer.status == "EXPIRED", Offer.is_active.is_(True), Offer.lapsed_by.in_([*sorted(act_ids), WAITING]))


def _is_over(work: UnitOfWork, listing: AuctionListing, offer: Offer, status: str) -> bool:
    """Return whether it stays lapsed for good: withdrawn listing, out of time, or its buyer has asked anew."""
    if not listing.is_active or rules.has_lapsed(status, offer.expires_at, now()):
        return True
    return status == "PENDING" and work.find(
        Offer, Offer.product_id == offer.product_id, Offer.buyer_id == offer.buyer_id, PENDING_OFFER) is not None
