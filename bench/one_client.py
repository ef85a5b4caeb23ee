"""One client with one keep-alive connection: for figures of single requests, which need no wrk."""

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles

from bench.load import Request
from bench.servers import Server

ROUNDS, WARM_UP = 300, 5
MOST_SECONDS = 30  # of one figure: what is far from its goal need not be asked so often
COLUMNS = ("p50 ms", "p95 ms", "p99 ms", "CPU ms/request")


class OneClient:
    """Sends one request after the other to one server."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def timed(self, request: Request) -> tuple[float, dict]:
        """Return the milliseconds until the answer was there whole, and the answer; raises RuntimeError if refused."""
        headers = {"Authorization": f"Bearer {request.token}", "Content-Type": "application/json"}
        body = json.dumps(request.body) if request.body is not None else None
        begun = time.perf_counter()
        self._connection.request(request.method, request.path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        taken = 1000 * (time.perf_counter() - begun)
        if answer.status >= 400:
            raise RuntimeError(f"{request.method} {request.path}: {answer.status} {text[:300]!r}")
        return taken, json.loads(text)


@dataclass(frozen=True)
class Times:
    """How long the requests of one figure took, in milliseconds, and what each cost the server's processes."""

    p50: float
    p95: float
    p99: float
    cpu: float

    @property
    def cells(self) -> tuple[str, ...]:
        """Return them as the cells below COLUMNS."""
        return tuple(f"{value:.2f}" for value in (self.p50, self.p95, self.p99, self.cpu))


def measured(server: Server, ask: Callable[[], float]) -> Times:
    """Call `ask`, which returns milliseconds, so many times after some that warm up, or for MOST_SECONDS.

    The CPU time is what no load of the machine disturbs."""
    for _ in range(WARM_UP):
        ask()
    before, until = server.cpu_seconds(), time.perf_counter() + MOST_SECONDS
    times = [ask(), ask()]
    while len(times) < ROUNDS and time.perf_counter() < until:
        times.append(ask())
    return _times(times, server.cpu_seconds() - before)


def measured_in_turn(server: Server, asks: list[Callable[[], float]], rounds: int, each: int) -> list[Times]:
    """Call each of `asks` `each` times, one after the other, and that again for so many rounds after one that warms up.

    What drifts with the machine meets all of them alike."""
    times: list[list[float]] = [[] for _ in asks]
    cpu = [0.0 for _ in asks]
    for number in range(rounds + 1):
        for place, ask in enumerate(asks):
            before = server.cpu_seconds()
            taken = [ask() for _ in range(each)]
            if number:
                times[place] += taken
                cpu[place] += server.cpu_seconds() - before
    return [_times(*one) for one in zip(times, cpu, strict=True)]


def _times(times: list[float], cpu_seconds: float) -> Times:
    cuts = quantiles(times, n=100)
    return Times(cuts[49], cuts[94], cuts[98], 1000 * cpu_seconds / len(times))
