"""Open event streams on the public URL of `make run`: what they cost a list and in memory, and how many hold."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import psutil

from bench.load import Request
from bench.one_client import OneClient
from bench.report import Section, at_least, at_most
from bench.servers import Server, free_port

STREAMS, MOST = 1_000, 5_000
USERS, LISTINGS = 100, 100
CHANGES = 20  # a second, each told to STREAMS / LISTINGS receivers
ROUNDS, LISTS = 3, 400
REST_SECONDS, HOLD_SECONDS = 3.0, 20.0
RATIO, MEMORY_MIB = 1.5, 120
AUTH, PRODUCTS = "/marketplace/auth-api", "/marketplace/productlisting-api/v1/productlistingproducts"
PASSWORD = "streams-of-the-bench-1"


def measure(folder: Path) -> Iterator[Section]:
    """Start the whole system as `make run` does, with a hundred users and their streams on a hundred listings."""
    server = Server("streams", [sys.executable, "-m", "flask", "serve"], {
        "GUILDHALL_ENV": "demo", "GUILDHALL_HOME": str(folder / "home"), "DATABASE_URL": "", "REDIS_URL": "",
        "RATELIMIT_ENABLED": "0", "LOG_LEVEL": "WARNING", "STREAMS_PER_USER": str(MOST)}, folder, "/health",
        port=free_port())
    server.start()
    try:
        people = _People(server)
        yield _list(server, people)
        yield _most(server, people)
    finally:
        server.stop()


class _People:
    """The users, who each follow a listing, and the seller who changes them."""

    def __init__(self, server: Server) -> None:
        self._client = OneClient(server)
        self.tokens = [self._registered(f"streams-{number}@bench.example") for number in range(USERS)]
        seller = self.tokens[0]
        shelf = self._client.timed(Request("/marketplace/categorymanagement-api/v1/subcategories", token=seller))[1]
        place = shelf["subcategories"][0]
        self.listings = [self._client.timed(Request(PRODUCTS, "POST", {
            "type": "FIXED", "title": f"Listing {number}", "description": "Followed.", "condition": "USED",
            "price": 10, "currency": "USD", "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD",
            "categoryId": place["categoryId"], "subcategoryId": place["id"]}, seller))[1]["productListingProduct"]["id"]
            for number in range(LISTINGS)]

    def _registered(self, email: str) -> str:
        for path, body in (("v1/registeruser", {"email": email, "password": PASSWORD, "fullname": "A Follower"}),
                           ("verification-services/email-verification/start", {"email": email})):
            said = self._client.timed(Request(f"{AUTH}/{path}", "POST", body))[1]
        code = {"email": email, "secretCode": said["secretCode"]}
        self._client.timed(Request(f"{AUTH}/verification-services/email-verification/complete", "POST", code))
        login = {"username": email, "password": PASSWORD}
        token: str = self._client.timed(Request(f"{AUTH}/login", "POST", login))[1]["accessToken"]
        return token

    def plan(self, count: int) -> list[tuple[str, str]]:
        """Return path and token of so many streams: each listing is followed by as many users."""
        return [("/marketplace/realtime/subscribe?topics=productListingProduct/" + self.listings[number % LISTINGS],
                 self.tokens[(number // LISTINGS + number) % USERS]) for number in range(count)]


@dataclass
class _Told:
    """What the streams heard while they were open."""

    ages: Sequence[float] = ()
    heartbeats: int = 0
    lost: int = 0


@contextmanager
def _streams(server: Server, plan: Sequence[tuple[str, str]]) -> Iterator[_Told]:
    """Keep streams open while the block lasts; what they heard is known behind it."""
    told = _Told()
    command = [sys.executable, "-m", "bench.stream_clients", str(server.port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        assert clients.stdin is not None
        assert clients.stdout is not None
        clients.stdin.write(json.dumps(plan) + "\n")
        clients.stdin.flush()
        begun = json.loads(clients.stdout.readline() or '{"open": 0}')
        if begun["open"] != len(plan):
            raise RuntimeError(f"{begun['open']} of {len(plan)} streams are open")
        try:
            yield told
        finally:
            clients.stdin.close()
            heard = json.loads(clients.stdout.readline())
            told.ages, told.heartbeats, told.lost = heard["ages"], heard["heartbeats"], heard["lost"]


@contextmanager
def _changes(server: Server, people: _People) -> Iterator[None]:
    """Change listings in turn, so many a second, while the block lasts."""
    ends = threading.Event()

    def change() -> None:
        client, number = OneClient(server), 0
        due = time.perf_counter()
        while not ends.wait(max(0.0, due - time.perf_counter())):
            client.timed(Request(f"{PRODUCTS}/{people.listings[number % LISTINGS]}", "PATCH",
                                 {"description": f"Changed at {time.time()}."}, people.tokens[0]))
            number, due = number + 1, due + 1 / CHANGES

    writer = threading.Thread(target=change)
    writer.start()
    try:
        yield
    finally:
        ends.set()
        writer.join()


def _list(server: Server, people: _People) -> Section:
    receivers = STREAMS // LISTINGS
    section = Section(f"List of 25 beside {STREAMS:,} streams, {CHANGES} changes a second to {receivers} of them each",
                      ("", "p50 ms", "p99 ms, median of rounds", "CPU s of the system", "PSS MiB"))
    ages: list[float] = []
    found: dict[str, list[tuple[float, float, float, float]]] = {"without": [], "with": []}
    _round(server, people)
    for _ in range(ROUNDS):
        found["without"].append(_round(server, people))
        with _streams(server, people.plan(STREAMS)) as told:
            time.sleep(REST_SECONDS)
            found["with"].append(_round(server, people))
        ages += told.ages
        if told.lost:
            raise RuntimeError(f"{told.lost} streams were lost")
        time.sleep(REST_SECONDS)
    for name, rounds in found.items():
        p50, p99, cpu, memory = (median(column) for column in zip(*rounds, strict=True))
        section.rows.append((f"{name} streams", f"{p50:.1f}", f"{p99:.1f}", f"{cpu:.1f}", f"{memory:.0f}"))
    pairs = list(zip(found["with"], found["without"], strict=True))
    section.goals.append(at_most("list p99 with ÷ without", RATIO, median(a[1] / b[1] for a, b in pairs)))
    section.goals.append(at_most(f"memory of {STREAMS:,} streams", MEMORY_MIB, median(a[3] - b[3] for a, b in pairs),
                                 " MiB"))
    cuts = quantiles(ages, n=100)
    section.notes.append(f"{len(ages):,} events came {cuts[49]:.0f} ms (p50), {cuts[98]:.0f} ms (p99) after the "
                         "change: commit, relay, follower and socket.")
    section.goals.append(at_most("age of an event when it comes, p99", 1000, cuts[98], " ms"))
    section.notes.append(f"Load average at the end {psutil.getloadavg()[0]:.1f}; clients, load and system share the "
                         "machine.")
    return section


def _round(server: Server, people: _People) -> tuple[float, float, float, float]:
    """Ask for lists while listings change; return p50, p99 (ms), CPU seconds of the system and its memory (MiB)."""
    client, before = OneClient(server), server.cpu_seconds()
    request = Request(f"{PRODUCTS}?getJoins=false&caching=false", token=people.tokens[1])
    with _changes(server, people):
        cuts = quantiles([client.timed(request)[0] for _ in range(LISTS)], n=100)
    return cuts[49], cuts[98], server.cpu_seconds() - before, server.pss_mib()


def _most(server: Server, people: _People) -> Section:
    section = Section(f"{MOST:,} streams for {HOLD_SECONDS:.0f} s", ("", "heard a heartbeat", "lost", "list p50 ms",
                                                                     "p99 ms", "PSS MiB"))
    with _streams(server, people.plan(MOST)) as told:
        until = time.monotonic() + HOLD_SECONDS
        p50, p99, _, memory = _round(server, people)
        time.sleep(max(0.0, until - time.monotonic()))
    section.rows.append((f"{MOST:,} streams", f"{told.heartbeats:,}", str(told.lost), f"{p50:.1f}", f"{p99:.1f}",
                         f"{memory:.0f}"))
    section.goals.append(at_least("streams that hold", MOST, told.heartbeats - told.lost))
    return section
