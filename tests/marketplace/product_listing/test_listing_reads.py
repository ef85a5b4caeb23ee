"""What readers of listings get: joins, filters, paging, caches, and how many statements it takes."""
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from app.runtime import runtime
from blueprints.marketplace.category_management.commands import change_category, delete_category
from blueprints.marketplace.product_listing.commands import create_product
from cli.demo_factories import fixed_listing_values
from tests.clients import ApiClient
from tests.marketplace.product_listing.conftest import OWN_PRODUCTS, PRODUCTS, Body, png, refusal, upload

JOINS = {"media", "category", "subcategory", "seller", "highestBidder"}


def add_listings(seller: ApiClient, shelf: dict[str, str], number: int, media_ids: list[str] | None = None) -> None:
    for at in range(number):
        create_product(seller.actor, **fixed_listing_values(
            shelf["categoryId"], shelf["subcategoryId"], title=f"Phone {at}", media_asset_ids=media_ids or []))


def test_a_listing_comes_with_media_category_subcategory_and_seller(
        seller: ApiClient, buyer: ApiClient, shelf: dict[str, str], fixed: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    media = [upload(seller, png(color)).json["mediaAssetId"] for color in (1, 2)]
    row = listed(fixed(mediaAssetIds=media[::-1]))
    assert not JOINS & set(row)
    shown = buyer.get(f"{PRODUCTS}/{row['id']}").json["productListingProduct"]
    assert shown["category"] == {"id": shelf["categoryId"], "title": "Electronics"}
    assert shown["subcategory"] == {"id": shelf["subcategoryId"], "name": "Phones", "group": "MOST_POPULAR"}
    assert shown["seller"] == {"id": seller.user_id, "fullname": "Sally", "avatar": None}
    assert [asset["id"] for asset in shown["media"]] == media[::-1]
    assert set(shown["media"][0]) == {"id", "url", "mimeType"}
    assert buyer.get(PRODUCTS).json["productListingProducts"] == [shown]
    assert seller.get(OWN_PRODUCTS).json["productListingProducts"] == [shown]


@pytest.mark.parametrize(("query", "joins"), [
    ("getJoins=false", set()), ("excludeCQRS=true", {"media"}), ("getJoins=true", JOINS)])
def test_joins_are_left_out_on_demand(
        buyer: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body], query: str,
        joins: set[str]) -> None:
    row = listed(fixed())
    assert set(buyer.get(f"{PRODUCTS}/{row['id']}?{query}").json["productListingProduct"]) - set(row) == joins
    assert set(buyer.get(f"{PRODUCTS}?{query}").json["productListingProducts"][0]) - set(row) == joins


def test_the_statements_of_a_list_do_not_depend_on_its_rows(
        seller: ApiClient, buyer: ApiClient, shelf: dict[str, str],
        count_statements: Callable[[], AbstractContextManager[list[str]]]) -> None:
    media_ids = [upload(seller, png(color)).json["mediaAssetId"] for color in range(2)]
    add_listings(seller, shelf, 30, media_ids)

    def statements_for(rows: int) -> list[str]:
        buyer.get(f"{PRODUCTS}?caching=false")
        runtime().cache_versions.invalidate(
            "rows:category", "rows:subcategory", "rows:user", "rows:productListingMedia")
        with count_statements() as told:
            found = buyer.get(f"{PRODUCTS}?caching=false&pageRowCount={rows}").json["productListingProducts"]
        assert [len(row["media"]) for row in found] == [2] * rows
        return told

    # the rows, and one statement each for media, categories, subcategories, sellers and
    # who of them rests; their number is remembered
    assert len(statements_for(2)) == len(statements_for(25)) == 6


def test_joins_that_did_not_change_are_not_asked_again(
        buyer: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body],
        count_statements: Callable[[], AbstractContextManager[list[str]]]) -> None:
    listed(fixed())
    buyer.get(f"{PRODUCTS}?caching=false")
    with count_statements() as told:
        buyer.get(f"{PRODUCTS}?caching=false")
    assert len(told) == 1


def test_x_8_paging_counts_every_row(seller: ApiClient, buyer: ApiClient, shelf: dict[str, str]) -> None:
    """X-8"""
    add_listings(seller, shelf, 30)
    first = buyer.get(PRODUCTS).json
    assert first["rowCount"] == 25
    assert first["paging"] | {"next": ""} == {
        "pageNumber": 1, "pageRowCount": 25, "totalRowCount": 30, "pageCount": 2, "next": ""}
    second = buyer.get(f"{PRODUCTS}?pageNumber=2").json["productListingProducts"]
    assert [row["title"] for row in second] == [f"Phone {at}" for at in range(25, 30)]
    assert buyer.get(f"{PRODUCTS}?pageNumber=0").json["rowCount"] == 30
    assert buyer.get(f"{PRODUCTS}?pageNumber=3").json["productListingProducts"] == []


def test_titles_are_found_by_any_part_in_any_case_and_by_no_sign_alone(
        buyer: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    listed(fixed(title="Blue PHONE"))
    listed(fixed(title="100% wool"))
    def titles(part: str) -> list[str]:
        found = buyer.get(PRODUCTS, query_string={"title": part}).json["productListingProducts"]
        return [row["title"] for row in found]
    assert titles("phone") == ["Blue PHONE"]
    assert titles("100%") == titles("00% WO") == ["100% wool"]
    assert titles("%") == titles("_") == titles("b%e") == []


def test_filters_are_anded_repeated_values_are_any_of(
        buyer: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    for condition in ("NEW", "USED", "BRAND_NEW"):
        listed(fixed(condition=condition, currency="USD" if condition == "NEW" else "EUR"))
    def conditions(query: str) -> list[str]:
        return [row["condition"] for row in buyer.get(f"{PRODUCTS}?{query}").json["productListingProducts"]]
    assert conditions("condition=NEW&condition=USED") == ["NEW", "USED"]
    assert conditions("condition=NEW,USED&currency=EUR") == ["USED"]
    assert conditions("condition=NEW&currency=EUR") == []


def test_the_envelope_echoes_the_filters(buyer: ApiClient) -> None:
    assert buyer.get(f"{PRODUCTS}?type=FIXED").json["filters"] == [{"name": "type", "value": "FIXED"}]


def test_a_cached_list_is_never_stale(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, shelf: dict[str, str], fixed: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    row = listed(fixed())
    assert buyer.get(PRODUCTS).json["source"] == "db"
    assert buyer.get(PRODUCTS).json["source"] == "cache"
    change_category(as_admin.actor, shelf["categoryId"], title="Gadgets")
    assert buyer.get(PRODUCTS).json["productListingProducts"][0]["category"]["title"] == "Gadgets"
    seller.patch(f"{PRODUCTS}/{row['id']}", json={"price": 1})
    assert buyer.get(PRODUCTS).json["productListingProducts"][0]["price"] == 1


def test_a_listing_of_a_deleted_category_stays_without_its_join(
        buyer: ApiClient, as_admin: ApiClient, shelf: dict[str, str], fixed: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    """CA4"""
    row = listed(fixed())
    delete_category(as_admin.actor, shelf["categoryId"])
    shown = buyer.get(f"{PRODUCTS}/{row['id']}").json["productListingProduct"]
    assert (shown["categoryId"], shown["category"]) == (shelf["categoryId"], None)


def test_visitors_read_listings_only_where_the_setting_opens_them(
        make_app: Callable[..., Flask], client: ApiClient, fixed: Callable[..., Body],
        listed: Callable[[Body], Body]) -> None:
    """Decision 6"""
    row = listed(fixed())
    refusal(client.get(PRODUCTS), 401)
    refusal(client.get(f"{PRODUCTS}/{row['id']}"), 401)
    visitor = ApiClient(make_app(MARKETPLACE_PUBLIC_READS="1"))
    assert visitor.get(PRODUCTS).json["productListingProducts"][0]["id"] == row["id"]
    assert visitor.get(f"{PRODUCTS}/{row['id']}").status_code == 200
    refusal(visitor.get(OWN_PRODUCTS), 401)
    refusal(visitor.post(PRODUCTS, json=fixed()), 401)
