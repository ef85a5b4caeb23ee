"""Orders after they were paid: who moves them where, who sees them, tickets, events that never arrived."""
import uuid

import pytest

from app.clock import moved_clock
from app.jobs.worker import run_job
from blueprints.marketplace.order_management import ledger_entries
from blueprints.marketplace.order_management.queries import sold_item
from blueprints.marketplace.product_listing.stock import stock_figures
from tests.app.payments.stand_in import DECLINED_AT_CHARGE, VISA
from tests.marketplace.order_management.shop import ORDERS, ok

STAMP = "2026-01-01T00:00:00.000Z"
TICKETS = f"{ORDERS}/v1/ordermanagementorderpayment"


class TestStatus:
    def test_the_same_status_again_is_refused(self, shop):
        order = shop.paid_order()
        ok(shop.move(shop.seller, order["id"], "PROCESSING"))
        refused = shop.move(shop.seller, order["id"], "PROCESSING")
        assert (refused.status_code, refused.json["errCode"]) == (400, "OrderStep")

    @pytest.mark.parametrize("body", [{"status": "LOST"}, {"status": 5}, {"estimatedDelivery": "soon"},
                                      {"trackingNumber": 5}, {"carrier": "x" * 256}, {"refundAmount": 5}])
    def test_a_malformed_change_is_refused(self, shop, body):
        order = shop.paid_order()
        path = f"{ORDERS}/v1/ordermanagementorderstatus/{order['id']}"
        refused = shop.admin.patch(path, json=body)
        assert (refused.status_code, *refused.json["detail"]) == (400, *body)

    def test_a_stranger_changes_nothing(self, shop):
        order = shop.paid_order()
        for status in ("PROCESSING", "SHIPPED", "DELIVERED", "PENDING_PAYMENT", None):
            assert shop.move(shop.buyer2, order["id"], status).status_code == 403
        assert shop.move(shop.admin, str(uuid.uuid4()), "PAID").status_code == 404

    def test_sellers_note_the_shipment_but_no_times(self, shop):
        order = shop.paid_order()
        assert shop.move(shop.buyer, order["id"], trackingNumber="T1").status_code == 403
        noted = ok(shop.move(shop.seller, order["id"], trackingNumber="T1", shippedAt=STAMP, paidAt=STAMP,
                             estimatedDelivery=STAMP))["orderManagementOrder"]
        assert (noted["trackingNumber"], noted["estimatedDelivery"], noted["shippedAt"]) == ("T1", STAMP, None)
        assert noted["paidAt"] == order["paidAt"]

    def test_staff_who_buy_do_not_mark_their_own_order_paid(self, shop):
        order = shop.order(shop.list_product(), buyer=shop.admin)
        assert shop.move(shop.admin, order["id"], "PAID").status_code == 403
        fixed = shop.admin.post("/marketplace/adminmoderation-api/fix-payment-record", json={
            "orderId": order["id"], "fixParams": {"status": "PAID"}, "reason": "r"})
        assert fixed.status_code == 403
        assert shop.read(order["id"], shop.admin)["status"] == "PENDING_PAYMENT"

    def test_staff_corrects_times(self, shop):
        order = shop.paid_order()
        shipped = ok(shop.move(shop.admin, order["id"], "SHIPPED", shippedAt=STAMP))["orderManagementOrder"]
        assert shipped["shippedAt"] == STAMP

    def test_a_time_does_not_take_the_step_it_belongs_to(self, shop):
        """An order with a paidAt but no payment could neither be paid nor lapse."""
        order = shop.order(shop.list_product())
        times = ("paidAt", "shippedAt", "deliveredAt", "cancelledAt")
        same = ok(shop.move(shop.admin, order["id"], **dict.fromkeys(times, STAMP)))["orderManagementOrder"]
        assert [same[name] for name in times] == [None] * 4
        assert ledger_entries.differences() == []
        assert ok(shop.start(order["id"]))["orderManagementOrder"]["status"] == "PAID"

    def test_what_costs_nothing_is_not_paid_by_hand_either(self, shop):
        refused = shop.move(shop.admin, shop.place()["id"], "PAID")
        assert (refused.status_code, refused.json["errCode"]) == (400, "NothingToPay")

    def test_staff_cancels_and_the_order_stays_visible(self, shop):
        order = shop.paid_order()
        cancelled = ok(shop.move(shop.admin, order["id"], "CANCELLED"))["orderManagementOrder"]
        assert (cancelled["status"], cancelled["isActive"], cancelled["_paymentConfirmation"]) == \
            ("CANCELLED", True, "paid")
        assert ok(shop.move(shop.admin, order["id"], "REFUNDED"))["orderManagementOrder"]["status"] == "REFUNDED"

    def test_a_cancelled_order_is_not_paid(self, shop):
        order = shop.order(shop.list_product())
        ok(shop.move(shop.admin, order["id"], "CANCELLED"))
        refused = shop.start(order["id"])
        assert (refused.status_code, refused.json["errCode"]) == (400, "OrderNotPayable")

    def test_cancelling_closes_a_payment_that_waits_for_its_bank(self, shop):
        order = shop.order(shop.list_product())
        waiting = ok(shop.start(order["id"], shop.localstripe.make_card()))["paymentResult"]
        ok(shop.cancel(shop.buyer, order["id"]))
        run_job("settle-payments")
        assert [one["status"] for one in shop.localstripe.intents(orderId=order["id"])] == ["canceled"]
        assert waiting["paymentId"]

    def test_an_order_that_lapses_closes_a_payment_that_waits_for_its_bank(self, shop, settle):
        order = shop.order(shop.list_product(quantity=1))
        ok(shop.start(order["id"], shop.localstripe.make_card()))
        with moved_clock(hours=25):
            settle()
            run_job("settle-payments")
            assert [one["status"] for one in shop.localstripe.intents(orderId=order["id"])] == ["canceled"]
            settle()
            assert stock_figures() == {}
            assert shop.read(order["id"], shop.super_admin)["status"] == "CANCELLED"
            assert shop.start(order["id"], buyer=shop.super_admin).status_code == 400

    def test_a_declined_intent_is_closed_at_the_gateway_in_time(self, shop):
        """Its payer could still pay by it in the browser, beside a second payment."""
        order = shop.order(shop.list_product())
        ok(shop.start(order["id"], DECLINED_AT_CHARGE))
        ok(shop.refresh(order["id"]))
        with moved_clock(minutes=31):
            run_job("settle-payments")
        assert [one["status"] for one in shop.localstripe.intents(orderId=order["id"])] == ["canceled"]
        assert shop.read(order["id"])["_paymentConfirmation"] == "canceled"


class TestTickets:
    def test_tickets_are_written_by_staff_and_the_payment_flow_only(self, shop):
        order = shop.order(shop.list_product())
        body = {"orderId": order["id"], "paymentId": "pi_1", "paymentStatus": "x", "statusLiteral": "started"}
        assert shop.buyer.post(TICKETS, json=body).status_code == 403
        ticket = ok(shop.admin.post(TICKETS, json=body), 201)["sys_orderManagementOrderPayment"]
        assert ticket["ownerId"] == shop.buyer.user_id
        assert shop.admin.post(TICKETS, json=body).status_code == 400
        assert shop.buyer.patch(f"{TICKETS}/{ticket['id']}", json={"paymentStatus": "y"}).status_code == 403
        changed = ok(shop.admin.patch(f"{TICKETS}/{ticket['id']}", json={"paymentStatus": "y", "ownerId": "z"}))
        assert changed["sys_orderManagementOrderPayment"]["paymentStatus"] == "y"
        assert changed["sys_orderManagementOrderPayment"]["ownerId"] == shop.buyer.user_id
        assert shop.buyer.delete(f"{TICKETS}/{ticket['id']}").status_code == 403
        ok(shop.admin.delete(f"{TICKETS}/{ticket['id']}"))
        paid = ok(shop.start(order["id"]))["paymentResult"]
        assert paid["paymentTicketId"] != ticket["id"]

    def test_a_ticket_is_seen_by_its_owner_and_staff(self, shop):
        order = shop.paid_order()
        ticket = shop.ticket(order["id"])
        paths = (f"{ORDERS}/v1/ordermanagementorderpayment2/{ticket['id']}",
                 f"{ORDERS}/v1/orderManagementOrderpaymentbyorderid/{order['id']}",
                 f"{ORDERS}/v1/orderManagementOrderpaymentbypaymentid/{ticket['paymentId']}",
                 f"{ORDERS}/v1/ordermanagementorderpaymentbyorderid/{order['id']}")
        for path in paths:
            assert ok(shop.buyer.get(path))["sys_orderManagementOrderPayment"]["id"] == ticket["id"]
            assert ok(shop.admin.get(path))["sys_orderManagementOrderPayment"]["id"] == ticket["id"]
            assert shop.buyer2.get(path).status_code == 403
        listed = f"{ORDERS}/v1/ordermanagementorderpayments2"
        assert len(ok(shop.admin.get(listed))["sys_orderManagementOrderPayments"]) == 1
        assert ok(shop.buyer2.get(listed))["sys_orderManagementOrderPayments"] == []
        assert shop.buyer.get(f"{ORDERS}/v1/orderManagementOrderpaymentbyorderid/nothing").status_code == 404


class TestReads:
    def test_an_order_is_found_by_its_item_and_by_its_product(self, shop):
        listing = shop.list_product()
        first, second = shop.order(listing), shop.order(listing)
        by_item = f"{ORDERS}/v1/ordermanagementorderbyproductid/{first['items'][0]}"
        assert ok(shop.buyer.get(by_item))["orderManagementOrder"]["id"] == first["id"]
        by_product = f"{ORDERS}/v1/ordermanagementorderbyproductid/{listing}"
        assert ok(shop.buyer.get(by_product))["orderManagementOrder"]["id"] == second["id"]
        assert ok(shop.seller.get(by_product))["orderManagementOrder"]["id"] == second["id"]
        assert shop.buyer2.get(by_product).status_code == 404

    def test_a_line_is_seen_by_buyer_seller_and_staff(self, shop):
        order = shop.order(shop.list_product())
        path = f"{ORDERS}/v1/ordermanagementorderitems/{order['items'][0]}"
        for actor in (shop.buyer, shop.seller, shop.admin):
            assert ok(actor.get(path))["orderManagementOrderItem"]["orderId"] == order["id"]
        assert shop.buyer2.get(path).status_code == 403

    def test_lists_are_of_the_caller_and_filtered(self, shop):
        order = shop.paid_order()
        shop.order(shop.list_product())
        listed = f"{ORDERS}/v1/ordermanagementorders"
        assert len(ok(shop.seller.get(listed))["orderManagementOrders"]) == 2
        paid = ok(shop.buyer.get(f"{listed}?status=PAID"))["orderManagementOrders"]
        assert [one["id"] for one in paid] == [order["id"]]
        assert paid[0]["orderItems"][0]["orderId"] == order["id"]
        assert "orderItems" not in ok(shop.buyer.get(f"{listed}?getJoins=false"))["orderManagementOrders"][0]
        assert len(ok(shop.buyer.get(f"{listed}?_paymentConfirmation=pending"))["orderManagementOrders"]) == 1
        assert shop.buyer.get(f"{listed}?status=LOST").status_code == 400
        items = f"{ORDERS}/v1/ordermanagementorderitems?orderId={order['id']}"
        assert len(ok(shop.seller.get(items))["orderManagementOrderItems"]) == 1
        assert ok(shop.buyer2.get(items))["orderManagementOrderItems"] == []

    def test_a_list_takes_as_many_statements_for_many_rows_as_for_one(self, shop, count_statements):
        listing, listed = shop.list_product(), f"{ORDERS}/v1/ownordermanagementorders?caching=false"
        shop.order(listing)
        ok(shop.buyer.get(listed))  # the buyer's name is remembered
        with count_statements() as one_row:
            ok(shop.buyer.get(listed))
        for _ in range(5):
            shop.order(listing, shop.list_product())
        with count_statements() as many_rows:
            ok(shop.buyer.get(listed))
        assert len(many_rows) == len(one_row)

    def test_feedback_opens_with_the_delivery(self, shop):
        order = shop.paid_order()
        item = order["items"][0]
        assert sold_item(item).delivered_at is None
        ok(shop.move(shop.seller, order["id"], "SHIPPED"))
        ok(shop.move(shop.buyer, order["id"], "DELIVERED"))
        assert sold_item(item).delivered_at is not None


def test_events_that_never_arrived_are_fetched_by_reconcile(shop):
    """A payment we gave up on was made after all, and its webhook was lost: the money goes back."""
    order = shop.order(shop.list_product())
    ok(shop.cancel(shop.buyer, order["id"]))
    metadata = {"orderId": order["id"], "checkoutName": "orderManagementOrder", "attempt": "7"}
    made = shop.localstripe.call("POST", "/v1/payment_intents", amount=10_500, currency="usd",
                                 payment_method="pm_card_visa", confirm=True, metadata=metadata)
    assert "'events': 1" in run_job("reconcile-payments")
    run_job("settle-payments")
    assert [one["amount"] for one in shop.localstripe.refunds(made["id"])] == [10_500]
    assert "'events': 0" in run_job("reconcile-payments")


def test_if_match_guards_the_payment_too(shop):
    """Decision 22, where the gateway stands between two transactions."""
    order = shop.place()
    ok(shop.add(order["id"], shop.list_product()), 201)
    version = shop.read(order["id"])["recordVersion"]
    path = f"{ORDERS}/v1/startordermanagementorderpayment/{order['id']}"
    card = {"paymentUserParams": {"paymentMethodId": VISA}}
    stale = shop.buyer.patch(path, json=card, headers={"If-Match": f'"{version - 1}"'})
    assert stale.status_code == 412
    assert shop.read(order["id"])["status"] == "PENDING_PAYMENT"
    paid = ok(shop.buyer.patch(path, json=card, headers={"If-Match": f'"{version}"'}))
    assert paid["orderManagementOrder"]["status"] == "PAID"
