"""Pictures of listings."""
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import identifier, integer, string, web_address
from app.data.entity import Entity
from app.data.held import Holdable
from app.data.short_ids import short_id_index


class Media(Holdable, Entity):
    """An uploaded or linked image; `productId` is the first product that shows it (PR4)."""

    __tablename__ = "product_listing_media"
    __service__ = "productListing"
    __object__ = "productListingMedia"
    __realm__ = "marketplace"
    __lock_rank__ = 50
    __owner__ = "uploader_id"

    mime_type: Mapped[str] = string(required=True)
    product_id: Mapped[str | None] = identifier()
    url: Mapped[str] = web_address(required=True)
    size: Mapped[int] = integer(required=True)
    uploader_id: Mapped[str | None] = identifier(hidden=True)


short_id_index(Media)
Index("ix_product_listing_media_product", Media.product_id)
Index("ix_product_listing_media_created", Media.created_at, Media.id)  # the read layer pages through all of them
Index("ix_product_listing_media_uploader", Media.uploader_id, Media.is_active, Media.created_at)
