"""Checkout: an order of one line, then its payment at a real localstripe process.

Few buyers pay in the same second, and localstripe is one Python process: so two buyers, and what each step costs."""

import http.client
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from statistics import quantiles
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from app.ops.localstripe import PROGRAM
from bench.guildhall import Guildhall
from bench.report import Section
from bench.servers import Server, free_port

ORDERS = "/marketplace/ordermanagement-api/v1"
BUYERS = 2
START_SECONDS = 20
COLUMNS = ("step", "database", "per second", "p50 ms", "p99 ms", "CPU ms/request", "refused")

Call = Callable[["Buyer"], bool]


@dataclass
class Buyer:
    """One buyer on one keep-alive connection; remembers the orders it has placed and not paid."""

    connection: http.client.HTTPConnection
    token: str
    product: str
    unpaid: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    refused: int = 0

    def order(self) -> bool:
        """Place an order of one line."""
        status, answer = self._call(
            "POST",
            "/ordermanagementorders",
            {"shippingAddress": {"city": "Basel"}, "lineItems": [{"productId": self.product}]},
        )
        if status == 201:
            self.unpaid.append(answer["orderManagementOrder"]["id"])
        return status == 201

    def start(self) -> bool:
        """Pay the oldest unpaid order."""
        path = f"/startordermanagementorderpayment/{self.unpaid.pop(0)}"
        params = {"paymentUserParams": {"paymentMethodId": "pm_card_visa"}}
        status, answer = self._call("PATCH", path, params)
        return status == 200 and answer["orderManagementOrder"]["_paymentConfirmation"] in ("paid", "processing")

    def repeat(self, call: Call, until: float) -> None:
        """Make one call after the other until the clock says so."""
        while time.perf_counter() < until and (call is not Buyer.start or self.unpaid):
            started = time.perf_counter()
            self.refused += not call(self)
            self.times.append(1000 * (time.perf_counter() - started))

    def _call(self, method: str, path: str, body: object) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request(method, ORDERS + path, json.dumps(body), headers)
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


def measure(halls: Sequence[Guildhall], seconds: float) -> Section:
    """Let the buyers order, then pay, on each database."""
    section = Section(f"Checkout: {BUYERS} buyers order one line, then pay by localstripe", COLUMNS)
    section.notes.append("`start` waits for localstripe, one Python process; CPU is that of Guildhall alone.")
    with _localstripe() as api_base:
        for hall in halls:
            server = _paying(hall, api_base)
            server.start()
            try:
                section.rows += _steps(hall, server, max(3.0, 3 * seconds))
            finally:
                server.stop()
    return section


def _steps(hall: Guildhall, server: Server, seconds: float) -> Iterator[tuple[str, ...]]:
    connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=30) for _ in range(BUYERS)]
    buyers = [
        Buyer(connection, hall.seeded["tokens"][number], hall.seeded["products"][number])
        for number, connection in enumerate(connections)
    ]
    for name, call in (("order", Buyer.order), ("start", Buyer.start)):
        for buyer in buyers:
            buyer.times, buyer.refused = [], 0
        before, started = server.cpu_seconds(), time.perf_counter()
        with ThreadPoolExecutor(BUYERS) as pool:
            list(pool.map(Buyer.repeat, buyers, [call] * BUYERS, [started + seconds] * BUYERS))
        elapsed, cpu = time.perf_counter() - started, server.cpu_seconds() - before
        yield _row(name, hall.database, buyers, elapsed, cpu)
    for connection in connections:
        connection.close()


def _row(name: str, database: str, buyers: Sequence[Buyer], elapsed: float, cpu: float) -> tuple[str, ...]:
    times = sorted(one for buyer in buyers for one in buyer.times)
    cuts = quantiles(times, n=100)
    return (
        name,
        database,
        f"{len(times) / elapsed:,.0f}",
        f"{cuts[49]:.1f}",
        f"{cuts[98]:.1f}",
        f"{1000 * cpu / len(times):.2f}",
        str(sum(buyer.refused for buyer in buyers)),
    )


def _paying(hall: Guildhall, api_base: str) -> Server:
    """Return the hall's web server with localstripe as its gateway, which production refuses."""
    web = hall.web()
    return replace(
        web,
        name=f"{web.name}-paying",
        environment={**web.environment, "GUILDHALL_ENV": "test", "STRIPE_API_BASE": api_base},
    )


@contextmanager
def _localstripe() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [str(PROGRAM), "--from-scratch", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/v1/balance"):
            if time.monotonic() > deadline:
                raise RuntimeError("localstripe did not start")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with closing(urlopen(url, timeout=2)):
            return True
    except HTTPError as refused:
        refused.close()
        return True
    except (URLError, OSError):
        return False
