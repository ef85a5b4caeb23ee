"""Who cancels what of an order, what the buyer gets back, and who reads of it (decision 42)."""
from dataclasses import replace

import pytest

from app.errors import NotFound
from app.jobs.worker import run_job
from app.notify.mailbox import read_outbox
from app.runtime import runtime
from blueprints.marketplace.order_management import ledger_entries
from blueprints.marketplace.order_management.queries import sold_item
from blueprints.marketplace.product_listing.stock import stock_figures
from tests.marketplace.order_management.shop import ORDERS, ok

ITEMS = f"{ORDERS}/v1/ordermanagementorderitems"
DUE = f"{ORDERS}/v1/refundsdue"


@pytest.fixture
def mixed(shop):
    """A paid order of a phone (105) of one seller and a lamp (2 × 10 + 2 × 1 = 22) of another."""
    lamp = {"productId": shop.list_product(shop.other_seller, price=10, shipping=1, title="Lamp"), "quantity": 2}
    return shop.paid_order(shop.list_product(), lamp)


def line_of(shop, order, seller):
    rows = ok(seller.get(f"{ORDERS}/v1/lisordermanagementownorderitem"))["orderManagementOrderItems"]
    return next(row["id"] for row in rows if row["orderId"] == order["id"])


def drop(actor, line):
    return actor.delete(f"{ITEMS}/{line}")


def refusal(answer):
    return answer.status_code, answer.json["errCode"]


def history(actor, order):
    return ok(actor.get(f"{ORDERS}/v1/ordermanagementorders/{order['id']}/history"))["orderManagementOrderHistory"]


def steps(actor, order):
    return [(step["what"], step["amount"]) for step in history(actor, order)["steps"]]


def due(actor):
    return [(row["orderId"], row["refundDue"]) for row in ok(actor.get(f"{DUE}?caching=false"))["refundsDue"]]


def give_back(actor, order):
    return actor.patch(f"{DUE}/{order['id']}", json={})


class TestTheWholeOrder:
    def test_a_seller_of_some_lines_cancels_no_order_by_either_verb(self, shop, mixed):
        for seller in (shop.seller, shop.other_seller):
            assert refusal(shop.cancel(seller, mixed["id"])) == (403, "NotSellerOfAllLines")
            assert refusal(shop.move(seller, mixed["id"], "CANCELLED")) == (403, "NotSellerOfAllLines")
            assert refusal(shop.move(seller, mixed["id"], "SHIPPED")) == (403, "NotSellerOfAllLines")
        assert shop.read(mixed["id"])["status"] == "PAID"

    def test_a_stranger_and_a_visitor_cancel_no_order(self, shop, client, mixed):
        assert shop.cancel(shop.buyer2, mixed["id"]).status_code == 403
        assert shop.cancel(client, mixed["id"]).status_code == 401

    def test_what_is_shipped_is_not_cancelled_by_anybody(self, shop):
        order = shop.paid_order()
        ok(shop.move(shop.seller, order["id"], "SHIPPED"))
        for actor in (shop.buyer, shop.seller, shop.admin):
            assert refusal(shop.cancel(actor, order["id"])) == (400, "OrderStep")
            assert shop.cancel(actor, order["id"]).status_code == 400

    @pytest.mark.parametrize("who", ["buyer", "seller", "admin"])
    def test_buyer_seller_of_all_lines_and_staff_cancel_and_the_money_is_due(self, shop, who):
        order = shop.paid_order()
        ok(shop.cancel(getattr(shop, who), order["id"]))
        for party in (shop.buyer, shop.seller, shop.admin):
            assert due(party) == [(order["id"], 105)]
            assert history(party, order)["refundDue"] == 105
        assert due(shop.buyer2) == []
        assert ledger_entries.check_refunds_due()[0] == "warn"
        assert ledger_entries.differences() == []

    def test_an_unpaid_order_owes_nothing(self, shop):
        order = shop.order(shop.list_product())
        ok(shop.cancel(shop.buyer, order["id"]))
        assert due(shop.admin) == []
        assert ledger_entries.check_refunds_due()[0] == "ok"
        assert steps(shop.buyer, order) == [("PLACED", None), ("CANCELLED", None)]


class TestOneLine:
    def test_neither_buyer_nor_another_seller_nor_a_visitor_cancels_a_line(self, shop, client, mixed):
        line = line_of(shop, mixed, shop.seller)
        for actor in (shop.buyer, shop.buyer2, shop.other_seller):
            assert drop(actor, line).status_code == 403
        assert drop(client, line).status_code == 401

    def test_a_line_of_a_shipped_order_stays(self, shop, mixed):
        ok(shop.move(shop.admin, mixed["id"], "SHIPPED"))
        assert refusal(drop(shop.seller, line_of(shop, mixed, shop.seller))) == (400, "OrderStep")

    def test_a_line_is_not_taken_out_while_the_old_sum_is_being_paid(self, shop):
        order = shop.order(shop.list_product(), shop.list_product(shop.other_seller))
        ok(shop.start(order["id"], shop.localstripe.make_card()))
        assert refusal(drop(shop.seller, line_of(shop, order, shop.seller))) == (400, "PaymentInProgress")

    def test_its_seller_cancels_it_and_the_other_line_stays(self, shop, mixed):
        line = line_of(shop, mixed, shop.other_seller)
        gone = ok(drop(shop.other_seller, line))["orderManagementOrderItem"]
        assert (gone["id"], gone["isActive"]) == (line, False)
        left = shop.read(mixed["id"])
        assert (left["status"], left["summary"]["total"], len(left["items"])) == ("PAID", 105, 1)
        assert [item["title"] for item in left["orderItems"]] == ["Phone"]
        assert due(shop.buyer) == due(shop.admin) == [(mixed["id"], 22)]
        assert list(stock_figures().values()) == [(1, 0)]
        assert ledger_entries.differences() == []
        assert drop(shop.other_seller, line).status_code == 404
        assert shop.other_seller.get(f"{ORDERS}/v1/ordermanagementorders/{mixed['id']}").status_code == 403
        ok(shop.move(shop.seller, mixed["id"], "SHIPPED"))

    def test_the_last_line_cancels_the_order(self, shop, mixed):
        ok(drop(shop.other_seller, line_of(shop, mixed, shop.other_seller)))
        ok(drop(shop.admin, line_of(shop, mixed, shop.seller)))
        assert shop.buyer.get(f"{ORDERS}/v1/ordermanagementorders/{mixed['id']}").status_code == 404
        assert due(shop.buyer) == [(mixed["id"], 127)]
        assert history(shop.buyer, mixed)["status"] == "CANCELLED"
        assert stock_figures() == {}
        assert ledger_entries.differences() == []

    @pytest.mark.parametrize("who", ["other_seller", "admin"])
    def test_the_buyer_is_told_of_the_line_and_so_is_its_seller_where_staff_did_it(self, shop, settle, mixed, who):
        ok(drop(getattr(shop, who), line_of(shop, mixed, shop.other_seller)))
        settle()
        [told] = shop.notices(shop.buyer, "ORDER_CANCELLED")
        assert (told["payload"]["orderId"], told["payload"]["title"], told["payload"]["quantity"]) == (
            mixed["id"], "Lamp", 2)
        assert [len(shop.notices(seller, "ORDER_CANCELLED")) for seller in (shop.seller, shop.other_seller)] == [
            0, 1 if who == "admin" else 0]
        [letter] = [one for one in read_outbox(shop.buyer.email) if one["template"] == "ORDER_CANCELLED"]
        assert letter["subject"] == f"“Lamp” of order {mixed['orderNumber']} cancelled"
        assert "the rest of it goes on" in letter["text"]

    def test_of_the_last_line_everybody_hears_once_as_of_the_order(self, shop, settle):
        order = shop.paid_order()
        ok(drop(shop.seller, line_of(shop, order, shop.seller)))
        settle()
        for party in (shop.buyer, shop.seller):
            [told] = shop.notices(party, "ORDER_CANCELLED")
            assert "title" not in told["payload"]
        [letter] = [one for one in read_outbox(shop.buyer.email) if one["template"] == "ORDER_CANCELLED"]
        assert letter["subject"] == f"Order {order['orderNumber']} cancelled"

    def test_a_line_taken_out_before_payment_is_not_paid_for(self, shop):
        order = shop.order(shop.list_product(), shop.list_product(shop.other_seller))
        ok(drop(shop.other_seller, line_of(shop, order, shop.other_seller)))
        assert ok(shop.start(order["id"]))["paymentResult"]["amount"] == 105
        assert due(shop.admin) == []
        assert ledger_entries.differences() == []

    def test_a_cancelled_line_is_not_reviewed(self, shop, mixed):
        line = line_of(shop, mixed, shop.other_seller)
        ok(drop(shop.other_seller, line))
        ok(shop.move(shop.seller, mixed["id"], "SHIPPED"))
        ok(shop.move(shop.buyer, mixed["id"], "DELIVERED"))
        with pytest.raises(NotFound):
            sold_item(line)


class TestTheMoney:
    def test_only_staff_gives_back_what_is_due(self, shop, mixed):
        ok(drop(shop.other_seller, line_of(shop, mixed, shop.other_seller)))
        for actor in (shop.buyer, shop.seller, shop.other_seller):
            assert give_back(actor, mixed).status_code == 403

    def test_nothing_due_is_not_given_back(self, shop, mixed):
        assert refusal(give_back(shop.admin, mixed)) == (400, "NoRefundDue")

    def test_what_is_due_goes_back_once_and_comes_off_its_line(self, shop, mixed):
        ok(drop(shop.other_seller, line_of(shop, mixed, shop.other_seller)))
        assert ok(give_back(shop.admin, mixed))["paymentResult"]["amount"] == 22
        assert refusal(give_back(shop.admin, mixed)) == (400, "NoRefundDue")
        assert [one["amount"] for one in shop.localstripe.refunds(mixed["paymentIntentId"])] == [2200]
        assert due(shop.admin) == []
        assert ledger_entries.differences() == []
        report = ok(shop.other_seller.get(f"{ORDERS}/v1/commissions"))["commissions"]
        assert [(row["gross"], row["commission"]) for row in report] == [(0, 0)]
        assert shop.read(mixed["id"])["status"] == "PAID"

    def test_what_is_due_of_a_cancelled_order_goes_back_whole(self, shop, mixed):
        ok(shop.cancel(shop.buyer, mixed["id"]))
        given = ok(give_back(shop.admin, mixed))
        assert (given["orderManagementOrder"]["status"], given["paymentResult"]["amount"]) == ("REFUNDED", 127)
        assert due(shop.admin) == []
        assert steps(shop.buyer, mixed) == [
            ("PLACED", None), ("PAYMENT_STARTED", 127), ("PAID", 127), ("CANCELLED", None), ("REFUND_DUE", 127),
            ("REFUND_REQUESTED", 127), ("REFUNDED", 127)]

    def test_the_house_may_give_back_by_the_same_act(self, shop, monkeypatch, mixed):
        monkeypatch.setattr(runtime(), "settings", replace(runtime().settings, refund_on_cancel=True))
        ok(drop(shop.other_seller, line_of(shop, mixed, shop.other_seller)))
        run_job("settle-payments")
        assert [one["amount"] for one in shop.localstripe.refunds(mixed["paymentIntentId"])] == [2200]
        assert due(shop.buyer) == []
        assert refusal(give_back(shop.admin, mixed)) == (400, "NoRefundDue")


class TestWhatSellersOfSomeLinesSee:
    def test_a_stranger_and_a_visitor_read_no_history(self, shop, client, mixed):
        path = f"{ORDERS}/v1/ordermanagementorders/{mixed['id']}/history"
        assert shop.buyer2.get(path).status_code == 403
        assert client.get(path).status_code == 401
        assert shop.buyer.get(path.replace(mixed["id"], shop.buyer.user_id)).status_code == 404

    def test_the_order_shows_their_lines_their_sum_and_the_address(self, shop, mixed):
        listed = ok(shop.other_seller.get(f"{ORDERS}/v1/ordermanagementorders"))["orderManagementOrders"]
        by_product = ok(shop.other_seller.get(
            f"{ORDERS}/v1/ordermanagementorderbyproductid/{line_of(shop, mixed, shop.other_seller)}"))
        for seen in (shop.read(mixed["id"], shop.other_seller), listed[0], by_product["orderManagementOrder"]):
            assert [item["title"] for item in seen["orderItems"]] == ["Lamp"]
            assert seen["items"] == [item["id"] for item in seen["orderItems"]]
            assert (seen["summary"]["subtotal"], seen["summary"]["shipping"], seen["summary"]["total"]) == (20, 2, 22)
            assert seen["shippingAddress"] == {"city": "X"}
            assert (seen["paymentIntentId"], seen["paymentMethodId"]) == (None, "default")
        bare = ok(shop.other_seller.get(f"{ORDERS}/v1/ordermanagementorders?getJoins=false"))["orderManagementOrders"]
        assert (bare[0]["items"], bare[0]["summary"]["total"]) == (listed[0]["items"], 22)
        for whole in (shop.buyer, shop.admin):
            assert shop.read(mixed["id"], whole)["summary"]["total"] == 127

    def test_the_list_of_lines_is_theirs(self, shop, mixed):
        lines = ok(shop.other_seller.get(f"{ITEMS}?orderId={mixed['id']}"))["orderManagementOrderItems"]
        assert [line["title"] for line in lines] == ["Lamp"]
        other = line_of(shop, mixed, shop.seller)
        assert shop.other_seller.get(f"{ITEMS}/{other}").status_code == 403

    def test_the_history_tells_of_their_lines_without_the_sums_of_all(self, shop, mixed):
        ok(drop(shop.other_seller, line_of(shop, mixed, shop.other_seller)))
        ok(give_back(shop.admin, mixed))
        assert steps(shop.seller, mixed) == [
            ("PLACED", None), ("PAYMENT_STARTED", None), ("PAID", None), ("REFUND_REQUESTED", None), ("REFUNDED", None)]
        assert steps(shop.other_seller, mixed) == [
            ("PLACED", None), ("PAYMENT_STARTED", None), ("PAID", None), ("LINE_CANCELLED", None), ("REFUND_DUE", 22),
            ("REFUND_REQUESTED", None), ("REFUNDED", None)]
        assert history(shop.seller, mixed)["refundDue"] is None
        assert due(shop.seller) == due(shop.other_seller) == []
        ok(shop.move(shop.seller, mixed["id"], "SHIPPED", trackingNumber="T1", carrier="UPS"))
        ok(shop.move(shop.buyer, mixed["id"], "DELIVERED"))
        told = history(shop.buyer, mixed)["steps"]
        assert [step["what"] for step in told[-3:]] == ["SHIPPED", "SHIPMENT_NOTED", "DELIVERED"]
        assert told[-2]["details"] == {"trackingNumber": "T1", "carrier": "UPS"}
        assert [(step["what"], step["by"]) for step in told if step["what"] in ("LINE_CANCELLED", "REFUND_REQUESTED")] \
            == [("LINE_CANCELLED", "seller"), ("REFUND_REQUESTED", "staff")]
