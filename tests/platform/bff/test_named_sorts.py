"""Orders that people know by a name, and what a listing costs now (FD-6, front-door.md)."""
from datetime import timedelta
from typing import Any

import pytest

from app.clock import now
from blueprints.marketplace.product_listing.models import Product
from tests.clients import ApiClient
from tests.platform.bff.conftest import Shelf
from tests.platform.bff.rows import ask, ids, keep, minutes

LISTING = "productListingProduct"
of_listings = pytest.mark.parametrize("realm", ["marketplace"])


def listing(kind: str, **more: Any) -> str:
    [id_] = keep(Product, {"type": kind} | more)
    return id_


def listings() -> list[str]:
    """Keep one of each, the cheapest first: a fixed price, a start, a current bid; amounts are cents."""
    return [listing("FIXED", price=100, start_price=9900, current_bid=9900),
            listing("AUCTION", price=1, start_price=200),
            listing("AUCTION", price=1, start_price=50, current_bid=300)]


@of_listings
def test_a_listing_says_what_it_costs_now(realm: str, ben: ApiClient) -> None:
    made = listings()
    rows = {row["id"]: row["askingPrice"] for row in ask(ben, realm, LISTING)["items"]}
    assert [rows[id_] for id_ in made] == [1, 2, 3]
    assert ben.get(f"/{realm}/bff-service/{LISTING}/{made[2]}").json[LISTING]["askingPrice"] == 3


@of_listings
def test_listings_are_sorted_filtered_and_measured_by_what_they_cost_now(realm: str, ben: ApiClient) -> None:
    """FD-6."""
    made = listings()
    for asked, wanted in (({"sort": "priceAscending"}, made), ({"sort": "priceDescending"}, made[::-1]),
                          ({"sortBy": "askingPrice"}, made)):
        assert ids(ask(ben, realm, LISTING, **asked)) == wanted
    found = ask(ben, realm, LISTING, sort="priceAscending", facets="askingPrice,type", filters={
        "askingPrice": {"operator": "range", "values": [2, 2.5]}})
    assert (ids(found), found["total"]) == ([made[1]], 1)
    assert found["facets"] == {"askingPrice": {"min": 1, "max": 3, "currency": "USD"}, "type": {"AUCTION": 1}}


@of_listings
def test_prices_of_another_currency_come_last_and_are_in_no_range(realm: str, ben: ApiClient) -> None:
    cheap = listing("FIXED", price=10, currency="EUR")
    made = listings()
    found = ask(ben, realm, LISTING, sort="priceAscending", facets="askingPrice")
    assert ids(found) == [*made, cheap]
    assert found["facets"]["askingPrice"] == {"min": 1, "max": 3, "currency": "USD"}
    found = ask(ben, realm, LISTING, sort="priceAscending", facets="askingPrice", filters={
        "currency": {"operator": "eq", "value": "EUR"}})
    assert ids(found) == [cheap]
    assert found["facets"]["askingPrice"] == {"min": 0.1, "max": 0.1, "currency": "EUR"}


@of_listings
def test_what_ends_soonest_leaves_out_what_is_over_and_what_never_ends(realm: str, ben: ApiClient) -> None:
    soon, late = (listing("AUCTION", effective_end=now() + timedelta(days=days)) for days in (1, 2))
    listing("AUCTION", effective_end=now() - timedelta(days=1))
    listing("AUCTION", effective_end=now() + timedelta(days=1), closed_at=now())
    listing("FIXED", price=1)
    first = ask(ben, realm, LISTING, sort="endingSoonest", limit=1, facets="type")
    assert (ids(first), first["total"], first["facets"]) == ([soon], 2, {"type": {"AUCTION": 2}})
    assert ids(ask(ben, realm, LISTING, sort="endingSoonest", limit=1, after=first["next"])) == [late]
    assert ask(ben, realm, LISTING, verb="count", sort="endingSoonest")["total"] == 2
    assert ask(ben, realm, LISTING, verb="count")["total"] == 5


def test_the_newest_come_first_with_and_without_words(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    made = [shelf.keep("Brass", created_at=minutes(number))[0] for number in range(3)]
    assert ids(ask(ben, realm, shelf.index, sort="newest")) == made[::-1]
    assert ids(ask(ben, realm, shelf.index, sort="newest", q="Brass")) == made[::-1]


def test_the_schema_names_the_orders_of_each_index(realm: str, ben: ApiClient, people: Any) -> None:
    sorts = {"marketplace": {"feedback": {"relevance", "newest"}, "cartItem": {"newest"}, "searchIndex": {
        "relevance", "newest"}, LISTING: {"relevance", "newest", "priceAscending", "priceDescending", "endingSoonest"}},
        "network": {"jobPosting": {"relevance", "newest"}, "like": {"newest"}, "user": {"relevance"}}}[realm]
    for name, wanted in sorts.items():
        assert set(ben.get(f"/{realm}/bff-service/{name}/schema").json["sorts"]) == wanted
        for sort in wanted:
            query = {"q": "ben"} if name == "user" or sort == "relevance" else {}
            ask(ben, realm, name, sort=sort, **query)


def test_relevance_is_that_of_words_and_refused_without(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    for query in ({}, {"q": " "}):
        answer = ben.get(f"/{realm}/bff-service/{shelf.index}/list", query_string={"sort": "relevance", **query})
        assert (answer.status_code, [*answer.json["detail"]]) == (400, ["sort"])


@of_listings
def test_a_price_is_derived_in_the_schema_as_everywhere(realm: str, ben: ApiClient) -> None:
    schema = ben.get(f"/{realm}/bff-service/{LISTING}/schema").json
    for part in ("filterableFields", "sortableFields", "facetFields", "rowFields"):
        assert "askingPrice" in schema[part]
    assert schema["fields"]["askingPrice"]["type"] == "money"
    made = ben.post(f"/{realm}/bff-service/{LISTING}/filters", json={"filterName": "cheap", "conditions": {
        "askingPrice": {"operator": "range", "values": [None, 5]}}})
    assert made.status_code == 201
