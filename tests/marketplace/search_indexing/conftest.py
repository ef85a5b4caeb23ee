"""A catalogue to search, and the wait until events have done their work."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.events.deliveries import drain_deliveries
from app.events.relay import relay_all
from app.search.catalogue import search_index
from tests.clients import ApiClient, Callers

BASE = "/marketplace/searchindexing-api"
PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
CATALOGUE = "/marketplace/categorymanagement-api/v1"


@pytest.fixture
def callers(app: Flask) -> Callers:
    return Callers(app)


@pytest.fixture
def admin(callers: Callers) -> ApiClient:
    return callers.admin()


@pytest.fixture
def seller(callers: Callers) -> ApiClient:
    return callers.user("sam", fullname="Sam Seller")


@pytest.fixture
def buyer(callers: Callers) -> ApiClient:
    return callers.user("bea")


def settle() -> None:
    """Let every event have its effect, and the effects theirs."""
    while relay_all() + drain_deliveries():
        pass
    search_index("searchIndex").refresh()


class Shop:
    """Makes categories and listings through HTTP."""

    def __init__(self, admin: ApiClient, seller: ApiClient) -> None:
        self._admin, self._seller = admin, seller
        self.category = self.make_category("Phones")
        self.subcategory = self.make_subcategory(self.category, "Smartphones")

    def make_category(self, title: str) -> str:
        return _made(self._admin.post(f"{CATALOGUE}/categories", json={"title": title}), "category")

    def make_subcategory(self, category: str, name: str) -> str:
        body = {"categoryId": category, "name": name, "group": "MORE"}
        return _made(self._admin.post(f"{CATALOGUE}/subcategories", json=body), "subcategory")

    def list_phone(self, **changed: Any) -> str:
        body = {"title": "Phone", "description": "d", "condition": "NEW", "type": "FIXED", "price": 100,
                "currency": "USD", "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD",
                "categoryId": self.category, "subcategoryId": self.subcategory, **changed}
        return _made(self._seller.post(PRODUCTS, json=body), "productListingProduct")


def _made(answer: Any, data_name: str) -> str:
    assert answer.status_code == 201, answer.json
    return str(answer.json[data_name]["id"])


@pytest.fixture
def shop(admin: ApiClient, seller: ApiClient) -> Shop:
    return Shop(admin, seller)


Finder = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def find(buyer: ApiClient) -> Finder:
    """List records as a buyer, events settled before."""
    def listed(**arguments: Any) -> list[dict[str, Any]]:
        settle()
        answer = buyer.get(f"{BASE}/v1/searchindexes", query_string=arguments)
        assert answer.status_code == 200, answer.json
        rows: list[dict[str, Any]] = answer.json["searchIndices"]
        return rows
    return listed
