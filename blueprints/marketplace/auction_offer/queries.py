"""The reads of auctionOffer; what a PROXY bid shows depends on who looks (rules-marketplace §2.2, decision 8)."""
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, select
from sqlalchemy.orm import aliased

from app.actor import Actor
from app.clock import now
from app.data.columns import camel_case, iso
from app.data.money import to_wire
from app.data.reads import Listing, Page, fetch, fetch_one, get_row, list_rows
from app.data.reads.filters import Condition, Filter, Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.reads.seen_rows import record_version, seen_rows
from app.data.serialization import Wire
from app.data.visibility import holds, seen_by
from app.identity.access import require, require_self_or_staff
from blueprints.marketplace.auction_offer.models import OPEN_OFFER, Bid, Offer
from blueprints.marketplace.auction_offer.rules import (
    ENDING_WITHIN,
    OFFER_STATUSES,
    OPEN_OFFER_STATUSES,
    auction_word,
    floor_of,
)
from blueprints.marketplace.auction_offer.visibility import BIDS, OFFERS
from blueprints.marketplace.product_listing.auction_state import (
    auction_facts,
    auction_overview,
    auctions_meant,
    closed_auctions,
    running_auctions,
)

_REPORTED = ("id", "title", "type", "is_active", "seller_id", "currency", "bidding_mode", "soft_close_seconds",
             "highest_bidder_id", "bid_count", "winner_bid_id")
_REPORTED_AMOUNTS = ("start_price", "start_bid", "end_bid", "buy_now_price", "current_bid")
_REPORTED_MOMENTS = ("start_bid_date", "end_bid_date", "hard_end_date", "effective_end", "closed_at")
_OLDEST_FIRST = {Bid: (Bid.created_at, Bid.id), Offer: (Offer.created_at, Offer.id)}


def _effective_status(values: list[Any]) -> Condition:
    """Offers whose time is up count as EXPIRED before the job has written it down."""
    lapsed = and_(Offer.status.in_(OPEN_OFFER_STATUSES), Offer.expires_at < now())
    return case((lapsed, "EXPIRED"), else_=Offer.status).in_([value for value in values if value is not None])


BID_FILTERS = Filters((equal(Bid.user_id), equal(Bid.bid_amount), equal(Bid.currency), equal(Bid.status),
                       equal(Bid.product_id)))
OFFER_FILTERS = Filters((
    equal(Offer.buyer_id), equal(Offer.currency), equal(Offer.product_id), equal(Offer.offer_amount),
    equal(Offer.seller_id), equal(Offer.counter_offer_id),
    Filter("status", equal(Offer.status).parse, _effective_status, "choice", OFFER_STATUSES)))


def get_bid(actor: Actor, bid_id: str) -> Wire:
    """Return one bid to its bidder, the seller of its auction, or staff; raises NotFound, Forbidden."""
    row = get_row(Bid, bid_id)
    facts = auction_facts([row["productId"]]).get(row["productId"])
    require_self_or_staff(actor, row["userId"], facts.seller_id if facts else None)
    return revealed(actor, [row])[0]


def list_bids(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of bids, oldest first: the public history; CANCELLED only to their bidder and staff."""
    listing = list_rows(Bid, asked.page, *asked.where, *seen_by(BIDS, actor), order=_OLDEST_FIRST[Bid])
    listing.rows = revealed(actor, listing.rows)
    return listing


def revealed(actor: Actor, rows: list[Wire]) -> list[Wire]:
    """Show the maximum instead of the visible amount on the bids whose maximum the actor may know (decision 8).

    That is the own ones and, after the close, all those of an auction for its seller and for staff. What everybody
    sees then stands in `visibleAmount`: on a WON bid, the price to pay."""
    theirs = {row["productId"] for row in rows if not actor.is_user(row["userId"])}
    facts = auction_facts(theirs)
    open_to_me = {product_id for product_id, fact in facts.items() if fact.closed_at is not None
                  and (actor.is_staff or actor.is_user(fact.seller_id))}
    known = [row for row in rows if actor.is_user(row["userId"]) or row["productId"] in open_to_me]
    maxima = _maxima(row["id"] for row in known)
    for row in known:
        row["visibleAmount"] = row["bidAmount"]
        row["bidAmount"] = to_wire(maxima[row["id"]], row["currency"])
    return rows


def last_bid_of(product_id: str, user_id: str) -> str | None:
    """Return the id of a bidder's latest bid on a listing, whatever became of it, or None."""
    row = fetch_one(select(Bid.id).where(Bid.product_id == product_id, Bid.user_id == user_id, Bid.is_active.is_(True))
                    .order_by(Bid.created_at.desc(), Bid.id.desc()).limit(1))
    return row.id if row else None


def was_raised(bid_id: str) -> bool:
    """Tell whether its bidder has bid again on the same listing after this bid."""
    later = aliased(Bid)
    again = exists().where(later.product_id == Bid.product_id, later.user_id == Bid.user_id,
                           later.sequence > Bid.sequence, later.is_active.is_(True))
    return fetch_one(select(Bid.id).where(Bid.id == bid_id, again)) is not None


def _maxima(bid_ids: Iterable[str]) -> dict[str, int]:
    wanted = list(bid_ids)
    rows = fetch(select(Bid.id, Bid.maximum).where(Bid.id.in_(wanted))) if wanted else []
    return {row.id: row.maximum for row in rows}


def get_offer(actor: Actor, offer_id: str) -> Wire:
    """Return one offer to its buyer, its seller or staff; raises NotFound, Forbidden."""
    row = get_row(Offer, offer_id)
    require(holds(OFFERS, row, actor), "errMsg_offerBelongsToOthers")
    return _as_of(iso(now()), row)


def list_offers(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of offers, oldest first: those the actor made or received; staff see all."""
    listing = list_rows(Offer, asked.page, *asked.where, *seen_by(OFFERS, actor), order=_OLDEST_FIRST[Offer])
    listing.rows = offers_as_of_now(listing.rows)
    return listing


def offers_as_of_now(rows: Iterable[Wire]) -> list[Wire]:
    """Show offers that lapsed as EXPIRED even before the job has written it down (AO11)."""
    moment = iso(now())
    return [_as_of(moment, row) for row in rows]


def _version_shown(model: type[Offer]) -> ColumnElement[str]:
    lapsed = and_(model.status.in_(OPEN_OFFER_STATUSES), model.expires_at < now())
    return record_version(model) + case((lapsed, ":lapsed"), else_="")


offers_seen_by = seen_rows(Offer, lambda actor: seen_by(OFFERS, actor), as_of_now=offers_as_of_now, mark=_version_shown)
"""For joins: offers the actor made or received; all for staff."""


def _as_of(moment: str | None, row: Wire) -> Wire:
    """Show a lapsed offer as EXPIRED even before the job has written it down (AO11)."""
    if row["status"] in OPEN_OFFER_STATUSES and row["expiresAt"] and moment and row["expiresAt"] < moment:
        row["status"], row["status_idx"] = "EXPIRED", OFFER_STATUSES.index("EXPIRED")
    return row


def lapsed_offers(moment: datetime, limit: int) -> list[str]:
    """Return the ids of open offers whose time is up, the longest lapsed first."""
    rows = fetch(select(Offer.id).where(OPEN_OFFER,
                                        Offer.expires_at < moment).order_by(Offer.expires_at).limit(limit))
    return [row.id for row in rows]


def auction_report(product_id: str) -> dict[str, Any]:
    """Return what an operator may know of one auction: terms, standing, whether the reserve is met; raises NotFound.

    Amounts are in major units. Neither the reserve nor a maximum is in it (decision 8)."""
    seen = auction_overview(product_id)
    amounts = {camel_case(name): to_wire(seen[name], seen["currency"]) for name in _REPORTED_AMOUNTS}
    reserve = seen["reserve_price"]
    met = "none" if reserve is None else "met" if (seen["leader_max"] or 0) >= reserve else "not met"
    return {**{camel_case(name): seen[name] for name in _REPORTED}, **amounts, "reserve": met,
            **{camel_case(name): iso(seen[name]) for name in _REPORTED_MOMENTS}}


def auctions_listed(state: str, *, seller_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Return what an operator sees in a list of auctions; amounts are in major units.

    `state`: running (not closed, the next end first), ending (within a day), closed (the latest first). Without bids
    the price is the one bidding begins at."""
    if state == "closed":
        rows = closed_auctions(limit, seller_id)
    else:
        rows = running_auctions(now() + ENDING_WITHIN if state == "ending" else None, limit, seller_id)
    return [_in_list(row, now()) for row in rows]


def find_auctions(text: str, seller_ids: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """Return the same of the latest auctions that a text names, and of those of these sellers (auctions_meant)."""
    return [_in_list(row, now()) for row in auctions_meant(text, seller_ids, limit)]


def _in_list(row: dict[str, Any], moment: datetime) -> dict[str, Any]:
    price = row["current_bid"] if row["bid_count"] else floor_of(row["start_price"], row["start_bid"])
    word = auction_word(effective_end=row["effective_end"], closed_at=row["closed_at"],
                        has_winner=row["winner_bid_id"] is not None, now=moment)
    return {"id": row["id"], "title": row["title"], "price": to_wire(price, row["currency"]),
            "currency": row["currency"], "bids": row["bid_count"], "ends": iso(row["effective_end"]), "state": word,
            "sellerId": row["seller_id"], "closedAt": iso(row["closed_at"]), "winnerBidId": row["winner_bid_id"]}


def bids_on(actor: Actor, product_id: str, page: Page) -> list[Wire]:
    """Return a page of the bids on one listing as the actor may see them, the latest first."""
    listing = list_rows(Bid, page, Bid.product_id == product_id, order=(Bid.sequence.desc(),))
    return revealed(actor, listing.rows)
