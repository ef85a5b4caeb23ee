"""The routes by which a service's orders are paid (contract: 126–150 of the marketplace, 127–157 of the network)."""
from typing import Any

from flask import request

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.envelope import Answer
from app.http.request import json_body
from app.http.schemas import load
from app.payments import pay, webhooks
from app.payments.cards import list_cards
from app.payments.checkout import Checkout
from app.payments.pay import Payment, without_secret
from blueprints.platform.checkout import cards, payment_references, queries, schemas
from blueprints.platform.checkout.names import api_noun, object_name
from blueprints.platform.checkout.policies import payment_policies

PAYMENT_RESULT: dict[str, Any] = {
    "paymentResult": {"type": "object", "description": "what the payment gateway said"}}


def payment_routes(checkout: Checkout) -> Routes:
    """Return the routes of one checkout, under the names of its order's object; its service includes them."""
    api = Routes(payment_policies(checkout))
    _write_payments(api, checkout)
    _write_references(api, checkout)
    _write_customers_and_cards(api, checkout)
    return api


def payment_answer(payment: Payment) -> Answer:
    """Return the answer with `paymentResult`, whose secret is for the caller alone and not for the event."""
    if not payment.result:
        return Answer(payment.order)
    return Answer(payment.order, {"paymentResult": payment.result}, {"paymentResult": without_secret(payment.result)})


def _write_payments(api: Routes, checkout: Checkout) -> None:
    order, noun = object_name(checkout), api_noun(checkout)
    options: dict[str, Any] = {"returns": checkout.order, "transaction": False, "extras": PAYMENT_RESULT}

    @api.update(f"/v1/start{order.lower()}payment/{{{order}Id}}", name=f"start{noun}Payment",
                body=schemas.PaymentParams, **options)
    def start_payment(actor: Actor, data: dict[str, Any], **path: str) -> Answer:
        """Pay an order: create and confirm a payment in one step."""
        return payment_answer(pay.start(checkout, actor, _id_in(path), data.get("payment_user_params") or {}))

    @api.update(f"/v1/refresh{order.lower()}payment/{{{order}Id}}", name=f"refresh{noun}Payment",
                body=schemas.PaymentParams, **options)
    def refresh_payment(actor: Actor, data: dict[str, Any], **path: str) -> Answer:
        """Read an order's payment anew from the gateway."""
        return payment_answer(pay.refresh(checkout, actor, _id_in(path), data.get("payment_user_params") or {}))

    @api.update(f"/v1/callback{order.lower()}payment", method="POST", name=f"callback{noun}Payment",
                body=schemas.callback_body(order), **options)
    def receive_callback(actor: Actor, data: dict[str, Any]) -> Answer:
        """Take a signed event of the payment gateway."""
        return payment_answer(webhooks.receive(checkout, request.get_data(), request.headers.get("Stripe-Signature")))


def _write_references(api: Routes, checkout: Checkout) -> None:
    order, noun, returns = object_name(checkout), api_noun(checkout), checkout.reference
    base, id_name = f"/v1/{order.lower()}payment", f"{returns.__object__}Id"

    @api.create(base, name=f"create{noun}Payment", body=schemas.NewPaymentReference, id_name=id_name, returns=returns)
    def create_reference(actor: Actor, data: dict[str, Any]) -> Any:
        """Write the payment reference of an order by hand (staff)."""
        return payment_references.create_reference(checkout, actor, **data)

    @api.update(f"{base}/{{{id_name}}}", name=f"update{noun}Payment", body=schemas.PaymentReferenceChange,
                returns=returns)
    def update_reference(actor: Actor, data: dict[str, Any], **path: str) -> Any:
        """Change a payment reference by hand (staff)."""
        return payment_references.change_reference(checkout, actor, _id_in(path), **data)

    @api.delete(f"{base}/{{{id_name}}}", name=f"delete{noun}Payment", returns=returns)
    def delete_reference(actor: Actor, data: dict[str, Any], **path: str) -> Any:
        """Delete a payment reference (staff)."""
        return payment_references.delete_reference(checkout, actor, _id_in(path))

    @api.get(f"{base}2/{{{id_name}}}", name=f"get{noun}Payment2", returns=returns)
    def get_reference(actor: Actor, asked: ReadRequest, **path: str) -> Wire:
        """Get a payment reference by its id."""
        return queries.reference_by(checkout, actor, id=_id_in(path))

    @api.get(f"/v1/{order}paymentbyorderid/{{orderId}}", name=f"get{noun}PaymentByOrderId",
             text_parameters=("orderId",), returns=returns)
    def get_reference_of_order(actor: Actor, asked: ReadRequest, order_id: str) -> Wire:
        """Get the payment reference of an order."""
        return queries.reference_by(checkout, actor, order_id=order_id)

    @api.get(f"/v1/{order}paymentbypaymentid/{{paymentId}}", name=f"get{noun}PaymentByPaymentId",
             text_parameters=("paymentId",), returns=returns)
    def get_reference_of_payment(actor: Actor, asked: ReadRequest, payment_id: str) -> Wire:
        """Get the payment reference of a payment at the gateway."""
        return queries.reference_by(checkout, actor, payment_id=payment_id)

    @api.list(f"{base}s2", name=f"list{noun}Payments2", returns=returns, filters=queries.reference_filters(checkout))
    def list_references(actor: Actor, asked: ReadRequest) -> Listing:
        """List the caller's payment references."""
        return queries.list_references(checkout, actor, asked)


def _write_customers_and_cards(api: Routes, checkout: Checkout) -> None:
    @api.get("/v1/paymentcustomers/{userId}", name="getPaymentCustomerByUserId", returns=checkout.customer,
             text_parameters=("userId",))
    def get_customer(actor: Actor, asked: ReadRequest, user_id: str) -> Wire:
        """Get who a user is at the payment gateway."""
        return queries.customer_of_user(checkout, actor, user_id)

    @api.list("/v1/paymentcustomers", name="listPaymentCustomers", returns=checkout.customer,
              filters=queries.customer_filters(checkout))
    def list_customers(actor: Actor, asked: ReadRequest) -> Listing:
        """List customers of the payment gateway: the caller's own row."""
        return queries.list_customers(checkout, actor, asked)

    @api.list("/v1/paymentcustomermethods/{userId}", name="listPaymentCustomerMethods", returns=checkout.method,
              filters=queries.method_filters(checkout), text_parameters=("userId",))
    def list_methods(actor: Actor, asked: ReadRequest, user_id: str) -> Listing:
        """List a user's kept cards."""
        return queries.list_methods(checkout, actor, asked, user_id)

    @api.system("/payment-methods/list", name="listOwnPaymentMethods")
    def list_own_cards(actor: Actor) -> list[Wire]:
        """List the caller's kept cards."""
        return list_cards(checkout, actor.user_id)

    @api.system("/payment-methods/add", name="addPaymentMethod", method="POST", body=schemas.NewCard)
    def add_card(actor: Actor) -> Wire:
        """Keep a card for the caller."""
        return cards.keep_card(checkout, actor, load(schemas.NewCard(), json_body())["payment_method_id"])

    @api.system("/payment-methods/delete/{paymentMethodId}", name="deletePaymentMethod", method="DELETE")
    def delete_card(actor: Actor, payment_method_id: str) -> Wire:
        """Forget a kept card of the caller's."""
        return cards.forget_card(checkout, actor, payment_method_id)


def _id_in(path: dict[str, str]) -> str:
    """Return the only id a path names; its parameter is called after the order's object."""
    [found] = path.values()
    return found
