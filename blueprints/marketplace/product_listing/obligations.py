"""What of listings others wait for from a person: who owes something is not erased (docs/decisions/099)."""
from sqlalchemy import select

from app.data.person_rows import MOST_OBLIGATIONS
from app.data.reads import fetch
from blueprints.marketplace.product_listing.models import Product


def running_auctions_of(realm: str, user_id: str) -> list[str]:
    """Return the auctions of a person that have bids and are not closed, a sentence each (docs/decisions/099)."""
    if realm != Product.__realm__:
        return []
    rows = fetch(select(Product.id, Product.title, Product.bid_count).where(
        Product.seller_id == user_id, Product.is_active.is_(True), Product.type == "AUCTION",
        Product.closed_at.is_(None), Product.bid_count > 0).order_by(Product.id).limit(MOST_OBLIGATIONS))
    return [f"auction “{row.title}” ({row.id}) runs with {row.bid_count} bids" for row in rows]
