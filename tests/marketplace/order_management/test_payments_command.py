"""`flask payments`: what it shows, what it changes, and the record it leaves."""
import json

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.actor import system_actor
from app.clock import moved_clock
from app.data.reads import fetch
from app.jobs.worker import run_job
from app.payments.gateway.port import Refund
from app.payments.refunds import book_refunds
from blueprints.marketplace.order_management import ledger_entries
from blueprints.marketplace.order_management.models import Order
from blueprints.marketplace.order_management.record_models import LedgerEntry
from blueprints.marketplace.order_management.settlement import CHECKOUT
from cli.payments import payments
from cli.terminal import TABLE_COLUMNS
from tests.app.payments.stand_in import DECLINED_AT_CHARGE
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
    assert "month" in flask_payments("ledger", "--month", "soon", code=2)
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
    assert ledger_entries.check_ledger() == ("ok", "payments and ledger agree (105.0 USD)")
    tamper(Order, order["id"], paid_at=None)
    assert "1 differences" in flask_payments("status", code=1)
    assert ledger_entries.check_ledger()[0] == "fail"


@pytest.mark.parametrize("other", [
    {"commission": 500}, {"net": -7000}, {"gross": 100}, {"commission": 500, "net": -500}], ids=str)
def test_a_booking_that_does_not_divide_as_its_line_is_found(shop, tamper, other):
    order = shop.paid_order()
    [entry] = fetch(select(*LedgerEntry.__table__.columns).where(LedgerEntry.order_id == order["id"]))
    tamper(LedgerEntry, entry.id, **{name: getattr(entry, name) + more for name, more in other.items()})
    state, says = ledger_entries.check_ledger()
    assert (state, order["id"] in says) == ("fail", True)


@pytest.mark.parametrize("place", ["place", "order", "paid_order"])
def test_an_order_that_is_charged_another_sum_than_its_lines_cost_is_found(shop, tamper, place):
    order = shop.place() if place == "place" else getattr(shop, place)(shop.list_product())
    [row] = fetch(select(Order.total).where(Order.id == order["id"]))
    tamper(Order, order["id"], total=row.total + 12_345)
    assert f"{row.total + 12_345} are charged, its lines cost {row.total}" in ledger_entries.check_ledger()[1]


def test_lines_that_were_cancelled_and_given_back_leave_the_books_in_agreement(shop, flask_payments):
    order = shop.paid_order(shop.list_product(), shop.list_product(price=33.33, shipping=0), shop.list_product())
    for line in order["items"]:
        ok(shop.admin.delete(f"{ORDERS}/v1/ordermanagementorderitems/{line}"))
        assert ledger_entries.check_ledger()[0] == "ok"
    flask_payments("refund", order["orderNumber"], "--amount", "7.77", "--yes")
    flask_payments("refund", order["orderNumber"], "--yes")
    assert ledger_entries.check_ledger()[0] == "ok"


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
    assert ledger_entries.totals()["USD"] == {"paid": 10_500, "refunded": 10_500, "ledger": 0}


def test_refund_of_what_is_due_gives_back_the_cancelled_line_once(shop, flask_payments):
    lamp = shop.list_product(shop.other_seller, price=10, shipping=1, title="Lamp")
    order = shop.paid_order(shop.list_product(), lamp)
    assert "nothing of this order is due" in flask_payments("refund", order["id"], "--due", "--yes", code=1)
    lines = ok(shop.other_seller.get(f"{ORDERS}/v1/lisordermanagementownorderitem"))["orderManagementOrderItems"]
    ok(shop.other_seller.delete(f"{ORDERS}/v1/ordermanagementorderitems/{lines[0]['id']}"))
    assert refunds_due(flask_payments) == [(order["id"], 11, False)]
    for more in (("--amount", "11"), ("--surplus",)):
        assert "--due" in flask_payments("refund", order["id"], "--due", *more, code=2)
    flask_payments("refund", order["id"], "--due", "--dry-run")
    assert shop.localstripe.refunds(order["paymentIntentId"]) == []
    assert "succeeded" in flask_payments("refund", order["orderNumber"], "--due", "--reason", "lamp is broken", "--yes")
    assert [one["amount"] for one in shop.localstripe.refunds(order["paymentIntentId"])] == [1_100]
    assert (refunds_due(flask_payments), ledger_entries.differences()) == ([], [])
    assert "lamp is broken" in fixes(shop)[0]["reason"]
    flask_payments("refund", order["id"], "--due", "--yes", code=1)
    assert [one["amount"] for one in shop.localstripe.refunds(order["paymentIntentId"])] == [1_100]


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


def test_payments_are_listed_and_found_by_whatever_names_them(shop, flask_payments):
    assert flask_payments("find", "pi_nothing") == "no payments\n"
    assert flask_payments("list", "--state", "gone", code=2)
    order, other = shop.paid_order(), shop.paid_order()
    flask_payments("refund", order["id"], "--amount", "5", "--yes")
    [refund] = json.loads(flask_payments("show", order["id"], "--json"))["refunds"]

    def found(*words):
        return [one["order"] for one in json.loads(flask_payments(*words, "--json"))]

    assert found("list") == found("list", "--state", "success") == [other["id"], order["id"]]
    assert found("list", "--state", "failed") == []
    for text in (order["paymentIntentId"], refund["refund"], order["orderNumber"], order["id"], order["id"][-8:]):
        assert found("find", text) == [order["id"]], text
    assert found("find", shop.buyer.email, "--limit", "1") == [other["id"]]
    told = flask_payments("find", order["paymentIntentId"])
    assert order["paymentIntentId"] in told
    for words in (("list",), ("show", order["id"]), ("events",), ("disputes",)):
        assert max(len(line) for line in flask_payments(*words).splitlines()) <= 100, words


def test_a_number_that_several_orders_have_moves_the_money_of_none(shop, flask_payments):
    """Buyers choose the numbers, and those of cancelled orders are free again."""
    cheap = shop.order(shop.list_product(price=1))
    ok(shop.start(cheap["id"]))
    ok(shop.cancel(shop.buyer, cheap["id"]))
    dear = ok(shop.try_order({"productId": shop.list_product(), "quantity": 1}, orderNumber=cheap["orderNumber"]),
              201)["orderManagementOrder"]
    ok(shop.start(dear["id"]))
    for command in ("refund", "fix"):
        said = flask_payments(command, cheap["orderNumber"], "--yes", code=1)
        assert cheap["id"] in said
        assert dear["id"] in said
    assert shop.read(dear["id"])["status"] == "PAID"
    assert '"amount": 6' in flask_payments("refund", cheap["id"], "--yes", "--json")


def test_an_order_numbered_like_the_id_of_another_is_not_taken_for_it(shop, flask_payments):
    meant = shop.order(shop.list_product())
    line = {"productId": shop.list_product(), "quantity": 1}
    ok(shop.try_order(line, buyer=shop.buyer2, orderNumber=meant["id"]), 201)
    flask_payments("fix", meant["id"], "--status", "PAID", "--yes")
    assert shop.read(meant["id"])["status"] == "PAID"


def test_the_whole_may_be_named_as_an_amount(shop, flask_payments):
    """10.10 is more than the float 10.1."""
    order = shop.paid_order(shop.list_product(price=5.10))
    assert "REFUNDED" not in flask_payments("show", order["id"])
    assert "succeeded" in flask_payments("refund", order["id"], "--amount", "10.10", "--yes")
    assert shop.read(order["id"])["status"] == "REFUNDED"


def test_a_payment_that_staff_starts_for_the_buyer_leaves_a_record(shop):
    order = shop.order(shop.list_product())
    ok(shop.start(order["id"], buyer=shop.super_admin))
    [fix] = fixes(shop)
    assert (fix["adminId"], fix["entityId"]) == (shop.super_admin.user_id, order["id"])
    assert fix["reason"] == "payment started for the buyer"


def stray_payment(shop, order, *, amount=10_500, attempt="7"):
    """Money for an order by a payment that stands in no book here."""
    metadata = {"orderId": order["id"], "checkoutName": "orderManagementOrder", "attempt": attempt}
    return shop.localstripe.call("POST", "/v1/payment_intents", amount=amount, currency="usd",
                                 payment_method="pm_card_visa", confirm=True, metadata=metadata)["id"]


def surplus_payment(shop):
    """A cancelled order that was paid all the same; returns its id and the intent."""
    order = shop.order(shop.list_product())
    ok(shop.cancel(shop.buyer, order["id"]))
    intent = stray_payment(shop, order)
    run_job("reconcile-payments")
    return order["id"], intent


def bank_sends_back(shop, order_id, intent):
    """Let the only refund of a payment fail after it had succeeded."""
    [made] = shop.localstripe.refunds(intent)
    bounced = Refund(made["id"], intent, made["amount"], "USD", "failed", made["metadata"])
    book_refunds(CHECKOUT, system_actor("marketplace"), order_id, intent, [bounced])


def refunds_due(flask_payments):
    return [(one["id"], one["left"], one["surplus"])
            for one in json.loads(flask_payments("status", "--json"))["refundsDue"]]


def test_a_surplus_whose_refund_was_refused_is_due_and_goes_back_when_asked_again(shop, flask_payments):
    order_id, intent = surplus_payment(shop)
    with shop.gateway.failing("/v1/refunds", status=402):
        run_job("settle-payments")
    assert refunds_due(flask_payments) == [(order_id, 105, True)]
    said = flask_payments("status")
    assert f"`flask payments refund {order_id} --surplus`?" in said
    assert max(map(len, said.splitlines())) <= TABLE_COLUMNS, said
    assert "goes back whole" in flask_payments("refund", order_id, "--surplus", "--amount", "5", code=2)
    assert "nothing was changed" in flask_payments("refund", order_id, "--surplus", "--dry-run")
    assert "succeeded" in flask_payments("refund", order_id, "--surplus", "--yes")
    assert [one["amount"] for one in shop.localstripe.refunds(intent)] == [10_500]
    assert ledger_entries.totals()["USD"] == {"paid": 10_500, "refunded": 10_500, "ledger": 0}
    assert (ledger_entries.differences(), refunds_due(flask_payments), len(fixes(shop))) == ([], [], 1)
    assert "no surplus" in flask_payments("refund", order_id, "--surplus", "--yes", code=1)


def test_a_surplus_that_a_bank_sent_back_is_due(shop, flask_payments):
    order_id, intent = surplus_payment(shop)
    run_job("settle-payments")
    bank_sends_back(shop, order_id, intent)
    assert (refunds_due(flask_payments), ledger_entries.differences()) == ([(order_id, 105, True)], [])


def test_a_part_that_a_bank_sent_back_is_due(shop, flask_payments):
    order = shop.paid_order()
    ok(shop.move(shop.admin, order["id"], "REFUNDED", refundAmount=5))
    bank_sends_back(shop, order["id"], order["paymentIntentId"])
    assert refunds_due(flask_payments) == [(order["id"], 5, False)]
    ok(shop.move(shop.admin, order["id"], "REFUNDED"))
    assert refunds_due(flask_payments) == []


def test_money_of_another_amount_under_the_number_of_an_attempt_holds_nothing_up(shop):
    """Past a restored backup numbers are given twice: the payment of before goes back, the order is payable."""
    order = shop.order(shop.list_product())
    intent = stray_payment(shop, order, amount=5_000, attempt="1")
    with shop.gateway.failing("/v1/payment_intents", times=2, drop=True):
        ok(shop.start(order["id"]))
    with moved_clock(minutes=31):
        run_job("settle-payments")
        run_job("settle-payments")
        assert [one["amount"] for one in shop.localstripe.refunds(intent)] == [5_000]
        assert shop.read(order["id"])["_paymentConfirmation"] == "canceled"
        assert ok(shop.start(order["id"]))["orderManagementOrder"]["status"] == "PAID"
    assert ledger_entries.differences() == []


def test_fix_finds_what_was_given_back_at_the_dashboard_and_told_by_no_webhook(shop, flask_payments):
    order = shop.paid_order()
    shop.localstripe.call("POST", "/v1/refunds", payment_intent=order["paymentIntentId"], amount=10_500)
    assert "REFUNDED" in flask_payments("fix", order["id"], "--yes")
    assert ledger_entries.totals()["USD"] == {"paid": 10_500, "refunded": 10_500, "ledger": 0}


def test_fix_does_not_say_that_all_is_right_while_the_gateway_is_away(shop, flask_payments):
    order = lost_payment(shop)
    with shop.gateway.failing("/v1/payment_intents", method="GET", times=2, drop=True):
        said = flask_payments("fix", order["id"], "--yes", code=1)
    assert "does not answer" in said


def test_fix_says_that_a_payment_still_waits(shop, flask_payments):
    order = shop.order(shop.list_product())
    ok(shop.start(order["id"], shop.localstripe.make_card()))
    assert "still waits" in flask_payments("fix", order["id"], "--yes")


def test_money_that_came_another_way_counts_after_a_card_failed_too(shop, flask_payments, settle):
    declined, lapsed = shop.order(shop.list_product()), shop.order(shop.list_product())
    for order in (declined, lapsed):
        assert ok(shop.start(order["id"], DECLINED_AT_CHARGE))["orderManagementOrder"]["status"] == "CANCELLED"
    assert "PAID/paid" in flask_payments("fix", declined["id"], "--status", "PAID", "--reason", "transfer", "--yes")
    assert "transfer: CANCELLED/canceled → PAID/paid" in fixes(shop)[0]["reason"]
    with moved_clock(hours=49):
        settle()
        assert "cannot become PAID" in flask_payments("fix", lapsed["id"], "--status", "PAID", "--yes", code=1)
    assert ledger_entries.differences() == []


def test_what_waits_for_a_bank_is_closed_before_money_is_booked_that_came_another_way(shop, flask_payments):
    order = shop.order(shop.list_product())
    ok(shop.start(order["id"], shop.localstripe.make_card()))
    assert shop.move(shop.buyer, order["id"], "PAID").status_code == 403
    assert [one["status"] for one in shop.localstripe.intents(orderId=order["id"])] == ["requires_action"]
    assert "PAID/paid" in flask_payments("fix", order["id"], "--status", "PAID", "--yes")
    assert [one["status"] for one in shop.localstripe.intents(orderId=order["id"])] == ["canceled"]
    assert ledger_entries.differences() == []
