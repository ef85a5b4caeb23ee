"""URL map of productListing (contract documents 151–160 and the edge route of 064)."""
from flask import Response

from app.actor import Actor
from app.http.declaration import Routes
from blueprints.marketplace.product_listing import commands, queries
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.policies import POLICIES
from blueprints.marketplace.product_listing.schemas import NewMedia, NewProduct, ProductChanges
from blueprints.marketplace.product_listing.upload import UPLOAD_BODY, UPLOAD_RESPONSES, receive_upload

api = Routes(POLICIES)

_PRODUCTS = "/v1/productlistingproducts"
_MEDIAS = "/v1/productlistingmedias"

api.create(_PRODUCTS, commands.create_product, "List a product, at a fixed price or as an auction.",
           name="createProductListingProduct", body=NewProduct, returns=Product, id_name="productListingProductId")
api.get(f"{_PRODUCTS}/{{productListingProductId}}", queries.get_product,
        "Get a listing with its media, category, subcategory and seller.",
        name="getProductListingProduct", returns=Product)
api.list(_PRODUCTS, queries.list_products, "List the live listings.",
         name="listProductListingProducts", returns=Product, depends_on=("rows:user",), filters=queries.PRODUCT_FILTERS,
         same_for_role=True)
api.list("/v1/productlistingownproducts", queries.list_own_products, "List the caller's own live listings.",
         name="listProductListingOwnProducts", returns=Product, filters=queries.PRODUCT_FILTERS)
api.update(f"{_PRODUCTS}/{{productListingProductId}}", commands.update_product,
           "Edit a listing that no bids or open orders hold.",
           name="updateProductListingProduct", body=ProductChanges, returns=Product)
api.delete(f"{_PRODUCTS}/{{productListingProductId}}", commands.delete_product, "Withdraw a listing.",
           name="deleteProductListingProduct", returns=Product)
api.create(_MEDIAS, commands.create_media, "Record a media asset.",
           name="createProductListingMedia", body=NewMedia, returns=Media, id_name="productListingMediaId")
api.get(f"{_MEDIAS}/{{productListingMediaId}}", queries.get_media, "Get a media asset.",
        name="getProductListingMedia", returns=Media)
api.list(_MEDIAS, queries.list_media, "List media: staff all, others their own.",
         name="listProductListingMedia", returns=Media, depends_on=(Product,), filters=queries.MEDIA_FILTERS)
api.delete(f"{_MEDIAS}/{{productListingMediaId}}", commands.delete_media, "Remove a media asset.",
           name="deleteProductListingMedia", returns=Media)


@api.system("/api/media/upload", name="uploadMedia", method="POST", request_body=UPLOAD_BODY,
            responses=UPLOAD_RESPONSES)
def upload_media(actor: Actor) -> Response:
    """Upload an image of at most 10 MB (multipart field `file`)."""
    return receive_upload(actor)
