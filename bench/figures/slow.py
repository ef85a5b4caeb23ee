"""Slow clients: what a visitor waits while 200 of each kind are connected, and what bearing them costs a list."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import quantiles

from bench.guildhall import LOGIN, PRODUCTS, Guildhall
from bench.load import Burst, Request, burst
from bench.report import Section, at_least, at_most
from bench.rounds import interleave, paired_ratio
from bench.servers import Server

CLIENTS = 200
SETTLE_SECONDS = 120  # at most, until the long answers that nobody reads are made
IDLE_SHARE = 0.05  # of one core: a server that takes less makes no answers
WATCH_SECONDS = 5.0
HEALTH_MS, LIST_RATIO = 100, 0.84
GTHREAD = ("--worker-class=gthread", "--worker-connections=64")  # as it was served before
HEALTH = b"GET /marketplace/productlisting-api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
HEAD = f"POST {LOGIN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".encode()


@dataclass(frozen=True)
class Kind:
    """One kind of slow client: what it says at once, and again every two seconds."""

    name: str
    first: bytes = b""
    again: bytes = b""


def measure(hall: Guildhall, rounds: int, seconds: float) -> Iterator[Section]:
    """Compare the list with gthread's in one run, then let each kind of slow client in."""
    ours, before = hall.web(), hall.web("gthread", GTHREAD)
    ours.start()
    before.start()
    try:
        yield _list(hall, ours, before, rounds, seconds)
        before.stop()
        yield _health(hall, ours)
    finally:
        before.stop()
        ours.stop()


def _list(hall: Guildhall, ours: Server, before: Server, rounds: int, seconds: float) -> Section:
    requests = hall.requests()["list"]

    def shot(server: Server) -> Burst:
        return burst(server, requests, seconds)

    series = interleave([(server.name, lambda server=server: shot(server)) for server in (before, ours)], rounds)
    section = Section("List of 25 by the buffering server and by gthread",
                      ("", "req/s median", "p50 ms", "p99 ms", "CPU ms/request", "PSS MiB"))
    for server in (before, ours):
        own = series[server.name]
        section.rows.append((server.name, f"{own.per_second:,.0f}", f"{own.middle('p50'):.1f}",
                             f"{own.middle('p99'):.1f}", f"{own.middle('cpu_ms'):.2f}", f"{server.pss_mib():.0f}"))
    ratio = paired_ratio(series[ours.name], series[before.name])
    section.goals.append(at_least("list ÷ gthread", LIST_RATIO, ratio))
    return section


def _health(hall: Guildhall, server: Server) -> Section:
    kinds = (
        Kind("nobody"),
        Kind("silent"),
        Kind("head, a byte now and then", HEAD + b"X: ", b"x"),
        Kind("body, a byte now and then", HEAD + b"Content-Length: 1000\r\n\r\n", b" "),
        Kind("asks for long lists and does not read", _long_lists(hall)),
    )
    section = Section(f"/health beside {CLIENTS} slow clients of each kind", ("clients", "asked", "p50 ms", "p99 ms"))
    for kind in kinds:
        with _connected(server, 0 if kind.name == "nobody" else CLIENTS, kind) as clients:
            waited = _watch(server, clients, kind)
        section.rows.append((kind.name, str(len(waited)), f"{quantiles(waited, n=100)[49]:.1f}",
                             f"{quantiles(waited, n=100)[98]:.1f}"))
        section.goals.append(at_most(f"/health p99, {kind.name}", HEALTH_MS, quantiles(waited, n=100)[98], " ms"))
    return section


def _long_lists(hall: Guildhall) -> bytes:
    token = hall.seeded["tokens"][0]
    return Request(f"{PRODUCTS}?pageRowCount=1000&getJoins=false", token=token).raw() * 4


@contextmanager
def _connected(server: Server, count: int, kind: Kind) -> Iterator[Sequence[socket.socket]]:
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            client.sendall(kind.first)
            clients.append(client)
        if kind.first:
            _settle(server)
        yield clients


def _settle(server: Server) -> None:
    """Wait until the server has made what was asked for; raises RuntimeError when it does not end."""
    until = time.perf_counter() + SETTLE_SECONDS
    spent = server.cpu_seconds()
    while time.perf_counter() < until:
        time.sleep(1)
        before, spent = spent, server.cpu_seconds()
        if spent - before < IDLE_SHARE:
            return
    raise RuntimeError(f"the server was still making answers after {SETTLE_SECONDS} seconds")


def _watch(server: Server, clients: Sequence[socket.socket], kind: Kind) -> list[float]:
    """Ask for /health again and again, each time on a new connection; return the milliseconds each answer took."""
    waited: list[float] = []
    until = time.perf_counter() + WATCH_SECONDS
    say_again = time.perf_counter()
    while (started := time.perf_counter()) < until:
        if kind.again and started >= say_again:
            for client in clients:
                client.sendall(kind.again)
            say_again = started + 2
            started = time.perf_counter()
        with socket.create_connection(("127.0.0.1", server.port), timeout=120) as visitor:
            visitor.sendall(HEALTH)
            if not visitor.recv(65536).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("/health did not answer 200")
        waited.append(1000 * (time.perf_counter() - started))
        time.sleep(0.005)
    return waited
