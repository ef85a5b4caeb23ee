"""Amounts: integers of minor units inside, the currency's own decimals on the wire (architecture.md)."""
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.data.reads import fetch_one
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.product_listing.checks import check_listings
from blueprints.marketplace.product_listing.models import Product
from tests.clients import ApiClient
from tests.marketplace.product_listing.conftest import PRODUCTS, Body, refusal


def stored_price(product_id: str) -> int:
    row = fetch_one(select(Product.price).where(Product.id == product_id))
    assert row is not None
    return int(row.price)


@pytest.mark.parametrize(("currency", "price", "minor"), [
    ("USD", 0.01, 1), ("USD", 19.99, 1999), ("EUR", 1.1, 110), ("JPY", 1234, 1234), ("KWD", 1.23, 1230),
    ("USD", 9_999_999_999.99, 999_999_999_999)])
def test_a_price_is_kept_in_the_minor_units_of_its_currency(
        currency: str, price: float, minor: int, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(fixed(currency=currency, price=price))
    assert row["price"] == price
    assert stored_price(row["id"]) == minor


@pytest.mark.parametrize(("currency", "price"), [("USD", 0.001), ("JPY", 0.5), ("KWD", 0.0001), ("KWD", 1.235),
                                                 ("MGA", 1.5)])
def test_more_decimals_than_the_currency_has_are_refused(
        currency: str, price: float, seller: ApiClient, fixed: Callable[..., Body]) -> None:
    assert set(refusal(seller.post(PRODUCTS, json=fixed(currency=currency, price=price)), 400)["detail"]) == {"price"}


@pytest.mark.parametrize("code", ["AED", "XCG", "VED"])
def test_a_listing_may_be_in_every_currency_people_pay_in(
        code: str, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    assert listed(fixed(currency=code, shippingCurrency=code))["currency"] == code


@pytest.mark.parametrize("code", ["BGN", "ANG", "XAU", "CLF", '"AED'])
def test_a_listing_in_what_nobody_pays_in_is_refused(
        code: str, seller: ApiClient, fixed: Callable[..., Body]) -> None:
    answer = seller.post(PRODUCTS, json=fixed(currency=code, shippingCurrency=code))
    assert set(refusal(answer, 400)["detail"]) == {"currency", "shippingCurrency"}


def test_shipping_in_another_currency_than_the_price_is_refused_at_creation(
        seller: ApiClient, fixed: Callable[..., Body]) -> None:
    """No order could hold it: an order is in one currency."""
    answer = seller.post(PRODUCTS, json=fixed(currency="USD", shipping=5, shippingCurrency="EUR"))
    assert set(refusal(answer, 400)["detail"]) == {"shippingCurrency"}


@pytest.mark.parametrize("change", [{"shippingCurrency": "EUR"}, {"currency": "EUR"}])
def test_shipping_in_another_currency_than_the_price_is_refused_at_a_change(
        change: Body, seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    path = f"{PRODUCTS}/{listed(fixed())['id']}"
    assert set(refusal(seller.patch(path, json=change), 400)["detail"]) == {"shippingCurrency"}
    moved = seller.patch(path, json={"currency": "EUR", "shippingCurrency": "EUR"})
    assert (moved.status_code, moved.json["productListingProduct"]["shippingCurrency"]) == (200, "EUR")


def test_free_shipping_may_name_any_currency_until_it_costs_something(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(fixed(shipping=0, shippingCurrency="EUR"))
    answer = seller.patch(f"{PRODUCTS}/{row['id']}", json={"shipping": 1})
    assert set(refusal(answer, 400)["detail"]) == {"shippingCurrency"}


def test_a_lower_case_currency_is_the_same_currency(fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    assert listed(fixed(currency="usd"))["currency"] == "USD"


def test_a_changed_currency_keeps_the_number_people_see(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(fixed(price=100, buyNowPrice=120))
    path = f"{PRODUCTS}/{row['id']}"
    in_yen = seller.patch(path, json={"currency": "JPY", "shippingCurrency": "JPY"}).json["productListingProduct"]
    assert (in_yen["price"], in_yen["buyNowPrice"], stored_price(row["id"])) == (100, 120, 100)
    dinars = {"currency": "KWD", "shippingCurrency": "KWD", "price": 1.23}
    in_dinars = seller.patch(path, json=dinars).json["productListingProduct"]
    assert (in_dinars["price"], in_dinars["buyNowPrice"], stored_price(row["id"])) == (1.23, 120, 1230)
    yen = {"currency": "JPY", "shippingCurrency": "JPY"}
    assert "price" in refusal(seller.patch(path, json=yen), 400)["detail"]


def test_a_currency_that_cannot_hold_the_reserve_is_refused_without_telling_it(
        seller: ApiClient, auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    """Decision 11: the reserve is secret, even from who forgot it."""
    row = listed(auction(reservePrice=765.43))
    answer = seller.patch(f"{PRODUCTS}/{row['id']}", json={"currency": "JPY", "shippingCurrency": "JPY"})
    assert set(refusal(answer, 400)["detail"]) == {"reservePrice"}
    assert "765" not in answer.text


def test_the_price_filter_reads_the_amount_in_each_rows_currency(
        buyer: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    for currency in ("USD", "JPY", "KWD"):
        listed(fixed(currency=currency, price=100))
        listed(fixed(currency=currency, price=10_000))
    found = buyer.get(f"{PRODUCTS}?price=100").json["productListingProducts"]
    assert [(row["currency"], row["price"]) for row in found] == [("USD", 100), ("JPY", 100), ("KWD", 100)]


def test_doctor_names_stored_listings_that_nobody_can_order(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    """From before they were refused."""
    assert check_listings()[0] == "ok"
    row = listed(fixed())
    with unit_of_work(seller.actor) as work:
        work.change(work.lock(Product, row["id"]), shipping_currency="EUR")
        work.commit()
    state, said = check_listings()
    assert state == "warn"
    assert row["id"] in said
    assert seller.delete(f"{PRODUCTS}/{row['id']}").status_code == 200
    assert check_listings()[0] == "ok"
