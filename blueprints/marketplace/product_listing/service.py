"""productListing as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ANONYMOUS, ERASED, KEPT, Obligation, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.service import ServiceDeclaration
from blueprints.marketplace.product_listing import subscribers
from blueprints.marketplace.product_listing.checks import check_listings
from blueprints.marketplace.product_listing.commands import restore_media, restore_product, withdraw_listings_of
from blueprints.marketplace.product_listing.holds import (
    hold_media,
    hold_product,
    lock_trade,
)
from blueprints.marketplace.product_listing.index import LISTINGS, READABLE
from blueprints.marketplace.product_listing.inspection import listings_named
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.obligations import running_auctions_of
from blueprints.marketplace.product_listing.queries import listings_seen_by, media_by_id
from blueprints.marketplace.product_listing.subjects import media_subject, product_subject
from blueprints.marketplace.product_listing.topics import MEDIA_HELD, PRODUCT_CREATED, PRODUCT_UPDATED

SERVICE = ServiceDeclaration(
    name="productListing", version="1.0.2", description="Fixed-price and auction listings, and their media.",
    realms=("marketplace",),
    routes="blueprints.marketplace.product_listing.routes.api",
    background=(subscribers,),
    readable=READABLE,
    indexes=(LISTINGS.index,),
    relations=(
        relations_of(
            Product, Relation("mediaAssetIds", "productListingMedia", name="media", many=True),
            Relation("categoryId", "category"), Relation("subcategoryId", "subcategory"), Relation("sellerId", "user"),
            # What somebody bids for is not for every passer-by.
            Relation("highestBidderId", "user", visitors=False)),
        relations_of(Media, Relation("productId", "productListingProduct", name="product")),
    ),
    targets=(
        JoinTarget("productListingProduct", ("id", "title", "type", "type_idx", "price", "currentBid", "currency"),
                   listings_seen_by, personal=True, depends_on=("rows:user",)),
        JoinTarget("productListingMedia", ("id", "url", "mimeType"), lambda _, ids: media_by_id(ids)),
    ),
    emits=lambda _: (MEDIA_HELD,),
    moderated=(
        ModeratedKind("PRODUCT", Product, restore_product, product_subject, hold_product, lock_dependents=lock_trade,
                      named=lambda _, text: listings_named(text), written=(PRODUCT_CREATED, PRODUCT_UPDATED)),
        ModeratedKind("MEDIA", Media, restore_media, media_subject, hold_media)),
    checks={"listings": check_listings},
    obligations=(Obligation(running_auctions_of),),
    persons=(
        rows_of_people(Product, ANONYMOUS, "seller_id", why="orders and bids speak of withdrawn listings",
                       first=withdraw_listings_of, export=exported("listings", "seller_id")),
        rows_of_people(Product, KEPT, "highest_bidder_id", why="the outcome of an auction; the id leads to nobody",
                       export="bids say it"),
        rows_of_people(Media, ERASED, "uploader_id", export=exported("listing-pictures", "uploader_id")),
    ),
)
