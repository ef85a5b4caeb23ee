"""A seller, buyers and staff who list, order and pay through the API; a payment is one that staff books by hand."""
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from app.actor import system_actor
from app.clock import now
from app.data.columns import iso
from app.data.unit_of_work import unit_of_work
from app.identity.security_events import record_security
from tests.clients import ApiClient, Callers

ORDERS = "/marketplace/ordermanagement-api/v1"
PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
BIDS = "/marketplace/auctionoffer-api/v1/auctionofferbids"
CATEGORY = str(uuid4())


class Market:
    """The people, and what they do by one call of the API each."""

    def __init__(self, callers: Callers) -> None:
        self.sara = callers.user("sara", phone="+41 79 555 01 02", phone_digits="41795550102")
        self.sam = callers.user("sam")
        self.ben, self.cleo = callers.user("ben"), callers.user("cleo")
        self.ada = callers.admin()

    def listed(self, seller: ApiClient | None = None, **given: Any) -> str:
        """List something at 100 USD; returns its id."""
        body = {"title": "Brass sextant", "description": "d", "condition": "NEW", "type": "FIXED", "price": 100,
                "currency": "USD", "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD",
                "categoryId": CATEGORY, "subcategoryId": CATEGORY} | given
        made = (seller or self.sara).post(PRODUCTS, json=body)
        assert made.status_code == 201, made.text
        return str(made.json["productListingProduct"]["id"])

    def auctioned(self, **given: Any) -> str:
        """List an auction from 10 USD on that ends in an hour; returns its id."""
        return self.listed(**{"type": "AUCTION", "startPrice": 10, "price": None,
                              "endBidDate": iso(now() + timedelta(hours=1))} | given)

    def bid(self, bidder: ApiClient, product: str, amount: float) -> dict[str, Any]:
        """Bid on an auction; returns the bid."""
        placed = bidder.post(BIDS, json={"productId": product, "bidAmount": amount, "currency": "USD"})
        assert placed.status_code == 201, placed.text
        bid: dict[str, Any] = placed.json["auctionOfferBid"]
        return bid

    def ordered(self, *products: str, buyer: ApiClient | None = None, **given: Any) -> dict[str, Any]:
        """Order listings, one of Sara's unless named; returns the order."""
        lines = [{"productId": product} for product in products or (self.listed(),)]
        placed = (buyer or self.ben).post(f"{ORDERS}/ordermanagementorders", json={
            "shippingAddress": {"city": "Basel"}, "lineItems": lines} | given)
        assert placed.status_code == 201, placed.text
        order: dict[str, Any] = placed.json["orderManagementOrder"]
        return order

    def paid(self, *products: str, **given: Any) -> dict[str, Any]:
        """Order and have it paid; returns the order as it was placed."""
        order = self.ordered(*products, **given)
        self.moved(order, "PAID")
        return order

    def moved(self, order: dict[str, Any], status: str) -> None:
        """Staff takes an order to a status."""
        moved = self.ada.patch(f"{ORDERS}/ordermanagementorderstatus/{order['id']}", json={"status": status})
        assert moved.status_code == 200, moved.text

    def seen(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return an order as staff sees it now."""
        row: dict[str, Any] = self.ada.get(f"{ORDERS}/ordermanagementorders/{order['id']}").json["orderManagementOrder"]
        return row

    def logged_in(self, person: ApiClient, address: str, device: str) -> None:
        """Record a login of a person from there."""
        actor = replace(system_actor("marketplace"), address=address, device=device)
        with unit_of_work(actor) as work:
            record_security(work, "login", person.user_id)
            work.commit()
