"""What clients may send to auctionOffer, field by field (rules-marketplace §2.1).

The contract demands `status` of a create and lets clients send server-owned fields; both are read and ignored (AO4)."""
from marshmallow import fields

from app.http.schemas import FILLED_IN, NOT_READ, Choice, Currency, Flag, Identifier, InputSchema, Instant, Money, Text
from blueprints.marketplace.auction_offer.rules import BID_STATUSES, OFFER_STATUSES


class NewBid(InputSchema):
    """Body of createAuctionOfferBid; in PROXY mode bidAmount is the secret maximum (decision 8)."""

    bid_amount = Money(positive=True, required=True)
    currency = Currency(required=True)
    status = Choice(BID_STATUSES, metadata=FILLED_IN | NOT_READ)
    product_id = Identifier(required=True)
    buy_now = Flag(metadata={"description": "true buys at once; bidAmount must be the buyNowPrice"})


class BidChange(InputSchema):
    """Body of updateAuctionOfferBid."""

    status = Choice(BID_STATUSES)


class NewOffer(InputSchema):
    """Body of createAuctionOfferOffer."""

    currency = Currency(required=True)
    product_id = Identifier(required=True)
    counter_offer_id = Identifier(metadata={"description": "the counter-offer this one answers"})
    counter_message = fields.Raw(metadata=NOT_READ | {"type": "string"})
    counter_amount = fields.Raw(metadata=NOT_READ | {"type": "number"})
    offer_amount = Money(positive=True, required=True)
    message = Text(least=0)
    status = Choice(OFFER_STATUSES, metadata=FILLED_IN | NOT_READ)
    expires_at = Instant(metadata={"description": "at most 48 h ahead, which is the default"})
    responded_at = fields.Raw(metadata=NOT_READ | {"type": "string"})


class SecondChance(InputSchema):
    """Body of offerSecondChance."""

    product_id = Identifier(required=True)


class OfferAnswer(InputSchema):
    """Body of updateAuctionOfferOffer: an answer, a withdrawal, or a new message while PENDING."""

    counter_offer_id = fields.Raw(metadata=NOT_READ | {"type": "string"})
    counter_message = Text(least=0)
    counter_amount = Money(positive=True, metadata={"description": "required with status COUNTERED"})
    message = Text(least=0)
    status = Choice(OFFER_STATUSES)
    expires_at = Instant(metadata={"description": "with status COUNTERED: when the counter lapses"})
    responded_at = fields.Raw(metadata=NOT_READ | {"type": "string"})
