"""productListing as one declaration."""
from app.service import ServiceDeclaration
from blueprints.marketplace.product_listing import subscribers
from blueprints.marketplace.product_listing.routes import api

SERVICE = ServiceDeclaration(
    name="productListing", version="1.0.2", description="Fixed-price and auction listings, and their media.",
    realms=("marketplace",),
    routes=api,
    background=(subscribers,),
)
