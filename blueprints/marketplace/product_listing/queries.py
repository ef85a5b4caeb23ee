"""The reads of productListing."""
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Text, cast, or_, select

from app.actor import Actor, anonymous, system_actor
from app.data.folded import has_part
from app.data.held import Viewer, is_free, viewer, viewer_of_role
from app.data.reads import Listing, fetch, get_row, list_rows, rows_by_id
from app.data.reads.filters import Filters, contains, equal
from app.data.reads.joins import add_joins
from app.data.reads.read_request import ReadRequest
from app.data.reads.seen_rows import seen_rows
from app.data.serialization import Wire
from app.data.visibility import expression_in_sql, holds, seen_by
from app.errors import NotFound
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.visibility import OWN_MEDIA, PRODUCTS
from blueprints.platform.people.queries import inactive_among
from blueprints.platform.people.rules import SELLING

_REALM = "marketplace"
PRODUCT_FILTERS = Filters((
    equal(Product.currency), equal(Product.condition), equal(Product.price), contains(Product.title),
    equal(Product.type), equal(Product.seller_id), equal(Product.subcategory_id), equal(Product.category_id)))
MEDIA_FILTERS = Filters((equal(Media.product_id), equal(Media.mime_type)))
_OLDEST_FIRST = (Product.created_at, Product.id)


def get_product(actor: Actor, product_id: str) -> Wire:
    """Return one listing; raises NotFound, while its seller rests for all but him and staff."""
    row = get_row(Product, product_id, viewer=viewer(actor))
    if not holds(PRODUCTS, row, actor):
        raise NotFound
    return row


def list_products(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the live listings, oldest first; to staff with those that are held, marked.

    It is remembered for all callers of a role: it shows what a visitor sees, so a seller's own held ones stand in the
    list of his own alone."""
    return _list(asked, *seen_by(PRODUCTS, anonymous(_REALM)), looks=viewer_of_role(actor))


def products_by_id(product_ids: Iterable[str]) -> dict[str, Wire]:
    """Return id → live listing of an active seller with all joins, for those who describe it elsewhere (search)."""
    rows = rows_by_id(Product, product_ids)
    inactive = inactive_among(_REALM, {row["sellerId"] for row in rows.values()}, SELLING)
    rows = {product_id: row for product_id, row in rows.items() if row["sellerId"] not in inactive}
    add_joins(system_actor(_REALM), ReadRequest(), Product, list(rows.values()))
    return rows


listings_seen_by = seen_rows(Product, lambda actor: seen_by(PRODUCTS, actor), viewer=viewer)
"""For joins: live listings the actor may see, those of sellers who rest only to themselves and staff."""


def media_by_id(media_ids: Iterable[str]) -> dict[str, Wire]:
    """Return id → media asset in one statement, for joins."""
    return rows_by_id(Media, media_ids)


def find_product_ids(*, seller_id: str | None = None, text: str | None = None, category_id: str | None = None,
                     limit: int) -> list[str]:
    """Return the ids of the live listings that staff mean: of a seller, with this in the title, in a category.

    In the order of their ids; what is held already is left out. Without any condition there is none."""
    where = [*([Product.seller_id == seller_id] if seller_id else []),
             *([has_part(Product.folded_title, text)] if text else []),
             *([Product.category_id == category_id] if category_id else [])]
    if not where:
        return []
    query = select(Product.id).where(Product.is_active.is_(True), is_free(Product), *where).order_by(Product.id)
    return [row.id for row in fetch(query.limit(limit))]


def live_product_ids(after: str, limit: int) -> list[str]:
    """Return the ids of live listings in order of id, after a given one ("" = from the first)."""
    query = select(Product.id).where(Product.is_active.is_(True), is_free(Product), Product.id > after)
    return [row.id for row in fetch(query.order_by(Product.id).limit(limit))]


def live_products_of(seller_ids: Iterable[str]) -> list[str]:
    """Return the ids of the live listings of these sellers, whether they are active or not."""
    rows = fetch(select(Product.id).where(Product.seller_id.in_(set(seller_ids)), Product.is_active.is_(True)))
    return [row.id for row in rows]


def products_showing(media_ids: Iterable[str]) -> list[str]:
    """Return the ids of the live listings that show any of these media assets."""
    shown = cast(Product.media_asset_ids, Text)
    rows = fetch(select(Product.id).where(
        Product.is_active.is_(True), or_(*(shown.contains(media_id) for media_id in media_ids))))
    return [row.id for row in rows]


def list_own_products(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's own live listings, with those that are HIDDEN, marked."""
    return _list(asked, Product.seller_id == actor.user_id, looks=viewer(actor))


def get_media(actor: Actor, media_id: str) -> Wire:
    """Return one media asset; raises NotFound."""
    return get_row(Media, media_id, viewer=viewer(actor))


def list_media(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of media: staff see all, others their uploads and what their products show first (§8.2)."""
    mine = () if actor.is_staff else (expression_in_sql(OWN_MEDIA, Media, actor),)
    return list_rows(Media, asked.page, *asked.where, *mine, order=(Media.created_at, Media.id), viewer=viewer(actor))


def listing_facts(product_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return id → {title, currency, sellerId, isActive} of listings, withdrawn ones too, for those who tell people."""
    rows = fetch(select(Product.id, Product.title, Product.currency, Product.seller_id, Product.is_active)
                 .where(Product.id.in_(set(product_ids))))
    return {row.id: {"title": row.title, "currency": row.currency, "sellerId": row.seller_id,
                     "isActive": row.is_active} for row in rows}


def known_product_ids(product_ids: Iterable[str]) -> set[str]:
    """Return which of the ids are taken by a listing, live or withdrawn."""
    return {row.id for row in fetch(select(Product.id).where(Product.id.in_(set(product_ids))))}


def unorderable_products(limit: int) -> list[str]:
    """Return ids of live listings that no order can hold: shipping in another currency than the price.

    They are from before such listings were refused."""
    rows = fetch(select(Product.id).where(
        Product.is_active.is_(True), Product.shipping > 0, Product.shipping_currency != Product.currency).limit(limit))
    return [row.id for row in rows]


def _list(asked: ReadRequest, *where: Any, looks: Viewer) -> Listing:
    return list_rows(Product, asked.page, *asked.where, *where, order=_OLDEST_FIRST, viewer=looks)
