"""Every way a request about a listing can be wrong: a clear 400 that names the fields, nothing written, never a 5xx."""
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.clock import now
from app.data.columns import iso
from app.data.ids import uuid7
from app.data.reads import fetch_one
from blueprints.marketplace.product_listing.models import Product
from tests.clients import ApiClient
from tests.marketplace.product_listing.conftest import MEDIAS, PRODUCTS, Body, refusal

REQUIRED = {"title", "description", "condition", "type", "currency", "shipping", "shippingCurrency", "shippingMethod",
            "categoryId", "subcategoryId"}


def listings_written() -> int:
    row = fetch_one(select(func.count().label("number")).select_from(Product))
    return int(row.number) if row else 0


def test_all_missing_fields_are_named_at_once(seller: ApiClient) -> None:
    assert set(refusal(seller.post(PRODUCTS, json={}), 400)["detail"]) == REQUIRED
    assert listings_written() == 0


@pytest.mark.parametrize(("field", "value"), [
    ("title", "x" * 256), ("title", ""), ("title", "  "), ("title", 5), ("title", ["a"]), ("title", "a\x00b"),
    ("description", "x" * 65_537), ("condition", "MINT"), ("condition", 1), ("type", "fixed"), ("type", None),
    ("currency", "XXQ"), ("currency", "usdollar"), ("currency", 840), ("shippingCurrency", "QQQ"),
    ("shippingMethod", "PIGEON"), ("price", -1), ("price", "100"), ("price", True), ("price", 10.005), ("price", 1e300),
    ("price", [1]), ("shipping", -0.01), ("shipping", 1.001), ("categoryId", "not-an-id"), ("categoryId", 7),
    ("subcategoryId", ""), ("mediaAssetIds", "x"), ("mediaAssetIds", ["x"]), ("mediaAssetIds", [None]),
    ("mediaAssetIds", ["018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"]), ("startBidDate", "yesterday"), ("startBidDate", 5),
    ("endBidDate", "2026-13-01T00:00:00Z"), ("endBidDate", "2001-01-01T00:00:00Z"), ("quantity", 0), ("quantity", 1.5),
    ("quantity", 2 ** 31), ("softCloseSeconds", -1), ("softCloseSeconds", 86_401), ("acceptOffers", "yes"),
    ("biddingMode", "DUTCH"), ("reservePrice", -1), ("buyNowPrice", -1),
])
def test_a_wrong_value_is_refused_by_name(
        seller: ApiClient, fixed: Callable[..., Body], field: str, value: Any) -> None:
    body = {**fixed(), field: value}
    assert set(refusal(seller.post(PRODUCTS, json=body), 400)["detail"]) == {field}
    assert listings_written() == 0


@pytest.mark.parametrize("field", ["price", "shipping", "reservePrice"])
@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(
        seller: ApiClient, fixed: Callable[..., Body], field: str, literal: str) -> None:
    text = json.dumps(fixed() | {field: "@"}).replace('"@"', literal)
    refusal(seller.post(PRODUCTS, data=text, content_type="application/json"), 400)
    assert listings_written() == 0


@pytest.mark.parametrize(("body", "content_type", "status"), [
    (b"{", "application/json", 400), (b"[]", "application/json", 400), (b'"x"', "application/json", 400),
    (b"title=Phone", "application/x-www-form-urlencoded", 415), (b"\xff\xfe", "application/json", 400),
    (b'{"title": "' + b"x" * 1_100_000 + b'"}', "application/json", 413), (b"[" * 100_000, "application/json", 400),
], ids=["malformed", "list", "text", "form", "no UTF-8", "over-large", "deeply nested"])
def test_a_body_that_is_no_json_object_is_refused(
        seller: ApiClient, body: bytes, content_type: str, status: int) -> None:
    refusal(seller.post(PRODUCTS, data=body, content_type=content_type), status)


def test_dates_in_the_wrong_order_are_refused(seller: ApiClient, auction: Callable[..., Body]) -> None:
    late, early = iso(now() + timedelta(days=2)), iso(now() + timedelta(days=1))
    answer = seller.post(PRODUCTS, json=auction(startBidDate=late, endBidDate=early))
    assert set(refusal(answer, 400)["detail"]) == {"endBidDate"}
    answer = seller.post(PRODUCTS, json=auction(endBidDate=late, hardEndDate=early, softCloseSeconds=60))
    assert set(refusal(answer, 400)["detail"]) == {"hardEndDate"}
    answer = seller.post(PRODUCTS, json=auction(softCloseSeconds=60))
    assert set(refusal(answer, 400)["detail"]) == {"softCloseSeconds"}


@pytest.mark.parametrize("field", ["endBid", "buyNowPrice"])
def test_an_auction_nobody_could_bid_on_is_refused(
        seller: ApiClient, auction: Callable[..., Body], field: str) -> None:
    assert set(refusal(seller.post(PRODUCTS, json=auction(**{field: 49.99})), 400)["detail"]) == {field}
    under_the_reserve = auction(reservePrice=80, **{field: 79.99})
    assert set(refusal(seller.post(PRODUCTS, json=under_the_reserve), 400)["detail"]) == {field}


@pytest.mark.parametrize("path", [PRODUCTS, MEDIAS])
def test_a_malformed_id_is_a_bad_request_and_an_unknown_one_not_found(seller: ApiClient, path: str) -> None:
    refusal(seller.get(f"{path}/not-an-id"), 400)
    refusal(seller.delete(f"{path}/not-an-id"), 400)
    refusal(seller.get(f"{path}/{uuid7()}"), 404)
    refusal(seller.delete(f"{path}/{uuid7()}"), 404)
    refusal(seller.patch(f"{PRODUCTS}/{uuid7()}", json={}), 404)


def test_an_id_that_is_taken_is_refused(seller: ApiClient, buyer: ApiClient, fixed: Callable[..., Body]) -> None:
    body = fixed(productListingProductId=uuid7())
    created = seller.post(PRODUCTS, json=body)
    assert created.json["productListingProduct"]["id"] == body["productListingProductId"]
    refusal(buyer.post(PRODUCTS, json=body), 400)
    refusal(seller.post(PRODUCTS, json=body | {"productListingProductId": "x"}), 400)
    assert listings_written() == 1


@pytest.mark.parametrize("query", [
    "type=DUTCH", "condition=mint", "price=cheap", "price=NaN", "price=1e999", "categoryId=x", "sellerId=%00",
    "title=%00"])
def test_a_malformed_filter_is_refused(buyer: ApiClient, query: str) -> None:
    refusal(buyer.get(f"{PRODUCTS}?{query}"), 400)


@pytest.mark.parametrize("query", [
    "pageNumber=-1", "pageNumber=x", "pageNumber=99999999999", "pageRowCount=0", "pageRowCount=1000000", "unknown=1",
    "getJoins=maybe", "requestId=%0a", "cacheTTL=-1"])
def test_paging_out_of_range_is_clamped(buyer: ApiClient, query: str) -> None:
    assert buyer.get(f"{PRODUCTS}?{query}").status_code == 200


@pytest.mark.parametrize(("changes", "field"), [
    ({"price": 0}, "price"), ({"price": 1.234}, "price"), ({"currency": "QQQ"}, "currency"), ({"title": ""}, "title"),
    ({"endBidDate": "2001-01-01T00:00:00Z"}, "endBidDate"), ({"quantity": 0}, "quantity"),
    ({"mediaAssetIds_append": "x"}, "mediaAssetIds_append"),
    ({"mediaAssetIds_append": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"}, "mediaAssetIds")])
def test_an_edit_that_makes_the_listing_unsound_changes_nothing(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body], changes: Body,
        field: str) -> None:
    before = listed(fixed())
    path = f"{PRODUCTS}/{before['id']}"
    answer = seller.patch(path, json={"description": "edited"} | changes)
    assert set(refusal(answer, 400)["detail"]) == {field}
    assert seller.get(f"{path}?getJoins=false").json["productListingProduct"] == before


def test_an_edit_of_an_outdated_version_is_refused(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    path = f"{PRODUCTS}/{listed(fixed())['id']}"
    etag = seller.get(path).headers["ETag"]
    assert seller.patch(path, json={"price": 1}, headers={"If-Match": etag}).status_code == 200
    refusal(seller.patch(path, json={"price": 2}, headers={"If-Match": etag}), 412)
    refusal(seller.delete(path, headers={"If-Match": etag}), 412)


def test_null_leaves_a_field_as_it_is(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(fixed())
    edited = seller.patch(f"{PRODUCTS}/{row['id']}", json={"price": None, "title": "New"})
    assert edited.json["productListingProduct"]["price"] == 100
    assert edited.json["productListingProduct"]["recordVersion"] == 2


def test_an_edit_that_changes_nothing_makes_no_new_version(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    row = listed(fixed())
    edited = seller.patch(f"{PRODUCTS}/{row['id']}", json={"price": 100})
    assert edited.json["productListingProduct"] == row
