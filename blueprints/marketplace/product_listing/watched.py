"""What carts and watchlists show, and must know, of listings that are other people's: public facts only."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.clock import now
from app.data.held import is_free
from app.data.money import to_wire
from app.data.reads import fetch
from app.data.serialization import Wire
from blueprints.marketplace.product_listing import rules
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.people.queries import inactive_among
from blueprints.platform.people.rules import SELLING

_REALM = "marketplace"


@dataclass(frozen=True, slots=True)
class WatchedListing:
    """A listing, live or withdrawn; `price` is in minor units of `currency`, `facts` are public and as on the wire.

    `is_live` says that it is shown to everybody, `is_available` that it can be bought or bid on now, `is_sold` that an
    auction was won or nothing is left in stock. `ends` is the end of an auction that is not closed."""

    id: str
    type: str
    title: str
    currency: str
    price: int | None
    ends: datetime | None
    is_live: bool
    is_available: bool
    is_sold: bool
    facts: Wire


def watched_listings(product_ids: Iterable[str]) -> dict[str, WatchedListing]:
    """Return id → listing, withdrawn ones too, in two statements; an id that no listing has is not there.

    Nor is one that moderation holds: nobody is shown or told anything of it (M-1)."""
    wanted = set(product_ids)
    if not wanted:
        return {}
    rows = fetch(select(
        Product.id, Product.title, Product.description, Product.condition, Product.type, Product.currency,
        Product.price, Product.start_price, Product.end_price, Product.shipping, Product.shipping_currency,
        Product.media_asset_ids, Product.seller_id, Product.is_active, Product.effective_end, Product.closed_at,
        Product.winner_bid_id, Product.quantity, Product.reserved, Product.sold).where(
        Product.id.in_(wanted), is_free(Product)))
    inactive = inactive_among(_REALM, {row.seller_id for row in rows}, SELLING)
    return {row.id: _watched(row, is_live=bool(row.is_active) and row.seller_id not in inactive) for row in rows}


def _watched(row: Any, *, is_live: bool) -> WatchedListing:
    facts = row._mapping
    return WatchedListing(
        row.id, row.type, row.title, row.currency, row.price, None if row.closed_at else row.effective_end, is_live,
        is_live and rules.can_be_had(facts, now()), rules.is_sold(facts), _on_the_wire(row))


def _on_the_wire(row: Any) -> Wire:
    amounts = {"price": row.price, "startPrice": row.start_price, "endPrice": row.end_price}
    return {"title": row.title, "description": row.description, "currency": row.currency,
            "condition": row.condition, "condition_idx": rules.CONDITIONS.index(row.condition),
            "type": row.type, "type_idx": rules.TYPES.index(row.type), "mediaAssetIds": row.media_asset_ids,
            "shipping": to_wire(row.shipping, row.shipping_currency),
            **{name: to_wire(amount, row.currency) for name, amount in amounts.items()}}
