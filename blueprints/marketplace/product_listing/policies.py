"""Who may call which API of productListing; commands check whose row it is (rules-marketplace §8.2, decision 6)."""
from app.identity.access import Predicate, logged_in, public_read

POLICIES: dict[str, Predicate] = {
    "createProductListingMedia": logged_in,
    "createProductListingProduct": logged_in,
    "deleteProductListingMedia": logged_in,
    "deleteProductListingProduct": logged_in,
    "getProductListingMedia": public_read,
    "getProductListingProduct": public_read,
    "listProductListingMedia": logged_in,
    "listProductListingOwnProducts": logged_in,
    "listProductListingProducts": public_read,
    "updateProductListingProduct": logged_in,
    "uploadMedia": logged_in,
}
