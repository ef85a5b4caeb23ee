"""What makes a listing sound and when it may still be changed.

Pure decisions over attribute names; amounts are minor units of the listing's currency."""
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

TYPES = ("FIXED", "AUCTION")
CONDITIONS = ("BRAND_NEW", "NEW", "USED")
SHIPPING_METHODS = ("STANDARD", "EXPRESS", "FREE")
BIDDING_MODES = ("OPEN", "PROXY")
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")

MEDIA_LIMIT_BYTES = 10_485_760
MEDIA_PER_LISTING = 24
LONGEST_SOFT_CLOSE_SECONDS = 86_400

LISTING_AMOUNTS = ("price", "start_price", "end_price", "start_bid", "end_bid", "reserve_price", "buy_now_price")
SELLERS_OWN = ("reserve_price", "end_bid", "buy_now_price", "currency")
FIXED_AT_CREATION = ("type", "bidding_mode", "seller_id", "current_bid", "highest_bidder_id")

Faults = dict[str, str]


def asking_price(listing: Mapping[str, Any]) -> Any:
    """Return what a listing costs now: its price; of an auction the current bid, else the start (FD-6)."""
    if listing.get("type") == "AUCTION":
        bid = listing.get("currentBid")
        return listing.get("startPrice") if bid is None else bid
    return listing.get("price")


def listing_faults(listing: Mapping[str, Any]) -> Faults:
    """Return every fault of a complete listing, attribute → what was expected; empty when it is sound (§8.3)."""
    return {**amount_faults(listing), **currency_faults(listing), **type_faults(listing), **order_faults(listing),
            **quantity_faults(listing)}


def amount_faults(listing: Mapping[str, Any]) -> Faults:
    """Return the amounts that are negative (rules-marketplace §8.3: amounts ≥ 0)."""
    return {name: "must not be negative" for name in (*LISTING_AMOUNTS, "shipping") if (listing.get(name) or 0) < 0}


def currency_faults(listing: Mapping[str, Any]) -> Faults:
    """Return shipping that costs something in another currency than the price: no order could hold both."""
    if listing.get("shipping") and listing.get("shipping_currency") != listing.get("currency"):
        return {"shipping_currency": "must be the currency of the price"}
    return {}


def type_faults(listing: Mapping[str, Any]) -> Faults:
    """Return what the listing's type demands and lacks: FIXED a price above 0, AUCTION a start price (§8.3)."""
    if listing.get("type") == "FIXED":
        return {} if (listing.get("price") or 0) > 0 else {"price": "must be given and above 0 for a FIXED listing"}
    if listing.get("start_price") is None:
        return {"start_price": "must be given for an AUCTION listing"}
    return auction_amount_faults(listing)


def auction_amount_faults(listing: Mapping[str, Any]) -> Faults:
    """Return upper amounts that could never be reached, or under which bids could stand (PR3, decision 11).

    Buy-now stays until the reserve is met: below the reserve it would undercut bids that were accepted before it."""
    least = max(bid_floor(listing), listing.get("reserve_price") or 0)
    return {name: "must not be below the start price, start bid or reserve price of the auction"
            for name in ("end_bid", "buy_now_price") if listing.get(name) is not None and listing[name] < least}


def bid_floor(listing: Mapping[str, Any]) -> int:
    """Return the least first bid in minor units: the larger of start price and start bid (PR3)."""
    return max(listing.get("start_price") or 0, listing.get("start_bid") or 0)


def order_faults(listing: Mapping[str, Any]) -> Faults:
    """Return dates in the wrong order and a soft close without the end it would move (decision 11)."""
    start, end, hard_end = (listing.get(name) for name in ("start_bid_date", "end_bid_date", "hard_end_date"))
    faults: Faults = {}
    if start and end and start >= end:
        faults["end_bid_date"] = "must be after startBidDate"
    if hard_end and (end is None or hard_end < end):
        faults["hard_end_date"] = "must not be before endBidDate, which must be given"
    seconds = listing.get("soft_close_seconds")
    if seconds is not None and not 0 <= seconds <= LONGEST_SOFT_CLOSE_SECONDS:
        faults["soft_close_seconds"] = f"must be from 0 to {LONGEST_SOFT_CLOSE_SECONDS}"
    elif seconds and end is None:
        faults["soft_close_seconds"] = "needs an endBidDate"
    return faults


def quantity_faults(listing: Mapping[str, Any]) -> Faults:
    """Return a quantity below one unit or below what is already reserved and sold (decision 11)."""
    quantity = listing.get("quantity")
    taken = (listing.get("reserved") or 0) + (listing.get("sold") or 0)
    if quantity is not None and quantity < max(1, taken):
        return {"quantity": f"must be at least {max(1, taken)}"}
    return {}


def past_faults(given: Mapping[str, Any], now: datetime) -> Faults:
    """Return the end dates among the given values that are not in the future (§8.3)."""
    return {name: "must be in the future" for name in ("end_bid_date", "hard_end_date")
            if given.get(name) is not None and given[name] <= now}


def end_within(listing: Mapping[str, Any], ends: datetime | None) -> datetime | None:
    """Return when an auction that should end at `ends` really does: never past its hard end, which an edit may bring
    before an end that a soft close has moved (decision 11). Other listings have no end."""
    if listing.get("type") != "AUCTION" or ends is None:
        return None
    return min(ends, listing.get("hard_end_date") or ends)


def edit_refusal(listing: Mapping[str, Any], now: datetime) -> tuple[str, str] | None:
    """Return (errCode, message) why the listing may not be edited at `now`, or None (rules-marketplace §8.3, PR-7).

    An auction that has ended stays ended, also while the job that closes it is late (decision 12)."""
    end = listing.get("effective_end")
    if listing.get("closed_at") is not None or (end is not None and end <= now):
        return "ListingClosed", "The auction is closed; its listing can no longer be edited"
    return engagement(listing, now)


def probes_the_reserve(given: Iterable[str], changed: Iterable[str]) -> bool:
    """Return whether an edit by anybody but the seller could tell the secret reserve, refused or not (decision 11).

    `given` is what the edit names, `changed` what would differ: the reserve is compared with upper amounts and restated
    in a new currency."""
    return "reserve_price" in given or any(name in SELLERS_OWN for name in changed)


def engagement(listing: Mapping[str, Any], now: datetime) -> tuple[str, str] | None:
    """Return (errCode, message) of the bids, promises or orders that hold the listing at `now`, or None.

    Only staff may delete it then."""
    if listing.get("reserved"):
        return "ListingHasOpenOrders", "The listing has open orders"
    if listing.get("highest_bidder_id") and listing.get("closed_at") is None:  # somebody leads ⇔ an ACTIVE bid exists
        return "ListingHasBids", "The listing has active bids"
    if listing.get("winner_bid_id") is not None and not listing.get("sold"):
        return "ListingAwaitsPayment", "The auction is won and waits for its winner's order"
    promised_until = listing.get("promised_until")
    if promised_until is not None and promised_until > now:
        return "ListingPromised", "An accepted offer on the listing waits for its buyer's order"
    return None


def restore_refusal(listing: Mapping[str, Any], now: datetime) -> tuple[str, str] | None:
    """Return (errCode, message) why a withdrawn listing may not come back at `now`, or None.

    An auction that is over and not closed yet would be sold when it is back, by bids that end with the withdrawal."""
    end = listing.get("effective_end")
    if end is not None and end <= now and listing.get("closed_at") is None:
        return "AuctionEnding", "The withdrawn auction is being closed; try again in a moment"
    return None


def is_sold(listing: Mapping[str, Any]) -> bool:
    """Return whether an auction was won, or no unit of a fixed-price listing is left that nobody has ordered."""
    if listing["type"] == "AUCTION":
        return listing["winner_bid_id"] is not None
    return listing["quantity"] is not None and listing["reserved"] + listing["sold"] >= listing["quantity"]


def can_be_had(listing: Mapping[str, Any], now: datetime) -> bool:
    """Return whether a listing that is live can be bought or bid on at `now`."""
    if listing["type"] == "AUCTION":
        end = listing["effective_end"]
        return listing["closed_at"] is None and (end is None or now < end)
    return not is_sold(listing)


def media_faults(mime_type: str, size: int) -> Faults:
    """Return what a media asset record gets wrong: type, or size in bytes (§8.2, PR6); its field checks the address."""
    faults: Faults = {}
    if mime_type not in MEDIA_TYPES:
        faults["mime_type"] = f"must be one of {', '.join(MEDIA_TYPES)}"
    if not 0 < size <= MEDIA_LIMIT_BYTES:
        faults["size"] = f"must be from 1 to {MEDIA_LIMIT_BYTES} bytes"
    return faults


def edited_media(current: Iterable[str] | None, append: str | None, remove: str | None) -> list[str]:
    """Return the media ids after array_append / array_remove; each id stays once, order is kept (§8.3)."""
    kept = [asset_id for asset_id in current or () if asset_id != remove]
    return kept if append is None or append in kept else [*kept, append]
