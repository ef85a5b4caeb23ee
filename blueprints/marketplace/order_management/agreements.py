"""At what price a line may be ordered: the listing's, or one agreed with its seller, which settles once (§7.3).

Accepted offers and won bids are found among the buyer's own and claimed for the order under their row's lock."""
from contextlib import suppress
from typing import Any

from app.actor import Actor
from app.data.money import to_minor
from app.data.reads import Page
from app.data.reads.read_request import ReadRequest
from app.data.unit_of_work import UnitOfWork
from app.errors import RuleViolated
from blueprints.marketplace.auction_offer.claims import claim_bid, claim_offer
from blueprints.marketplace.auction_offer.queries import BID_FILTERS, OFFER_FILTERS, list_bids, list_offers
from blueprints.marketplace.product_listing.lending import OrderedListing

_ALL = Page(number=0)


def agreed_price(work: UnitOfWork, actor: Actor, listing: OrderedListing, order_id: str, *, offer_id: str | None = None,
                 bid_id: str | None = None, instead_of: str | None = None, asked: int | None = None) -> int:
    """Return the unit price in minor units the actor may order at, and claim the agreement it rests on; `instead_of` is
    an order that lost the won bid.

    `asked` (minor units) must be that price when given. Raises RuleViolated when nothing allows it."""
    if offer_id is not None:
        price = _claim_offer(actor, offer_id, listing, order_id)
    elif bid_id is not None:
        price = claim_bid(actor, bid_id, bidder_id=_buyer(actor), product_id=listing.id, order_id=order_id,
                          instead_of=instead_of)
    elif listing.type == "FIXED" and asked in (None, listing.price):
        price = listing.price or 0
    else:
        price = _found(work, actor, listing, order_id, asked)
    if asked not in (None, price):
        raise RuleViolated("PriceDiffers", "the price is neither the listing's nor one agreed with its seller")
    return price


def rests_on_agreement(listing: OrderedListing, price: int) -> bool:
    """Return whether a price was agreed for one unit, rather than asked by the listing."""
    return listing.type == "AUCTION" or price != listing.price


def _buyer(actor: Actor) -> str:
    return str(actor.user_id)


def _found(work: UnitOfWork, actor: Actor, listing: OrderedListing, order_id: str, asked: int | None) -> int:
    """Claim the first of the buyer's agreements on the listing that is free and has the asked price."""
    for bid_id, price in _won_bids(actor, listing):
        if asked in (None, price):
            with suppress(RuleViolated), work.attempt():
                return claim_bid(actor, bid_id, bidder_id=_buyer(actor), product_id=listing.id, order_id=order_id)
    for offer_id, price in _accepted_offers(actor, listing):
        if asked in (None, price):
            with suppress(RuleViolated), work.attempt():
                return _claim_offer(actor, offer_id, listing, order_id)
    if listing.type == "AUCTION":
        raise RuleViolated("AuctionNotWon", "an auction is ordered by who won it, at the price it was won for")
    raise RuleViolated("PriceDiffers", "the price is neither the listing's nor one agreed with its seller")


def _claim_offer(actor: Actor, offer_id: str, listing: OrderedListing, order_id: str) -> int:
    return claim_offer(actor, offer_id, buyer_id=_buyer(actor), product_id=listing.id, currency=listing.currency,
                       order_id=order_id)


def _won_bids(actor: Actor, listing: OrderedListing) -> list[tuple[str, int]]:
    if listing.type != "AUCTION":
        return []
    where, _ = BID_FILTERS.conditions({"productId": [listing.id], "userId": [_buyer(actor)], "status": ["WON"]})
    rows = list_bids(actor, ReadRequest(page=_ALL, where=where)).rows
    return [(row["id"], to_minor(row["visibleAmount"], listing.currency)) for row in rows]


def _accepted_offers(actor: Actor, listing: OrderedListing) -> list[tuple[str, int]]:
    where, _ = OFFER_FILTERS.conditions({"productId": [listing.id], "buyerId": [_buyer(actor)], "status": ["ACCEPTED"],
                                         "currency": [listing.currency]})
    rows = list_offers(actor, ReadRequest(page=_ALL, where=where)).rows
    return [(row["id"], to_minor(_agreed(row), listing.currency)) for row in rows]


def _agreed(offer: dict[str, Any]) -> Any:
    return offer["offerAmount"] if offer["counterAmount"] is None else offer["counterAmount"]
