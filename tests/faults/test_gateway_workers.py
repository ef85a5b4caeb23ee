"""A gateway that takes half a minute must not take the web workers with it (issue 3, item 5)."""
import time
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
AT_EASE_SECONDS = 3.0  # far below the time a stuck worker would need


def slowest_answer(url: str, until: Callable[[], bool]) -> float:
    """Ask for the health of the service again and again; return the longest anybody would have waited, in seconds."""
    slowest = 0.0
    while not until():
        started = time.perf_counter()
        with closing(Connection(url, "")) as connection:
            assert connection.call("GET", f"{ORDERS}/health")[0] == 200
        slowest = max(slowest, time.perf_counter() - started)
    return slowest


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

            with flaky.failing("/v1/payment_intents", times=1000, delay=30.0), ThreadPoolExecutor(BUYERS) as pool:
                paying = [pool.submit(pay, place) for place in range(BUYERS)]
                slowest = slowest_answer(live.url, lambda: all(one.done() for one in paying))
                answers = [one.result() for one in paying]
            assert {status for status, _ in answers} == {200}
            assert slowest < AT_EASE_SECONDS
            wait_until(lambda: {shop.read(order, shop.super_admin)["status"] for order in orders} == {"PAID"},
                       "the worker has made every payment", 120, every=0.5)
            assert all(len(flaky.stripe.intents(orderId=order)) == 1 for order in orders)
            db.engine.dispose()
