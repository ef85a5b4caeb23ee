"""What clients send to orderManagement.

The contract lets them send much that is the server's (status, times, intents): it is read and ignored (§7.4 OR1)."""
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validates_schema

from app.http.schemas import (
    Choice,
    Code,
    Currency,
    Flag,
    Identifier,
    IdList,
    InputSchema,
    Instant,
    JsonObject,
    Line,
    Money,
    ObjectOf,
    Whole,
)
from blueprints.marketplace.order_management.placing import LINES_PER_ORDER, Wanted, new_order_number
from blueprints.marketplace.order_management.rules import (
    CHOSEN_LATER,
    LARGEST_QUANTITY,
    ORDER_STATUSES,
    is_order_number,
)

_IGNORED = "server-owned; ignored"
_STAFF = "the server sets it; staff may correct one that is set"


class SummaryInput(InputSchema):
    """The money of an order in major units; the server computes it from the items."""

    subtotal = Money()
    shipping = Money()
    discount = Money()
    total = Money()
    currency = Currency()


class LineInput(InputSchema):
    """One line of a complete order (decision 14)."""

    product_id = Identifier(required=True)
    quantity = Whole(least=1, most=LARGEST_QUANTITY, load_default=1)
    offer_id = Identifier(metadata={"description": "an accepted offer of yours to order at"})
    bid_id = Identifier(metadata={"description": "a won bid of yours to order at"})

    @validates_schema
    def _one_agreement(self, data: dict[str, Any], **_: Any) -> None:
        if "offer_id" in data and "bid_id" in data:
            raise ValidationError("expected offerId or bidId, not both", "offer_id")

    @post_load
    def _as_wanted(self, data: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(**data)


class CartRow(InputSchema):
    """One row of the cart as the buyer saw it."""

    cart_item_id = Identifier(required=True)
    quantity = Whole(least=1, most=LARGEST_QUANTITY, required=True)

    @post_load
    def _as_pair(self, data: dict[str, Any], **_: Any) -> tuple[str, int]:
        return data["cart_item_id"], data["quantity"]


class Lines(fields.List):
    """A list of lines; what is wrong is said of each by its place, e.g. `[0].quantity: expected …`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as error:
            raise ValidationError("; ".join(_said("", error.messages))) from None


def _said(place: str, messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [said for key, inner in messages.items() for said in _said(_inside(place, key), inner)]
    return [f"{place}: {message}" if place else str(message) for message in messages]


def _inside(place: str, key: Any) -> str:
    if isinstance(key, int):
        return f"{place}[{key}]"
    return place if key == "_schema" else f"{place}.{key}"


class NewOrder(InputSchema):
    """Body of createOrderManagementOrder: literal, or complete with lineItems or fromCart (decision 14)."""

    order_number = Code(required=True, metadata={"description": "generated when left out"})
    items = IdList(metadata={"description": _IGNORED})
    payment_method_id = Code(required=True)
    stripe_customer_id = Code(required=True, metadata={"description": "not trusted; the server keeps its own"})
    payment_intent_id = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    shipping_address = JsonObject(required=True)
    summary = ObjectOf(SummaryInput, required=True, metadata={
        "description": "computed when lineItems or fromCart are given"})
    tracking_number = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    estimated_delivery = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    cancelled_at = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    paid_at = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    delivered_at = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    shipped_at = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    carrier = fields.Raw(metadata={"type": "string", "description": _IGNORED})
    line_items = Lines(fields.Nested(LineInput), metadata={"description": "what to order; the server prices it"})
    from_cart = Flag(metadata={"description": "true orders the whole cart, in place of lineItems"})
    cart = Lines(fields.Nested(CartRow), metadata={
        "description": "with fromCart: the cart as it was shown; another one is refused with CartChanged"})

    @pre_load
    def _supply(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        supplied: dict[str, Any] = {"orderNumber": new_order_number()}
        if data.get("lineItems") or data.get("fromCart") is True:
            supplied |= {"summary": {}, "paymentMethodId": CHOSEN_LATER, "stripeCustomerId": CHOSEN_LATER}
        return {**supplied, **{name: value for name, value in data.items() if value is not None}}

    @validates_schema
    def _printable(self, data: dict[str, Any], **_: Any) -> None:
        if "order_number" in data and not is_order_number(data["order_number"]):
            raise ValidationError("expected 1 to 255 printable ASCII characters", "order_number")

    @validates_schema
    def _few_and_distinct(self, data: dict[str, Any], **_: Any) -> None:
        lines = data.get("line_items")
        if lines is None:
            return
        if not 0 < len(lines) <= LINES_PER_ORDER:
            raise ValidationError(f"expected 1 to {LINES_PER_ORDER} lines", "line_items")
        if len({line.product_id for line in lines}) < len(lines):
            raise ValidationError("expected each product once", "line_items")

    @validates_schema
    def _cart_alone(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("from_cart") and "line_items" in data:
            raise ValidationError("expected lineItems or fromCart, not both", "from_cart")
        if "cart" in data and not data.get("from_cart"):
            raise ValidationError("expected only with fromCart", "cart")
        if len(data.get("cart", ())) > LINES_PER_ORDER:
            raise ValidationError(f"expected at most {LINES_PER_ORDER} rows", "cart")

    @post_load
    def _keep_ours(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name in _ORDER_FIELDS}


_ORDER_FIELDS = ("order_number", "payment_method_id", "stripe_customer_id", "shipping_address", "summary", "line_items",
                 "from_cart", "cart")


class NewItem(InputSchema):
    """Body of createOrderManagementOrderItem; seller, title, currency and shipping are the listing's."""

    shipping = Money(required=True, metadata={"description": "copied from the listing"})
    order_id = Identifier(required=True)
    quantity = Whole(least=1, most=LARGEST_QUANTITY, required=True)
    product_id = Identifier(required=True)
    price = Money(required=True)
    seller_id = Identifier(required=True, metadata={"description": "copied from the listing"})
    title = Line(required=True, metadata={"description": "copied from the listing"})
    currency = Currency(required=True, metadata={"description": "copied from the listing"})


class StatusChange(InputSchema):
    """Body of updateOrderManagementOrderStatus and completeOrderStripeWebhook."""

    status = Choice(ORDER_STATUSES)
    payment_intent_id = Code(metadata={"description": _IGNORED})
    tracking_number = Code()
    estimated_delivery = Instant()
    cancelled_at = Instant(metadata={"description": _STAFF})
    paid_at = Instant(metadata={"description": _STAFF})
    delivered_at = Instant(metadata={"description": _STAFF})
    shipped_at = Instant(metadata={"description": _STAFF})
    carrier = Line()
    refund_amount = Money(positive=True, metadata={
        "description": "with status REFUNDED by staff: give back a part, in major units"})

    @validates_schema
    def _only_refunds_give_back(self, data: dict[str, Any], **_: Any) -> None:
        if "refund_amount" in data and data.get("status") != "REFUNDED":
            raise ValidationError("expected only with status REFUNDED", "refund_amount")
