"""The tables of auctionOffer: bids and offers (rules-marketplace §2.1); amounts are minor units of the row's currency.

Of a bid only `bid_amount` is for everybody's eyes; the maximum behind it stays hidden (decision 8)."""
from datetime import datetime

from sqlalchemy import Index, and_, or_
from sqlalchemy.orm import Mapped

from app.data.columns import choice, constant, identifier, instant, integer, money, string
from app.data.entity import Entity
from blueprints.marketplace.auction_offer.rules import BID_STATUSES, OFFER_STATUSES, OPEN_OFFER_STATUSES


class Bid(Entity):
    """One bid; `sequence` is its place among all bids the auction ever took, which decides equal maxima."""

    __tablename__ = "auction_offer_bid"
    __service__ = "auctionOffer"
    __object__ = "auctionOfferBid"
    __realm__ = "marketplace"
    __lock_rank__ = 70
    __owner__ = "user_id"
    __duplicates__ = {"uq_auction_offer_bid_active": ("BidExists", "You already have an active bid on this auction")}

    user_id: Mapped[str] = identifier(required=True)
    bid_amount: Mapped[int] = money("currency", required=True)
    placed_at: Mapped[datetime] = instant(required=True)
    currency: Mapped[str] = string(3, required=True)
    status: Mapped[str] = choice(BID_STATUSES, default="ACTIVE")
    product_id: Mapped[str] = identifier(required=True)

    maximum: Mapped[int] = money("currency", required=True, hidden=True)
    sequence: Mapped[int] = integer(required=True, hidden=True)
    order_id: Mapped[str | None] = identifier(hidden=True)  # the order that took what was won (claims.py)


class Offer(Entity):
    """One offer on a fixed-price listing, or the second chance a runner-up is offered (decision 12)."""

    __tablename__ = "auction_offer_offer"
    __service__ = "auctionOffer"
    __object__ = "auctionOfferOffer"
    __realm__ = "marketplace"
    __lock_rank__ = 60
    __owner__ = "buyer_id"
    __duplicates__ = {"uq_auction_offer_offer_pending": (
        "OfferPending", "You already have a pending offer on this product")}

    buyer_id: Mapped[str] = identifier(required=True)
    currency: Mapped[str] = string(3, required=True)
    product_id: Mapped[str] = identifier(required=True)
    counter_offer_id: Mapped[str | None] = identifier()
    counter_message: Mapped[str | None] = string()
    counter_amount: Mapped[int | None] = money("currency")
    offer_amount: Mapped[int] = money("currency", required=True)
    message: Mapped[str | None] = string()
    seller_id: Mapped[str] = identifier(required=True)
    status: Mapped[str] = choice(OFFER_STATUSES, default="PENDING")
    expires_at: Mapped[datetime | None] = instant()
    responded_at: Mapped[datetime | None] = instant()

    order_id: Mapped[str | None] = identifier(hidden=True)  # the order that took the agreed price (claims.py)
    lapsed_by: Mapped[str | None] = identifier(hidden=True)  # the act of moderation it lapsed with (M-9)


# The same conditions in the indexes and in the queries that stand on them.
ACTIVE_BID = and_(Bid.status == constant("ACTIVE"), Bid.is_active.is_(True))
PENDING_OFFER = and_(Offer.status == constant("PENDING"), Offer.is_active.is_(True))
OPEN_OFFER = and_(or_(*(Offer.status == constant(status) for status in OPEN_OFFER_STATUSES)), Offer.is_active.is_(True))

# Product first: the same index finds the own bid, the leader's bid and all bids a close settles.
Index("uq_auction_offer_bid_active", Bid.product_id, Bid.user_id, unique=True,
      sqlite_where=ACTIVE_BID, postgresql_where=ACTIVE_BID)
Index("ix_auction_offer_bid_history", Bid.product_id, Bid.created_at, Bid.id)
Index("ix_auction_offer_bid_user", Bid.user_id, Bid.created_at, Bid.id)
Index("ix_auction_offer_bid_created", Bid.created_at, Bid.id)  # the read layer pages through all of them
Index("uq_auction_offer_offer_pending", Offer.product_id, Offer.buyer_id, unique=True,
      sqlite_where=PENDING_OFFER, postgresql_where=PENDING_OFFER)
Index("ix_auction_offer_offer_product", Offer.product_id, Offer.status)
Index("ix_auction_offer_offer_buyer", Offer.buyer_id, Offer.created_at)
Index("ix_auction_offer_offer_seller", Offer.seller_id, Offer.created_at)
Index("ix_auction_offer_offer_created", Offer.created_at, Offer.id)  # staff page through all, too
Index("ix_auction_offer_offer_lapsing", Offer.expires_at, sqlite_where=OPEN_OFFER, postgresql_where=OPEN_OFFER)
