"""What clients send to pay, and what the gateway does."""
from functools import cache
from typing import Any

from marshmallow import ValidationError, post_load, pre_load, validates_schema

from app.http.schemas import Code, Identifier, InputSchema, JsonObject, Text, WebAddress

_NO_ID = "00000000-0000-0000-0000-000000000000"


class PaymentParams(InputSchema):
    """Body of start and refresh."""

    payment_user_params = JsonObject(metadata={
        "description": "{paymentMethodId, return_url, storeCard}", "example": {"paymentMethodId": "pm_card_visa"}})

    @validates_schema
    def _sound(self, data: dict[str, Any], **_: Any) -> None:
        params = data.get("payment_user_params") or {}
        wrong = {name: [f"expected {meaning}"] for name, kind, meaning in _PARAMS
                 if params.get(name) is not None and not _is_sound(params[name], kind)}
        if wrong:
            raise ValidationError({f"paymentUserParams.{name}": said for name, said in wrong.items()})

    @post_load
    def _lead_back(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        params = data.get("payment_user_params") or {}
        if params.get("return_url") is None:
            return data
        try:
            address = WebAddress().deserialize(params["return_url"])
        except ValidationError as error:
            raise ValidationError({"paymentUserParams.return_url": error.messages}) from None
        return {"payment_user_params": params | {"return_url": address}}


_PARAMS = (("paymentMethodId", str, "the id of a payment method"), ("storeCard", bool, "true or false"))


def _is_sound(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and (not isinstance(value, str) or (0 < len(value) <= 2048 and value.isprintable()))


class _Callback(InputSchema):
    @pre_load
    def _some_order(self, data: Any, **_: Any) -> Any:
        return dict.fromkeys(self.fields, _NO_ID)


@cache
def callback_body(order: str) -> type[InputSchema]:
    """Return the body of the signed callback: an event of the gateway; the order is the one its metadata names."""
    said = Identifier(required=True, metadata={"description": "taken from the signed event"})
    return type("Callback", (_Callback,), {f"{order}Id": said})


class PaymentReferenceChange(InputSchema):
    """Body of `update…Payment`."""

    payment_id = Code()
    payment_status = Text()
    status_literal = Text()
    redirect_url = WebAddress()


class NewPaymentReference(InputSchema):
    """Body of `create…Payment`."""

    order_id = Identifier(required=True)
    payment_id = Code(required=True)
    payment_status = Text(required=True)
    status_literal = Text(required=True)
    redirect_url = WebAddress()


class NewCard(InputSchema):
    """Body of POST /payment-methods/add."""

    payment_method_id = Code(required=True)
