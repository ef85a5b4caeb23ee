"""The writes of auctionOffer on bids: place, raise, buy, take back, settle, close (offers: offer_commands.py).

Each takes the listing's row lock first, a bid behind the accounts of both; behind it the clock is asked and every rule
decided."""
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.money import FACTORS, least_step, minor_of, to_wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.identity.access import require, require_self_or_staff
from app.runtime import runtime
from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.models import ACTIVE_BID, Bid
from blueprints.marketplace.auction_offer.topics import AUCTION_CLOSED, PRICE_CHANGED
from blueprints.marketplace.product_listing.auction_state import (
    forget_winner,
    lock_listing,
    record_close,
    record_standing,
    refuse_held,
)
from blueprints.marketplace.product_listing.commands import CLOSE_AUCTION
from blueprints.marketplace.product_listing.lending import AuctionListing
from blueprints.marketplace.product_listing.trading import share_parties
from blueprints.platform.people.queries import inactive_in, refuse_inactive, standings_of
from blueprints.platform.people.rules import SELLING, WINNING


def place_bid(actor: Actor, *, product_id: str, bid_amount: Decimal, currency: str, buy_now: bool = False,
              id: str | None = None) -> Bid:
    """Bid on an auction, raise the own bid, or with `buy_now` buy at the buy-now price; `bid_amount` in major units.

    Raises InvalidInput, NotFound, Forbidden (own listing), RuleViolated (rules-marketplace §2.3, decisions 8–11)."""
    amount = minor_of("bidAmount", bid_amount, currency)
    with unit_of_work(actor) as work:
        parties = share_parties(work, [product_id])
        listing = lock_listing(work, product_id)
        _refuse_wrong_auction(actor, listing, currency)
        refuse_inactive(actor, sellers=[listing.seller_id], buyer=actor.user_id, known=parties)
        own = _active_bid_of(work, product_id, actor.user_id)
        take = _buy if buy_now else _bid
        bid = take(work, listing, own, amount, id)
        work.commit()
        return bid


def change_bid_status(actor: Actor, bid_id: str, status: str | None = None) -> Bid:
    """Cancel an own bid while the auction runs; staff also settle: WON closes the auction, LOST drops the bid.

    Raises NotFound, Forbidden, RuleViolated once the bid is final or the auction over (rules-marketplace §2.3)."""
    with unit_of_work(actor) as work:
        bid, listing = _lock_bid(work, bid_id)
        require_self_or_staff(actor, bid.user_id)
        if status is not None:
            require(actor.is_staff or status in ("CANCELLED", "ACTIVE"), "errMsg_onlyStaffSettlesBids")
            _refuse_final(actor, bid, listing, status)
            if status == "WON":
                _award(work, listing, bid)
            else:
                work.change(bid, status=status)
                _resolve_without(work, listing, bid)
        work.commit()
        return bid


def delete_bid(actor: Actor, bid_id: str) -> Bid:
    """Soft-delete a bid: the bidder while the auction runs, staff at any time; the price follows.

    Raises NotFound, Forbidden, RuleViolated after the end (rules-marketplace §2.2, 080)."""
    with unit_of_work(actor) as work:
        bid, listing = _lock_bid(work, bid_id)
        require_self_or_staff(actor, bid.user_id)
        if not actor.is_staff:
            _refuse_ended(listing)
        work.archive(bid)
        if bid.status == "ACTIVE" and listing.closed_at is None:
            _resolve_without(work, listing, bid)
        elif bid.id == listing.winner_bid_id:
            forget_winner(work, listing)
        work.commit()
        return bid


def close_auction(actor: Actor, product_id: str, *, early: bool = False) -> AuctionListing:
    """Close an auction whose effective end has passed (staff: `early`, at any time); closing twice changes nothing.

    Raises NotFound, RuleViolated while the auction runs (decision 12). A listing that is withdrawn or held closes
    without a sale."""
    with unit_of_work(actor) as work:
        listing = lock_listing(work, product_id, withdrawn_too=True)
        if listing.type != "AUCTION":
            raise RuleViolated("NotAnAuction", "The listing is no auction")
        moment = now()
        if listing.closed_at is None:
            if not (early and actor.is_staff) and not rules.is_over(listing, moment):
                raise RuleViolated("AuctionRunning", "The auction is still running")
            _close(work, listing, moment)
        work.commit()
        return listing


def close_when_due(work: UnitOfWork, product_id: str) -> None:
    """Close the auction, or owe the closing again at the end that soft-closing bids have moved."""
    listing = lock_listing(work, product_id, withdrawn_too=True)
    if listing.closed_at is None and listing.effective_end is not None and not rules.is_over(listing, now()):
        work.schedule(CLOSE_AUCTION, product_id, listing.effective_end)
    elif listing.closed_at is None and rules.is_over(listing, now()):
        close_auction(work.actor, product_id)


def _active_bids(product_id: Any) -> Select[Any]:
    return select(Bid).where(Bid.product_id == product_id, ACTIVE_BID)


# Built once, because every bid asks it.
_ACTIVE_BID_OF = _active_bids(bindparam("product_id")).where(Bid.user_id == bindparam("user_id"))


def _active_bid_of(work: UnitOfWork, product_id: str, user_id: str | None) -> Bid | None:
    return next(iter(work.all(_ACTIVE_BID_OF, {"product_id": product_id, "user_id": user_id})), None)


def _refuse_wrong_auction(actor: Actor, listing: AuctionListing, currency: str) -> None:
    require(not actor.is_user(listing.seller_id), "errMsg_sellersMayNotBidOnTheirOwnAuction")
    refuse_held(listing)
    if listing.type != "AUCTION":
        raise RuleViolated("NotAnAuction", "Bids are taken on auctions only")
    if currency != listing.currency:
        raise RuleViolated("CurrencyDiffers", f"The auction runs in {listing.currency}")


def _bid(work: UnitOfWork, listing: AuctionListing, own: Bid | None, amount: int, bid_id: str | None) -> Bid:
    table, bidder, moment = _increments_for(listing.currency), str(work.actor.user_id), now()
    _refuse(rules.bid_refusal(listing, table, bidder=bidder, amount=amount, own_maximum=own.maximum if own else None,
                              now=moment), listing.currency)
    after = rules.take_bid(listing, table, bidder=bidder, amount=amount, now=moment)
    shown = rules.visible_amount(listing, after, table, bidder=bidder, amount=amount)
    bid = _insert_bid(work, listing, own, Bid(id=bid_id, bid_amount=shown, maximum=amount, sequence=after.bid_count,
                                              placed_at=moment))
    if after.highest_bidder_id != bidder and after.current_bid != listing.current_bid:
        _show_price(work, listing.id, after)
    _move_price(work, listing, after, bid)
    return bid


def _buy(work: UnitOfWork, listing: AuctionListing, own: Bid | None, amount: int, bid_id: str | None) -> Bid:
    moment = now()
    _refuse(rules.buy_now_refusal(listing, amount, moment), listing.currency)
    after = rules.bought_at_once(listing, buyer=str(work.actor.user_id), price=amount)
    bid = _insert_bid(work, listing, own, Bid(id=bid_id, bid_amount=amount, maximum=amount, sequence=after.bid_count,
                                              placed_at=moment))
    work.flush()
    _move_price(work, listing, after, bid)
    _settle(work, listing, bid, moment)
    return bid


def _increments_for(currency: str) -> rules.IncrementTable:
    """Return the increments of the setting BID_INCREMENTS in minor units of `currency` (decision 9)."""
    return _parsed_increments(runtime().settings.bid_increments, FACTORS[currency], least_step(currency))


_parsed_increments = lru_cache(maxsize=64)(rules.parse_increments)


def _refuse(refusal: rules.Refusal | None, currency: str) -> None:
    """Raise the 400 a rule asks for, its amount written in major units; None lets pass."""
    if refusal is not None:
        amount = to_wire(refusal.amount, currency)
        detail = None if amount is None else {"amount": amount, "currency": currency}
        raise RuleViolated(refusal.code, refusal.sentence.format(amount=f"{amount} {currency}"), detail)


def _insert_bid(work: UnitOfWork, listing: AuctionListing, own: Bid | None, bid: Bid) -> Bid:
    if own is not None:
        work.change(own, status="LOST")
        work.flush()  # the former bid must have left the unique index before the new one enters it
    bid.user_id, bid.product_id, bid.currency = str(work.actor.user_id), listing.id, listing.currency
    bid.created_at = bid.placed_at
    return work.insert(bid)


def _move_price(work: UnitOfWork, listing: AuctionListing, after: rules.Standing, cause: Bid) -> None:
    """Record where the auction stands after a bid came or left; when price or lead are others now, say so (062).

    Everything in the event is for everybody's eyes: the price that shows, never a maximum (decision 8)."""
    price, leader = listing.current_bid, listing.highest_bidder_id
    record_standing(work, listing, after)
    if (price, leader) != (after.current_bid, after.highest_bidder_id):
        work.emit(PRICE_CHANGED, listing.id, {
            "productId": listing.id, "title": listing.title, "sellerId": listing.seller_id,
            "currency": listing.currency, "oldPrice": to_wire(price, listing.currency),
            "price": to_wire(after.current_bid, listing.currency), "oldLeaderId": leader,
            "leaderId": after.highest_bidder_id, "effectiveEnd": iso(after.effective_end), "bidId": cause.id})


def _show_price(work: UnitOfWork, product_id: str, standing: rules.Standing) -> None:
    """Let the leader's bid show the price it has automatically risen to (decision 8)."""
    leading = _active_bid_of(work, product_id, standing.highest_bidder_id)
    if leading is not None:
        work.change(leading, bid_amount=standing.current_bid)


def _lock_bid(work: UnitOfWork, bid_id: str) -> tuple[Bid, AuctionListing]:
    """Return the bid and its listing as they are behind the listing's lock."""
    listing = lock_listing(work, work.get(Bid, bid_id).product_id, withdrawn_too=True)
    return work.lock(Bid, bid_id), listing


def _refuse_final(actor: Actor, bid: Bid, listing: AuctionListing, status: str) -> None:
    if bid.status != "ACTIVE" or status == "ACTIVE":
        raise RuleViolated("BidFinal", f"A bid that is {bid.status} cannot become {status}")
    if not actor.is_staff:
        _refuse_ended(listing)


def _refuse_ended(listing: AuctionListing) -> None:
    if listing.closed_at is not None or rules.is_over(listing, now()):
        raise RuleViolated("AuctionEnded", "The auction has ended")


def _resolve_without(work: UnitOfWork, listing: AuctionListing, gone: Bid) -> None:
    """Find the leader and the price among the bids that remain after one is gone."""
    work.flush()
    best = work.all(_active_bids(listing.id).order_by(Bid.maximum.desc(), Bid.sequence).limit(2))
    after = rules.standing_without(listing, _increments_for(listing.currency),
                                   [rules.StandingBid(bid.user_id, bid.maximum) for bid in best])
    _move_price(work, listing, after, gone)
    if best:
        work.change(best[0], bid_amount=after.current_bid)


def _award(work: UnitOfWork, listing: AuctionListing, bid: Bid) -> None:
    """Let staff's word close the auction: the leader wins at the price, anybody else at the amount that bid shows."""
    if not listing.is_active:
        raise RuleViolated("ListingGone", "The listing was withdrawn")
    refuse_held(listing)
    refuse_inactive(work.actor, sellers=[listing.seller_id], buyer=bid.user_id)
    price = listing.current_bid if listing.highest_bidder_id == bid.user_id else bid.bid_amount
    _move_price(work, listing, rules.sold_to(listing, buyer=bid.user_id, price=price or bid.bid_amount), bid)
    _settle(work, listing, bid, now())


def take_out_bids_of(actor: Actor, user_id: str, cause: str | None = None) -> int:
    """Cancel the standing bids of somebody who is not active any more, the prices follow; returns how many.

    `cause` is the request that ended him, where no unit of work is open that knows it."""
    with unit_of_work(actor, request_id=cause) as work:
        theirs = work.rows(select(Bid.product_id).where(Bid.user_id == user_id, ACTIVE_BID).order_by(Bid.product_id))
        listings = [lock_listing(work, row.product_id, withdrawn_too=True) for row in theirs]
        taken = sum(_take_out(work, listing, {user_id}) for listing in listings if listing.closed_at is None)
        work.commit()
    return taken


def _take_out(work: UnitOfWork, listing: AuctionListing, user_ids: AbstractSet[str]) -> int:
    """Cancel the bids of these people on a locked listing; returns how many."""
    bids = [bid for bid in work.all(_active_bids(listing.id)) if bid.user_id in user_ids]
    for bid in bids:
        work.change(bid, status="CANCELLED")
    if bids:
        _resolve_without(work, listing, bids[-1])
    return len(bids)


def take_out_bids(work: UnitOfWork, listing: AuctionListing, user_id: str) -> dict[str, Any]:
    """Cancel the bid of a banned person on a locked auction, the price follows (M-5).

    Returns its id → what put_back_bid must know to leave the auction as it was; no secret maximum in it."""
    own = _active_bid_of(work, listing.id, user_id)
    if own is None or listing.closed_at is not None:
        return {}
    price = listing.current_bid
    shown = {bid.id: bid.bid_amount for bid in work.all(_active_bids(listing.id)) if bid is not own}
    _take_out(work, listing, {user_id})
    changed = {bid.id: shown[bid.id] for bid in work.all(_active_bids(listing.id)) if bid.bid_amount != shown[bid.id]}
    return {own.id: {"price": price, "bids": sorted(shown), "count": listing.bid_count, "shown": changed}}


def put_back_bid(work: UnitOfWork, bid: Bid, before: Mapping[str, Any]) -> bool:
    """Let a bid stand again that a ban has taken out of this locked auction; returns whether it does (M-5).

    Not when the auction is over, or the bidder has bid on it again."""
    listing = lock_listing(work, bid.product_id, withdrawn_too=True)
    is_free = bid.status == "CANCELLED" and bid.is_active and listing.is_active
    if not is_free or not rules.may_come_back(listing, now()) or _has_newer(work, bid):
        return False
    others = work.all(_active_bids(listing.id).order_by(Bid.maximum.desc(), Bid.sequence))
    is_unchanged = (sorted(other.id for other in others), listing.bid_count) == (before["bids"], before["count"])
    work.change(bid, status="ACTIVE")
    best = sorted([*others, bid], key=lambda one: (-one.maximum, one.sequence))
    after = rules.standing_put_back(listing, _increments_for(listing.currency), [
        rules.StandingBid(one.user_id, one.maximum) for one in best[:2]], before["price"] if is_unchanged else None)
    for other in others if is_unchanged else ():
        work.change(other, bid_amount=before["shown"].get(other.id, other.bid_amount))
    _move_price(work, listing, after, bid)
    if after.current_bid is not None:
        work.change(best[0], bid_amount=after.current_bid)
    work.flush()
    return True


def _has_newer(work: UnitOfWork, bid: Bid) -> bool:
    newer = select(Bid.id).where(Bid.product_id == bid.product_id, Bid.user_id == bid.user_id,
                                 Bid.sequence > bid.sequence).limit(1)
    return bool(work.rows(newer))


def _close(work: UnitOfWork, listing: AuctionListing, moment: datetime) -> None:
    """Close a locked auction; who is not active neither sells nor wins (decision 41), but who is suspended may win
    (M-4, M-6)."""
    bidders = [row.user_id for row in work.rows(select(Bid.user_id).where(Bid.product_id == listing.id, ACTIVE_BID))]
    known = standings_of(work.actor.realm, [listing.seller_id, *bidders])
    is_sold = listing.is_live and not inactive_in(known, [listing.seller_id], SELLING)
    inactive = inactive_in(known, bidders, WINNING)
    if is_sold and inactive:
        _take_out(work, listing, inactive)
    result = rules.outcome(listing)
    winner = None
    if is_sold and result.winner is not None:
        winner = _active_bid_of(work, listing.id, result.winner)
    _settle(work, listing, winner, moment)


def _settle(work: UnitOfWork, listing: AuctionListing, winner: Bid | None, moment: datetime) -> None:
    """Make one bid WON at the price and the rest LOST (CANCELLED when the listing is gone or held), and say so."""
    lost = "LOST" if listing.is_live else "CANCELLED"
    for bid in work.all(_active_bids(listing.id)):
        work.change(bid, status=lost if bid is not winner else "WON")
    if winner is not None:
        work.change(winner, bid_amount=listing.current_bid)
    record_close(work, listing, moment, winner.id if winner else None)
    work.emit(AUCTION_CLOSED, listing.id, {
        "productId": listing.id, "title": listing.title, "sellerId": listing.seller_id, "currency": listing.currency,
        "bidId": winner.id if winner else None, "winnerId": winner.user_id if winner else None,
        "price": to_wire(winner.bid_amount, listing.currency) if winner else None, "closedAt": iso(moment)})
