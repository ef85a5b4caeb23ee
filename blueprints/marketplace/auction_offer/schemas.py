"""What clients may send to auctionOffer, field by field (rules-marketplace §2.1).

The contract demands `status` of a create and lets clients send server-owned fields; both are read and ignored (AO4)."""
from typing import Any

from marshmallow import fields, post_load, pre_load

from app.http.schemas import Choice, Currency, Flag, Identifier, InputSchema, Instant, Money, Text
from blueprints.marketplace.auction_offer.rules import BID_STATUSES, OFFER_STATUSES

_IGNORED = "server-owned; ignored"


class _Created(InputSchema):
    """What both creates do with the fields that are not the client's to set."""

    _ignored: tuple[str, ...] = ("status",)

    @pre_load
    def _supply_status(self, data: Any, **_: Any) -> Any:
        if isinstance(data, dict) and data.get("status") is None:
            return {**data, "status": self.fields["status"].metadata["enum"][0]}
        return data

    @post_load
    def _drop_ignored(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name not in self._ignored}


class NewBid(_Created):
    """Body of createAuctionOfferBid; in PROXY mode bidAmount is the secret maximum (decision 8)."""

    bid_amount = Money(positive=True, required=True)
    currency = Currency(required=True)
    status = Choice(BID_STATUSES, required=True)
    product_id = Identifier(required=True)
    buy_now = Flag(metadata={"description": "true buys at once; bidAmount must be the buyNowPrice"})


class BidChange(InputSchema):
    """Body of updateAuctionOfferBid."""

    status = Choice(BID_STATUSES)


class NewOffer(_Created):
    """Body of createAuctionOfferOffer."""

    _ignored = ("status", "counter_message", "counter_amount", "responded_at")

    currency = Currency(required=True)
    product_id = Identifier(required=True)
    counter_offer_id = Identifier(metadata={"description": "the counter-offer this one answers"})
    counter_message = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    counter_amount = fields.Raw(metadata={"type": "number", "description": _IGNORED})
    offer_amount = Money(positive=True, required=True)
    message = Text(least=0)
    status = Choice(OFFER_STATUSES, required=True)
    expires_at = Instant(metadata={"description": "at most 48 h ahead, which is the default"})
    responded_at = fields.Raw(metadata={"type": "string", "description": _IGNORED})


class SecondChance(InputSchema):
    """Body of offerSecondChance."""

    product_id = Identifier(required=True)


class OfferAnswer(InputSchema):
    """Body of updateAuctionOfferOffer: an answer, a withdrawal, or a new message while PENDING."""

    counter_offer_id = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    counter_message = Text(least=0)
    counter_amount = Money(positive=True, metadata={"description": "required with status COUNTERED"})
    message = Text(least=0)
    status = Choice(OFFER_STATUSES)
    expires_at = Instant(metadata={"description": "with status COUNTERED: when the counter lapses"})
    responded_at = fields.Raw(metadata={"type": "string", "description": _IGNORED})

    @post_load
    def _drop_ignored(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name not in ("counter_offer_id", "responded_at")}
