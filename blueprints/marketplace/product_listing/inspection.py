"""What staff see of listings: naming them, a seller's latest, one as it is judged; withdrawn and held ones too.

Staff see everything, so nothing here asks who rests or is blocked (visibility.py)."""
from app.actor import Actor
from app.data.held import Viewer
from app.data.moderated_kinds import Subject
from app.data.reads import Listing, Page, find_any_row, list_rows
from app.data.short_ids import ids_named
from blueprints.marketplace.product_listing.models import Media, Product

_NEWEST_FIRST = (Product.created_at.desc(), Product.id.desc())


def listings_named(text: str) -> list[str]:
    """Return the ids of the listings, withdrawn ones too, that begin or end so (app/data/short_ids.py)."""
    return ids_named(Product, text)


def live_listings_of(seller_id: str, limit: int) -> Listing:
    """Return the latest live listings of a seller as staff see them, whether he is active or not, and how many."""
    return list_rows(Product, Page(1, limit), Product.seller_id == seller_id, order=_NEWEST_FIRST,
                     viewer=Viewer(is_staff=True))


def product_subject(actor: Actor, product_id: str) -> Subject | None:
    """Return a listing as staff judge it, without the seller's secret reserve; None where there is none."""
    row = find_any_row(Product, product_id)
    return row and Subject(
        row["title"], row["sellerId"], row, words=f"{row['title']}\n{row['description']}",
        held=row["held"], is_active=row["isActive"])


def media_subject(actor: Actor, media_id: str) -> Subject | None:
    """Return a media asset as staff judge it; None where there is none."""
    row = find_any_row(Media, media_id)
    return row and Subject(f"{row['mimeType']} {row['url']}", row["_owner"], row, held=row["held"],
                           is_active=row["isActive"])
