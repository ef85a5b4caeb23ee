"""The reserve is told by nothing to anybody but who named it, staff included (decision 11, decisions/066)."""
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients import ApiClient
from tests.marketplace.product_listing.conftest import OWN_PRODUCTS, PRODUCTS, Body, refusal

RESERVE = 765.43
AROUND = [500, 765.42, 765.43, 765.44, 900]


def answers_to(change: dict[str, Any], staff: ApiClient, product_id: str) -> list[tuple[int, str]]:
    answer = staff.patch(f"{PRODUCTS}/{product_id}", json=change)
    return [(answer.status_code, answer.json["errCode"])]


@pytest.mark.parametrize("field", ["endBid", "buyNowPrice", "reservePrice"])
@pytest.mark.parametrize("role", ["admin", "superAdmin"])
def test_staff_learn_nothing_of_the_reserve_by_edits_around_it(
        field: str, role: str, as_admin: ApiClient, as_super_admin: ApiClient, auction: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    staff = {"admin": as_admin, "superAdmin": as_super_admin}[role]
    with_reserve, without = listed(auction(reservePrice=RESERVE))["id"], listed(auction())["id"]
    told = {answer for amount in AROUND for product_id in (with_reserve, without)
            for answer in answers_to({field: amount}, staff, product_id)}
    assert told == {(400, "SellersAmounts")}


def test_staff_learn_nothing_of_the_reserve_by_another_currency(
        as_admin: ApiClient, auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    yen = {"currency": "JPY", "shippingCurrency": "JPY"}
    told = {answer for reserve in (None, RESERVE, 700) for answer in
            answers_to(yen, as_admin, listed(auction(reservePrice=reserve))["id"])}
    assert told == {(400, "SellersAmounts")}


def test_staff_may_send_a_listing_back_with_another_title(
        as_admin: ApiClient, auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(auction(reservePrice=RESERVE, buyNowPrice=900, endBid=1000))
    same = {name: row[name] for name in ("currency", "shippingCurrency", "buyNowPrice", "endBid", "startPrice")}
    answer = as_admin.patch(f"{PRODUCTS}/{row['id']}", json=same | {"title": "Spelled right"})
    assert (answer.status_code, answer.json["productListingProduct"]["title"]) == (200, "Spelled right")


def test_the_seller_changes_the_amounts_beside_the_reserve(
        seller: ApiClient, auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    path = f"{PRODUCTS}/{listed(auction(reservePrice=RESERVE))['id']}"
    assert set(refusal(seller.patch(path, json={"buyNowPrice": 700}), 400)["detail"]) == {"buyNowPrice"}
    assert seller.patch(path, json={"buyNowPrice": 700, "reservePrice": 600}).status_code == 200


@pytest.mark.parametrize("asked", [
    "reservePrice=765.43", "reservePrice=1", "reserve_price=765.43", "sortBy=reservePrice", "sort=-reservePrice",
    "q=765.43", "orderBy=reservePrice"])
def test_no_filter_order_or_search_word_of_a_list_finds_the_reserve(
        asked: str, as_admin: ApiClient, buyer: ApiClient, seller: ApiClient, auction: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    for reserve in (RESERVE, 100, None):
        listed(auction(reservePrice=reserve))
    for path, caller in ((PRODUCTS, as_admin), (PRODUCTS, buyer), (OWN_PRODUCTS, seller)):
        plain, filtered = caller.get(path).json, caller.get(f"{path}?{asked}").json
        assert [row["id"] for row in filtered["productListingProducts"]] == [
            row["id"] for row in plain["productListingProducts"]]
        assert all("reservePrice" not in row for row in filtered["productListingProducts"])
