"""Titles and names that others see are one line, and nothing hides in what identifies (decision 34)."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.clients import ApiClient, Callers
from tests.marketplace.auction_offer.saleroom import Saleroom

CATALOGUE = "/marketplace/categorymanagement-api/v1"
PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
ORDERS = "/marketplace/ordermanagement-api/v1/ordermanagementorders"
HIDDEN = {"line break": "a\nb", "direction": "a\u202eb", "zero width": "a\u200bb", "isolate": "a\u2066b", "tab": "a\tb"}


def refused(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.json
    return sorted(answer.json["detail"])


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_category_is_named_in_one_line(app: Flask, as_admin: ApiClient, kind: str) -> None:
    body = {"title": HIDDEN[kind], "subtitle": HIDDEN[kind]}
    assert refused(as_admin.post(f"{CATALOGUE}/categories", json=body)) == ["subtitle", "title"]
    body = {"categoryId": "018f4c1d-0c52-7d11-8f3a-5b1e2a9c7d60", "name": HIDDEN[kind], "group": "MOST_POPULAR"}
    assert refused(as_admin.post(f"{CATALOGUE}/subcategories", json=body)) == ["name"]


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_listing_is_titled_in_one_line(app: Flask, as_user: Callable[..., ApiClient], kind: str) -> None:
    seller = as_user("sally")
    assert "title" in refused(seller.post(PRODUCTS, json={"title": HIDDEN[kind]}))


@pytest.mark.parametrize("title", [
    "\U0001f468\u200d\U0001f373 apron", "I \u2764\ufe0f tea", "\u06a9\u062a\u0627\u0628\u200c\u0647\u0627",
    "Gr.49 gasket 55/72/8", "example.com, the domain"])
def test_a_title_as_people_write_it_is_kept(callers: Callers, title: str) -> None:
    room = Saleroom(callers)
    assert room.product(room.fixed(title=f"  {title} "))["title"] == title


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_a_parcel_goes_by_is_one_line(app: Flask, as_user: Callable[..., ApiClient], kind: str) -> None:
    status = f"/marketplace/ordermanagement-api/v1/ordermanagementorderstatus/{'0' * 8}-0000-7000-8000-{'0' * 12}"
    body = {"carrier": HIDDEN[kind], "trackingNumber": HIDDEN[kind]}
    assert refused(as_user("sally").patch(status, json=body)) == ["carrier", "trackingNumber"]


@pytest.mark.parametrize("kind", HIDDEN)
def test_nothing_hides_in_the_number_of_an_order(app: Flask, as_user: Callable[..., ApiClient], kind: str) -> None:
    assert "orderNumber" in refused(as_user("ben").post(ORDERS, json={"orderNumber": HIDDEN[kind]}))
