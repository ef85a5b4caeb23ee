"""What bids and offers do when moderation holds their listing, and when it shows it again (M-9, decision 29).

Called behind the listing's lock, in the transaction of the act."""
from collections.abc import Collection

from app.clock import now
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.commands import close_auction
from blueprints.marketplace.auction_offer.lapsed_offers import let_lapse, lock_open, reopen
from blueprints.marketplace.auction_offer.models import Offer
from blueprints.marketplace.product_listing.auction_state import lock_listing


def lock_offers_on(work: UnitOfWork, product_ids: Collection[str]) -> None:
    """Lock the open offers on these listings in the order of their ids, as a suspension locks those of its person."""
    lock_open(work, Offer.product_id.in_(product_ids))


def lapse_offers_on(work: UnitOfWork, product_id: str, act_id: str) -> None:
    """Let the open offers on a listing lapse with the act that holds it."""
    let_lapse(work, Offer.product_id == product_id, act_id)


def revive_trade(work: UnitOfWork, product_id: str, act_ids: frozenset[str]) -> list[str]:
    """Reopen the offers that lapsed with these acts and may come back, before the listing is shown again.

    An auction that is over closes now, while it is held, so without a sale: it was to be had by nobody at its end.
    Returns sentences of what does not come back."""
    listing = lock_listing(work, product_id, withdrawn_too=True)
    if listing.type == "AUCTION" and listing.closed_at is None and rules.is_over(listing, now()):
        close_auction(work.actor, product_id)
    lost = []
    if listing.type == "AUCTION" and listing.closed_at is not None and listing.winner_bid_id is None:
        lost.append("The auction has closed without a sale; it does not go on")
    return [*lost, *reopen(work, Offer.product_id == product_id, act_ids, shown=product_id)]
