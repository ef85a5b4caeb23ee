"""Who sees listings and their media (rules-marketplace §8.2, decision 41)."""
from sqlalchemy import select

from app.data.version_keys import version_key
from app.data.visibility import Visibility, any_of, ids_of_caller, me, member, not_, through
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.people.visibility import RESTING_SELLERS

PRODUCTS = Visibility(Product, any_of(me("sellerId"), not_(member("sellerId", RESTING_SELLERS))))
_OWN = ids_of_caller("the caller's listings, withdrawn ones too", lambda actor: select(Product.id).where(
    Product.seller_id == actor.user_id), depends_on=(version_key(Product),))
OWN_MEDIA = any_of(me("_owner"), member("productId", _OWN))
"""What one uploaded, and what one's listings show first."""
MEDIA = Visibility(Media, any_of(OWN_MEDIA, through("productId", "productListingProduct")))
