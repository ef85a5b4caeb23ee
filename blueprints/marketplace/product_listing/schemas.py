"""What clients may send to productListing, field by field (rules-marketplace §8.1, decision 11).

currentBid and highestBidderId are documented by the contract and ignored from clients (PR2)."""
from marshmallow import fields

from app.http.schemas import Choice, Currency, Flag, Identifier, IdList, InputSchema, Instant, Line, Money, Text, Whole
from blueprints.marketplace.product_listing import rules

LONGEST_DESCRIPTION = 65_536


class _OptionalListingFields(InputSchema):
    """What a create and an update both may carry."""

    start_bid = Money()
    end_price = Money()
    price = Money()
    start_price = Money()
    end_bid = Money()
    estimated_delivery = Instant()
    media_asset_ids = IdList()
    start_bid_date = Instant()
    end_bid_date = Instant()
    reserve_price = Money(load_only=True, metadata={"description": "secret; never shown again"})
    buy_now_price = Money()
    soft_close_seconds = Whole(least=0, most=rules.LONGEST_SOFT_CLOSE_SECONDS)
    hard_end_date = Instant()
    accept_offers = Flag()
    quantity = Whole(least=1)
    current_bid = fields.Raw(metadata={"type": "number", "description": "server-owned; ignored"})
    highest_bidder_id = fields.Raw(metadata={"type": "string", "description": "server-owned; ignored"})


class NewProduct(_OptionalListingFields):
    """Body of createProductListingProduct."""

    currency = Currency(required=True)
    description = Text(most=LONGEST_DESCRIPTION, required=True)
    condition = Choice(rules.CONDITIONS, required=True)
    title = Line(required=True)
    type = Choice(rules.TYPES, required=True)
    shipping_currency = Currency(required=True)
    shipping_method = Choice(rules.SHIPPING_METHODS, required=True)
    shipping = Money(required=True)
    subcategory_id = Identifier(required=True)
    category_id = Identifier(required=True)
    bidding_mode = Choice(rules.BIDDING_MODES)


class ProductChanges(_OptionalListingFields):
    """Body of updateProductListingProduct; type, seller and bidding mode never change."""

    currency = Currency()
    description = Text(most=LONGEST_DESCRIPTION)
    condition = Choice(rules.CONDITIONS)
    title = Line()
    shipping_currency = Currency()
    shipping_method = Choice(rules.SHIPPING_METHODS)
    shipping = Money()
    subcategory_id = Identifier()
    category_id = Identifier()
    media_asset_ids_append = Identifier(data_key="mediaAssetIds_append")
    media_asset_ids_remove = Identifier(data_key="mediaAssetIds_remove")


class NewMedia(InputSchema):
    """Body of createProductListingMedia."""

    mime_type = Text(required=True)
    product_id = Identifier()
    url = Text(most=2048, required=True)
    size = Whole(required=True)
