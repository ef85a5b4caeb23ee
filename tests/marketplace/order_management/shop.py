"""A shop with a seller S, buyers B and B2, staff, and the calls they make to order and pay."""
import json
import uuid
from typing import Any

from stripe import WebhookSignature
from werkzeug.test import TestResponse

from tests.app.payments.stand_in import VISA, WEBHOOK_SECRET, FlakyGateway
from tests.clients import ApiClient, Callers

ORDERS = "/marketplace/ordermanagement-api"
PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
OFFERS = "/marketplace/auctionoffer-api/v1/auctionofferoffers"
BIDS = "/marketplace/auctionoffer-api/v1/auctionofferbids"
NOTICES = "/marketplace/notificationmanagement-api/v1/notifications"
CATEGORY, SUBCATEGORY = str(uuid.uuid4()), str(uuid.uuid4())
SUMMARY = {"subtotal": 100, "shipping": 5, "discount": 0, "total": 105, "currency": "USD"}


def ok(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """Return the answer's JSON, which must have come with `status`."""
    assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True)[:500])
    return dict(answer.json)


class Shop:
    """The parties and what they do; every method is one call of the public API."""

    def __init__(self, callers: Callers, gateway: FlakyGateway) -> None:
        self.gateway, self.localstripe = gateway, gateway.stripe
        self.seller, self.other_seller = callers.user("sara"), callers.user("sam")
        self.buyer, self.buyer2 = callers.user("ben"), callers.user("cleo")
        self.admin, self.super_admin = callers.admin(), callers.super_admin()

    def list_product(self, seller: ApiClient | None = None, **fields: Any) -> str:
        """List PF (price 100, shipping 5) or what `fields` say; returns its id."""
        body = {"title": "Phone", "description": "d", "condition": "NEW", "type": "FIXED", "price": 100,
                "currency": "USD", "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD",
                "categoryId": CATEGORY, "subcategoryId": SUBCATEGORY} | fields
        return ok((seller or self.seller).post(PRODUCTS, json=body), 201)["productListingProduct"]["id"]

    def order_body(self, **fields: Any) -> dict[str, Any]:
        """Return ORD of the scenarios, without a number."""
        return {"paymentMethodId": VISA, "stripeCustomerId": "cus_1", "shippingAddress": {"city": "X"},
                "summary": SUMMARY} | fields

    def place(self, buyer: ApiClient | None = None, **fields: Any) -> dict[str, Any]:
        """Place an empty order in the contract's literal form."""
        answer = (buyer or self.buyer).post(f"{ORDERS}/v1/ordermanagementorders", json=self.order_body(**fields))
        return ok(answer, 201)["orderManagementOrder"]

    def item_body(self, order_id: str, product_id: str, **fields: Any) -> dict[str, Any]:
        """Return the body of an item of PF."""
        return {"orderId": order_id, "productId": product_id, "sellerId": self.seller.user_id, "title": "Phone",
                "quantity": 1, "price": 100, "shipping": 5, "currency": "USD"} | fields

    def add(self, order_id: str, product_id: str, buyer: ApiClient | None = None, **fields: Any) -> TestResponse:
        """Add an item to an order."""
        body = self.item_body(order_id, product_id, **fields)
        return (buyer or self.buyer).post(f"{ORDERS}/v1/ordermanagementorderitems", json=body)

    def order(self, *lines: Any, buyer: ApiClient | None = None) -> dict[str, Any]:
        """Order listings at once: ids, or lines of lineItems."""
        written = [line if isinstance(line, dict) else {"productId": line, "quantity": 1} for line in lines]
        return ok(self.try_order(*written, buyer=buyer), 201)["orderManagementOrder"]

    def try_order(self, *lines: dict[str, Any], buyer: ApiClient | None = None, **fields: Any) -> TestResponse:
        """Order with lineItems; the answer may be a refusal."""
        body = {"shippingAddress": {"city": "X"}, "lineItems": list(lines)} | fields
        return (buyer or self.buyer).post(f"{ORDERS}/v1/ordermanagementorders", json=body)

    def start(self, order_id: str, method_id: str | None = VISA, buyer: ApiClient | None = None,
              **params: Any) -> TestResponse:
        """Start the payment."""
        wanted = {**({"paymentMethodId": method_id} if method_id else {}), **params}
        return (buyer or self.buyer).patch(f"{ORDERS}/v1/startordermanagementorderpayment/{order_id}",
                                           json={"paymentUserParams": wanted})

    def refresh(self, order_id: str, buyer: ApiClient | None = None) -> TestResponse:
        """Refresh the payment."""
        return (buyer or self.buyer).patch(f"{ORDERS}/v1/refreshordermanagementorderpayment/{order_id}", json={})

    def paid_order(self, *lines: Any, buyer: ApiClient | None = None) -> dict[str, Any]:
        """Order and pay; returns the order."""
        order = self.order(*(lines or (self.list_product(),)), buyer=buyer)
        paid = ok(self.start(order["id"], buyer=buyer))["orderManagementOrder"]
        assert (paid["status"], paid["_paymentConfirmation"]) == ("PAID", "paid")
        return paid

    def move(self, actor: ApiClient, order_id: str, status: str | None = None, **fields: Any) -> TestResponse:
        """Change an order's status."""
        body = {**({"status": status} if status else {}), **fields}
        return actor.patch(f"{ORDERS}/v1/ordermanagementorderstatus/{order_id}", json=body)

    def cancel(self, actor: ApiClient, order_id: str) -> TestResponse:
        """Cancel an order."""
        return actor.delete(f"{ORDERS}/v1/ordermanagementorders/{order_id}")

    def read(self, order_id: str, actor: ApiClient | None = None) -> dict[str, Any]:
        """Return an order as its buyer sees it."""
        answer = (actor or self.buyer).get(f"{ORDERS}/v1/ordermanagementorders/{order_id}")
        return ok(answer)["orderManagementOrder"]

    def ticket(self, order_id: str) -> dict[str, Any]:
        """Return an order's payment ticket."""
        answer = self.buyer.get(f"{ORDERS}/v1/orderManagementOrderpaymentbyorderid/{order_id}")
        return ok(answer)["sys_orderManagementOrderPayment"]

    def webhook(self, event: dict[str, Any] | bytes, *, signature: str | None = None) -> TestResponse:
        """Deliver an event to the callback, signed as the gateway signs unless told otherwise."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        signature = signature or WebhookSignature.generate_signature_header(body.decode(), WEBHOOK_SECRET)
        visitor = ApiClient(self.buyer._client.application)
        return visitor.post(f"{ORDERS}/v1/callbackordermanagementorderpayment", data=body,
                            content_type="application/json", headers={"Stripe-Signature": signature})

    def notices(self, actor: ApiClient, kind: str) -> list[dict[str, Any]]:
        """Return somebody's notifications of a kind."""
        answer = actor.get(f"{NOTICES}?notificationType={kind}&pageNumber=0&caching=false")
        return ok(answer)["notifications"]
