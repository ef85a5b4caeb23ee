"""The listings; a listing's row also carries its auction state and its stock, decided under its lock. Their media stand
in media_models.py.

`auction_state.py` and `stock.py` alone write the hidden columns; amounts are minor units of `currency`."""
from datetime import datetime

from sqlalchemy import ColumnElement, Index, and_, case, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped

from app.data.columns import (
    boolean,
    choice,
    constant,
    folded,
    id_list,
    identifier,
    instant,
    integer,
    money,
    string,
    text,
)
from app.data.entity import Entity
from app.data.held import Holdable
from app.data.orders import in_code_points, order_index, worked_out
from app.data.short_ids import short_id_index
from blueprints.marketplace.product_listing.rules import (
    BIDDING_MODES,
    CONDITIONS,
    SHIPPING_METHODS,
    TYPES,
    asking_price,
)


class Product(Holdable, Entity):
    """A FIXED or AUCTION listing (rules-marketplace §8.1, decisions 8 and 11)."""

    __tablename__ = "product_listing_product"
    __service__ = "productListing"
    __object__ = "productListingProduct"
    __realm__ = "marketplace"
    __lock_rank__ = 40
    __owner__ = "seller_id"

    currency: Mapped[str] = string(3, required=True)
    description: Mapped[str] = text(required=True)
    condition: Mapped[str] = choice(CONDITIONS)
    start_bid: Mapped[int | None] = money("currency")
    end_price: Mapped[int | None] = money("currency")
    price: Mapped[int | None] = money("currency")
    title: Mapped[str] = string(required=True)
    start_price: Mapped[int | None] = money("currency")
    type: Mapped[str] = choice(TYPES)
    end_bid: Mapped[int | None] = money("currency")
    estimated_delivery: Mapped[datetime | None] = instant()
    shipping_currency: Mapped[str] = string(3, required=True)
    seller_id: Mapped[str] = identifier(required=True)
    media_asset_ids: Mapped[list[str]] = id_list(required=True, default=list)
    shipping_method: Mapped[str] = choice(SHIPPING_METHODS)
    shipping: Mapped[int] = money("shipping_currency", required=True)
    start_bid_date: Mapped[datetime | None] = instant()
    subcategory_id: Mapped[str] = identifier(required=True)
    category_id: Mapped[str] = identifier(required=True)
    end_bid_date: Mapped[datetime | None] = instant()
    current_bid: Mapped[int | None] = money("currency")
    highest_bidder_id: Mapped[str | None] = identifier()
    folded_title: Mapped[str | None] = folded("title")

    # Additive, decision 11; the reserve is nobody's business but the seller's, who named it.
    bidding_mode: Mapped[str] = choice(BIDDING_MODES, default="OPEN")
    reserve_price: Mapped[int | None] = money("currency", hidden=True)
    buy_now_price: Mapped[int | None] = money("currency")
    soft_close_seconds: Mapped[int | None] = integer()
    hard_end_date: Mapped[datetime | None] = instant()
    accept_offers: Mapped[bool] = boolean(default=True)
    quantity: Mapped[int | None] = integer()

    # Auction state: maxima are secret, the effective end is what a soft close moves.
    leader_max: Mapped[int | None] = money("currency", hidden=True)
    runner_up_max: Mapped[int | None] = money("currency", hidden=True)
    bid_count: Mapped[int] = integer(required=True, default=0, hidden=True)
    effective_end: Mapped[datetime | None] = instant()
    closed_at: Mapped[datetime | None] = instant(hidden=True)
    winner_bid_id: Mapped[str | None] = identifier(hidden=True)

    # Stock: units in orders not yet shipped, and units shipped for good.
    reserved: Mapped[int] = integer(required=True, default=0, hidden=True)
    sold: Mapped[int] = integer(required=True, default=0, hidden=True)
    promised_until: Mapped[datetime | None] = instant(hidden=True)  # to buyers of accepted offers (decisions/061)

    @property
    def is_live(self) -> bool:
        """Tell whether it is traded: neither withdrawn nor held by moderation (M-1)."""
        return self.is_active and self.held is None

    @hybrid_property
    def asking_price(self) -> int | None:
        """Return what it costs now, in minor units (rules.py says which amount that is)."""
        found: int | None = asking_price({"type": self.type, "price": self.price, "startPrice": self.start_price,
                                          "currentBid": self.current_bid})
        return found

    @asking_price.inplace.expression
    @classmethod
    def _asking_price(cls) -> ColumnElement[int | None]:
        return case((cls.type == constant("AUCTION"), func.coalesce(cls.current_bid, cls.start_price)),
                    else_=cls.price)


# `held` stands last in the indexes of lists and totals: neither looks at the rows for it.
Index("ix_product_listing_product_live", Product.is_active, Product.created_at, Product.id,
      Product.held)
Index("ix_product_listing_product_seller", Product.seller_id, Product.is_active, Product.created_at,
      Product.held)
Index("ix_product_listing_product_category", Product.category_id, Product.subcategory_id, Product.is_active,
      Product.held)
Index("ix_product_listing_product_closing", Product.effective_end,
      sqlite_where=Product.closed_at.is_(None), postgresql_where=Product.closed_at.is_(None))
# The same conditions in the indexes and in the queries that stand on them.
IS_OPEN_ENDED = and_(Product.type == constant("AUCTION"), Product.closed_at.is_(None), Product.effective_end.is_(None))
WAS_CLOSED = Product.closed_at.is_not(None)
Index("ix_product_listing_product_open_ended", Product.created_at, Product.id,
      sqlite_where=IS_OPEN_ENDED, postgresql_where=IS_OPEN_ENDED)
Index("ix_product_listing_product_closed", Product.closed_at, Product.id,
      sqlite_where=WAS_CLOSED, postgresql_where=WAS_CLOSED)
# The orders in which people sort listings (index.py). `isActive` comes first, or SQLite, which has no statistics, would
# rather sort what another index finds by it.
HAS_PRICE, HAS_END = Product.price.is_not(None), Product.end_bid_date.is_not(None)
order_index("ix_product_listing_product_title", Product.is_active, in_code_points(Product.title), Product.id)
Index("ix_product_listing_product_price", Product.is_active, Product.currency, Product.price, Product.id,
      sqlite_where=HAS_PRICE, postgresql_where=HAS_PRICE)
order_index("ix_product_listing_product_asking_price", Product.is_active, Product.currency,
            worked_out(Product.asking_price), Product.id)
Index("ix_product_listing_product_end_bid_date", Product.is_active, Product.end_bid_date, Product.id,
      sqlite_where=HAS_END, postgresql_where=HAS_END)
Index("ix_product_listing_product_updated", Product.is_active, Product.updated_at, Product.id)
# Totals are counted in this index alone, so it has every column that they ask for.
Index("ix_product_listing_product_ending", Product.is_active, Product.effective_end, Product.id, Product.held,
      Product.closed_at, sqlite_where=Product.closed_at.is_(None), postgresql_where=Product.closed_at.is_(None))
short_id_index(Product)
