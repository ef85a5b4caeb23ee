"""How listings and their media are read: what finds them, what is counted."""
from app.data.visibility import ReadObject
from app.identity.access import logged_in, public_read
from blueprints.marketplace.product_listing.queries import MEDIA_FILTERS, PRODUCT_FILTERS
from blueprints.marketplace.product_listing.visibility import MEDIA, PRODUCTS

READABLE = (
    ReadObject(PRODUCTS, who=public_read, words={"title": 4.0, "description": 1.0},
               facets=("condition", "type", "categoryId", "subcategoryId", "currency", "shippingMethod"),
               searched=("currency", "description", "condition", "price", "title", "type", "sellerId", "startBidDate",
                         "subcategoryId", "categoryId", "endBidDate", "currentBid", "shippingMethod"),
               filters=PRODUCT_FILTERS),
    ReadObject(MEDIA, who=logged_in, searched=(), filters=MEDIA_FILTERS),
)
