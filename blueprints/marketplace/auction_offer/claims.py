"""Agreed prices as orders take them: an accepted offer or a won bid settles at its price, once.

Called inside the order's unit of work, behind the listing's lock; no route leads here."""
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from app.actor import Actor
from app.clock import now
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.runtime import runtime
from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.models import Bid, Offer
from blueprints.marketplace.product_listing.auction_state import auction_standings, lock_listing, record_promise


def promised_since() -> datetime:
    """Return since when an accepted offer that is not ordered keeps its unit (docs/decisions/061)."""
    return rules.promised_since(now(), runtime().settings.unpaid_auction_days)


def promised_units(work: UnitOfWork, product_id: str, *, but_to: str | None = None) -> int:
    """Return how many units of a listing accepted offers still promise, those of the buyer `but_to` left out."""
    owed = [*_unordered(product_id), Offer.responded_at > promised_since(),
            *([Offer.buyer_id != but_to] if but_to else [])]
    return int(work.rows(select(func.count(Offer.id)).where(*owed))[0][0])


def note_promises(work: UnitOfWork, product_id: str) -> None:
    """Let the listing, which is locked, know until when accepted offers promise it to their buyers."""
    work.flush()
    last = work.rows(select(func.max(Offer.responded_at)).where(*_unordered(product_id)))[0][0]
    until = None if last is None else rules.promised_until(last, runtime().settings.unpaid_auction_days)
    record_promise(work, lock_listing(work, product_id, withdrawn_too=True), until)


def _unordered(product_id: str) -> tuple[ColumnElement[bool], ...]:
    return Offer.product_id == product_id, Offer.status == "ACCEPTED", Offer.order_id.is_(None)


def claim_offer(actor: Actor, offer_id: str, *, buyer_id: str, product_id: str, currency: str, order_id: str) -> int:
    """Let an order take an accepted offer; returns the agreed unit price in minor units of `currency`.

    Raises RuleViolated when it is not the buyer's accepted offer on that product, is in another currency than the
    listing has now, or taken by another order (§7.3)."""
    with unit_of_work(actor) as work:
        offer = work.find(Offer, Offer.id == offer_id, Offer.buyer_id == buyer_id, Offer.product_id == product_id,
                          Offer.status == "ACCEPTED", Offer.is_active.is_(True), lock=True)
        if offer is None or offer.order_id not in (None, order_id):
            raise RuleViolated("NoAcceptedOffer", "There is no accepted offer of yours to order at")
        if offer.currency != currency:
            raise RuleViolated("CurrencyDiffers", f"The offer was accepted in {offer.currency}")
        work.change(offer, order_id=order_id)
        note_promises(work, product_id)
        work.commit()
        return rules.agreed_price(offer.offer_amount, offer.counter_amount)


def claim_bid(actor: Actor, bid_id: str, *, bidder_id: str, product_id: str, order_id: str,
              instead_of: str | None = None) -> int:
    """Let an order take a won auction; returns the price in minor units. `instead_of` is an order that took it before
    and lost it (the doctor's mend).

    Raises RuleViolated when the bid did not win that auction for the buyer, or was taken by another order."""
    with unit_of_work(actor) as work:
        # Unlocked: whoever changes a won bid holds its listing, and an order may claim an offer after a bid.
        bid = work.find(Bid, Bid.id == bid_id, Bid.user_id == bidder_id, Bid.product_id == product_id,
                        Bid.status == "WON", Bid.is_active.is_(True))
        if bid is None or bid.order_id not in (None, order_id, instead_of):
            raise RuleViolated("AuctionNotWon", "There is no won bid of yours to order at")
        work.change(bid, order_id=order_id)
        work.commit()
        return bid.bid_amount


@dataclass(frozen=True, slots=True)
class Win:
    """A won auction that an order has taken: by which bid, and whose."""

    product_id: str
    bid_id: str
    bidder_id: str
    order_id: str


def wins_ordered() -> list[Win]:
    """Return the won auctions that an order has taken and that still have their winner, for the doctor."""
    winners = {row.winner_bid_id for row in fetch(auction_standings()) if row.winner_bid_id is not None}
    rows = fetch(select(Bid.product_id, Bid.id, Bid.user_id, Bid.order_id).where(
        Bid.status == "WON", Bid.order_id.is_not(None)).order_by(Bid.id))
    return [Win(row.product_id, row.id, row.user_id, row.order_id) for row in rows if row.id in winners]


def free_win(work: UnitOfWork, win: Win) -> None:
    """Give a won bid back that an order took which is gone; its listing is locked, behind which wins are taken."""
    bid = work.find(Bid, Bid.id == win.bid_id, Bid.order_id == win.order_id)
    if bid is not None:
        work.change(bid, order_id=None)


@dataclass(frozen=True, slots=True)
class Claims:
    """The accepted offers and won bids that several orders have taken, locked."""

    offers: list[Offer]
    bids: list[Bid]


def lock_claims(work: UnitOfWork, order_ids: Collection[str]) -> Claims:
    """Lock what these orders have taken, before the orders themselves are locked."""
    return Claims(work.all(select(Offer).where(Offer.order_id.in_(order_ids)).order_by(Offer.id), lock=True),
                  work.all(select(Bid).where(Bid.order_id.in_(order_ids)).order_by(Bid.id), lock=True))


def free_claims(work: UnitOfWork, claims: Claims, order_ids: Collection[str]) -> None:
    """Give back what those of the orders had taken that are cancelled now."""
    for bid in claims.bids:
        if bid.order_id in order_ids:
            work.change(bid, order_id=None)
    for offer in claims.offers:
        if offer.order_id in order_ids:
            work.change(offer, order_id=None)
            note_promises(work, offer.product_id)


def release_claims(actor: Actor, order_id: str, *, product_id: str | None = None) -> None:
    """Give back what a cancelled or never paid order had taken, so that it can be ordered again; of one listing only,
    when a line of it is cancelled."""
    of_line = [] if product_id is None else [Offer.product_id == product_id]
    of_won = [] if product_id is None else [Bid.product_id == product_id]
    with unit_of_work(actor) as work:
        for offer in work.all(select(Offer).where(Offer.order_id == order_id, *of_line).order_by(Offer.id), lock=True):
            work.change(offer, order_id=None)
            note_promises(work, offer.product_id)
        for bid in work.all(select(Bid).where(Bid.order_id == order_id, *of_won).order_by(Bid.id), lock=True):
            work.change(bid, order_id=None)
        work.commit()
