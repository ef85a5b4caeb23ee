"""Placing whole orders: lines, the server's summary, stock (decisions 11 and 14)."""
import json
import uuid

import pytest

from app.clock import moved_clock
from blueprints.marketplace.product_listing.stock import stock_figures
from tests.app.payments.stand_in import DECLINED_AT_CHARGE
from tests.marketplace.order_management.shop import ORDERS, PRODUCTS, SUMMARY, ok


def test_the_server_sums_up_lines_of_several_sellers(shop):
    phone, lamp = shop.list_product(), shop.list_product(shop.other_seller, price=19.99, shipping=0.01, title="Lamp")
    order = shop.order({"productId": phone, "quantity": 2}, {"productId": lamp, "quantity": 3})
    assert order["summary"] == {"subtotal": 259.97, "shipping": 10.03, "discount": 0, "total": 270, "currency": "USD"}
    items = shop.read(order["id"])["orderItems"]
    assert {item["sellerId"] for item in items} == {shop.seller.user_id, shop.other_seller.user_id}
    assert order["items"] == [item["id"] for item in items]


def test_a_summary_that_differs_is_refused_and_one_that_fits_is_fine(shop):
    listing = shop.list_product()
    refused = shop.try_order({"productId": listing}, summary={**SUMMARY, "total": 104})
    assert (refused.status_code, refused.json["errCode"]) == (400, "SummaryDiffers")
    assert "summary.total" in refused.json["detail"]
    assert shop.try_order({"productId": listing}, summary={"currency": "EUR"}).status_code == 400
    ok(shop.try_order({"productId": listing}, summary=SUMMARY), 201)


@pytest.mark.parametrize("summary", ["", "5", [], 5, '{"total": -1}', {"total": "5"}, {"currency": "dollars"}])
def test_a_summary_that_is_none_is_refused(shop, summary):
    refused = shop.try_order({"productId": shop.list_product()}, summary=summary)
    assert (refused.status_code, "summary" in refused.json["detail"]) == (400, True)


def test_objects_may_come_as_their_text(shop):
    """rules-marketplace §0.5"""
    order = shop.place(summary=json.dumps(SUMMARY), shippingAddress='{"city": "X"}')
    assert (order["summary"], order["shippingAddress"]) == (SUMMARY, {"city": "X"})


def test_a_summary_added_up_in_a_browser_fits(shop):
    listing = shop.list_product(price=0.1, shipping=0.2)
    sums = {"subtotal": 0.1 + 0.1 + 0.1, "shipping": 0.2 + 0.2 + 0.2, "total": 0.9}
    assert sums["subtotal"] != 0.3
    ok(shop.try_order({"productId": listing, "quantity": 3}, summary=sums), 201)
    off_by_a_cent = shop.try_order({"productId": listing, "quantity": 3}, summary={"subtotal": 0.31})
    assert off_by_a_cent.status_code == 400


def test_a_summary_of_the_literal_form_gives_way_to_what_the_items_cost(shop):
    order = shop.place(summary={**SUMMARY, "total": 1, "subtotal": 1})
    ok(shop.add(order["id"], shop.list_product()), 201)
    assert shop.read(order["id"])["summary"]["total"] == 105
    assert ok(shop.start(order["id"]))["paymentResult"]["amount"] == 105


@pytest.mark.parametrize("lines", [
    [], [{}], [{"productId": "x"}], [{"productId": str(uuid.uuid4()), "quantity": 0}], "all", [1], {"productId": 1},
    [{"productId": str(uuid.uuid4()), "offerId": str(uuid.uuid4()), "bidId": str(uuid.uuid4())}]])
def test_malformed_lines_are_refused(shop, lines):
    body = {"shippingAddress": {"city": "X"}, "lineItems": lines} | ({"summary": {}} if not lines else {})
    answer = shop.buyer.post(f"{ORDERS}/v1/ordermanagementorders", json=shop.order_body(**body))
    assert answer.status_code == 400


def test_the_same_product_twice_is_refused(shop):
    listing = shop.list_product()
    assert shop.try_order({"productId": listing}, {"productId": listing}).status_code == 400


def test_two_currencies_do_not_go_into_one_order(shop):
    euro = shop.list_product(currency="EUR", shippingCurrency="EUR")
    refused = shop.try_order({"productId": shop.list_product()}, {"productId": euro})
    assert (refused.status_code, refused.json["errCode"]) == (400, "CurrencyDiffers")


def test_a_refused_order_leaves_nothing_behind(shop):
    listing = shop.list_product(quantity=5)
    assert shop.try_order({"productId": listing}, {"productId": str(uuid.uuid4())}).status_code == 404
    assert stock_figures() == {}
    assert ok(shop.buyer.get(f"{ORDERS}/v1/ownordermanagementorders"))["orderManagementOrders"] == []


def test_units_are_reserved_when_ordered_and_sold_when_shipped(shop):
    listing = shop.list_product(quantity=3)
    order = shop.order({"productId": listing, "quantity": 2})
    assert stock_figures() == {listing: (2, 0)}
    refused = shop.try_order({"productId": listing, "quantity": 2})
    assert (refused.status_code, refused.json["detail"]["left"]) == (400, 1)
    ok(shop.start(order["id"]))
    ok(shop.move(shop.seller, order["id"], "SHIPPED"))
    assert stock_figures() == {listing: (0, 2)}


def test_units_of_a_cancelled_order_go_back(shop):
    listing = shop.list_product(quantity=1)
    order = shop.order(listing)
    ok(shop.cancel(shop.buyer, order["id"]))
    assert stock_figures() == {}
    shop.order(listing)


def test_units_of_a_refunded_order_go_back(shop, settle):
    listing = shop.list_product(quantity=1)
    order = shop.paid_order(listing)
    ok(shop.move(shop.seller, order["id"], "SHIPPED"))
    ok(shop.move(shop.admin, order["id"], "REFUNDED"))
    settle()
    assert stock_figures() == {}


def test_a_failed_payment_holds_the_units_a_day(shop, settle):
    """Decision 15"""
    listing = shop.list_product(quantity=1)
    order = shop.order(listing)
    ok(shop.start(order["id"], DECLINED_AT_CHARGE))
    with moved_clock(hours=23):
        settle()
        assert stock_figures() == {listing: (1, 0)}
    with moved_clock(hours=25):
        settle()
        assert stock_figures() == {}
        refused = shop.start(order["id"], buyer=shop.super_admin)
        assert (refused.status_code, refused.json["errCode"]) == (400, "OrderNotPayable")


def test_units_are_not_held_longer_by_paying_badly_every_day(shop, settle):
    """The day counts from the first failure."""
    listing = shop.list_product(quantity=1)
    order = shop.order(listing)
    for hours in (23, 46):
        with moved_clock(hours=hours):
            settle()
            assert ok(shop.start(order["id"], DECLINED_AT_CHARGE))["orderManagementOrder"]["status"] == "CANCELLED"
    with moved_clock(hours=48):
        settle()
        assert stock_figures() == {}


def test_units_are_not_held_longer_by_adding_an_item_every_day(shop, settle):
    listing = shop.list_product(quantity=1)
    order = shop.order(listing)
    with moved_clock(hours=23):
        ok(shop.add(order["id"], shop.list_product()), 201)
    with moved_clock(hours=25):
        settle()
        assert stock_figures() == {}


def test_an_order_nobody_pays_lapses_after_a_day(shop, settle):
    listing = shop.list_product(quantity=1)
    order = shop.order(listing)
    with moved_clock(hours=25):
        settle()
        lapsed = shop.read(order["id"], shop.super_admin)
        assert (lapsed["status"], lapsed["_paymentConfirmation"]) == ("CANCELLED", "canceled")
        assert stock_figures() == {}


def test_a_paid_order_does_not_lapse(shop, settle):
    listing = shop.list_product(quantity=1)
    order = shop.paid_order(listing)
    with moved_clock(days=30):
        settle()
        assert shop.read(order["id"], shop.super_admin)["status"] == "PAID"
        assert stock_figures() == {listing: (1, 0)}


def test_an_order_that_is_being_paid_takes_no_more_items(shop):
    order = shop.order(shop.list_product())
    ok(shop.start(order["id"], shop.localstripe.make_card()))
    refused = shop.add(order["id"], shop.list_product())
    assert (refused.status_code, refused.json["errCode"]) == (400, "OrderNotOpen")


def test_an_empty_order_cannot_be_paid(shop):
    refused = shop.start(shop.place()["id"])
    assert (refused.status_code, refused.json["errCode"]) == (400, "OrderEmpty")


def test_a_withdrawn_listing_is_not_ordered(shop):
    listing = shop.list_product()
    ok(shop.seller.delete(f"{PRODUCTS}/{listing}"))
    assert shop.try_order({"productId": listing}).status_code == 404


def test_an_order_beyond_all_measure_is_refused(shop):
    listing = shop.list_product(price=10 ** 10)
    refused = shop.try_order({"productId": listing, "quantity": 100_000})
    assert (refused.status_code, refused.json["errCode"]) == (400, "OrderTooLarge")


def test_an_order_in_yen_has_no_decimals(shop):
    listing = shop.list_product(price=1200, shipping=300, currency="JPY", shippingCurrency="JPY")
    order = shop.order(listing)
    assert order["summary"] == {"subtotal": 1200, "shipping": 300, "discount": 0, "total": 1500, "currency": "JPY"}
    ok(shop.start(order["id"]))
    assert [one["amount"] for one in shop.localstripe.intents(orderId=order["id"])] == [1500]
