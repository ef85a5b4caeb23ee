"""Listings and their media as staff judge them. Apart from inspection.py: who names or lists them judges nothing."""
from app.actor import Actor
from app.data.moderated_kinds import Subject
from app.data.reads import find_any_row
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product


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
