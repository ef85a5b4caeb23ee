"""Two shoppers, a seller, and the calls they make to watch listings and fill carts."""
import uuid
from datetime import timedelta
from typing import Any

from werkzeug.test import TestResponse

from app.clock import now
from app.data.columns import iso
from blueprints.marketplace.watchlist_cart.queries import items_of_no_list, miscounted_lists
from tests.clients import ApiClient, Callers

ROOT = "/marketplace/watchlistcart-api/v1"
CART, QUANTITY, OWN_CART = f"{ROOT}/cartitems", f"{ROOT}/cartitemquantity", f"{ROOT}/usercartitems"
ITEMS, OWN_ITEMS, BULK = f"{ROOT}/watchlistitems", f"{ROOT}/userwatchlist", f"{ROOT}/watchlistitems/bulk"
LISTS, OWN_LISTS = f"{ROOT}/watchlistlists", f"{ROOT}/userwatchlistlists"
PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
NOTICES = "/marketplace/notificationmanagement-api/v1/notifications"
CATEGORY = str(uuid.uuid4())


def ok(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """Return the answer's JSON, which must have come with `status`."""
    assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True)[:500])
    return dict(answer.json)


def refused(answer: TestResponse) -> tuple[int, Any]:
    """Return status and errCode of a refusal."""
    return answer.status_code, answer.json["errCode"]


class Shelf:
    """The parties and what they do; every method is one call of the public API."""

    def __init__(self, callers: Callers) -> None:
        self.seller, self.ben, self.cleo = callers.user("sara"), callers.user("ben"), callers.user("cleo")
        self.admin = callers.admin()

    def listing(self, **fields: Any) -> str:
        """List PF (price 100, shipping 5) or what `fields` say; returns its id."""
        body = {"title": "Phone", "description": "d", "condition": "NEW", "type": "FIXED", "price": 100,
                "currency": "USD", "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD",
                "categoryId": CATEGORY, "subcategoryId": CATEGORY} | fields
        return str(ok(self.seller.post(PRODUCTS, json=body), 201)["productListingProduct"]["id"])

    def auction(self, hours: float = 72, **fields: Any) -> str:
        """List PA, an auction that ends in so many hours."""
        ends = iso(now() + timedelta(hours=hours))
        return self.listing(type="AUCTION", price=None, startPrice=50, endBidDate=ends, **fields)

    def withdraw(self, product_id: str) -> None:
        """Take a listing off the market."""
        ok(self.seller.delete(f"{PRODUCTS}/{product_id}"))

    def fill(self, product_id: str, quantity: int = 1, who: ApiClient | None = None) -> dict[str, Any]:
        """Put a listing into a cart."""
        body = {"productId": product_id, "quantity": quantity}
        return dict(ok((who or self.ben).post(CART, json=body), 201)["cartItem"])

    def folder(self, name: str, who: ApiClient | None = None) -> str:
        """Make a list; returns its id."""
        return str(ok((who or self.ben).post(LISTS, json={"name": name}), 201)["watchlistList"]["id"])

    def watch(self, product_id: str, list_id: str | None = None, who: ApiClient | None = None) -> str:
        """Watch a listing; returns the id of the row."""
        answer = (who or self.ben).post(ITEMS, json={"productId": product_id, "listId": list_id})
        return str(ok(answer, 201)["watchlistItem"]["id"])

    def watched(self, who: ApiClient | None = None) -> set[tuple[str, str | None]]:
        """Return (product, list) of everything somebody watches."""
        rows = ok((who or self.ben).get(f"{OWN_ITEMS}?pageNumber=0"))["watchlistItems"]
        assert len({row["id"] for row in rows}) == len(rows)
        return {(row["productId"], row["listId"]) for row in rows}

    def cart(self, who: ApiClient | None = None) -> dict[str, int]:
        """Return product → quantity of somebody's cart."""
        rows = ok((who or self.ben).get(f"{OWN_CART}?pageNumber=0"))["cartItems"]
        return {row["productId"]: row["quantity"] for row in rows}

    def counts(self, who: ApiClient | None = None) -> dict[str, int]:
        """Return name → itemCount of somebody's lists, which are what a recount finds."""
        assert miscounted_lists(5) == []
        assert items_of_no_list(5) == []
        rows = ok((who or self.ben).get(f"{OWN_LISTS}?pageNumber=0&caching=false"))["watchlistLists"]
        return {row["name"]: row["itemCount"] for row in rows}

    def bulk(self, action: str, items: list[str] | None = None, cart: list[str] | None = None,
             **fields: Any) -> dict[str, Any]:
        """Move or remove many rows; returns id → (errCode, place)."""
        body = {"action": action, "watchlistItemIds": items or [], "cartItemIds": cart or []} | fields
        said = ok(self.ben.post(BULK, json=body))["outcome"]
        assert said["done"] == sum(one["errCode"] is None for one in said["items"])
        return {one["id"]: (one["errCode"], one["movedTo"]) for one in said["items"]}

    def notices(self, who: ApiClient) -> list[dict[str, Any]]:
        """Return what somebody was told of what he watches, the oldest first."""
        rows = ok(who.get(f"{NOTICES}?notificationType=SYSTEM_ALERT&pageNumber=0&caching=false"))["notifications"]
        return [row["payload"] for row in reversed(rows) if "news" in row["payload"]]
