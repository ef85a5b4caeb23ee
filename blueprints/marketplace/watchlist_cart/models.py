"""The tables of watchlistCart: folders, watched listings, the cart (rules-marketplace §10.1).

The default list is no row: what is watched in it has no `list_id`, so NULL has a unique index of its own (WC6)."""
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import boolean, identifier, instant, integer, string
from app.data.entity import Entity

WATCHED_ALREADY = ("WatchlistItemExists", "The product is in this list already")
IN_CART_ALREADY = ("CartItemExists", "The product is in the cart already; change its quantity")


class WatchlistList(Entity):
    """A folder; the commands keep `item_count` under its lock. `name_key` is what names are compared by."""

    __tablename__ = "marketplace_watchlist_list"
    __service__ = "watchlistCart"
    __object__ = "watchlistList"
    __realm__ = "marketplace"
    __lock_rank__ = 150
    __owner__ = "user_id"
    __duplicates__ = {"uq_marketplace_watchlist_list_name": (
        "WatchlistListExists", "You have a list of this name already")}

    name: Mapped[str] = string(required=True)
    item_count: Mapped[int] = integer(required=True, default=0)
    user_id: Mapped[str] = identifier(required=True)

    name_key: Mapped[str] = string(required=True, hidden=True)


class WatchlistItem(Entity):
    """One listing that one person watches in one list; without `list_id` in the default list.

    The hidden columns say what its watcher knows: the lowest price, in minor units of `price_currency`, and which
    notices went out."""

    __tablename__ = "marketplace_watchlist_item"
    __service__ = "watchlistCart"
    __object__ = "watchlistItem"
    __realm__ = "marketplace"
    __lock_rank__ = 160
    __owner__ = "user_id"
    __duplicates__ = {"uq_marketplace_watchlist_item_list": WATCHED_ALREADY,
                      "uq_marketplace_watchlist_item_default": WATCHED_ALREADY}

    user_id: Mapped[str] = identifier(required=True)
    added_at: Mapped[datetime] = instant(required=True)
    product_id: Mapped[str] = identifier(required=True)
    list_id: Mapped[str | None] = identifier()

    lowest_price: Mapped[int | None] = integer(big=True, hidden=True)
    price_currency: Mapped[str | None] = string(3, hidden=True)
    noticed_day: Mapped[bool] = boolean(default=False, hidden=True)
    noticed_hour: Mapped[bool] = boolean(default=False, hidden=True)
    noticed_sold: Mapped[bool] = boolean(default=False, hidden=True)


class CartItem(Entity):
    """One fixed-price listing that one person is about to order."""

    __tablename__ = "marketplace_cart_item"
    __service__ = "watchlistCart"
    __object__ = "cartItem"
    __realm__ = "marketplace"
    __lock_rank__ = 170
    __owner__ = "user_id"
    __duplicates__ = {"uq_marketplace_cart_item_product": IN_CART_ALREADY}

    added_at: Mapped[datetime] = instant(required=True)
    user_id: Mapped[str] = identifier(required=True)
    quantity: Mapped[int] = integer(required=True)
    product_id: Mapped[str] = identifier(required=True)


IN_FOLDER = WatchlistItem.is_active.is_(True) & WatchlistItem.list_id.is_not(None)
IN_DEFAULT = WatchlistItem.is_active.is_(True) & WatchlistItem.list_id.is_(None)
_FOLDER, _WATCHED, _IN_CART = (model.is_active.is_(True) for model in (WatchlistList, WatchlistItem, CartItem))

Index("uq_marketplace_watchlist_list_name", WatchlistList.user_id, WatchlistList.name_key, unique=True,
      sqlite_where=_FOLDER, postgresql_where=_FOLDER)
Index("ix_marketplace_watchlist_list_user", WatchlistList.user_id, WatchlistList.created_at, WatchlistList.id)
Index("ix_marketplace_watchlist_list_live", WatchlistList.is_active, WatchlistList.created_at, WatchlistList.id)
# The list first: the same index finds what is in a folder when it is deleted.
Index("uq_marketplace_watchlist_item_list", WatchlistItem.list_id, WatchlistItem.product_id, WatchlistItem.user_id,
      unique=True, sqlite_where=IN_FOLDER, postgresql_where=IN_FOLDER)
Index("uq_marketplace_watchlist_item_default", WatchlistItem.user_id, WatchlistItem.product_id, unique=True,
      sqlite_where=IN_DEFAULT, postgresql_where=IN_DEFAULT)
Index("ix_marketplace_watchlist_item_user", WatchlistItem.user_id, WatchlistItem.created_at, WatchlistItem.id)
Index("ix_marketplace_watchlist_item_live", WatchlistItem.is_active, WatchlistItem.created_at, WatchlistItem.id)
# Who is told of a listing.
Index("ix_marketplace_watchlist_item_watchers", WatchlistItem.product_id, WatchlistItem.user_id, WatchlistItem.id,
      sqlite_where=_WATCHED, postgresql_where=_WATCHED)
Index("uq_marketplace_cart_item_product", CartItem.user_id, CartItem.product_id, unique=True,
      sqlite_where=_IN_CART, postgresql_where=_IN_CART)
Index("ix_marketplace_cart_item_user", CartItem.user_id, CartItem.created_at, CartItem.id)
Index("ix_marketplace_cart_item_live", CartItem.is_active, CartItem.created_at, CartItem.id)
