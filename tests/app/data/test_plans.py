"""No statement of the daily flows walks a table that grows: each stands on an index (SQLite says so itself)."""
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.clock import moved_clock
from app.data.entity import db
from app.jobs import scheduler
from app.search.catalogue import rebuild_index
from blueprints.platform.moderation import bulk
from blueprints.platform.moderation.holding import lapse_holds
from tests.clients import ApiClient

ROOT = "/marketplace"
# Tables of a fixed number of rows, and the two walks that are the point: the outbox's unpublished end, a count of all.
HARMLESS = ("job_run", "due_work", "outbox_record USING INDEX ix_outbox_record_unpublished",
            "event_delivery USING INDEX ix_event_delivery_pending",
            "event_delivery USING COVERING INDEX ix_event_delivery_pending",
            "marketplace_search_index USING INDEX uq_marketplace_search_index_reference",
            "outbox_log")
# Of one batch the relay has the places in hand, as a table that is walked; what makes them stands on an index.
OF_A_BATCH = ("UPDATE outbox_record SET published_at=?, position=", "(subquery", "anon_1")


@pytest.fixture
def walks(app: Flask) -> Iterator[set[str]]:
    """The plans of what is executed from now on that walk a whole table or index."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics; SQLite by structure")
    seen: set[str] = set()

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            cursor = connection.connection.dbapi_connection.cursor()
            plan = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            is_batch = statement.startswith(OF_A_BATCH[0])
            seen.update(f"{step} <- {statement}" for step in plan if step.startswith("SCAN")
                        and not (is_batch and step.removeprefix("SCAN ").startswith(OF_A_BATCH[1:]))
                        and "CONSTANT ROW" not in step and not step.removeprefix("SCAN ").startswith(HARMLESS))

    event.listen(db.engine, "before_cursor_execute", explain)
    yield seen
    event.remove(db.engine, "before_cursor_execute", explain)


def test_selling_bidding_and_telling_stand_on_indexes(
        walks: set[str], as_admin: ApiClient, as_user: Callable[..., ApiClient], settle: Callable[[], None]) -> None:
    seller, ben, cleo = as_user("sel"), as_user("ben"), as_user("cleo")
    lot = _listing(as_admin, seller, type="AUCTION", startPrice=10, biddingMode="PROXY",
                   endBidDate="2999-01-01T00:00:00Z")
    for bidder, amount in ((ben, 12), (cleo, 20), (ben, 30), (cleo, 40)):
        bid = {"productId": lot, "bidAmount": amount, "currency": "USD"}
        assert bidder.post(f"{ROOT}/auctionoffer-api/v1/auctionofferbids", json=bid).status_code == 201
    for path in ("productlisting-api/v1/productlistingproducts", f"productlisting-api/v1/productlistingproducts/{lot}",
                 "productlisting-api/v1/productlistingownproducts",
                 "searchindexing-api/v1/searchindexes?documentType=PRODUCT",
                 f"auctionoffer-api/v1/auctionofferbids?productId={lot}",
                 "notificationmanagement-api/v1/notifications"):
        assert ben.get(f"{ROOT}/{path}").status_code == 200
    item = _listing(as_admin, seller, type="FIXED", price=100, quantity=3)
    offer = ben.post(f"{ROOT}/auctionoffer-api/v1/auctionofferoffers",
                     json={"productId": item, "offerAmount": 50, "currency": "USD"}).json["auctionOfferOffer"]["id"]
    accepted = seller.patch(f"{ROOT}/auctionoffer-api/v1/auctionofferoffers/{offer}", json={"status": "ACCEPTED"})
    assert accepted.status_code == 200
    ben.post(f"{ROOT}/auth-api/login", json={"username": "nobody@example.com", "password": "wrong-pass-1"})
    settle()
    scheduler.tick()
    assert walks == set()


def test_holding_and_showing_again_stand_on_indexes(
        walks: set[str], as_admin: ApiClient, as_user: Callable[..., ApiClient]) -> None:
    seller, ben = as_user("sel"), as_user("ben")
    first, second = (_listing(as_admin, seller, type="FIXED", price=100) for _ in range(2))
    offer = {"productId": first, "offerAmount": 50, "currency": "USD"}
    assert ben.post(f"{ROOT}/auctionoffer-api/v1/auctionofferoffers", json=offer).status_code == 201
    number = bulk.begin(as_admin.actor, "HIDE", "PRODUCT", [first, second], reason="fakes", days=1).number
    assert bulk.run(as_admin.actor, number).done == 2
    bulk.undo(as_admin.actor, number, reason="mistaken")
    number = bulk.begin(as_admin.actor, "REMOVE", "PRODUCT", [first], reason="fakes", days=1).number
    bulk.run(as_admin.actor, number)
    with moved_clock(days=2):
        assert lapse_holds("marketplace") == 1
    assert walks == set()


def test_totals_of_listings_are_counted_in_an_index_whoever_asks(
        app: Flask, as_admin: ApiClient, as_user: Callable[..., ApiClient]) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics; SQLite by structure")
    seller, plans = as_user("sel"), []
    for _ in range(3):
        _listing(as_admin, seller, type="FIXED", price=100)

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "count(" in statement and "product_listing_product" in statement:
            cursor = connection.connection.dbapi_connection.cursor()
            plans.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                         if "product_listing_product" in row[3])

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        for reader, path in ((seller, "productlistingproducts"), (as_admin, "productlistingproducts"),
                             (seller, "productlistingownproducts")):
            answer = reader.get(f"{ROOT}/productlisting-api/v1/{path}?pageRowCount=1")
            assert answer.json["paging"]["totalRowCount"] == 3
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    assert len(plans) == 3
    assert all("USING COVERING INDEX" in plan for plan in plans), plans


def test_watching_filling_a_cart_and_telling_watchers_stand_on_indexes(
        walks: set[str], as_admin: ApiClient, as_user: Callable[..., ApiClient], settle: Callable[[], None]) -> None:
    seller, ben, shelves = as_user("sel"), as_user("ben"), f"{ROOT}/watchlistcart-api/v1"
    first, second = (_listing(as_admin, seller, type="FIXED", price=100) for _ in range(2))
    gifts = ben.post(f"{shelves}/watchlistlists", json={"name": "Gifts"}).json["watchlistList"]["id"]
    items = [ben.post(f"{shelves}/watchlistitems", json={"productId": product, "listId": list_id}).json["watchlistItem"]
             for product, list_id in ((first, gifts), (first, None), (second, gifts))]
    ben.post(f"{shelves}/cartitems", json={"productId": first, "quantity": 1})
    for path in ("cartitems", "usercartitems", "watchlistitems", "watchlistitems?listId=default",
                 f"watchlistitems?listId={gifts}", "userwatchlist", "watchlistlists", "watchlistlists?name=gifts",
                 "userwatchlistlists"):
        for reader in (ben, as_admin):
            assert reader.get(f"{shelves}/{path}").status_code == 200
    moved = ben.post(f"{shelves}/watchlistitems/bulk", json={
        "action": "MOVE_TO_CART", "watchlistItemIds": [item["id"] for item in items]})
    assert moved.json["outcome"]["done"] == 1
    changed = seller.patch(f"{ROOT}/productlisting-api/v1/productlistingproducts/{first}", json={"price": 90})
    assert changed.status_code == 200
    settle()
    assert ben.delete(f"{shelves}/watchlistlists/{gifts}").status_code == 200
    placed = ben.post(f"{ROOT}/ordermanagement-api/v1/ordermanagementorders", json={
        "shippingAddress": {"city": "X"}, "fromCart": True})
    assert placed.status_code == 201
    assert walks == set()


def test_a_page_behind_a_cursor_and_a_count_up_to_the_bound_stand_on_indexes(
        walks: set[str], as_admin: ApiClient, as_user: Callable[..., ApiClient]) -> None:
    seller, products = as_user("sel"), f"{ROOT}/productlisting-api/v1/productlistingproducts"
    for _ in range(3):
        _listing(as_admin, seller, type="FIXED", price=100)
    first = seller.get(f"{products}?pageRowCount=1").json["paging"]
    second = seller.get(f"{products}?pageRowCount=1&after={first['next']}").json["paging"]
    assert (first["totalRowCount"], second["totalRowCount"]) == (3, 3)
    # The bounded count walks over what its own search found, and over no table.
    assert {walk.partition(" <- ")[0] for walk in walks} == {"SCAN anon_1"}


def test_feedback_and_reputations_stand_on_indexes(
        walks: set[str], as_admin: ApiClient, as_user: Callable[..., ApiClient], settle: Callable[[], None]) -> None:
    seller, ben = as_user("sel"), as_user("ben")
    item = _listing(as_admin, seller, type="FIXED", price=100)
    orders, feedback = f"{ROOT}/ordermanagement-api/v1", f"{ROOT}/feedback-api/v1"
    order = ben.post(f"{orders}/ordermanagementorders", json={
        "shippingAddress": {"city": "X"}, "lineItems": [{"productId": item}]}).json["orderManagementOrder"]
    for actor, status in ((as_admin, "PAID"), (as_admin, "SHIPPED"), (ben, "DELIVERED")):
        moved = actor.patch(f"{orders}/ordermanagementorderstatus/{order['id']}", json={"status": status})
        assert moved.status_code == 200, moved.text
    settle()
    rebuild_index("feedback")  # a missing index is made of all rows there are
    walks.clear()
    given = ben.post(f"{feedback}/feedbacks", json={
        "rating": 5, "orderId": order["id"], "orderItemId": order["items"][0], "sellerId": seller.user_id,
        "productId": item})
    assert given.status_code == 201, given.text
    one = f"{feedback}/feedbacks/{given.json['feedback']['id']}"
    assert ben.patch(one, json={"rating": 4}).status_code == 200
    assert seller.patch(f"{one}/reply", json={"reply": "Thanks"}).status_code == 200
    for path in (f"feedbacks?sellerId={seller.user_id}", f"feedbacks?productId={item}",
                 f"feedbacks?buyerId={ben.user_id}", f"feedbacks?orderItemId={order['items'][0]}",
                 f"feedbacks?orderId={order['id']}", f"reputations/{seller.user_id}"):
        assert ben.get(f"{feedback}/{path}").status_code == 200
    assert ben.delete(one).status_code == 200
    with moved_clock(minutes=6):
        settle()
    assert walks == set()


def _listing(staff: ApiClient, seller: ApiClient, **details: object) -> str:
    catalogue = f"{ROOT}/categorymanagement-api/v1"
    category = staff.post(f"{catalogue}/categories", json={"title": "Tools"}).json["category"]["id"]
    part = {"categoryId": category, "name": "Navigation", "group": "MORE"}
    subcategory = staff.post(f"{catalogue}/subcategories", json=part).json["subcategory"]["id"]
    body = {"title": "Brass sextant", "description": "Works.", "condition": "USED", "currency": "USD", "shipping": 5,
            "shippingCurrency": "USD", "shippingMethod": "STANDARD", "categoryId": category,
            "subcategoryId": subcategory, **details}
    made = seller.post(f"{ROOT}/productlisting-api/v1/productlistingproducts", json=body)
    assert made.status_code == 201, made.text
    return str(made.json["productListingProduct"]["id"])
