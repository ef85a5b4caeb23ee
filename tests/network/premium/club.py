"""People who buy premium: Ann and Ben with their profiles, staff, and the calls they make."""
import json
from datetime import datetime
from typing import Any

from stripe import WebhookSignature
from werkzeug.test import TestResponse

from app.payments.gateway.circuit_breaker import webhook_secret
from app.runtime import runtime
from tests.app.payments.stand_in import VISA, FlakyGateway
from tests.clients import ApiClient, Callers

PROFILE = "/network/profile-api"
ORDERS = f"{PROFILE}/v1/premuimsub"


def ok(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """Return the answer's JSON, which must have come with `status`."""
    assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True)[:500])
    return dict(answer.json)


def refused(answer: TestResponse, status: int, code: str | None = None) -> None:
    """Assert a refusal, and its errCode when given."""
    assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True)[:500])
    assert code is None or answer.json["errCode"] == code, answer.json


def days_between(start: str, end: str) -> float:
    """Return the days from one moment on the wire to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 86400


def length(order: dict[str, Any]) -> float:
    """Return for how many days an order counts."""
    return days_between(order["periodStart"], order["periodEnd"])


class Club:
    """The people and what they do; every method is one call of the public API."""

    def __init__(self, callers: Callers, gateway: FlakyGateway) -> None:
        self.gateway, self.localstripe = gateway, gateway.stripe
        self.ann, self.ben = callers.user("ann", realm="network"), callers.user("ben", realm="network")
        self.admin, self.super_admin = callers.admin(realm="network"), callers.super_admin(realm="network")
        self.visitor = ApiClient(self.ann._client.application)
        self.profiles = {person.user_id: self._profile(person) for person in (self.ann, self.ben)}

    def _profile(self, person: ApiClient) -> str:
        body = {"fullName": str(person.actor.fullname), "profileVisibility": "public"}
        return str(ok(person.post(f"{PROFILE}/v1/profiles", json=body), 201)["profile"]["id"])

    def order_body(self, person: ApiClient, **fields: Any) -> dict[str, Any]:
        """Return what a person sends to buy premium."""
        return {"profileId": self.profiles[person.user_id], "currency": "USD", "status": "pending", "price": 10,
                "userId": person.user_id} | fields

    def try_order(self, person: ApiClient | None = None, by: ApiClient | None = None, **fields: Any) -> TestResponse:
        """Place an order for a person; the answer may be a refusal."""
        whose = person or self.ann
        return (by or whose).post(ORDERS, json=self.order_body(whose, **fields))

    def order(self, person: ApiClient | None = None, **fields: Any) -> dict[str, Any]:
        """Place an order."""
        return ok(self.try_order(person, **fields), 201)["premiumsubscription"]

    def start(self, order_id: str, method_id: str = VISA, person: ApiClient | None = None,
              **params: Any) -> TestResponse:
        """Start the payment."""
        wanted = {"paymentMethodId": method_id, "return_url": "https://f.example/r", **params}
        return (person or self.ann).patch(f"{PROFILE}/v1/startpremiumsubscriptionpayment/{order_id}",
                                          json={"paymentUserParams": wanted})

    def refresh(self, order_id: str, person: ApiClient | None = None) -> TestResponse:
        """Refresh the payment."""
        return (person or self.ann).patch(f"{PROFILE}/v1/refreshpremiumsubscriptionpayment/{order_id}", json={})

    def paid(self, person: ApiClient | None = None) -> dict[str, Any]:
        """Order and pay; returns the order."""
        order = self.order(person)
        done = ok(self.start(order["id"], person=person))["premiumsubscription"]
        assert (done["status"], done["_paymentConfirmation"]) == ("completed", "paid")
        return done

    def read(self, order_id: str, person: ApiClient | None = None) -> dict[str, Any]:
        """Return an order as its person sees it."""
        return ok((person or self.ann).get(f"{ORDERS}/{order_id}"))["premiumsubscription"]

    def plan(self, person: ApiClient | None = None) -> dict[str, Any]:
        """Return what premium costs, and until when a person has it."""
        return ok((person or self.ann).get(f"{PROFILE}/v1/premiumplan"))["premiumPlan"]

    def refund(self, order_id: str, by: ApiClient | None = None, headers: dict[str, str] | None = None,
               **fields: Any) -> TestResponse:
        """Give an order's money back."""
        return (by or self.super_admin).patch(f"{PROFILE}/v1/refundpremiumsubscription/{order_id}",
                                              json={"reason": "asked for"} | fields, headers=headers or {})

    def webhook(self, event: dict[str, Any], *, realm: str = "network", signature: str | None = None) -> TestResponse:
        """Deliver an event to the network's callback, signed with a realm's secret unless told otherwise."""
        body = json.dumps(event)
        secret = webhook_secret(runtime().settings, realm)
        signed = signature or WebhookSignature.generate_signature_header(body, secret)
        return self.visitor.post(f"{PROFILE}/v1/callbackpremiumsubscriptionpayment", data=body.encode(),
                                 content_type="application/json", headers={"Stripe-Signature": signed})
