"""The writes of auctionOffer on offers: make, answer, withdraw, lapse, second chance.

The listing's row lock comes first, so that one unit is promised to one buyer; only the accounts of both are shared
before."""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from app.actor import Actor
from app.clock import now
from app.data.money import minor_of
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, InvalidInput, RuleViolated
from app.identity.access import require, require_self_or_staff
from app.runtime import runtime
from blueprints.marketplace.auction_offer import rules
from blueprints.marketplace.auction_offer.claims import note_promises, promised_since, promised_units
from blueprints.marketplace.auction_offer.models import OPEN_OFFER, PENDING_OFFER, Bid, Offer
from blueprints.marketplace.product_listing.auction_state import (
    forget_winner,
    lock_listing,
    refuse_held,
    units_in_stock,
)
from blueprints.marketplace.product_listing.lending import AuctionListing
from blueprints.marketplace.product_listing.trading import share_parties
from blueprints.platform.auth.lending import share_accounts
from blueprints.platform.auth.rules import Standing
from blueprints.platform.people.queries import inactive_among, refuse_inactive
from blueprints.platform.people.rules import BUYING

EXPIRE_OFFER = "expire-offer"


@dataclass(frozen=True, slots=True)
class GivenChance:
    """A second chance that was given, as other services see it."""

    offer_id: str
    buyer_id: str


def make_offer(actor: Actor, *, product_id: str, offer_amount: Decimal, currency: str, message: str | None = None,
               expires_at: datetime | None = None, counter_offer_id: str | None = None, id: str | None = None) -> Offer:
    """Offer a price (major units) for one unit of a fixed-price listing; it lapses after 48 h or at `expires_at`.

    `counter_offer_id` names the counter-offer this one answers, which becomes DECLINED.
    Raises InvalidInput, NotFound, Forbidden (own listing), RuleViolated (rules-marketplace §2.3)."""
    amount = minor_of("offerAmount", offer_amount, currency)
    _refuse_past(expires_at)
    with unit_of_work(actor) as work:
        parties = share_parties(work, [product_id])
        listing = lock_listing(work, product_id)
        _refuse_unofferable(actor, listing, currency, parties)
        if counter_offer_id is not None:
            _answer_counter(work, actor, product_id, counter_offer_id)
        _leave_no_pending(work, actor, product_id)
        offer = work.insert(Offer(
            id=id, buyer_id=actor.user_id, seller_id=listing.seller_id, product_id=product_id, currency=currency,
            offer_amount=amount, message=message, counter_offer_id=counter_offer_id, status="PENDING"))
        _let_lapse(offer, expires_at)
        work.schedule(EXPIRE_OFFER, offer.id, offer.expires_at)
        work.commit()
        return offer


def answer_offer(actor: Actor, offer_id: str, *, status: str | None = None, counter_amount: Decimal | None = None,
                 counter_message: str | None = None, expires_at: datetime | None = None,
                 message: str | None = None) -> Offer:
    """Accept, decline, counter (major units) or withdraw an offer, or as its buyer reword it while PENDING.

    Raises InvalidInput, NotFound, Forbidden (wrong party), RuleViolated (wrong step) (rules-marketplace §2.3)."""
    _check_counter(status, counter_amount, counter_message, expires_at)
    with unit_of_work(actor) as work:
        named = work.get(Offer, offer_id)
        if status in ("ACCEPTED", "COUNTERED"):
            share_accounts(work, {named.seller_id, named.buyer_id})
        listing = lock_listing(work, named.product_id, withdrawn_too=True)
        offer = work.lock(Offer, offer_id)
        parties = _parties(actor, offer)
        if status is not None:
            _refuse_step(offer, status, parties)
            if status in ("ACCEPTED", "COUNTERED"):
                refuse_inactive(actor, sellers=[offer.seller_id], buyer=offer.buyer_id)
            _take_step(work, listing, offer, status)
        if counter_amount is not None:
            work.change(offer, counter_amount=minor_of("counterAmount", counter_amount, offer.currency),
                        counter_message=counter_message)
            _let_lapse(offer, expires_at)
        if message is not None:
            _reword(work, offer, parties, message)
        work.commit()
        return offer


def delete_offer(actor: Actor, offer_id: str) -> Offer:
    """Soft-delete an offer; raises NotFound, Forbidden (neither buyer nor staff), RuleViolated once ACCEPTED."""
    with unit_of_work(actor) as work:
        offer = work.lock(Offer, offer_id)
        require_self_or_staff(actor, offer.buyer_id)
        if offer.status == "ACCEPTED":
            raise RuleViolated("OfferAccepted", "An accepted offer cannot be deleted")
        work.archive(offer)
        work.commit()
        return offer


def expire_offer(actor: Actor, offer_id: str) -> Offer | None:
    """Write down that an open offer has lapsed; anything else, also a second call, changes nothing (decision 13)."""
    with unit_of_work(actor) as work:
        offer = work.find(Offer, Offer.id == offer_id, Offer.is_active.is_(True), lock=True)
        if offer is not None and rules.has_lapsed(offer.status, offer.expires_at, now()):
            work.change(offer, status="EXPIRED")
        work.commit()
        return offer


def expire_when_due(work: UnitOfWork, offer_id: str) -> None:
    """Let the offer lapse, or owe that again at the time a counter has moved it to: an answer leaves that to us."""
    offer = expire_offer(work.actor, offer_id)
    if offer is not None and offer.status in rules.OPEN_OFFER_STATUSES:
        work.schedule(EXPIRE_OFFER, offer_id, offer.expires_at)


def offer_second_chance(actor: Actor, product_id: str) -> Offer:
    """Offer a won but unpaid auction to the runner-up, at that bidder's amount, as a counter-offer to be accepted.

    For the seller or staff, 4 days after the close; the unpaid win is cancelled (decision 12).
    Raises NotFound, Forbidden, RuleViolated when nobody failed to pay, it is too early, or nobody is left to ask."""
    with unit_of_work(actor) as work:
        offer = _end_unpaid_win(work, actor, product_id)
        if offer is None:
            raise RuleViolated("NoRunnerUp", "No other bidder is left to be asked")
        work.commit()
        return offer


def ask_runner_up(actor: Actor, product_id: str) -> GivenChance:
    """Do what offer_second_chance does, for another service; raises as it does."""
    offer = offer_second_chance(actor, product_id)
    return GivenChance(offer.id, offer.buyer_id)


def end_unpaid_win(actor: Actor, product_id: str) -> GivenChance | None:
    """Cancel a win nobody paid for and give the runner-up a second chance; None when nobody is left to be asked.

    Raises as offer_second_chance does, but not for want of a runner-up: the listing is its seller's again then."""
    with unit_of_work(actor) as work:
        offer = _end_unpaid_win(work, actor, product_id)
        work.commit()
        return GivenChance(offer.id, offer.buyer_id) if offer else None


def _end_unpaid_win(work: UnitOfWork, actor: Actor, product_id: str) -> Offer | None:
    listing = lock_listing(work, product_id)
    require_self_or_staff(actor, listing.seller_id)
    refuse_held(listing)
    refuse_inactive(actor, sellers=[listing.seller_id])
    winner = work.first(select(Bid).where(Bid.product_id == product_id, Bid.status == "WON"))
    _refuse_second_chance(work, listing, winner)
    runner_up = _runner_up(work, listing, _least_for(actor, listing))
    _end_unused_chances(work, listing)
    if winner is not None:
        work.change(winner, status="CANCELLED")
        forget_winner(work, listing)
    return _second_chance(work, listing, runner_up) if runner_up else None


def end_offers_of(actor: Actor, user_id: str, cause: str | None = None) -> int:
    """Let lapse the open offers that somebody who is not active any more made or was made; returns how many.

    `cause` is the request that ended him, where no unit of work is open that knows it."""
    with unit_of_work(actor, request_id=cause) as work:
        is_theirs = or_(Offer.buyer_id == user_id, Offer.seller_id == user_id)
        lapsing = work.all(select(Offer).where(OPEN_OFFER, is_theirs).order_by(Offer.id), lock=True)
        for offer in lapsing:
            work.change(offer, status="EXPIRED")
        work.commit()
    return len(lapsing)


def decline_open_offers(actor: Actor, product_id: str) -> int:
    """Decline every open offer on a listing that is gone; returns how many."""
    with unit_of_work(actor) as work:
        declined = _decline_others(work, lock_listing(work, product_id, withdrawn_too=True).id, None)
        work.commit()
        return declined


def _refuse_unofferable(actor: Actor, listing: AuctionListing, currency: str, parties: Mapping[str, Standing]) -> None:
    require(not actor.is_user(listing.seller_id), "errMsg_sellersMayNotOfferOnTheirOwnListing")
    refuse_held(listing)
    if listing.type != "FIXED":
        raise RuleViolated("NotFixedPrice", "Offers are taken on fixed-price listings only")
    refuse_inactive(actor, sellers=[listing.seller_id], buyer=actor.user_id, known=parties)
    if not listing.accept_offers:
        raise RuleViolated("OffersNotAccepted", "The seller takes no offers on this listing")
    if currency != listing.currency:
        raise RuleViolated("CurrencyDiffers", f"The listing is priced in {listing.currency}")
    if units_in_stock(listing) == 0:
        raise RuleViolated("SoldOut", "The listing is sold out")


def _refuse_past(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= now():
        _invalid("expiresAt", "expected a date in the future")


def _invalid(name: str, expected: str) -> NoReturn:
    raise InvalidInput(f"{name}: {expected}", detail={name: expected})


def _answer_counter(work: UnitOfWork, actor: Actor, product_id: str, counter_offer_id: str) -> None:
    counter = work.find(Offer, Offer.id == counter_offer_id, Offer.is_active.is_(True), Offer.product_id == product_id,
                        Offer.buyer_id == actor.user_id, lock=True)
    if counter is None or counter.status != "COUNTERED" or _has_lapsed(counter):
        raise RuleViolated("NoSuchCounterOffer", "counterOfferId names no open counter-offer to you on this listing")
    work.change(counter, status="DECLINED", responded_at=now())


def _leave_no_pending(work: UnitOfWork, actor: Actor, product_id: str) -> None:
    """Refuse a second pending offer; one that lapsed unnoticed makes room first."""
    pending = work.find(Offer, Offer.product_id == product_id, Offer.buyer_id == actor.user_id,
                        PENDING_OFFER, lock=True)
    if pending is None:
        return
    if not _has_lapsed(pending):
        raise RuleViolated(*Offer.__duplicates__["uq_auction_offer_offer_pending"])
    work.change(pending, status="EXPIRED")
    work.flush()


def _let_lapse(offer: Offer, asked: datetime | None) -> None:
    offer.expires_at = rules.lapse_time(now(), runtime().settings.offer_hours, asked)


def _has_lapsed(offer: Offer) -> bool:
    return rules.has_lapsed(offer.status, offer.expires_at, now())


def _parties(actor: Actor, offer: Offer) -> set[str]:
    require_self_or_staff(actor, offer.seller_id, offer.buyer_id, message="errMsg_offerBelongsToOthers")
    known = {rules.SELLER: actor.is_user(offer.seller_id), rules.BUYER: actor.is_user(offer.buyer_id),
             rules.STAFF: actor.is_staff}
    return {party for party, holds in known.items() if holds}


def _check_counter(status: str | None, amount: Decimal | None, message: str | None,
                   expires_at: datetime | None) -> None:
    """A counter needs its amount; nothing of a counter may come with any other step."""
    if status == "COUNTERED" and amount is None:
        _invalid("counterAmount", "is required with status COUNTERED")
    if status != "COUNTERED" and (amount, message, expires_at) != (None, None, None):
        raise RuleViolated("NotACounterOffer", "counterAmount, counterMessage and expiresAt come with status COUNTERED")
    _refuse_past(expires_at)


def _refuse_step(offer: Offer, wanted: str, parties: set[str]) -> None:
    if _has_lapsed(offer) and rules.STAFF not in parties:
        raise RuleViolated("OfferExpired", "The offer has expired")
    current = "EXPIRED" if _has_lapsed(offer) else offer.status
    allowed = rules.parties_of(current, wanted)
    if parties & allowed:
        return
    if not allowed - {rules.STAFF}:
        raise RuleViolated("OfferStep", f"An offer that is {current} cannot become {wanted}")
    raise Forbidden("errMsg_offerStepBelongsToTheOtherParty")


def _take_step(work: UnitOfWork, listing: AuctionListing, offer: Offer, status: str) -> None:
    if status == "ACCEPTED":
        _promise_unit(work, listing, offer)
    was_accepted = offer.status == "ACCEPTED"
    answered: dict[str, Any] = {"responded_at": now()} if rules.is_answer(status) else {}
    work.change(offer, status=status, **answered)
    if was_accepted or status == "ACCEPTED":
        note_promises(work, listing.id)


def _promise_unit(work: UnitOfWork, listing: AuctionListing, offer: Offer) -> None:
    """Refuse when no unit is left for one more accepted offer; the last one declines the others (decision 13)."""
    if not listing.is_active:
        raise RuleViolated("ListingGone", "The listing was withdrawn")
    refuse_held(listing)
    if listing.currency != offer.currency:
        raise RuleViolated("CurrencyDiffers", f"The listing is now priced in {listing.currency}")
    if listing.type != "FIXED":
        return
    left = rules.units_left(units_in_stock(listing), promised_units(work, listing.id))
    if left is not None and left <= 0:
        raise RuleViolated("SoldOut", "Every unit is sold or promised to somebody else")
    if left == 1:
        _decline_others(work, listing.id, offer.id)


def _decline_others(work: UnitOfWork, product_id: str, kept_id: str | None) -> int:
    others = work.all(select(Offer).where(
        Offer.product_id == product_id, OPEN_OFFER)
        .order_by(Offer.id), lock=True)
    declined = [other for other in others if other.id != kept_id]
    for other in declined:
        work.change(other, status="DECLINED", responded_at=now())
    return len(declined)


def _reword(work: UnitOfWork, offer: Offer, parties: set[str], message: str) -> None:
    require(rules.BUYER in parties or rules.STAFF in parties, "errMsg_onlyTheBuyerWritesTheMessage")
    if offer.status != "PENDING" or _has_lapsed(offer):
        raise RuleViolated("OfferNotPending", "The message can be changed only while the offer is PENDING")
    work.change(offer, message=message)


def _refuse_second_chance(work: UnitOfWork, listing: AuctionListing, winner: Bid | None) -> None:
    chances = work.all(select(Offer).where(Offer.product_id == listing.id))
    if listing.closed_at is None or listing.type != "AUCTION" or (winner is None and not chances):
        raise RuleViolated("NobodyFailedToPay", "The listing is no auction that was won and left unpaid")
    if winner is not None and winner.order_id is not None:
        raise RuleViolated("AlreadyOrdered", "The winner has ordered the item")
    if winner is not None and now() < listing.closed_at + timedelta(days=runtime().settings.unpaid_auction_days):
        raise RuleViolated("WinnerMayStillPay", "The winner may still pay")
    if any(_is_alive(chance) for chance in chances):
        raise RuleViolated("SecondChanceOffered", "Another bidder has been offered the item")


def _is_alive(chance: Offer) -> bool:
    """Tell whether a second chance may still be answered, or was accepted and is ordered or may still be."""
    if not chance.is_active or _has_lapsed(chance):
        return False
    if chance.status == "ACCEPTED" and chance.order_id is None:
        return chance.responded_at is not None and chance.responded_at > promised_since()
    return chance.status in ("COUNTERED", "ACCEPTED")


def _end_unused_chances(work: UnitOfWork, listing: AuctionListing) -> None:
    """Let lapse the second chances that were accepted and never ordered: the item is one, and goes to the next."""
    for chance in work.all(select(Offer).where(Offer.product_id == listing.id, Offer.status == "ACCEPTED"), lock=True):
        work.change(chance, status="EXPIRED")


def _least_for(actor: Actor, listing: AuctionListing) -> int:
    """Return the least amount a second chance may go for: the reserve is the seller's alone to waive (decision 11)."""
    return 0 if actor.is_user(listing.seller_id) else listing.reserve_price or 0


def _runner_up(work: UnitOfWork, listing: AuctionListing, least: int) -> Bid | None:
    """Return the best bid, of `least` or more, of those who neither won nor were asked before.

    Only a bidder's last bid counts: who raised and then withdrew has left, though the raised bid is LOST."""
    asked = select(Offer.buyer_id).where(Offer.product_id == listing.id)
    later = aliased(Bid)
    has_later = exists().where(later.product_id == listing.id, later.user_id == Bid.user_id,
                               later.sequence > Bid.sequence)
    left = work.all(select(Bid).where(
        Bid.product_id == listing.id, Bid.status == "LOST", Bid.is_active.is_(True), Bid.maximum >= least, ~has_later,
        Bid.user_id != listing.highest_bidder_id, Bid.user_id.not_in(asked)).order_by(Bid.maximum.desc(), Bid.sequence))
    inactive = inactive_among(work.actor.realm, [bid.user_id for bid in left], BUYING)
    return next((bid for bid in left if bid.user_id not in inactive), None)


def _second_chance(work: UnitOfWork, listing: AuctionListing, runner_up: Bid) -> Offer:
    offer = work.insert(Offer(
        buyer_id=runner_up.user_id, seller_id=listing.seller_id, product_id=listing.id, currency=listing.currency,
        offer_amount=runner_up.maximum, counter_amount=runner_up.maximum, status="COUNTERED", responded_at=now(),
        counter_message="Second chance: the winner did not pay"))
    _let_lapse(offer, None)
    work.schedule(EXPIRE_OFFER, offer.id, offer.expires_at)
    return offer
