"""URL map of premium (contract documents 127, 130, 131, 135, 136, 140–144, 148–151, 153, 154, 157, 158)."""
from typing import Any

from flask import request

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.envelope import Answer
from app.http.naming import ApiNames
from blueprints.network.profile import premium, premium_queries, premium_schemas
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_policies import PREMIUM_POLICIES
from blueprints.network.profile.premium_settlement import CHECKOUT
from blueprints.platform.checkout.routes import PAYMENT_RESULT, payment_answer, payment_routes

premium_api = Routes(PREMIUM_POLICIES, {
    "getPremiumPlan": ApiNames("", "premiumPlan"),
    "refundPremiumsubscription": ApiNames("premiumsubscription-refunded")})
premium_api.include(payment_routes(CHECKOUT))


@premium_api.get("/v1/premiumplan", name="getPremiumPlan")
def get_plan(actor: Actor, asked: ReadRequest) -> Wire:
    """Get what premium costs, for how many days, and until when the caller has it."""
    return premium_queries.plan_shown_to(actor)


@premium_api.create("/v1/premuimsub", name="createPremuimSub", returns=Premiumsubscription,
                    body=premium_schemas.NewPremium, id_name="premiumsubscriptionId")
def place_order(actor: Actor, data: dict[str, Any]) -> Premiumsubscription:
    """Place an order of premium, to be paid."""
    return premium.place_order(actor, **data)


@premium_api.get("/v1/premuimsub/{premiumsubscriptionId}", name="getPremuimSub", returns=Premiumsubscription)
def get_order(actor: Actor, asked: ReadRequest, premiumsubscription_id: str) -> Wire:
    """Get an order of premium."""
    return premium_queries.get_order(actor, premiumsubscription_id)


@premium_api.list("/v1/premuimsub", name="listPremuimSub", returns=Premiumsubscription,
                  filters=premium_queries.FILTERS)
def list_orders(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's orders of premium."""
    return premium_queries.list_orders(actor, asked)


@premium_api.update("/v1/premuimsub/{premiumsubscriptionId}", name="updatePremuimSub", returns=Premiumsubscription,
                    body=premium_schemas.PremiumChange)
def change_order(actor: Actor, data: dict[str, Any], premiumsubscription_id: str) -> Premiumsubscription:
    """Price an order anew before its payment starts."""
    return premium.change_order(actor, premiumsubscription_id, **data)


@premium_api.delete("/v1/premuimsub/{premiumsubscriptionId}", name="deletePremuimSub", returns=Premiumsubscription)
def delete_order(actor: Actor, data: dict[str, Any], premiumsubscription_id: str) -> Premiumsubscription:
    """Delete an order that is not paid."""
    return premium.delete_order(actor, premiumsubscription_id)


@premium_api.update("/v1/refundpremiumsubscription/{premiumsubscriptionId}", name="refundPremiumsubscription",
                    returns=Premiumsubscription, body=premium_schemas.PremiumRefund, transaction=False,
                    extras=PAYMENT_RESULT)
def refund_order(actor: Actor, data: dict[str, Any], premiumsubscription_id: str) -> Answer:
    """Give the money of an order back (superAdmin); premium ends with the whole of it."""
    return payment_answer(premium.refund_order(actor, premiumsubscription_id,
                                               key=request.headers.get("Idempotency-Key"), **data))
