"""What staff see of listings: naming them, a seller's latest; withdrawn and held ones too.

Staff see everything, so nothing here asks who rests or is blocked (visibility.py)."""
from app.data.held import Viewer
from app.data.reads import Listing, Page, list_rows
from app.data.short_ids import ids_named
from blueprints.marketplace.product_listing.models import Product

_NEWEST_FIRST = (Product.created_at.desc(), Product.id.desc())


def listings_named(text: str) -> list[str]:
    """Return the ids of the listings, withdrawn ones too, that begin or end so (app/data/short_ids.py)."""
    return ids_named(Product, text)


def live_listings_of(seller_id: str, limit: int) -> Listing:
    """Return the latest live listings of a seller as staff see them, whether he is active or not, and how many."""
    return list_rows(Product, Page(1, limit), Product.seller_id == seller_id, order=_NEWEST_FIRST,
                     viewer=Viewer(is_staff=True))
