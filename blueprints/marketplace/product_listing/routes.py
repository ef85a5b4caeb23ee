"""URL map of productListing (contract documents 151–160 and the edge route of 064)."""
from typing import Any

from flask import Response

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from blueprints.marketplace.product_listing import commands, queries
from blueprints.marketplace.product_listing.models import Media, Product
from blueprints.marketplace.product_listing.policies import POLICIES
from blueprints.marketplace.product_listing.schemas import NewMedia, NewProduct, ProductChanges
from blueprints.marketplace.product_listing.upload import UPLOAD_BODY, UPLOAD_RESPONSES, receive_upload

api = Routes(POLICIES)

_PRODUCTS = "/v1/productlistingproducts"
_MEDIAS = "/v1/productlistingmedias"


@api.create(_PRODUCTS, name="createProductListingProduct", body=NewProduct, returns=Product,
            id_name="productListingProductId")
def create_product(actor: Actor, data: dict[str, Any]) -> Product:
    """List a product, at a fixed price or as an auction."""
    return commands.create_product(actor, **data)


@api.get(f"{_PRODUCTS}/{{productListingProductId}}", name="getProductListingProduct", returns=Product)
def get_product(actor: Actor, asked: ReadRequest, product_listing_product_id: str) -> Wire:
    """Get a listing with its media, category, subcategory and seller."""
    return queries.get_product(actor, product_listing_product_id)


@api.list(_PRODUCTS, name="listProductListingProducts", returns=Product, depends_on=("rows:user",),
          filters=queries.PRODUCT_FILTERS, same_for_role=True)
def list_products(actor: Actor, asked: ReadRequest) -> Listing:
    """List the live listings."""
    return queries.list_products(actor, asked)


@api.list("/v1/productlistingownproducts", name="listProductListingOwnProducts", returns=Product,
          filters=queries.PRODUCT_FILTERS)
def list_own_products(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's own live listings."""
    return queries.list_own_products(actor, asked)


@api.update(f"{_PRODUCTS}/{{productListingProductId}}", name="updateProductListingProduct", body=ProductChanges,
            returns=Product)
def update_product(actor: Actor, data: dict[str, Any], product_listing_product_id: str) -> Product:
    """Edit a listing that no bids or open orders hold."""
    return commands.update_product(actor, product_listing_product_id, **data)


@api.delete(f"{_PRODUCTS}/{{productListingProductId}}", name="deleteProductListingProduct", returns=Product)
def delete_product(actor: Actor, data: dict[str, Any], product_listing_product_id: str) -> Product:
    """Withdraw a listing."""
    return commands.delete_product(actor, product_listing_product_id)


@api.create(_MEDIAS, name="createProductListingMedia", body=NewMedia, returns=Media, id_name="productListingMediaId")
def create_media(actor: Actor, data: dict[str, Any]) -> Media:
    """Record a media asset."""
    return commands.create_media(actor, **data)


@api.get(f"{_MEDIAS}/{{productListingMediaId}}", name="getProductListingMedia", returns=Media)
def get_media(actor: Actor, asked: ReadRequest, product_listing_media_id: str) -> Wire:
    """Get a media asset."""
    return queries.get_media(actor, product_listing_media_id)


@api.list(_MEDIAS, name="listProductListingMedia", returns=Media, depends_on=(Product,), filters=queries.MEDIA_FILTERS)
def list_media(actor: Actor, asked: ReadRequest) -> Listing:
    """List media: staff all, others their own."""
    return queries.list_media(actor, asked)


@api.delete(f"{_MEDIAS}/{{productListingMediaId}}", name="deleteProductListingMedia", returns=Media)
def delete_media(actor: Actor, data: dict[str, Any], product_listing_media_id: str) -> Media:
    """Remove a media asset."""
    return commands.delete_media(actor, product_listing_media_id)


@api.system("/api/media/upload", name="uploadMedia", method="POST", request_body=UPLOAD_BODY,
            responses=UPLOAD_RESPONSES)
def upload_media(actor: Actor) -> Response:
    """Upload an image of at most 10 MB (multipart field `file`)."""
    return receive_upload(actor)
