"""Who is notified when bids and offers happen (rules-marketplace §6.3), and the letters of EMAIL notifications."""
from typing import Any

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from app.notify.letter_templates import spoken_amount
from app.plain_text import unlinked
from blueprints.marketplace.auction_offer.queries import last_bid_of, was_raised
from blueprints.marketplace.auction_offer.topics import (
    AUCTION_CLOSED,
    BID_CREATED,
    BID_UPDATED,
    OFFER_CREATED,
    OFFER_UPDATED,
    PRICE_CHANGED,
)
from blueprints.marketplace.notification_management import rules
from blueprints.marketplace.notification_management.commands import REALM, tell
from blueprints.marketplace.notification_management.letters import LETTERS
from blueprints.marketplace.notification_management.topics import NOTIFICATION_CREATED
from blueprints.marketplace.product_listing.queries import listing_facts
from blueprints.platform.auth.queries import contact_of
from blueprints.platform.notification.notices import write_to
from blueprints.platform.notification.words import SYSTEM_ALERT

Row = dict[str, Any]
_OFFER_FACTS = ("productId", "status", "offerAmount", "counterAmount", "currency")


@subscribe(PRICE_CHANGED, name="notifications.price-changed")
def tell_outbid(work: UnitOfWork, event: Event) -> None:
    """Tell whoever led an auction that somebody else does now."""
    changed = event.payload
    notice = rules.outbid(changed)
    if notice is not None:
        payload = {"productId": changed["productId"], "bidId": last_bid_of(changed["productId"], notice.user_id),
                   "bidAmount": changed["price"], "currency": changed["currency"]}
        tell(work, event, notice, payload, {"title": changed["title"]})


@subscribe(BID_CREATED, name="notifications.bid-placed")
def tell_bid_placed(work: UnitOfWork, event: Event) -> None:
    """Tell the seller of each bid."""
    bid, listing = event.payload, _listing(event.payload["productId"])
    if listing is not None:
        tell(work, event, rules.Notice("BID_UPDATED", listing["sellerId"]), _bid_facts(bid))


@subscribe(BID_UPDATED, name="notifications.bid-settled")
def tell_bid_settled(work: UnitOfWork, event: Event) -> None:
    """Tell a bidder that the bid won or lost."""
    old, bid = event.payload["old_auctionOfferBid"], event.payload["auctionOfferBid"]
    # Only who bids again loses a bid by an own act, so of all others no bid is read.
    raised = bid["status"] == "LOST" and event.user_id == bid["userId"] and was_raised(bid["id"])
    notice = rules.bid_settled(old["status"], bid, was_raised=raised)
    if notice is not None:
        tell(work, event, notice, _bid_facts(bid), _title_of(bid["productId"]))


@subscribe(AUCTION_CLOSED, name="notifications.auction-closed")
def tell_auction_closed(work: UnitOfWork, event: Event) -> None:
    """Tell the seller how the auction ended; a seller who withdrew it knows."""
    closed, listing = event.payload, _listing(event.payload["productId"])
    if listing is None or not listing["isActive"]:
        return
    price, title = spoken_amount(closed["price"], closed["currency"]), unlinked(closed["title"])
    message = f"Your auction “{title}” {f'sold for {price}' if closed['bidId'] else 'ended without a sale'}."
    payload = {name: closed[name] for name in ("productId", "bidId", "winnerId", "price", "currency")}
    tell(work, event, rules.Notice("SYSTEM_ALERT", closed["sellerId"]), payload | {"message": message},
         {"subject": f"Auction ended: {title}"})


@subscribe(OFFER_CREATED, name="notifications.offer-made")
def tell_offer_made(work: UnitOfWork, event: Event) -> None:
    """Tell the seller of an offer, the runner-up of a second chance."""
    _tell_of_offer(work, event, rules.offer_made(event.payload), event.payload)


@subscribe(OFFER_UPDATED, name="notifications.offer-answered")
def tell_offer_answered(work: UnitOfWork, event: Event) -> None:
    """Tell the other party that an offer was accepted, declined or countered."""
    old, offer = event.payload["old_auctionOfferOffer"], event.payload["auctionOfferOffer"]
    notice = rules.offer_answered(old["status"], offer, event.user_id)
    if notice is not None:
        _tell_of_offer(work, event, notice, offer)


@subscribe(NOTIFICATION_CREATED, name="notifications.mail")
def mail_notification(work: UnitOfWork, event: Event) -> None:
    """Send the letter of a notification that staff made for the EMAIL channel, whatever its type."""
    row = event.payload
    contact = contact_of(REALM, row["userId"]) if row["channel"] == "EMAIL" else None
    if contact is not None:
        write_to(work, [contact], row["notificationType"], row["payload"], event=event,
                 otherwise=LETTERS[SYSTEM_ALERT])


def _tell_of_offer(work: UnitOfWork, event: Event, notice: rules.Notice, offer: Row) -> None:
    payload = {"offerId": offer["id"], **{name: offer[name] for name in _OFFER_FACTS}}
    words = {name: offer[name] for name in ("message", "counterMessage")}
    tell(work, event, notice, payload, words | _title_of(offer["productId"]))


def _bid_facts(bid: Row) -> Row:
    return {"bidId": bid["id"], **{name: bid[name] for name in ("productId", "bidAmount", "currency", "status")}}


def _listing(product_id: str) -> Row | None:
    return listing_facts([product_id]).get(product_id)


def _title_of(product_id: str) -> Row:
    listing = _listing(product_id)
    return {"title": listing["title"]} if listing else {}
