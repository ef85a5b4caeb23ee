"""URL map of premium (contract documents 127, 130, 131, 135, 136, 140–144, 148–151, 153, 154, 157, 158)."""
from typing import Any

from flask import request

from app.actor import Actor
from app.http.declaration import Routes
from app.http.envelope import Answer
from app.http.naming import ApiNames
from blueprints.network.profile import premium, premium_queries, premium_schemas
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_policies import PREMIUM_POLICIES
from blueprints.network.profile.premium_settlement import CHECKOUT
from blueprints.platform.checkout.routes import PAYMENT_RESULT, payment_answer, payment_routes

api = Routes(PREMIUM_POLICIES, {
    "getPremiumPlan": ApiNames("", "premiumPlan"),
    "refundPremiumsubscription": ApiNames("premiumsubscription-refunded")})
api.include(payment_routes(CHECKOUT))

api.get("/v1/premiumplan", premium_queries.plan_shown_to,
        "Get what premium costs, for how many days, and until when the caller has it.",
        name="getPremiumPlan")
api.create("/v1/premuimsub", premium.place_order, "Place an order of premium, to be paid.",
           name="createPremuimSub", returns=Premiumsubscription, body=premium_schemas.NewPremium,
           id_name="premiumsubscriptionId")
api.get("/v1/premuimsub/{premiumsubscriptionId}", premium_queries.get_order, "Get an order of premium.",
        name="getPremuimSub", returns=Premiumsubscription)
api.list("/v1/premuimsub", premium_queries.list_orders, "List the caller's orders of premium.",
         name="listPremuimSub", returns=Premiumsubscription, filters=premium_queries.FILTERS)
api.update("/v1/premuimsub/{premiumsubscriptionId}", premium.change_order,
           "Price an order anew before its payment starts.",
           name="updatePremuimSub", returns=Premiumsubscription, body=premium_schemas.PremiumChange)
api.delete("/v1/premuimsub/{premiumsubscriptionId}", premium.delete_order, "Delete an order that is not paid.",
           name="deletePremuimSub", returns=Premiumsubscription)


@api.update("/v1/refundpremiumsubscription/{premiumsubscriptionId}", name="refundPremiumsubscription",
            returns=Premiumsubscription, body=premium_schemas.PremiumRefund, transaction=False, extras=PAYMENT_RESULT)
def refund_order(actor: Actor, data: dict[str, Any], premiumsubscription_id: str) -> Answer:
    """Give the money of an order back (superAdmin); premium ends with the whole of it."""
    return payment_answer(premium.refund_order(actor, premiumsubscription_id,
                                               key=request.headers.get("Idempotency-Key"), **data))
