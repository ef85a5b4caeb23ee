"""A list walked by cursors shows each row once, as page numbers show them, whatever the order (decision 36)."""
import random
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import insert

from app.actor import system_actor
from app.data.entity import Entity
from app.data.ids import uuid7
from app.data.reads import Page, list_rows
from app.data.reads.keyset import row_order
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput
from blueprints.marketplace.category_management.models import Category
from blueprints.marketplace.product_listing.models import Product
from tests.clients import ApiClient

ROWS = 40
SEEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"
# Ids only; unique tail or none; descending; NULL among the values; directions that differ; columns nobody is shown.
ORDERS: tuple[tuple[Any, ...], ...] = (
    (), (Product.created_at, Product.id), (Product.created_at.desc(), Product.id.desc()), (Product.created_at,),
    (Product.price,), (Product.price.desc(),), (Product.price, Product.title.desc()),
    (Product.end_bid_date, Product.id), (Product.end_bid_date.desc(), Product.price, Product.id.desc()),
    (Product.type, Product.price.desc()), (Product.accept_offers, Product.id.desc()), (Product.bid_count.desc(),),
    (Product.highest_bidder_id.desc(), Product.winner_bid_id))


@pytest.fixture
def rows(app: Flask) -> list[dict[str, Any]]:
    """Products with many equal and NULL values."""
    chance = random.Random(36)
    made = [product(
        created_at=SEEN_AT + timedelta(seconds=chance.randrange(4)), price=chance.choice((None, None, 100, 250, 999)),
        title=chance.choice(("a", "B", "ä", "")), type=chance.choice(("FIXED", "AUCTION")),
        end_bid_date=chance.choice((None, SEEN_AT, SEEN_AT + timedelta(milliseconds=1))),
        accept_offers=chance.random() < 0.5, bid_count=chance.randrange(3),
        highest_bidder_id=chance.choice((None, "a", "b")), winner_bid_id=chance.choice((None, "c")))
        for _ in range(ROWS)]
    store(Product, made)
    return made


def product(**values: Any) -> dict[str, Any]:
    """Return a row of the table."""
    return row() | {
        "currency": "USD", "description": "d", "condition": "USED", "title": "t", "type": "FIXED", "shipping": 1,
        "shipping_currency": "USD", "shipping_method": "STANDARD", "seller_id": uuid7(), "media_asset_ids": [],
        "category_id": uuid7(), "subcategory_id": uuid7(), "bidding_mode": "OPEN", "accept_offers": True,
        "bid_count": 0, "reserved": 0, "sold": 0, **values}


def row() -> dict[str, Any]:
    return {"id": uuid7(), "is_active": True, "record_version": 1, "created_at": SEEN_AT, "updated_at": SEEN_AT}


def store(model: type[Entity], made: list[dict[str, Any]]) -> None:
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(insert(model).values(made))
        work.commit()


def walk(size: int, order: tuple[Any, ...], cursor: str | None = None) -> Iterator[list[str]]:
    """Give the ids of page after page."""
    page = Page(1, size, after=cursor)
    while True:
        listing = list_rows(Product, page, order=order)
        yield [found["id"] for found in listing.rows]
        if listing.next is None:
            return
        page = Page(1, size, after=listing.next)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ", ".join(map(str, order)) or "default")
@pytest.mark.parametrize("size", [1, 7, ROWS // 2, ROWS, ROWS + 1])
def test_cursors_show_what_page_numbers_show(rows: list[dict[str, Any]], order: tuple[Any, ...], size: int) -> None:
    numbered = [[found["id"] for found in list_rows(Product, Page(number, size), order=order).rows]
                for number in range(1, -(-ROWS // size) + 1)]

    walked = list(walk(size, order))

    assert walked == numbered
    assert sorted(chain.from_iterable(walked)) == sorted(made["id"] for made in rows)


def test_null_is_the_greatest_value_on_both_databases(rows: list[dict[str, Any]]) -> None:
    for order, first in (((Product.price,), 1.0), ((Product.price.desc(),), None)):
        shown = list_rows(Product, Page(0), order=order).rows
        assert shown[0]["price"] == first
        assert (shown[-1]["price"] is None) == (first is not None)


def test_a_row_that_comes_before_the_cursor_moves_no_other(rows: list[dict[str, Any]]) -> None:
    order = (Product.created_at, Product.id)
    before = list(chain.from_iterable(walk(7, order)))
    first = list_rows(Product, Page(1, 7), order=order)
    store(Product, [product(created_at=SEEN_AT - timedelta(days=1)) for _ in range(3)])

    assert list(chain.from_iterable(walk(7, order, first.next))) == before[7:]


def test_a_cursor_goes_on_where_its_row_was_after_the_row_is_gone(rows: list[dict[str, Any]]) -> None:
    order = (Product.created_at.desc(), Product.id.desc())
    before = list(chain.from_iterable(walk(7, order)))
    first = list_rows(Product, Page(1, 7), order=order)
    with unit_of_work(system_actor("marketplace")) as work:
        work.archive(work.get(Product, before[6]))
        work.commit()

    assert list(chain.from_iterable(walk(7, order, first.next))) == before[7:]


def test_a_filter_holds_behind_the_cursor_too(rows: list[dict[str, Any]]) -> None:
    fixed = [found["id"] for found in list_rows(Product, Page(0), Product.type == "FIXED").rows]
    first = list_rows(Product, Page(1, 2), Product.type == "FIXED")
    rest = list_rows(Product, Page(1, 100, after=first.next), Product.type == "FIXED")
    assert [found["id"] for found in rest.rows] == fixed[2:]
    assert (rest.total, rest.next) == (len(fixed), None)


def test_what_a_cursor_cannot_hold_is_no_order() -> None:
    with pytest.raises(TypeError, match="media_asset_ids"):
        row_order(Product.media_asset_ids)


# Refusals ------------------------------------------------------------------------------------------------------------


def cursor(*values: Any) -> str:
    return urlsafe_b64encode(orjson.dumps(values)).decode()


MARK = row_order(Product.created_at, Product.bid_count, Product.price, Product.id).fingerprint
MOMENT = "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize("given", [
    "", "null", "x", "ä", "\x00", "=", "A" * 5000, cursor(), cursor(1), cursor(MARK), cursor(MARK, MOMENT, 0, 1),
    cursor(MARK, MOMENT, 0, 1, "a", "b"), cursor(MARK, None, 0, 1, "a"), cursor(MARK, MOMENT, None, 1, "a"),
    cursor(MARK, 5, 0, 1, "a"), cursor(MARK, "yesterday", 0, 1, "a"), cursor(MARK, MOMENT, 2 ** 31, 1, "a"),
    cursor(MARK, MOMENT, 1.5, 1, "a"), cursor(MARK, MOMENT, True, 1, "a"), cursor(MARK, MOMENT, 0, 2 ** 63, "a"),
    cursor(MARK, MOMENT, 0, 1, "a\x00"), cursor(MARK, MOMENT, 0, 1, {}), cursor(MARK, MOMENT, 0, 1, 7),
    cursor(MARK, "0001-01-01T00:00:00+14:00", 0, 1, "a"), "W" + "1" * 2000, cursor("0" * 8, MOMENT, 0, 1, "a")])
def test_what_is_no_cursor_of_this_order_is_refused_by_name(rows: list[dict[str, Any]], given: str) -> None:
    order = (Product.created_at, Product.bid_count, Product.price, Product.id)
    with pytest.raises(InvalidInput, match="after") as refused:
        list_rows(Product, Page(after=given), order=order)
    assert list(refused.value.detail) == ["after"]


def test_a_cursor_of_another_order_or_list_is_refused(rows: list[dict[str, Any]]) -> None:
    given = list_rows(Product, Page(1, 2), order=(Product.created_at,)).next
    for model, order in ((Product, ()), (Product, (Product.created_at.desc(),)), (Category, (Category.created_at,))):
        with pytest.raises(InvalidInput, match="another"):
            list_rows(model, Page(after=given), order=order)


def test_a_cursor_and_another_page_number_are_refused(as_admin: ApiClient) -> None:
    for title in "abc":
        as_admin.post(CATEGORIES, json={"title": title})
    given = as_admin.get(f"{CATEGORIES}?pageRowCount=1").json["paging"]["next"]
    for number in (0, 2):
        refused = as_admin.get(f"{CATEGORIES}?after={given}&pageNumber={number}")
        assert (refused.status_code, list(refused.json["detail"])) == (400, ["after"])
    assert as_admin.get(f"{CATEGORIES}?after=").status_code == 400
    rest = as_admin.get(f"{CATEGORIES}?after={given}&pageNumber=1").json
    assert [found["title"] for found in rest["categories"]] == ["b", "c"]
    assert rest["paging"] == {"pageNumber": 1, "pageRowCount": 25, "totalRowCount": 3, "pageCount": 1, "next": None}
