"""Money given back, whole and in parts, and what sellers and the house earn (decision 16)."""
from dataclasses import replace

import pytest

from app.actor import system_actor
from app.clock import moved_clock, now
from app.payments.gateway.port import Refund
from app.payments.refunds import book_refunds
from app.settings import SettingsError
from blueprints.marketplace.order_management import ledger_entries
from blueprints.marketplace.order_management.dues import refunds_due
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.platform.checkout import refunds
from tests.marketplace.order_management.shop import CATEGORY, ORDERS, ok

REPORT = f"{ORDERS}/v1/commissions"


def report(actor, query=""):
    return ok(actor.get(f"{REPORT}?{query}"))["commissions"]


def test_parts_go_back_until_nothing_is_left(shop):
    order = shop.paid_order()
    first = ok(shop.move(shop.admin, order["id"], "REFUNDED", refundAmount=5.5))
    assert first["orderManagementOrder"]["status"] == "PAID"
    assert (first["paymentResult"]["amount"], first["paymentResult"]["refundStatus"]) == (5.5, "succeeded")
    too_much = shop.move(shop.admin, order["id"], "REFUNDED", refundAmount=99.51)
    assert (too_much.status_code, too_much.json["errCode"]) == (400, "RefundTooLarge")
    rest = ok(shop.move(shop.admin, order["id"], "REFUNDED"))
    assert (rest["paymentResult"]["amount"], rest["orderManagementOrder"]["status"]) == (99.5, "REFUNDED")
    assert sorted(one["amount"] for one in shop.localstripe.refunds(order["paymentIntentId"])) == [550, 9_950]
    assert ledger_entries.differences() == []


@pytest.mark.parametrize("amount", [0, -1, 1.001, "5", 10 ** 13])
def test_a_refund_of_a_strange_amount_is_refused(shop, amount):
    order = shop.paid_order()
    assert shop.move(shop.admin, order["id"], "REFUNDED", refundAmount=amount).status_code == 400


def test_an_unpaid_order_is_not_refunded(shop):
    order = shop.order(shop.list_product())
    refused = shop.move(shop.admin, order["id"], "REFUNDED")
    assert (refused.status_code, refused.json["errCode"]) == (400, "OrderStep")


def test_a_refund_the_gateway_refuses_is_told_and_can_be_tried_again(shop):
    order = shop.paid_order()
    with shop.gateway.failing("/v1/refunds", status=402):
        answer = ok(shop.move(shop.admin, order["id"], "REFUNDED"))
    assert answer["paymentResult"]["result"] == "ERR"
    assert answer["paymentResult"]["refundStatus"] == "failed"
    assert answer["orderManagementOrder"]["status"] == "PAID"
    assert ok(shop.move(shop.admin, order["id"], "REFUNDED"))["orderManagementOrder"]["status"] == "REFUNDED"


def test_money_that_came_past_the_gateway_goes_back_past_it(shop):
    order = shop.order(shop.list_product())
    assert ok(shop.move(shop.admin, order["id"], "PAID"))["orderManagementOrder"]["paidAt"]
    assert shop.move(shop.admin, order["id"], "PAID").status_code == 400
    assert shop.start(order["id"]).status_code == 400
    assert ok(shop.move(shop.admin, order["id"], "REFUNDED"))["orderManagementOrder"]["status"] == "REFUNDED"
    assert shop.localstripe.intents(orderId=order["id"]) == []
    assert ledger_entries.totals()["USD"] == {"paid": 10_500, "refunded": 10_500, "ledger": 0}


def test_commission_is_taken_of_the_goods_and_not_of_the_shipping(shop):
    shop.paid_order({"productId": shop.list_product(price=19.99, shipping=5), "quantity": 3})
    assert report(shop.seller) == [{
        "month": f"{now():%Y-%m}", "sellerId": shop.seller.user_id, "currency": "USD", "linesSold": 1,
        "gross": 74.97, "commission": 6, "net": 68.97}]


def test_commission_differs_by_category_and_stays_what_it_was_at_the_sale(shop, app, monkeypatch):
    runtime = app.extensions["guildhall"]
    monkeypatch.setattr(runtime, "settings", replace(runtime.settings, commission_percent=f"10,{CATEGORY}:2.5"))
    order = shop.paid_order()
    assert report(shop.seller)[0]["commission"] == 2.5
    monkeypatch.setattr(runtime, "settings", replace(runtime.settings, commission_percent="50"))
    ok(shop.move(shop.admin, order["id"], "REFUNDED", refundAmount=52.5))
    assert report(shop.seller)[0] | {"month": ""} == {
        "month": "", "sellerId": shop.seller.user_id, "currency": "USD", "linesSold": 1, "gross": 52.5,
        "commission": 1.25, "net": 51.25}


@pytest.mark.parametrize(("name", "written"), [
    ("COMMISSION_PERCENT", "ten"), ("COMMISSION_PERCENT", "101"), ("BID_INCREMENTS", "1:x"),
    ("PAYMENT_RETRY_HOURS", "0"), ("UNPAID_AUCTION_DAYS", "-1"), ("STRIPE_TIMEOUT_SECONDS", "0")])
def test_a_setting_nobody_could_be_paid_by_stops_the_start_not_the_first_payment(make_app, name, written):
    with pytest.raises(SettingsError, match=name):
        make_app(**{name: written})


def test_each_seller_sees_the_own_figures_and_staff_all(shop):
    shop.paid_order(shop.list_product(), shop.list_product(shop.other_seller, price=10, shipping=0))
    assert [row["gross"] for row in report(shop.seller)] == [105]
    assert [row["gross"] for row in report(shop.other_seller)] == [10]
    assert report(shop.buyer) == []
    assert {row["sellerId"] for row in report(shop.admin)} == {shop.seller.user_id, shop.other_seller.user_id}
    assert [row["gross"] for row in report(shop.admin, f"sellerId={shop.other_seller.user_id}")] == [10]
    assert report(shop.seller, f"sellerId={shop.other_seller.user_id}") == []


def test_the_report_goes_on_after_its_cursor(shop):
    shop.paid_order(shop.list_product(), shop.list_product(shop.other_seller, price=10, shipping=0))
    with moved_clock(days=40):
        shop.paid_order()
    everything = report(shop.admin)
    assert len(everything) == 3
    seen, cursor = [], ""
    while cursor is not None:
        answer = ok(shop.admin.get(f"{REPORT}?pageRowCount=1{cursor and '&after=' + cursor}"))
        assert answer["paging"]["totalRowCount"] == 3
        seen, cursor = seen + answer["commissions"], answer["paging"]["next"]
    assert seen == everything
    assert shop.admin.get(f"{REPORT}?after=x").status_code == 400


def test_the_report_is_by_month(shop):
    shop.paid_order()
    this_month = f"{now():%Y-%m}"
    with moved_clock(days=40):
        order = shop.paid_order()
        ok(shop.move(shop.admin, order["id"], "REFUNDED"))
        months = report(shop.seller)
        assert [row["gross"] for row in months] == [0, 105]
        assert [row["month"] for row in report(shop.seller, f"month={this_month}")] == [this_month]
    assert shop.seller.get(f"{REPORT}?month=2026-13").status_code == 400


def test_a_refund_that_comes_back_puts_the_money_back_on_the_books(shop):
    order = shop.paid_order()
    ok(shop.move(shop.admin, order["id"], "REFUNDED"))
    [refund] = shop.localstripe.refunds(order["paymentIntentId"])
    failed = Refund(refund["id"], order["paymentIntentId"], 10_500, "USD", "failed", refund["metadata"])
    book_refunds(CHECKOUT, system_actor("marketplace"), order["id"], order["paymentIntentId"], [failed])
    assert ledger_entries.totals()["USD"] == {"paid": 10_500, "refunded": 0, "ledger": 10_500}
    assert ledger_entries.differences() == []
    assert report(shop.seller)[0]["commission"] == 10
    assert [(one["id"], one["left"]) for one in refunds_due()] == [(order["id"], 105)]
    assert ok(shop.move(shop.admin, order["id"], "REFUNDED"))["paymentResult"]["amount"] == 105


def test_a_refund_cut_short_before_its_answer_was_kept_is_not_given_twice(shop, monkeypatch):
    """Decision 22: the gateway stands between the refund and the stored answer, and so may a crash."""
    order, key = shop.paid_order(), {"Idempotency-Key": "part-1"}
    path, part = f"{ORDERS}/v1/ordermanagementorderstatus/{order['id']}", {"status": "REFUNDED", "refundAmount": 5}
    with monkeypatch.context() as crash:
        crash.setattr(refunds, "order_row", lambda *_: 1 / 0)
        assert shop.admin.patch(path, json=part, headers=key).status_code == 500
    answer = ok(shop.admin.patch(path, json=part, headers=key))["paymentResult"]
    assert (answer["amount"], answer["refundStatus"], answer["success"]) == (5, "succeeded", True)
    assert [one["amount"] for one in shop.localstripe.refunds(order["paymentIntentId"])] == [500]
    ok(shop.admin.patch(path, json=part, headers={"Idempotency-Key": "part-2"}))
    assert ledger_entries.totals()["USD"]["refunded"] == 1_000
