"""`flask payments`: what it shows, what it changes, and the record it leaves."""
import json

import pytest
from click.testing import CliRunner

from app.clock import moved_clock
from blueprints.marketplace.order_management import books
from blueprints.marketplace.order_management.models import Order
from cli.payments import payments
from tests.marketplace.order_management.shop import ORDERS, ok

ACTIONS = "/marketplace/adminmoderation-api/v1/moderationactions"


@pytest.fixture
def flask_payments(app):
    """Call it with arguments; returns click's result."""
    def run(*arguments, code=0):
        result = CliRunner().invoke(payments, arguments, obj=None)
        assert result.exit_code == code, result.output
        return result.output
    return run


def fixes(shop):
    return ok(shop.admin.get(f"{ACTIONS}?actionType=PAYMENT_FIX&caching=false"))["moderationActions"]


def lost_payment(shop):
    """An order whose payment was made, but whose answer was lost."""
    order = shop.order(shop.list_product())
    with shop.gateway.failing("/v1/payment_intents", after=True, times=2, drop=True):
        ok(shop.start(order["id"]))
    return order


def test_what_does_not_exist_is_refused(shop, flask_payments):
    for command in ("show", "fix", "refund"):
        assert "there is no order" in flask_payments(command, "ORD-nothing", code=1)
    order = shop.paid_order()
    assert "is no number" in flask_payments("refund", order["orderNumber"], "--amount", "much", code=2)
    assert "is no amount" in flask_payments("refund", order["orderNumber"], "--amount", "NaN", code=2)
    for amount in ("1000", "105.01", "0", "-1"):
        assert "105.0 USD of order" in flask_payments("refund", order["id"], "--amount", amount, "--dry-run", code=1)
    assert "decimals" in flask_payments("refund", order["id"], "--amount", "1.001", "--yes", code=1)
    unpaid = shop.order(shop.list_product())
    assert "0.0 USD of order" in flask_payments("refund", unpaid["id"], "--dry-run", code=1)
    assert "month" in flask_payments("ledger", "--month", "soon", code=1)
    assert fixes(shop) == []


def test_status_tells_what_is_open_and_whether_the_books_agree(shop, flask_payments):
    order, waiting = shop.paid_order(), shop.order(shop.list_product())
    ok(shop.start(waiting["id"], shop.localstripe.make_card()))
    ok(shop.cancel(shop.buyer, order["id"]))
    said = json.loads(flask_payments("status", "--json"))
    assert (said["payments success"], said["payments open"], said["refunds due"]) == (1, 1, 1)
    assert (said["books"], said["differences"]) == ("agree", [])
    assert [one["order"] for one in said["open"]] == [waiting["id"]]
    assert "refund it?" in flask_payments("status")


def test_status_fails_when_the_books_do_not_agree(shop, flask_payments, tamper):
    order = shop.paid_order()
    assert books.check_books() == ("ok", "payments, ledger and stock agree (105.0 USD)")
    tamper(Order, order["id"], paid_at=None)
    assert "1 differences" in flask_payments("status", code=1)
    assert books.check_books()[0] == "fail"


def test_show_tells_the_story_of_an_order(shop, flask_payments):
    order = shop.paid_order()
    told = json.loads(flask_payments("show", order["orderNumber"], "--json"))
    assert (told["id"], told["state"], told["total"]) == (order["id"], "PAID/paid", 105)
    assert [one["intent"] for one in told["attempts"]] == [order["paymentIntentId"]]
    assert order["paymentIntentId"] in flask_payments("show", order["id"])


def test_fix_reads_the_payment_anew_and_leaves_a_record(shop, flask_payments):
    order = lost_payment(shop)
    assert "nothing was changed" in flask_payments("fix", order["id"], "--dry-run")
    assert shop.read(order["id"])["status"] == "PENDING_PAYMENT"
    assert "PAID/paid" in flask_payments("fix", order["orderNumber"], "--reason", "buyer called", "--yes")
    [fix] = fixes(shop)
    assert (fix["entityType"], fix["entityId"], fix["actionType"]) == ("ORDER", order["id"], "PAYMENT_FIX")
    assert "buyer called: PENDING_PAYMENT/processing → PAID/paid" in fix["reason"]
    assert "nothing to do" in flask_payments("fix", order["id"], "--yes")


def test_fix_sets_what_came_another_way(shop, flask_payments):
    order = shop.order(shop.list_product())
    flask_payments("fix", order["id"], "--status", "PAID", "--reason", "cash", "--yes")
    assert shop.read(order["id"])["status"] == "PAID"
    assert "cash" in fixes(shop)[0]["reason"]
    assert flask_payments("fix", order["id"], "--status", "PAID", "--yes", code=1)
    assert len(fixes(shop)) == 1


@pytest.mark.parametrize("status", ["PAID", "CANCELLED"])
def test_what_staff_sets_by_the_api_leaves_the_same_record(shop, status):
    order = shop.order(shop.list_product())
    ok(shop.move(shop.admin, order["id"], status))
    [fix] = fixes(shop)
    assert (fix["adminId"], fix["entityId"], fix["entityType"]) == (shop.admin.user_id, order["id"], "ORDER")
    assert fix["reason"].startswith(f"by staff: PENDING_PAYMENT/pending → {status}/")


def test_refunds_tickets_and_times_by_staff_leave_a_record_and_shipping_none(shop):
    order = shop.paid_order()
    ok(shop.move(shop.admin, order["id"], "SHIPPED"))
    assert fixes(shop) == []
    ok(shop.move(shop.admin, order["id"], paidAt="2026-01-01T00:00:00.000Z"))
    ok(shop.move(shop.admin, order["id"], "REFUNDED", refundAmount=5))
    ok(shop.admin.patch(f"{ORDERS}/v1/ordermanagementorderpayment/{shop.ticket(order['id'])['id']}", json={}))
    reasons = [one["reason"] for one in reversed(fixes(shop))]
    assert "at 2026-01-01T00:00:00.000Z" in reasons[0]
    assert reasons[1:] == ["by staff: refund of 5.0 USD", "payment ticket changed by staff"]


def test_a_refused_change_leaves_no_record(shop):
    order = shop.order(shop.list_product())
    assert shop.move(shop.admin, order["id"], "REFUNDED").status_code == 400
    assert shop.move(shop.buyer, order["id"], "PAID").status_code == 403
    ok(shop.cancel(shop.buyer, order["id"]))
    assert fixes(shop) == []


def test_refund_gives_back_also_what_was_cancelled(shop, flask_payments):
    order = shop.paid_order()
    ok(shop.cancel(shop.buyer, order["id"]))
    assert "succeeded" in flask_payments("refund", order["orderNumber"], "--amount", "5", "--yes")
    assert "succeeded" in flask_payments("refund", order["orderNumber"], "--yes")
    assert "REFUNDED" in flask_payments("show", order["id"])
    assert len(fixes(shop)) == 2
    assert books.totals()["USD"] == {"paid": 10_500, "refunded": 10_500, "ledger": 0}


def test_reconcile_finds_what_was_lost(shop, flask_payments):
    order = lost_payment(shop)
    with moved_clock(minutes=2):
        assert "1 open payments" in flask_payments("reconcile", "--dry-run")
        flask_payments("reconcile", "--yes")
    assert shop.read(order["id"])["status"] == "PAID"


def test_events_and_ledger_show_what_was_booked(shop, flask_payments):
    order = shop.order(shop.list_product())
    waiting = ok(shop.start(order["id"], shop.localstripe.make_card()))["paymentResult"]
    shop.localstripe.authenticate(waiting["paymentId"])
    event = next(one for one in shop.localstripe.events("payment_intent.succeeded")
                 if one["data"]["object"]["id"] == waiting["paymentId"])
    ok(shop.webhook(event))
    [told] = json.loads(flask_payments("events", "--order", order["orderNumber"], "--json"))
    assert (told["event"], told["effect"]) == (event["id"], "paid")
    [row] = json.loads(flask_payments("ledger", "--json"))
    assert (row["gross"], row["commission"], row["net"]) == (105, 10, 95)
