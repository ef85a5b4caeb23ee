"""Amounts: integers of minor units inside, the currency's own decimals on the wire (architecture.md)."""
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.data.reads import fetch_one
from blueprints.marketplace.product_listing.models import Product
from tests.clients import ApiClient
from tests.marketplace.product_listing.conftest import PRODUCTS, Body, refusal


def stored_price(product_id: str) -> int:
    row = fetch_one(select(Product.price).where(Product.id == product_id))
    assert row is not None
    return int(row.price)


@pytest.mark.parametrize(("currency", "price", "minor"), [
    ("USD", 0.01, 1), ("USD", 19.99, 1999), ("EUR", 1.1, 110), ("JPY", 1234, 1234), ("KWD", 1.234, 1234),
    ("USD", 9_999_999_999.99, 999_999_999_999)])
def test_a_price_is_kept_in_the_minor_units_of_its_currency(
        currency: str, price: float, minor: int, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(fixed(currency=currency, price=price))
    assert row["price"] == price
    assert stored_price(row["id"]) == minor


@pytest.mark.parametrize(("currency", "price"), [("USD", 0.001), ("JPY", 0.5), ("KWD", 0.0001)])
def test_more_decimals_than_the_currency_has_are_refused(
        currency: str, price: float, seller: ApiClient, fixed: Callable[..., Body]) -> None:
    assert set(refusal(seller.post(PRODUCTS, json=fixed(currency=currency, price=price)), 400)["detail"]) == {"price"}


def test_shipping_is_counted_in_the_shipping_currency(
        fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(fixed(currency="JPY", price=500, shipping=1.5, shippingCurrency="USD"))
    assert (row["price"], row["shipping"]) == (500, 1.5)


def test_a_lower_case_currency_is_the_same_currency(fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    assert listed(fixed(currency="usd"))["currency"] == "USD"


def test_a_changed_currency_keeps_the_number_people_see(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(fixed(price=100, buyNowPrice=120))
    path = f"{PRODUCTS}/{row['id']}"
    in_yen = seller.patch(path, json={"currency": "JPY"}).json["productListingProduct"]
    assert (in_yen["price"], in_yen["buyNowPrice"], stored_price(row["id"])) == (100, 120, 100)
    in_dinars = seller.patch(path, json={"currency": "KWD", "price": 1.234}).json["productListingProduct"]
    assert (in_dinars["price"], in_dinars["buyNowPrice"], stored_price(row["id"])) == (1.234, 120, 1234)
    assert "price" in refusal(seller.patch(path, json={"currency": "USD"}), 400)["detail"]


def test_a_currency_that_cannot_hold_the_reserve_is_refused_without_telling_it(
        as_admin: ApiClient, auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    """Decision 11: the reserve is secret, and staff may edit a listing too."""
    row = listed(auction(reservePrice=765.43))
    answer = as_admin.patch(f"{PRODUCTS}/{row['id']}", json={"currency": "JPY"})
    assert set(refusal(answer, 400)["detail"]) == {"reservePrice"}
    assert "765" not in answer.text


def test_the_price_filter_reads_the_amount_in_each_rows_currency(
        buyer: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    for currency in ("USD", "JPY", "KWD"):
        listed(fixed(currency=currency, price=100))
        listed(fixed(currency=currency, price=10_000))
    found = buyer.get(f"{PRODUCTS}?price=100").json["productListingProducts"]
    assert [(row["currency"], row["price"]) for row in found] == [("USD", 100), ("JPY", 100), ("KWD", 100)]
