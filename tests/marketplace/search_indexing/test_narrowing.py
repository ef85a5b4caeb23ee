"""Searches narrowed by what listings are and cost, counted and ordered: with the index and while it is away."""
import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.clock import moved_clock, now
from app.data.columns import iso
from app.search.catalogue import search_index
from tests.clients import ApiClient
from tests.marketplace.search_indexing.conftest import BASE, Shop, settle
from tests.marketplace.search_indexing.test_searching_records import folder_of

MANY = f"{BASE}/v1/searchindexes"
Ask = Callable[..., Any]


@pytest.fixture(params=["index", "no index"])
def ask(request: pytest.FixtureRequest, app: Flask, buyer: ApiClient) -> Ask:
    """Ask as a buyer, everything settled before; the index there, and away."""
    def asked(**arguments: Any) -> Any:
        settle()
        if request.param == "no index":
            shutil.rmtree(folder_of(app), ignore_errors=True)
            search_index("searchIndex").refresh()
        answer = buyer.get(MANY, query_string=arguments)
        assert answer.status_code == 200, answer.json
        assert answer.json.get("degraded", False) is (request.param == "no index")
        return answer.json
    return asked


def titles(answer: Any) -> list[str]:
    return [row["document"].get("title") or row["document"].get("name") for row in answer["searchIndices"]]


def in_days(days: float) -> str:
    return iso(now() + timedelta(days=days)) or ""


def auction(shop: Shop, title: str, start: int, days: float = 2, **more: Any) -> str:
    return shop.list_phone(title=title, type="AUCTION", price=None, startPrice=start, startBid=start,
                           startBidDate=in_days(0), endBidDate=in_days(days), **more)


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """Five phones: three for dollars, one for euros, one in an auction that begins at 20 dollars."""
    shop.list_phone(title="Phone A", price=30)
    shop.list_phone(title="Phone B", price=10, condition="USED")
    shop.list_phone(title="Phone C", price=9.99)
    shop.list_phone(title="Phone D", price=1, currency="EUR", shippingCurrency="EUR")
    auction(shop, "Phone E", 20)
    return shop


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), [
    ("sort", "price"), ("sort", "relevance,newest"), ("type", "GIFT"), ("type", "FIXED,"), ("condition", "new"),
    ("priceFrom", "cheap"), ("priceTo", "-1"), ("priceTo", "NaN"), ("priceFrom", "Infinity"), ("priceFrom", "1e99"),
    ("facets", "title"), ("facets", "type,"), ("categoryId", "x" * 65), ("sellerId", "a,b,"),
    ("currency", "," * 120)])
def test_what_is_no_value_is_refused_and_named(buyer: ApiClient, name: str, value: str) -> None:
    answer = buyer.get(MANY, query_string={name: value})
    assert answer.status_code == 400
    assert answer.json["message"].startswith(f"{name}: ")


def test_prices_in_two_currencies_are_not_compared(buyer: ApiClient) -> None:
    for arguments in ({"sort": "priceAscending"}, {"priceTo": "5"}, {"facets": "askingPrice"}):
        answer = buyer.get(MANY, query_string={"currency": "USD,EUR", **arguments})
        assert answer.status_code == 400
        assert answer.json["message"].startswith("currency: ")
    assert buyer.get(MANY, query_string={"currency": "USD,EUR"}).status_code == 200


@pytest.mark.parametrize("words", [{}, {"q": " "}])
def test_relevance_without_words_is_refused_here_as_in_the_read_layer(buyer: ApiClient, words: dict[str, str]) -> None:
    """There is no order that it could mean (docs/decisions/118)."""
    answers = [buyer.get(path, query_string={"sort": "relevance", **words})
               for path in (MANY, f"{BASE}/v1/searchindexs", "/marketplace/bff-service/searchIndex/list")]
    assert [answer.status_code for answer in answers] == [400] * 3
    assert len({answer.json["detail"]["sort"] for answer in answers}) == 1
    assert buyer.get(MANY, query_string={"sort": "relevance", "q": "phone"}).status_code == 200


# Narrowed ------------------------------------------------------------------------------------------------------------


def test_conditions_narrow_and_may_have_several_values(stocked: Shop, ask: Ask) -> None:
    assert titles(ask(condition="USED")) == ["Phone B"]
    assert sorted(titles(ask(q="phone", condition="USED,NEW", type="FIXED", currency="usd"))) == [
        "Phone A", "Phone B", "Phone C"]
    assert titles(ask(currency="EUR")) == ["Phone D"]
    assert titles(ask(type="AUCTION", q="phone ")) == ["Phone E"]
    assert titles(ask(categoryId="nowhere")) == []


def test_prices_are_compared_in_one_currency_and_of_an_auction_the_bid_counts(stocked: Shop, ask: Ask) -> None:
    assert titles(ask(sort="priceAscending")) == ["Phone C", "Phone B", "Phone E", "Phone A"]
    assert titles(ask(q="phone", sort="priceDescending")) == ["Phone A", "Phone E", "Phone B", "Phone C"]
    assert titles(ask(sort="priceAscending", priceFrom="10", priceTo="20")) == ["Phone B", "Phone E"]
    assert titles(ask(priceTo="5")) == []
    assert titles(ask(priceTo="5", currency="EUR")) == ["Phone D"]


def test_the_newest_come_first_when_that_is_asked_or_nothing_else(stocked: Shop, ask: Ask) -> None:
    assert titles(ask(sort="newest", documentType="PRODUCT")) == [f"Phone {letter}" for letter in "EDCBA"]
    assert titles(ask(type="FIXED")) == [f"Phone {letter}" for letter in "DCBA"]


def test_what_ends_soonest_comes_first_and_what_has_ended_not_at_all(shop: Shop, ask: Ask) -> None:
    shop.list_phone()
    for title, days in (("Late", 3), ("Soon", 0.1), ("Later", 5)):
        auction(shop, title, 5, days)
    assert titles(ask(sort="endingSoonest")) == ["Soon", "Late", "Later"]
    settle()
    with moved_clock(hours=3):
        assert "Soon" not in titles(ask(sort="endingSoonest"))


def test_pages_of_an_order_hold_everything_once(stocked: Shop, ask: Ask) -> None:
    seen, following = [], {}
    while True:
        answer = ask(sort="newest", documentType="PRODUCT", pageRowCount=2, **following)
        seen += titles(answer)
        if answer["paging"]["next"] is None:
            break
        following = {"after": answer["paging"]["next"]}
    assert seen == [f"Phone {letter}" for letter in "EDCBA"]


# Counted -------------------------------------------------------------------------------------------------------------


def test_facets_are_those_asked_for_and_a_filter_does_not_narrow_its_own(stocked: Shop, ask: Ask) -> None:
    answer = ask(q="phone", documentType="PRODUCT", condition="USED", facets="condition,type,documentType,currency")
    assert titles(answer) == ["Phone B"]
    assert answer["facets"]["condition"] == {"NEW": 4, "USED": 1}
    assert answer["facets"]["type"] == {"FIXED": 1}
    assert answer["facets"]["documentType"] == {"PRODUCT": 1}
    assert answer["facets"]["currency"] == {"USD": 1}
    assert "facets" not in ask(q="phone", condition="USED")


def test_the_range_of_prices_is_of_one_currency_and_not_narrowed_by_its_own_filter(stocked: Shop, ask: Ask) -> None:
    asked = {"documentType": "PRODUCT", "facets": "askingPrice"}
    assert ask(**asked)["ranges"] == {"askingPrice": {"min": 9.99, "max": 30, "currency": "USD"}}
    assert ask(priceTo="10", **asked)["ranges"] == {"askingPrice": {"min": 9.99, "max": 30, "currency": "USD"}}
    assert ask(type="AUCTION", **asked)["ranges"] == {"askingPrice": {"min": 20, "max": 20, "currency": "USD"}}
    assert ask(currency="eur", **asked)["ranges"] == {"askingPrice": {"min": 1, "max": 1, "currency": "EUR"}}
    assert ask(currency="CHF", **asked)["ranges"] == {"askingPrice": {"min": None, "max": None, "currency": "CHF"}}
