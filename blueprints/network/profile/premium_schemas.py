"""What clients send to buy premium; what is paid with stands in blueprints/platform/checkout/schemas.py."""
from app.http.schemas import FILLED_IN, Currency, Identifier, InputSchema, Line, Money, Text

_STATUS = {"description": "kept as it is sent until the payment starts, then the server's"}


class NewPremium(InputSchema):
    """Body of createPremuimSub."""

    profile_id = Identifier(required=True)
    currency = Currency(required=True)
    status = Line(required=True, metadata=_STATUS)
    price = Money(required=True, positive=True, metadata={"description": "what premium costs: /v1/premiumplan"})
    user_id = Identifier(metadata=FILLED_IN | {"description": "the caller"})


class PremiumChange(InputSchema):
    """Body of updatePremuimSub."""

    profile_id = Identifier(metadata={"description": "cannot be changed"})
    currency = Currency()
    status = Line(metadata=_STATUS)
    price = Money(positive=True, metadata={"description": "what premium costs now: the order is priced anew"})
    user_id = Identifier(metadata={"description": "cannot be changed"})


class PremiumRefund(InputSchema):
    """Body of refundPremiumsubscription."""

    amount = Money(positive=True, metadata={"description": "give back a part, in major units, and leave premium as "
                                                           "it is; all that is left when absent, and premium ends"})
    reason = Text(required=True, most=1000)
