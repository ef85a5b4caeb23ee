"""Who is notified of what, and how: pure decisions over the rows that events carry (rules-marketplace §6.3)."""
from collections.abc import Mapping
from typing import Any, NamedTuple

TYPES = (
    "BID_UPDATED", "BID_OUTBID", "BID_WON", "OFFER_PLACED", "OFFER_ACCEPTED", "OFFER_DECLINED", "OFFER_COUNTERED",
    "ORDER_PLACED", "ORDER_PAID", "ORDER_SHIPPED", "ORDER_DELIVERED", "ORDER_CANCELLED", "FEEDBACK_RECEIVED",
    "FEEDBACK_REQUESTED", "MESSAGE_RECEIVED", "MESSAGE_SENT", "SYSTEM_ALERT",
)
CHANNELS = ("IN_APP", "EMAIL")
_ANSWERS = {"ACCEPTED": "OFFER_ACCEPTED", "DECLINED": "OFFER_DECLINED", "COUNTERED": "OFFER_COUNTERED"}


class Notice(NamedTuple):
    """One thing to tell one user."""

    notification_type: str
    user_id: str


def settled_read(channel: str, is_read: bool) -> bool:
    """Return what isRead really is: a mail always counts as read (§6.3)."""
    return channel == "EMAIL" or is_read


def outbid(changed: Mapping[str, Any]) -> Notice | None:
    """Return the BID_OUTBID of an auction whose price changed, for whoever led before and no longer does, else None.

    A leader who cancelled was not outbid: then the price does not rise."""
    before, after = changed["oldLeaderId"], changed["leaderId"]
    rises = (changed["price"] or 0) > (changed["oldPrice"] or 0)
    return Notice("BID_OUTBID", before) if before and after and before != after and rises else None


def bid_settled(old_status: str, bid: Mapping[str, Any], was_raised: bool) -> Notice | None:
    """Return the notice for a bidder whose bid won or lost, or whose win was taken back, else None.

    A bid lost to the own higher one is no news, nor is one the bidder cancelled."""
    if bid["status"] == old_status or (bid["status"] == "LOST" and was_raised):
        return None
    kind = "BID_UPDATED" if old_status == "WON" else {"WON": "BID_WON", "LOST": "BID_UPDATED"}.get(bid["status"])
    return Notice(kind, bid["userId"]) if kind else None


def dispute_sentence(dispute: Mapping[str, Any], amount: str) -> str:
    """Return what to tell of a payment that the buyer's bank takes back; `amount` as people write it."""
    order = f"The payment of order {dispute['orderNumber']} ({amount})"
    if dispute["isClosed"]:
        return f"{order} was disputed; the bank has decided: {dispute['disputeStatus']}."
    until = f" until {dispute['answerUntil'][:10]}" if dispute["answerUntil"] else ""
    return (f"{order} is disputed by the buyer's bank (reason: {dispute['reason'] or 'none given'}, "
            f"{dispute['disputeStatus']}). Keep what proves the sale and its delivery: staff answer{until}.")


def watched_sentence(news: Mapping[str, Any], price: str) -> str:
    """Return what to tell of a listing that people watch; `price` as people write it."""
    return {"PRICE_FELL": "“{title}”, which you watch, now costs {price}.",
            "ENDS_IN_A_DAY": "The auction “{title}”, which you watch, ends within a day.",
            "ENDS_IN_AN_HOUR": "The auction “{title}”, which you watch, ends within the hour.",
            "SOLD": "“{title}”, which you watch, is sold."}[news["news"]].format(title=news["title"], price=price)


def offer_made(offer: Mapping[str, Any]) -> Notice:
    """Return the notice of a new offer: for the seller, or for the buyer of a second chance, which comes countered."""
    if offer["status"] == "COUNTERED":
        return Notice("OFFER_COUNTERED", offer["buyerId"])
    return Notice("OFFER_PLACED", offer["sellerId"])


def offer_answered(old_status: str, offer: Mapping[str, Any], answered_by: str | None) -> Notice | None:
    """Return the notice for the other party of an offer that was accepted, declined or countered, else None.

    An answer by neither party (staff, or another buyer who took the last unit) goes to the buyer; so does that of a
    pending offer that fell because its own buyer took the last unit by a counter: a buyer never declines one."""
    kind = _ANSWERS.get(offer["status"])
    if kind is None or offer["status"] == old_status:
        return None
    fell = (old_status, offer["status"]) == ("PENDING", "DECLINED")
    return Notice(kind, offer["sellerId"] if answered_by == offer["buyerId"] and not fell else offer["buyerId"])
