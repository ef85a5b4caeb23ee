"""Bids through HTTP: against create, after a long history against a short one, and the slowest of many bidders."""

from collections.abc import Callable, Iterator
from itertools import islice

from bench.guildhall import Guildhall, bid
from bench.load import CONNECTIONS, Burst, Request, burst
from bench.report import Section, at_least, at_most
from bench.rounds import Series, interleave, paired_ratio
from bench.servers import Server

BID_TO_CREATE, LONG_TO_SHORT, SLOWEST_MS = 0.7, 0.9, 600
PREPARED = 8_000  # more than a burst can send: a bid sent twice would be refused
COLUMNS = ("", "database", "req/s median (min–max)", "p50 ms", "p99 ms", "slowest ms", "CPU ms/request", "refused")


def against_create(halls: list[tuple[Guildhall, Server]], rounds: int, seconds: float) -> Section:
    """Bids spread over 200 auctions, and creates between them."""
    shots = []
    for hall, server in halls:
        shots.append((f"{hall.name} bid", _bids(server, hall.bids_to_come, seconds)))
        shots.append((f"{hall.name} create", _creates(hall, server, seconds)))
    series = interleave(shots, rounds)
    section = Section("Bids over 200 auctions, and creates between them", COLUMNS)
    for hall, _ in halls:
        bids, creates = series[f"{hall.name} bid"], series[f"{hall.name} create"]
        section.rows += [row(bids, hall.database), row(creates, hall.database)]
        section.goals.append(at_least(f"bid ÷ create, {hall.database}", BID_TO_CREATE, paired_ratio(bids, creates)))
    return section


def with_history(
    short: tuple[Guildhall, Server], long: tuple[Guildhall, Server], rounds: int, seconds: float
) -> Section:
    """The same bids where the table holds a thousand and a million of them."""
    shots = [(hall.name, _bids(server, hall.bids_to_come, seconds)) for hall, server in (short, long)]
    series = interleave(shots, rounds)
    section = Section(f"Bids after {short[0].bids:,} and after {long[0].bids:,} bids", COLUMNS)
    section.rows = [row(series[hall.name], hall.database) for hall, _ in (short, long)]
    ratio = paired_ratio(series[long[0].name], series[short[0].name])
    section.goals.append(at_least(f"bid at {long[0].bids:,} ÷ at {short[0].bids:,}", LONG_TO_SHORT, ratio))
    return section


def slowest_of_many(halls: list[tuple[Guildhall, Server]], seconds: float) -> Section:
    """32 bidders on one auction; what arrives after a higher bid is refused, and waits all the same."""
    section = Section(f"{CONNECTIONS} bidders on one auction", COLUMNS)
    for hall, server in halls:
        series = Series(f"{hall.name} one auction")
        series.bursts.append(burst(server, _rising(hall), max(3.0, seconds)))
        section.rows.append(row(series, hall.database))
        slowest = series.bursts[0].slowest
        section.goals.append(at_most(f"slowest of {CONNECTIONS} bidders, {hall.database}", SLOWEST_MS, slowest, " ms"))
    return section


def row(series: Series, database: str) -> tuple[str, ...]:
    """Return one line of a table of bids."""
    low, high = series.spread
    return (
        series.name,
        database,
        f"{series.per_second:,.0f} ({low:,.0f}–{high:,.0f})",
        f"{series.middle('p50'):.1f}",
        f"{series.middle('p99'):.1f}",
        f"{max(burst.slowest for burst in series.bursts):.0f}",
        f"{series.middle('cpu_ms'):.2f}",
        str(series.total("refused") + series.total("broken")),
    )


def _bids(server: Server, bids: Iterator[Request], seconds: float) -> Callable[[], Burst]:
    return lambda: burst(server, list(islice(bids, PREPARED)), seconds)


def _creates(hall: Guildhall, server: Server, seconds: float) -> Callable[[], Burst]:
    return lambda: burst(server, hall.requests()["create"], seconds)


def _rising(hall: Guildhall) -> list[Request]:
    auction, tokens = hall.seeded["quiet_auction"], hall.seeded["tokens"]
    return [bid(auction, 1000 * (number + 1), tokens[number % len(tokens)]) for number in range(PREPARED)]
