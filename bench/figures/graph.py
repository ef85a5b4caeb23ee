"""What a walk over the network costs one client: degrees, mutual connections, suggestions (network.md, Queries)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from statistics import quantiles

from bench.guildhall import Guildhall
from bench.load import Request
from bench.one_client import OneClient
from bench.report import Section, at_most
from bench.servers import Server

ROUNDS, WARM_UP = 300, 5
MOST_SECONDS = 30
NETWORKING = "/network/networking-api/v1"
COLUMNS = ("one client, hubs among those who ask and are asked about", "p50 ms", "p95 ms", "p99 ms", "CPU ms/request")
FIGURES = ("degrees/{}", "mutualconnections/{}", "suggestions")


@dataclass(frozen=True)
class Size:
    """How large a network is, and how fast it must be."""

    people: int
    ties: int
    hubs: tuple[int, ...]
    p95_ms: int


SMALL = Size(4_039, 88_234, (1_000,), 60)
"""As many people and ties as the social graph that everybody measures with (SNAP ego-Facebook)."""


def size_of(ties: int) -> Size:
    """Return the network with so many ties: sixty a person, two hubs as in one of 3,000,000."""
    return Size(max(ties // 30, 100), ties, (max(ties // 100, 10), max(ties // 600, 5)), 150)


def measure(hall: Guildhall, server: Server, size: Size) -> Section:
    """Ask for each walk again and again, as one person after the other and about one after the other."""
    title = f"A network of {size.people:,} people with {size.ties:,} connections, {hall.database}"
    section, client = Section(title, COLUMNS), OneClient(server)
    for figure in FIGURES:
        times, cpu_ms = _measure(server, client, _requests(hall, figure))
        cuts = quantiles(times, n=100)
        name = figure.partition("/")[0]
        section.rows.append((name, *(f"{cuts[at - 1]:.2f}" for at in (50, 95, 99)), f"{cpu_ms:.2f}"))
        section.goals.append(at_most(f"{name}, {size.ties:,} connections, p95, {hall.database}", size.p95_ms, cuts[94],
                                     " ms"))
    return section


def _requests(hall: Guildhall, figure: str) -> Iterator[Request]:
    # Two lengths without a common measure: in time everybody asks about everybody.
    for (asker, token), user in zip(cycle(hall.seeded["asking"].items()), cycle(hall.seeded["asked"]), strict=False):
        if asker != user:  # nobody asks about himself
            yield Request(f"{NETWORKING}/{figure.format(user)}", token=token)


def _measure(server: Server, client: OneClient, requests: Iterator[Request]) -> tuple[list[float], float]:
    """Return the milliseconds of each request, and what one cost the server's processes: that no load disturbs."""
    for _ in range(WARM_UP):
        client.timed(next(requests))
    before, until = server.cpu_seconds(), time.perf_counter() + MOST_SECONDS
    times = [client.timed(next(requests))[0] for _ in range(2)]
    while len(times) < ROUNDS and time.perf_counter() < until:
        times.append(client.timed(next(requests))[0])
    return times, 1000 * (server.cpu_seconds() - before) / len(times)
