"""The gateway down, slow, failing, or answering too late: nothing is charged twice, every order finds its way back.

Each story is told by every way back there is: refresh, webhook, the settle job, and paying again."""
import threading

import pytest

from app.clock import moved_clock
from app.jobs.worker import run_job
from app.payments import booking
from app.payments import reconcile as payment_jobs
from app.runtime import runtime
from blueprints.marketplace.order_management import ledger_entries
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.app.payments.stand_in import DECLINED_AT_CHARGE, VISA
from tests.components import wait_until
from tests.marketplace.order_management.conftest import shop  # noqa: F401
from tests.marketplace.order_management.shop import ORDERS, ok

# ruff: noqa: F811 - that is how pytest hands fixtures over
INTENTS = "/v1/payment_intents"
LOST = [lambda: {"opens": threading.Event()}, lambda: {"status": 500}, lambda: {"drop": True}]
LOST_IDS = ["too late", "500", "cut"]


def by_refresh(shop, order_id):
    return ok(shop.refresh(order_id))["orderManagementOrder"]


def by_webhook(shop, order_id):
    event = next(one for one in shop.localstripe.events("payment_intent.succeeded")
                 if one["data"]["object"]["metadata"]["orderId"] == order_id)
    return ok(shop.webhook(event))["orderManagementOrder"]


def by_settle_job(shop, order_id):
    """The job asks again and again; on a busy machine the first time may be too late for our impatience."""
    for minutes in (2, 6, 14):
        let_the_gateway_rest()
        with moved_clock(minutes=minutes):
            run_job("settle-payments")
        order = shop.read(order_id)
        if order["status"] != "PENDING_PAYMENT":
            break
    return order


def by_reconcile_job(shop, order_id):
    with moved_clock(minutes=40):
        run_job("reconcile-payments")
    return shop.read(order_id)


def by_paying_again(shop, order_id):
    with moved_clock(seconds=61):
        return ok(shop.start(order_id))["orderManagementOrder"]


def let_the_gateway_rest():
    """Forget that it failed, as time does."""
    runtime().redis.flushall()


def paid_intents(shop, order_id):
    return [one["id"] for one in shop.localstripe.intents(orderId=order_id) if one["status"] == "succeeded"]


@pytest.mark.parametrize("how", LOST, ids=LOST_IDS)
@pytest.mark.parametrize("way_back", [by_refresh, by_webhook, by_settle_job, by_reconcile_job, by_paying_again])
def test_a_payment_whose_answer_was_lost_is_found_and_not_made_twice(shop, how, way_back):
    order, fault = shop.order(shop.list_product()), how()
    with shop.gateway.failing(INTENTS, after=True, times=2, **fault):
        answer = ok(shop.start(order["id"]))
    assert answer["paymentResult"]["result"] == "ERR"
    waiting = answer["orderManagementOrder"]
    assert (waiting["status"], waiting["_paymentConfirmation"]) == ("PENDING_PAYMENT", "processing")
    wait_until(lambda: paid_intents(shop, order["id"]) != [], "the gateway has made it")
    fault.get("opens", threading.Event()).set()
    let_the_gateway_rest()
    found = way_back(shop, order["id"])
    assert (found["status"], found["_paymentConfirmation"]) == ("PAID", "paid")
    assert len(paid_intents(shop, order["id"])) == 1
    assert ledger_entries.differences() == []


@pytest.mark.parametrize("how", [{"status": 503}, {"drop": True}], ids=["503", "down"])
@pytest.mark.parametrize("way_back", [by_settle_job, by_paying_again])
def test_a_payment_that_never_got_through_is_made_once_when_the_gateway_is_back(shop, how, way_back):
    order = shop.order(shop.list_product())
    with shop.gateway.failing(INTENTS, times=2, **how):
        assert ok(shop.start(order["id"]))["paymentResult"]["result"] == "ERR"
    assert paid_intents(shop, order["id"]) == []
    let_the_gateway_rest()
    assert way_back(shop, order["id"])["status"] == "PAID"
    assert len(paid_intents(shop, order["id"])) == 1


def test_a_refresh_never_charges(shop):
    order = shop.order(shop.list_product())
    with shop.gateway.failing(INTENTS, times=2, drop=True):
        ok(shop.start(order["id"]))
    let_the_gateway_rest()
    assert by_refresh(shop, order["id"])["status"] == "PENDING_PAYMENT"
    assert shop.localstripe.intents(orderId=order["id"]) == []


def test_a_payment_nobody_heard_of_for_half_an_hour_was_never_made(shop):
    order = shop.order(shop.list_product())
    with shop.gateway.failing(INTENTS, times=2, drop=True):
        ok(shop.start(order["id"]))
    let_the_gateway_rest()
    with moved_clock(minutes=31):
        run_job("settle-payments")
        lost = shop.read(order["id"])
        assert (lost["status"], lost["_paymentConfirmation"]) == ("CANCELLED", "canceled")
        assert ok(shop.start(order["id"]))["orderManagementOrder"]["status"] == "PAID"
    assert len(paid_intents(shop, order["id"])) == 1


def test_who_pays_again_while_the_first_call_is_under_way_waits_for_it(shop):
    order = shop.order(shop.list_product())
    with shop.gateway.failing(INTENTS, times=2, drop=True):
        ok(shop.start(order["id"]))
    let_the_gateway_rest()
    asked = len(shop.gateway.calls)
    answer = ok(shop.start(order["id"]))
    assert answer["orderManagementOrder"]["_paymentConfirmation"] == "processing"
    assert answer["paymentResult"]["statusLiteral"] == "started"
    assert len(shop.gateway.calls) == asked


def test_another_card_is_charged_only_after_the_lost_one_was_found_declined(shop):
    order = shop.order(shop.list_product())
    with shop.gateway.failing(INTENTS, after=True, times=2, drop=True):
        ok(shop.start(order["id"], DECLINED_AT_CHARGE))
    let_the_gateway_rest()
    with moved_clock(seconds=61):
        assert ok(shop.start(order["id"], VISA))["orderManagementOrder"]["status"] == "PAID"
    statuses = sorted(one["status"] for one in shop.localstripe.intents(orderId=order["id"]))
    assert statuses == ["requires_payment_method", "succeeded"]


def test_a_crash_between_the_charge_and_its_booking_is_mended(shop, monkeypatch):
    order = shop.order(shop.list_product())

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(booking, "book_intent", crash)
        with pytest.raises(KeyboardInterrupt):
            shop.start(order["id"])
    assert shop.read(order["id"])["_paymentConfirmation"] == "processing"
    assert by_settle_job(shop, order["id"])["status"] == "PAID"
    assert len(paid_intents(shop, order["id"])) == 1


def test_money_for_an_order_that_was_cancelled_meanwhile_goes_back(shop):
    order = shop.order(shop.list_product())
    with shop.gateway.failing(INTENTS, after=True, times=2, drop=True):
        ok(shop.start(order["id"]))
    ok(shop.cancel(shop.buyer, order["id"]))
    let_the_gateway_rest()
    with moved_clock(seconds=61):
        run_job("settle-payments")
    [paid] = paid_intents(shop, order["id"])
    assert [one["amount"] for one in shop.localstripe.refunds(paid)] == [10_500]
    assert ledger_entries.differences() == []
    assert ledger_entries.totals()["USD"] == {"paid": 10_500, "refunded": 10_500, "ledger": 0}


def test_a_refund_whose_answer_was_lost_is_not_given_twice(shop):
    order = shop.paid_order()
    with shop.gateway.failing("/v1/refunds", after=True, times=2, drop=True):
        answer = ok(shop.move(shop.admin, order["id"], "REFUNDED"))
    assert (answer["orderManagementOrder"]["status"], answer["paymentResult"]["refundStatus"]) == ("PAID", "requested")
    assert shop.move(shop.admin, order["id"], "REFUNDED").status_code == 400
    let_the_gateway_rest()
    with moved_clock(seconds=61):
        run_job("settle-payments")
    assert shop.read(order["id"])["status"] == "REFUNDED"
    assert len(shop.localstripe.refunds(order["paymentIntentId"])) == 1


def test_a_gateway_that_failed_twice_is_left_alone_and_buyers_are_answered_at_once(shop):
    orders = [shop.order(shop.list_product()) for _ in range(3)]
    with shop.gateway.failing(INTENTS, times=100, drop=True):
        for order in orders[:2]:
            assert ok(shop.start(order["id"]))["paymentResult"]["result"] == "ERR"
        asked = len(shop.gateway.calls)
        answer = ok(shop.start(orders[2]["id"]))
    assert len(shop.gateway.calls) == asked
    assert answer["paymentResult"]["statusLiteral"] == "started"
    assert answer["orderManagementOrder"]["_paymentConfirmation"] == "processing"
    let_the_gateway_rest()
    run_job("settle-payments")
    assert shop.read(orders[2]["id"])["status"] == "PAID"


def test_failures_between_which_it_answered_are_not_in_a_row(shop):
    orders = [shop.order(shop.list_product()) for _ in range(4)]
    for order, times in zip(orders, (2, 0, 2, 0), strict=True):
        with shop.gateway.failing(INTENTS, times=times, drop=True):
            said = ok(shop.start(order["id"]))["paymentResult"]
        assert said.get("statusLiteral") == (None if times else "success")


def test_a_payer_is_told_nothing_of_our_hosts_and_keys(shop):
    order = shop.order(shop.list_product())
    with shop.gateway.failing(INTENTS, times=2, drop=True):
        said = ok(shop.start(order["id"]))["paymentResult"]
    assert said["message"] == "Stripe error message: The payment gateway does not answer"


def test_a_payment_that_cannot_be_settled_keeps_no_other_waiting(shop, monkeypatch):
    broken, lost = (shop.order(shop.list_product())["id"] for _ in range(2))
    for order_id in (broken, lost):
        with shop.gateway.failing(INTENTS, after=True, times=2, drop=True):
            ok(shop.start(order_id))
        let_the_gateway_rest()
    settle = payment_jobs.settle

    def settle_all_but_one(checkout, actor, attempt):
        if attempt.order_id == broken:
            raise RuntimeError
        return settle(checkout, actor, attempt)

    monkeypatch.setattr(payment_jobs, "settle", settle_all_but_one)
    assert by_settle_job(shop, lost)["status"] == "PAID"
    assert shop.read(broken)["_paymentConfirmation"] == "processing"


def test_nobody_waits_for_the_database_while_the_gateway_thinks(shop):
    """A slow gateway holds no lock: on SQLite every writer would stand still."""
    order, listing = shop.order(shop.list_product()), shop.list_product()
    shop.gateway.pause.clear()
    paying = threading.Thread(target=lambda: ok(shop.start(order["id"])))
    paying.start()
    try:
        assert shop.gateway.under_way.wait(5)
        shop.order(listing)
        assert shop.read(order["id"])["_paymentConfirmation"] == "processing"
        assert ok(shop.cancel(shop.buyer, shop.order(listing)["id"]))
    finally:
        shop.gateway.pause.set()
        paying.join(10)
    assert shop.read(order["id"])["status"] == "PAID"


@pytest.mark.parametrize("way", ["kept", "customer"])
def test_a_card_is_not_kept_while_the_gateway_is_away(shop, way):
    path = "/v1/payment_methods" if way == "kept" else "/v1/customers"
    with shop.gateway.failing(path, times=2, drop=True):
        answer = shop.buyer.post(f"{ORDERS}/payment-methods/add", json={"paymentMethodId": VISA})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert shop.buyer.get(f"{ORDERS}/payment-methods/list").json == []
    let_the_gateway_rest()
    ok(shop.buyer.post(f"{ORDERS}/payment-methods/add", json={"paymentMethodId": VISA}))
