"""Many at once for the last unit, the same order, the same agreement: one gets it (issue 3, item 4)."""
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from app.clock import moved_clock, now
from app.data.columns import iso
from app.data.entity import db
from app.jobs.worker import run_job
from blueprints.marketplace.order_management import ledger_entries
from blueprints.marketplace.product_listing.stock import stock_figures
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.clients import Callers
from tests.components import wait_until
from tests.concurrency.together import together
from tests.faults.load import Connection
from tests.live import live_system
from tests.marketplace.order_management.conftest import shop  # noqa: F401
from tests.marketplace.order_management.shop import ORDERS, Shop, ok
from tests.marketplace.order_management.test_settling_agreements import accepted_offer, bid

# ruff: noqa: F811 - that is how pytest hands fixtures over
CLIENTS = 50
VISA_PARAMS = {"paymentUserParams": {"paymentMethodId": "pm_card_visa"}}


def test_of_many_who_order_the_last_unit_one_gets_it(app, callers, shop):
    listing = shop.list_product(quantity=1)
    buyers = [callers.user(f"buyer{number}") for number in range(CLIENTS)]
    answers = together(app, *(lambda buyer=buyer: shop.try_order({"productId": listing}, buyer=buyer)
                              for buyer in buyers))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: CLIENTS - 1}
    assert {answer.json["errCode"] for answer in answers if answer.status_code == 400} == {"OutOfStock"}
    assert stock_figures() == {listing: (1, 0)}


def test_of_many_starts_of_one_order_one_reaches_the_gateway(app, shop):
    order = shop.order(shop.list_product())
    answers = together(app, *[lambda: shop.start(order["id"])] * CLIENTS)
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert {answer.json["errCode"] for answer in answers if answer.status_code == 400} <= {"OrderAlreadyPaid"}
    assert [one["status"] for one in shop.localstripe.intents(orderId=order["id"])] == ["succeeded"]
    assert shop.read(order["id"])["status"] == "PAID"
    assert ledger_entries.differences() == []


def test_of_two_orders_on_one_accepted_offer_one_stands(app, shop):
    listing = shop.list_product()
    offer = accepted_offer(shop, listing)
    answers = together(app, *[lambda: shop.try_order({"productId": listing, "offerId": offer["id"]})] * 8)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: 7}


def test_of_two_orders_on_one_won_auction_one_stands(app, shop, settle):
    ends = iso(now() + timedelta(hours=1))
    listing = shop.list_product(type="AUCTION", startPrice=50, endBidDate=ends)
    bid(shop.buyer, listing, 60)
    with moved_clock(hours=2):
        settle()
        answers = together(app, *[lambda: shop.try_order({"productId": listing})] * 8)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: 7}


def test_payments_of_different_orders_at_once_are_all_made(app, callers, shop):
    listing = shop.list_product()
    buyers = [callers.user(f"buyer{number}") for number in range(8)]
    orders = [shop.order(listing, buyer=buyer)["id"] for buyer in buyers]
    answers = together(app, *(lambda buyer=buyer, order=order: shop.start(order, buyer=buyer)
                              for buyer, order in zip(buyers, orders, strict=True)))
    assert {answer.status_code for answer in answers} == {200}
    for _ in range(3):
        run_job("settle-payments")
    assert {shop.read(order, shop.super_admin)["status"] for order in orders} == {"PAID"}
    assert all(len(shop.localstripe.intents(orderId=order)) == 1 for order in orders)


def cancel_at_last(shop, order):
    """Cancel as the buyer, again where the order was paid meanwhile."""
    for _ in range(20):
        answer = shop.cancel(shop.buyer, order["id"])
        if answer.status_code == 200 or answer.json["errCode"] != "ConcurrentChange":
            break
    return answer


def test_a_payment_and_a_cancel_at_once_leave_no_money_without_an_order(app, shop):
    for _ in range(5):
        order = shop.order(shop.list_product())
        together(app, lambda order=order: shop.start(order["id"]),
                 lambda order=order: cancel_at_last(shop, order))
        for seconds in (61, 3_700):  # a gateway that was too busy to answer is asked again
            with moved_clock(seconds=seconds):
                run_job("settle-payments")
    assert ledger_entries.differences() == []
    assert stock_figures() == {}


def test_two_webhooks_of_one_event_at_once_have_one_effect(app, shop):
    order = shop.order(shop.list_product())
    waiting = ok(shop.start(order["id"], shop.localstripe.make_card()))["paymentResult"]
    shop.localstripe.authenticate(waiting["paymentId"])
    event = next(one for one in shop.localstripe.events("payment_intent.succeeded")
                 if one["data"]["object"]["id"] == waiting["paymentId"])
    answers = together(app, *[lambda: shop.webhook(event)] * 8)
    assert {answer.status_code for answer in answers} == {200}
    assert ledger_entries.totals()["USD"] == {"paid": 10_500, "refunded": 0, "ledger": 10_500}


def test_two_refunds_at_once_give_the_money_back_once(app, shop):
    order = shop.paid_order()
    answers = together(app, *[lambda: shop.move(shop.admin, order["id"], "REFUNDED")] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert len(shop.localstripe.refunds(order["paymentIntentId"])) == 1


def test_a_card_kept_twice_at_once_is_one_card(app, shop):
    card = shop.localstripe.make_card("4242424242424242")
    answers = together(app, *[lambda: shop.buyer.post(f"{ORDERS}/payment-methods/add",
                                                      json={"paymentMethodId": card})] * 4)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert len(shop.buyer.get(f"{ORDERS}/payment-methods/list").json) == 1


@pytest.mark.slow
def test_many_clients_of_a_real_server_order_the_last_unit_and_pay_once(testbed, tmp_path, flaky):
    with testbed.fresh_database() as database_url, live_system(
            tmp_path / "live", DATABASE_URL=database_url, STRIPE_API_BASE=flaky.foreign_url) as live:
        app = testbed.another_app(DATABASE_URL=database_url or f"sqlite:///{live.home}/guildhall.db",
                                  REDIS_URL=f"unix://{live.home}/valkey.sock")
        with app.app_context():
            callers = Callers(app)
            shop = Shop(callers, flaky)
            listing = shop.list_product(quantity=1)
            tokens = [str(callers.user(f"buyer{number}").token) for number in range(CLIENTS)]

            def order(token: str) -> tuple[int, dict[str, Any]]:
                with closing(Connection(live.url, token)) as connection:
                    return connection.call("POST", f"{ORDERS}/v1/ordermanagementorders", {
                        "shippingAddress": {"city": "X"}, "lineItems": [{"productId": listing}]})

            def start(_: int) -> tuple[int, dict[str, Any]]:
                with closing(Connection(live.url, winner)) as connection:
                    return connection.call("PATCH", path, VISA_PARAMS)

            with ThreadPoolExecutor(CLIENTS) as pool:
                ordered = list(pool.map(order, tokens))
            assert Counter(status for status, _ in ordered) == {201: 1, 400: CLIENTS - 1}
            [(winner, won)] = [(tokens[place], answer["orderManagementOrder"])
                               for place, (status, answer) in enumerate(ordered) if status == 201]
            path = f"{ORDERS}/v1/startordermanagementorderpayment/{won['id']}"
            with ThreadPoolExecutor(CLIENTS) as pool:
                started = list(pool.map(start, range(CLIENTS)))
            assert {status for status, _ in started} <= {200, 400}
            wait_until(lambda: [one["status"] for one in flaky.stripe.intents(orderId=won["id"])] == ["succeeded"],
                       "the payment is made")
            wait_until(lambda: shop.read(won["id"], shop.super_admin)["status"] == "PAID", "the order is paid")
            assert len(flaky.stripe.intents(orderId=won["id"])) == 1
            db.engine.dispose()
