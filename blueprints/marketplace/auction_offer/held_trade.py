"""What bids and offers do when moderation holds their listing, and when it shows it again (M-9, decision 29).

Called behind the listing's lock, in the transaction of the act."""
from sqlalchemy import select

from app.clock import now
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.auction_offer.models import OPEN_OFFER, PENDING_OFFER, Offer
from blueprints.marketplace.auction_offer.offer_commands import EXPIRE_OFFER
from blueprints.marketplace.product_listing.auction_state import lock_listing
from blueprints.marketplace.product_listing.lending import AuctionListing
from blueprints.platform.people.queries import inactive_among
from blueprints.platform.people.rules import BUYING, SELLING


def lapse_offers_on(work: UnitOfWork, product_id: str, act_id: str) -> None:
    """Let the open offers on a listing lapse with the act that holds it."""
    for offer in work.all(select(Offer).where(Offer.product_id == product_id, OPEN_OFFER).order_by(Offer.id),
                          lock=True):
        work.change(offer, status="EXPIRED", lapsed_by=act_id)


def revive_trade(work: UnitOfWork, product_id: str, act_ids: frozenset[str]) -> list[str]:
    """Reopen the offers that lapsed with these acts and are in time still, before the listing is shown again.

    An auction that is over closes now, while it is held, so without a sale: it was to be had by nobody at its end.
    Returns sentences of what does not come back."""
    listing = lock_listing(work, product_id, withdrawn_too=True)
    if listing.type == "AUCTION" and listing.closed_at is None and rules.is_over(listing, now()):
        close_auction(work.actor, product_id)
    lost = []
    if listing.type == "AUCTION" and listing.closed_at is not None and listing.winner_bid_id is None:
        lost.append("The auction has closed without a sale; it does not go on")
    ended = _reopen(work, listing, act_ids)
    if ended:
        lost.append(f"{ended} offers are out of time, or a party of theirs is not active; they stay expired")
    return lost


def _reopen(work: UnitOfWork, listing: AuctionListing, act_ids: frozenset[str]) -> int:
    """Reopen what may come back; returns how many offers stay expired."""
    lapsed = work.all(select(Offer).where(
        Offer.product_id == listing.id, Offer.status == "EXPIRED", Offer.lapsed_by.in_(sorted(act_ids)),
        Offer.is_active.is_(True)).order_by(Offer.id), lock=True)
    realm = work.actor.realm
    resting = inactive_among(realm, {offer.buyer_id for offer in lapsed}, BUYING) | (
        inactive_among(realm, [listing.seller_id], SELLING) if lapsed else frozenset())
    asking = {row.buyer_id for row in work.rows(select(Offer.buyer_id).where(
        Offer.product_id == listing.id, PENDING_OFFER))} if lapsed else set()
    ended = 0
    for offer in lapsed:
        status = "PENDING" if offer.counter_amount is None else "COUNTERED"
        if (not listing.is_active or resting & {offer.buyer_id, listing.seller_id}
                or rules.has_lapsed(status, offer.expires_at, now())
                or (status == "PENDING" and offer.buyer_id in asking)):
            ended += 1
            continue
        work.change(offer, status=status, lapsed_by=None)
        work.schedule(EXPIRE_OFFER, offer.id, offer.expires_at)
    return ended
