"""The reads of watchlistCart: everybody's own rows, each with its product; staff see all (rules-marketplace §10.2)."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, func, select

from app.actor import Actor
from app.data.entity import Entity
from app.data.reads import Listing, fetch, list_rows, rows_by_id
from app.data.reads.filters import Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import Visibility, expression_in_sql, seen_by
from app.plain_text import identifier_key
from blueprints.marketplace.product_listing.watched import watched_listings
from blueprints.marketplace.watchlist_cart.models import IN_FOLDER, CartItem, WatchlistItem, WatchlistList
from blueprints.marketplace.watchlist_cart.rules import product_shown
from blueprints.marketplace.watchlist_cart.visibility import CART, FOLDERS, WATCHED

_LIST_ID, _NAME_KEY = equal(WatchlistItem.list_id), equal(WatchlistList.name_key, "name")
CART_FILTERS = Filters((equal(CartItem.product_id),))
ITEM_FILTERS = Filters((
    replace(_LIST_ID, parse=lambda text: None if text == "default" else _LIST_ID.parse(text)),
    equal(WatchlistItem.product_id)))
LIST_FILTERS = Filters((replace(_NAME_KEY, parse=lambda text: identifier_key(_NAME_KEY.parse(text))),))


@dataclass(frozen=True, slots=True)
class CartLine:
    """One row of a cart as orders read it."""

    cart_item_id: str
    product_id: str
    quantity: int


def list_cart(actor: Actor, asked: ReadRequest, shown: Sequence[str], *, own: bool = False) -> Listing:
    """Return a page of the cart rows that the actor sees, with what `shown` names of their products; `own`: of staff,
    too, only their own (WC2)."""
    return _with_products(actor, asked, CART, shown, own)


def list_watched(actor: Actor, asked: ReadRequest, shown: Sequence[str], *, own: bool = False) -> Listing:
    """Return the same of watched listings."""
    return _with_products(actor, asked, WATCHED, shown, own)


def list_folders(actor: Actor, asked: ReadRequest, *, own: bool = False) -> Listing:
    """Return the same of folders, oldest first. The default list is none of them."""
    return _listed(actor, asked, FOLDERS, own)


def with_products(asked: ReadRequest, rows: list[Wire], shown: Sequence[str]) -> list[Wire]:
    """Return rows of a cart or a watchlist with what `shown` names of their products, where joins are asked for."""
    if asked.joins and not asked.local_only:
        _join_products(rows, shown)
    return rows


def folders_seen_by(actor: Actor, list_ids: Iterable[str]) -> dict[str, Wire]:
    """Return id → folder, for joins: the actor's own; all for staff."""
    return rows_by_id(WatchlistList, list_ids, *seen_by(FOLDERS, actor))


def cart_of(user_id: str | None, limit: int) -> list[CartLine]:
    """Return the rows of somebody's cart in the order of their ids, `limit` at most; not locked."""
    rows = fetch(select(CartItem.id, CartItem.product_id, CartItem.quantity).where(
        CartItem.user_id == user_id, CartItem.is_active.is_(True)).order_by(CartItem.id).limit(limit))
    return [CartLine(row.id, row.product_id, row.quantity) for row in rows]


def miscounted_lists(limit: int) -> list[tuple[str, int, int]]:
    """Return (list id, itemCount, recount) of live folders whose count is not that of their items."""
    counted = select(WatchlistItem.list_id, func.count().label("found")).where(IN_FOLDER).group_by(
        WatchlistItem.list_id).subquery()
    found = func.coalesce(counted.c.found, 0)
    rows = fetch(select(WatchlistList.id, WatchlistList.item_count, found.label("found")).outerjoin(
        counted, counted.c.list_id == WatchlistList.id).where(
        WatchlistList.is_active.is_(True), WatchlistList.item_count != found).order_by(WatchlistList.id).limit(limit))
    return [(row.id, row.item_count, row.found) for row in rows]


def items_of_no_list(limit: int) -> list[str]:
    """Return the ids of watched listings whose folder is gone."""
    return [row.id for row in _in_no_list(WatchlistItem.id, limit)]


def deleted_lists_with_items(limit: int) -> list[str]:
    """Return the ids of deleted folders in which watched listings still stand."""
    return sorted({row.list_id for row in _in_no_list(WatchlistItem.list_id, limit)})


def _in_no_list(column: Any, limit: int) -> Sequence[Row[Any]]:
    return fetch(select(column).outerjoin(WatchlistList, WatchlistList.id == WatchlistItem.list_id).where(
        IN_FOLDER, WatchlistList.is_active.is_not(True)).order_by(WatchlistItem.id).limit(limit))


_ORDERS: dict[type[Entity], tuple[Any, ...]] = {
    model: (model.created_at, model.id) for model in (CartItem, WatchlistItem, WatchlistList)}


def _listed(actor: Actor, asked: ReadRequest, rows: Visibility, own: bool) -> Listing:
    where = (expression_in_sql(rows.rule, rows.model, actor),) if own else seen_by(rows, actor)
    return list_rows(rows.model, asked.page, *asked.where, *where, order=_ORDERS[rows.model])


def _with_products(actor: Actor, asked: ReadRequest, rows: Visibility, shown: Sequence[str], own: bool) -> Listing:
    listing = _listed(actor, asked, rows, own)
    listing.rows = with_products(asked, listing.rows, shown)
    return listing


def _join_products(rows: list[Wire], shown: Sequence[str]) -> None:
    """Add to every row its `product`, a list of one; of none where nobody knows the listing (WC11)."""
    found = watched_listings(row["productId"] for row in rows)
    for row in rows:
        listing = found.get(row["productId"])
        row["product"] = [] if listing is None else [product_shown(
            listing.facts, shown, is_live=listing.is_live, is_available=listing.is_available)]
