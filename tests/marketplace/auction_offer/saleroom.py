"""The people and listings every auction test needs: seller S, buyers B and B2, a PF at 100 and a PA from 50."""
from datetime import timedelta
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

from app.clock import now
from app.data.columns import iso
from tests.clients import ApiClient, Callers

BIDS = "/marketplace/auctionoffer-api/v1/auctionofferbids"
OFFERS = "/marketplace/auctionoffer-api/v1/auctionofferoffers"
PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
CATEGORY = str(uuid4())


class Saleroom:
    """Lists, bids and offers through the API, as the given people."""

    def __init__(self, callers: Callers) -> None:
        self.seller = callers.user("seller")
        self.ben = callers.user("ben")
        self.cleo = callers.user("cleo")
        self.admin = callers.admin()

    def fixed(self, **given: Any) -> str:
        """List PF: 100 USD, fixed price; returns its id."""
        return self._list({"type": "FIXED", "price": 100} | given)

    def auction(self, *, hours: float | None = 1, **given: Any) -> str:
        """List PA: from 50 USD, ending in `hours` (None: open end); returns its id."""
        end = {} if hours is None else {"endBidDate": iso(now() + timedelta(hours=hours))}
        return self._list({"type": "AUCTION", "startPrice": 50} | end | given)

    def _list(self, given: dict[str, Any]) -> str:
        body = {"title": "Phone", "description": "d", "condition": "NEW", "currency": "USD", "shipping": 5,
                "shippingCurrency": "USD", "shippingMethod": "STANDARD", "categoryId": CATEGORY,
                "subcategoryId": CATEGORY} | given
        answer = self.seller.post(PRODUCTS, json=body)
        assert answer.status_code == 201, answer.json
        product_id: str = answer.json["productListingProduct"]["id"]
        return product_id

    def product(self, product_id: str, viewer: ApiClient | None = None) -> dict[str, Any]:
        """Return the listing as anybody logged in sees it."""
        row: dict[str, Any] = (viewer or self.cleo).get(f"{PRODUCTS}/{product_id}").json["productListingProduct"]
        return row

    def price(self, product_id: str) -> tuple[float | None, str | None]:
        """Return the visible price and who leads."""
        row = self.product(product_id)
        return row["currentBid"], row["highestBidderId"]

    def bid(self, bidder: ApiClient, product_id: str, amount: float, **given: Any) -> TestResponse:
        """Send a bid."""
        return bidder.post(BIDS, json={"productId": product_id, "bidAmount": amount, "currency": "USD",
                                       "status": "ACTIVE"} | given)

    def placed(self, bidder: ApiClient, product_id: str, amount: float, **given: Any) -> str:
        """Send a bid that must be accepted; returns its id."""
        answer = self.bid(bidder, product_id, amount, **given)
        assert answer.status_code == 201, answer.json
        bid_id: str = answer.json["auctionOfferBid"]["id"]
        return bid_id

    def set_bid(self, actor: ApiClient, bid_id: str, status: str) -> TestResponse:
        """PATCH the status of a bid."""
        return actor.patch(f"{BIDS}/{bid_id}", json={"status": status})

    def bid_seen(self, viewer: ApiClient, bid_id: str) -> dict[str, Any]:
        """Return a bid as the viewer sees it."""
        row: dict[str, Any] = viewer.get(f"{BIDS}/{bid_id}").json["auctionOfferBid"]
        return row

    def history(self, viewer: ApiClient, product_id: str) -> list[dict[str, Any]]:
        """Return the bids on a listing as the viewer sees them, oldest first."""
        rows: list[dict[str, Any]] = viewer.get(f"{BIDS}?productId={product_id}").json["auctionOfferBids"]
        return rows

    def offer(self, buyer: ApiClient, product_id: str, amount: float, **given: Any) -> TestResponse:
        """Send an offer."""
        return buyer.post(OFFERS, json={"productId": product_id, "offerAmount": amount, "currency": "USD",
                                        "status": "PENDING"} | given)

    def offered(self, buyer: ApiClient, product_id: str, amount: float, **given: Any) -> str:
        """Send an offer that must be accepted by the rules; returns its id."""
        answer = self.offer(buyer, product_id, amount, **given)
        assert answer.status_code == 201, answer.json
        offer_id: str = answer.json["auctionOfferOffer"]["id"]
        return offer_id

    def answer(self, actor: ApiClient, offer_id: str, status: str, **given: Any) -> TestResponse:
        """PATCH an offer."""
        return actor.patch(f"{OFFERS}/{offer_id}", json={"status": status} | given)

    def offer_seen(self, viewer: ApiClient, offer_id: str) -> dict[str, Any]:
        """Return an offer as the viewer sees it."""
        row: dict[str, Any] = viewer.get(f"{OFFERS}/{offer_id}").json["auctionOfferOffer"]
        return row


def refused(answer: TestResponse) -> tuple[int, Any]:
    """Return status and errCode of a refusal."""
    return answer.status_code, answer.json["errCode"]


def status_after(answer: TestResponse) -> str:
    """Return the status of the bid or offer in a success answer."""
    assert answer.status_code in (200, 201), answer.json
    status: str = answer.json[answer.json["dataName"]]["status"]
    return status
