"""The reads of productListing; joins cost one statement each, however many rows a page has."""
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import orjson
from sqlalchemy import Text, cast, or_, select

from app.actor import Actor
from app.data.list_cache import VersionedCache
from app.data.reads import Listing, fetch, get_row, list_rows, rows_by_id
from app.data.reads.filters import Filters, contains, equal
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.unit_of_work import in_unit_of_work
from app.errors import NotFound
from app.runtime import runtime
from blueprints.marketplace.category_management.queries import categories_by_id, subcategories_by_id
from blueprints.marketplace.product_listing.models import Media, Product
from blueprints.platform.auth.queries import brief_users
from blueprints.platform.people.queries import inactive_among, people_at_rest

_REALM = "marketplace"
PRODUCT_FILTERS = Filters((
    equal(Product.currency), equal(Product.condition), equal(Product.price), contains(Product.title),
    equal(Product.type), equal(Product.seller_id), equal(Product.subcategory_id), equal(Product.category_id)))
MEDIA_FILTERS = Filters((equal(Media.product_id), equal(Media.mime_type)))


@dataclass(frozen=True, slots=True)
class ForeignJoin:
    """An object of another service shown beside a listing: under which name, found by which id, what of it."""

    name: str
    id_name: str
    shown: tuple[str, ...]
    version_key: str
    load: Callable[[Iterable[str]], dict[str, Wire]]


_FOREIGN_JOINS = (
    ForeignJoin("category", "categoryId", ("id", "title"), "rows:category", categories_by_id),
    ForeignJoin("subcategory", "subcategoryId", ("id", "name", "group"), "rows:subcategory", subcategories_by_id),
    ForeignJoin("seller", "sellerId", ("id", "fullname", "avatar"), "rows:user", partial(brief_users, "marketplace")),
)
# What a list with joins is made of besides its listings.
JOINED = (Media, *(join.version_key for join in _FOREIGN_JOINS))

_OLDEST_FIRST = (Product.created_at, Product.id)


def get_product(actor: Actor, asked: ReadRequest, product_id: str) -> Wire:
    """Return one listing with its joins; raises NotFound, while its seller rests for all but him and staff."""
    row = get_row(Product, product_id)
    if row["sellerId"] in people_at_rest(_REALM) and not (actor.is_staff or actor.is_user(row["sellerId"])):
        raise NotFound
    return _joined(asked, [row])[0]


def list_products(asked: ReadRequest) -> Listing:
    """Return a page of the live listings, oldest first, with their joins."""
    return _list(asked, *_of_active_sellers())


def products_by_id(product_ids: Iterable[str]) -> dict[str, Wire]:
    """Return id → live listing of an active seller with all joins, for those who describe it elsewhere (search)."""
    rows = rows_by_id(Product, product_ids)
    inactive = inactive_among(_REALM, {row["sellerId"] for row in rows.values()})
    rows = {product_id: row for product_id, row in rows.items() if row["sellerId"] not in inactive}
    _joined(ReadRequest(), list(rows.values()))
    return rows


def live_product_ids(after: str, limit: int) -> list[str]:
    """Return the ids of live listings in order of id, after a given one ("" = from the first)."""
    query = select(Product.id).where(Product.is_active.is_(True), Product.id > after).order_by(Product.id)
    return [row.id for row in fetch(query.limit(limit))]


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
    """Return a page of the actor's own live listings with their joins."""
    return _list(asked, Product.seller_id == actor.user_id)


def get_media(media_id: str) -> Wire:
    """Return one media asset; raises NotFound."""
    return get_row(Media, media_id)


def list_media(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of media: staff see all, others their uploads and what their products show first (§8.2)."""
    mine = [] if actor.is_staff else [or_(
        Media.uploader_id == actor.user_id,
        Media.product_id.in_(select(Product.id).where(Product.seller_id == actor.user_id)))]
    return list_rows(Media, asked.page, *asked.where, *mine, order=(Media.created_at, Media.id))


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


def _of_active_sellers() -> list[Any]:
    """Return the condition that leaves out listings whose seller is not active; none while every seller is."""
    at_rest = people_at_rest(_REALM)
    return [Product.seller_id.not_in(sorted(at_rest))] if at_rest else []


def _list(asked: ReadRequest, *where: Any) -> Listing:
    listing = list_rows(Product, asked.page, *asked.where, *where, order=_OLDEST_FIRST)
    listing.rows = _joined(asked, listing.rows)
    return listing


def _joined(asked: ReadRequest, rows: list[Wire]) -> list[Wire]:
    """Add media, and unless only local joins are asked category, subcategory and seller, to every row (§8.3)."""
    if not asked.joins or not rows:
        return rows
    _join_media(rows)
    if not asked.local_only:
        for join in _FOREIGN_JOINS:
            found = _briefs(join, frozenset([row[join.id_name] for row in rows]))
            for row in rows:
                row[join.name] = found.get(row[join.id_name])
    return rows


def _briefs(join: ForeignJoin, ids: frozenset[str]) -> dict[str, Wire]:
    """Return id → brief; they change far more rarely than listings do, and are remembered until they change."""
    def load() -> dict[str, Wire]:
        return {object_id: _brief(row, *join.shown) for object_id, row in join.load(ids).items()}

    if in_unit_of_work():
        return load()  # what is not committed must not be remembered
    versions: Any = runtime().cache_versions
    return _remembered(versions).get_or_make((join.name, ids), (join.version_key,), load)


@cache
def _remembered(versions: Any) -> VersionedCache:
    return VersionedCache(versions, 2000)


def _join_media(rows: list[Wire]) -> None:
    # On SQLite the ids are still JSON text on their way to the answer; one round through orjson reads them all.
    shown: list[list[str]] = orjson.loads(orjson.dumps([row["mediaAssetIds"] or [] for row in rows]))
    found = rows_by_id(Media, (media_id for ids in shown for media_id in ids))
    for row, ids in zip(rows, shown, strict=True):
        row["media"] = [_brief(found[media_id], "id", "url", "mimeType") for media_id in ids if media_id in found]


def _brief(row: Wire, *names: str) -> Wire:
    return {name: row[name] for name in names}
