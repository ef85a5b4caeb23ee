"""A shop whose orders arrive and are reviewed."""
from typing import Any

from werkzeug.test import TestResponse

from tests.clients import ApiClient
from tests.marketplace.order_management.shop import Shop, ok

FEEDBACK = "/marketplace/feedback-api/v1/feedbacks"
REPUTATIONS = "/marketplace/feedback-api/v1/reputations"


class ReviewedShop(Shop):
    """What its parties do after the sale; every method is calls of the public API."""

    def sale(self, buyer: ApiClient | None = None, seller: ApiClient | None = None, **fields: Any) -> dict[str, Any]:
        """Order one listing; returns the body of a good review of it, which comes too early."""
        seller = seller or self.seller
        listing = self.list_product(seller, **fields)
        order = self.order(listing, buyer=buyer)
        return {"rating": 5, "comment": "ok", "orderId": order["id"], "orderItemId": order["items"][0],
                "sellerId": seller.user_id, "productId": listing}

    def deliver(self, sale: dict[str, Any], buyer: ApiClient | None = None) -> dict[str, Any]:
        """Let the order be paid (by staff's hand), sent and received."""
        root = self.super_admin
        for actor, status in ((root, "PAID"), (root, "SHIPPED"), (buyer or self.buyer, "DELIVERED")):
            ok(self.move(actor, sale["orderId"], status))
        return sale

    def delivered(self, buyer: ApiClient | None = None, seller: ApiClient | None = None) -> dict[str, Any]:
        """Sell something that arrives; returns the body of a good review of it."""
        return self.deliver(self.sale(buyer, seller), buyer)

    def review(self, sale: dict[str, Any], buyer: ApiClient | None = None, **fields: Any) -> TestResponse:
        """Send a review."""
        return (buyer or self.buyer).post(FEEDBACK, json=sale | fields)

    def reviewed(self, buyer: ApiClient | None = None, seller: ApiClient | None = None,
                 **fields: Any) -> dict[str, Any]:
        """Sell, deliver and review; returns the feedback."""
        return dict(ok(self.review(self.delivered(buyer, seller), buyer, **fields), 201)["feedback"])

    def change(self, actor: ApiClient, feedback_id: str, **fields: Any) -> TestResponse:
        """Change a feedback."""
        return actor.patch(f"{FEEDBACK}/{feedback_id}", json=fields)

    def reply(self, actor: ApiClient, feedback_id: str, text: str) -> TestResponse:
        """Reply to a feedback."""
        return actor.patch(f"{FEEDBACK}/{feedback_id}/reply", json={"reply": text})

    def delete(self, actor: ApiClient, feedback_id: str) -> TestResponse:
        """Delete a feedback."""
        return actor.delete(f"{FEEDBACK}/{feedback_id}")

    def reputation(self, seller: ApiClient | None = None) -> dict[str, Any]:
        """Return a seller's reputation as a buyer reads it."""
        answer = self.buyer.get(f"{REPUTATIONS}/{(seller or self.seller).user_id}")
        return dict(ok(answer)["reputation"])


def refusal(answer: TestResponse) -> tuple[int, str]:
    """Return status and errCode of a refusal."""
    return answer.status_code, str(answer.json["errCode"])
