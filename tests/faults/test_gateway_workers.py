"""A gateway that says nothing must not take the web workers with it (issue 3, item 5)."""
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from app.data.entity import db
from tests.app.payments.fixtures import flaky, localstripe  # noqa: F401 - pytest finds them here
from tests.clients import Callers
from tests.components import wait_until
from tests.faults.load import Connection
from tests.live import live_system
from tests.marketplace.order_management.shop import ORDERS, Shop

# ruff: noqa: F811 - that is how pytest hands fixtures over
BUYERS = 8


def answers_while(url: str, until: Callable[[], bool]) -> int:
    """Ask for the health of the service again and again; return how many answers came before `until` held."""
    answers = 0
    while not until():
        with closing(Connection(url, "")) as connection:
            assert connection.call("GET", f"{ORDERS}/health")[0] == 200
        answers += 1
    return answers


@pytest.mark.slow
@pytest.mark.once("about web workers that wait for the gateway; test_gateway_outages has the payments on both")
def test_a_slow_gateway_leaves_workers_for_everybody_else(testbed, tmp_path, flaky):
    with testbed.fresh_database() as database_url, live_system(
            tmp_path / "live", DATABASE_URL=database_url, STRIPE_API_BASE=flaky.foreign_url,
            STRIPE_TIMEOUT_SECONDS="2") as live:
        app = testbed.another_app(DATABASE_URL=database_url or f"sqlite:///{live.home}/guildhall.db",
                                  REDIS_URL=f"unix://{live.home}/valkey.sock")
        with app.app_context():
            callers = Callers(app)
            shop = Shop(callers, flaky)
            listing = shop.list_product()
            buyers = [callers.user(f"buyer{number}") for number in range(BUYERS)]
            orders = [shop.order(listing, buyer=buyer)["id"] for buyer in buyers]

            def pay(place: int) -> tuple[int, dict[str, Any]]:
                path = f"{ORDERS}/v1/startordermanagementorderpayment/{orders[place]}"
                with closing(Connection(live.url, str(buyers[place].token))) as connection:
                    return connection.call("PATCH", path, {"paymentUserParams": {"paymentMethodId": "pm_card_visa"}})

            speaks = threading.Event()
            with flaky.failing("/v1/payment_intents", times=1000, opens=speaks), ThreadPoolExecutor(BUYERS) as pool:
                paying = [pool.submit(pay, place) for place in range(BUYERS)]
                answered = answers_while(live.url, lambda: all(one.done() for one in paying))
                answers = [one.result() for one in paying]  # the gateway has not said a word until here
                speaks.set()
            assert {status for status, _ in answers} == {200}
            assert answered >= BUYERS
            # What the silent gateway did all the same is found later, lease by lease (test_gateway_outages).
            wait_until(lambda: any(flaky.stripe.intents(orderId=order) for order in orders), "a payment arrived", 60)
            assert all(len(flaky.stripe.intents(orderId=order)) <= 1 for order in orders)
            db.engine.dispose()
