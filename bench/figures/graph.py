"""What a walk over the network costs one client: degrees, mutual connections, suggestions (network.md, Queries)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from bench import one_client
from bench.guildhall import Guildhall
from bench.load import Request
from bench.one_client import OneClient, measured
from bench.report import Section, at_most
from bench.servers import Server

NETWORKING = "/network/networking-api/v1"
COLUMNS = ("one client, hubs among those who ask and are asked about", *one_client.COLUMNS)
FIGURES = ("degrees/{}", "mutualconnections/{}", "suggestions")


@dataclass(frozen=True)
class Size:
    """How large a network is, how many posts it has, and how fast a walk over it must be."""

    people: int
    ties: int
    hubs: tuple[int, ...]
    p95_ms: int
    posts: int = 0


SMALL = Size(4_039, 88_234, (1_000,), 60)
"""As many people and ties as the social graph that everybody measures with (SNAP ego-Facebook)."""


def size_of(ties: int) -> Size:
    """Return the network with so many ties: sixty a person, two hubs as in one of 3,000,000, a third as many posts."""
    return Size(ties // 30, ties, (ties // 100, ties // 600), 150, ties // 3)


def measure(hall: Guildhall, server: Server, size: Size) -> Section:
    """Ask for each walk again and again, as one person after the other and about one after the other."""
    title = f"A network of {size.people:,} people with {size.ties:,} connections, {hall.database}"
    section, client = Section(title, COLUMNS), OneClient(server)
    for figure in FIGURES:
        requests = _requests(hall, figure)
        times = measured(server, lambda requests=requests: client.timed(next(requests))[0])
        name = figure.partition("/")[0]
        section.rows.append((name, *times.cells))
        section.goals.append(at_most(f"{name}, {size.ties:,} connections, p95, {hall.database}", size.p95_ms,
                                     times.p95, " ms"))
    return section


def _requests(hall: Guildhall, figure: str) -> Iterator[Request]:
    # Two lengths without a common measure: in time everybody asks about everybody.
    for (asker, token), user in zip(cycle(hall.seeded["asking"].items()), cycle(hall.seeded["asked"]), strict=False):
        if asker != user:  # nobody asks about himself
            yield Request(f"{NETWORKING}/{figure.format(user)}", token=token)
