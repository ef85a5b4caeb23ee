"""`python -m bench run`: starts every contestant, measures in turn, prints and keeps the table."""

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bench import contestants, guildhall, report
from bench.databases import Databases
from bench.figures import (
    backup,
    bff,
    bidding,
    checkout,
    feed,
    graph,
    growth,
    hung_redis,
    login,
    market,
    migrations,
    outbox,
    pictures,
    requests,
    resting,
    search,
    slow,
    streams,
    terminal,
    webhooks,
)
from bench.guildhall import Guildhall
from bench.load import LoadGeneratorMissing, find_wrk
from bench.profile import ProfilerMissing, find_py_spy, profile
from bench.report import Section
from bench.servers import Server

REQUEST_FIGURES = ("list", "get", "create")
FIGURES = (*REQUEST_FIGURES, "bid", "checkout", "login", "search", "outbox", "rest", "slow", "pictures",
           "hung-redis")
BESIDE_LATEST = ("growth", "market", "graph")
"""What is measured with them when nothing is named; the others of APART are asked for by name."""
SHORT, LONG = 1_000, 1_000_000


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure Guildhall beside the floor and the peers. Without a command: latest, growth, market and graph."""
    if context.invoked_subcommand is None:
        for only in (",".join(FIGURES), *BESIDE_LATEST):
            context.invoke(run, only=only)


@main.command()
@click.option("--only", default=",".join(FIGURES),
              help=f"Figures, by comma: {', '.join(FIGURES)} (the default); or one of growth, market, graph, backup, "
                   "bff, migrations, terminal, streams, webhooks.")
@click.option("--rounds", default=7, show_default=True, help="Rounds per figure, after one that warms up.")
@click.option("--seconds", default=1.0, show_default=True, help="Length of one burst (wrk: whole seconds).")
@click.option("--rows", type=int, show_default="1,000,000; 3,000,000 of graph; 1,024 of backup",
              help="Products of growth; messages of market; connections of graph, and a third as many posts, both "
                   "a tenth on SQLite; MiB of backup; listings of migrations (200,000); runs of terminal (7); "
                   "deliveries of webhooks (5,000).")
def run(only: str, rounds: int, seconds: float, rows: int | None) -> None:
    """Run the figures and write bench/results/latest.md, growth.md, market.md or network.md.

    Example: python -m bench run --only list,get --rounds 11
    """
    if only in APART:
        measure, usual, name = APART[only]
        _keep(measure(rows or usual), report.where(), report.RESULTS.with_name(name))
        return
    wanted = _figures(only)
    try:
        generator = find_wrk()
    except LoadGeneratorMissing as missing:
        raise click.ClickException(str(missing)) from missing
    _keep(_measure(wanted, rounds, seconds), report.where(generator), report.RESULTS)


def _keep(measured: Iterator[Section], where: str, path: Path) -> None:
    """Print what is measured and write it to `path`."""
    started = time.monotonic()
    sections: list[Section] = []
    try:
        for section in measured:
            sections.append(section)
    finally:
        # What was measured before something broke is worth keeping.
        if sections:
            text = report.render(sections, where)
            click.echo(text)
            click.echo(f"{report.write(text, path)} written after {time.monotonic() - started:.0f} s")


@main.command("profile")
@click.argument("figure", type=click.Choice(["list", "list with joins", "list cached", "get", "create"]))
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
@click.option("--seconds", default=8.0, show_default=True)
def profile_figure(figure: str, database: str, seconds: float) -> None:
    """Show where the time of one figure goes in Guildhall's web workers (py-spy).

    Example: python -m bench profile list --database postgresql
    """
    try:
        find_wrk()
        find_py_spy()
    except (LoadGeneratorMissing, ProfilerMissing) as missing:
        raise click.ClickException(str(missing)) from missing
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        databases = Databases(Path(folder))
        make = guildhall.on_sqlite if database == "sqlite" else guildhall.on_postgres
        hall = make(databases)
        try:
            hall.prepare()
            contestant = hall.contestant()
            with _started([contestant.server]):
                click.echo(profile(contestant.server, contestant.requests[figure], seconds, Path(folder)))
        finally:
            hall.close()
            databases.close()


def _figures(only: str) -> list[str]:
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    unknown = sorted(set(wanted) - set(FIGURES))
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: not one of {', '.join(FIGURES)}", param_hint="--only")
    return wanted


def _measure(wanted: list[str], rounds: int, seconds: float) -> Iterator[Section]:
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        databases = Databases(Path(folder))
        try:
            yield from _sections(databases, wanted, rounds, seconds)
        finally:
            databases.close()


def _growth(rows: int) -> Iterator[Section]:
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        databases = Databases(Path(folder))
        try:
            for kind, make in (("sqlite", guildhall.on_sqlite), ("postgresql", guildhall.on_postgres)):
                halls = [make(databases, f"guildhall-{kind}-{size}", products=growth.products_for(size))
                         for size in (growth.SMALL, rows)]
                with _prepared(halls):
                    served = [(hall, hall.web()) for hall in halls]
                    with _started([server for _, server in served]):
                        _say(f"growth on {halls[0].database}")
                        yield growth.measure(*served, rows)
        finally:
            databases.close()


def _market(rows: int) -> Iterator[Section]:
    def measured(hall: Guildhall) -> Iterator[Section]:
        _say(f"a past on {hall.database}")
        hall.give_a_past(rows)
        with _served(hall) as server:
            yield market.measure(hall, server, rows)

    yield from _on_each_database(measured)


def _bff(rows: int) -> Iterator[Section]:
    def measured(hall: Guildhall) -> Iterator[Section]:
        _say(f"what everybody reads on {hall.database}")
        hall.fill_what_everybody_reads(rows)
        with _served(hall) as server:
            yield bff.measure(hall, server, rows)

    yield from _on_each_database(measured, products=rows)


def _on_each_database(measured: Callable[[Guildhall], Iterator[Section]], **options: Any) -> Iterator[Section]:
    """Yield what is measured of a Guildhall on SQLite, then of one on PostgreSQL; `options` are those of its seed."""
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        databases = Databases(Path(folder))
        try:
            for make in (guildhall.on_sqlite, guildhall.on_postgres):
                hall = make(databases, **options)
                with _prepared([hall]):
                    yield from measured(hall)
        finally:
            databases.close()


def _graph(ties: int) -> Iterator[Section]:
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        databases = Databases(Path(folder))
        try:
            for kind, make, most in (("sqlite", guildhall.on_sqlite, ties // 10),
                                     ("postgresql", guildhall.on_postgres, ties)):
                for size in (graph.SMALL, graph.size_of(most)):
                    hall = make(databases, f"guildhall-{kind}-{size.ties}", products=SHORT)
                    with _prepared([hall]):
                        _say(f"a network of {size.people:,} people on {hall.database}")
                        hall.give_a_network(size.people, size.ties, size.posts, size.hubs)
                        server = hall.web()
                        with _started([server]):
                            yield graph.measure(hall, server, size)
                            if size.posts:
                                yield feed.measure_feeds(hall, server, size.posts)
                                yield feed.measure_authors(hall, server)
        finally:
            databases.close()


def _backup(mebibytes: int) -> Iterator[Section]:
    def measured(hall: Guildhall) -> Iterator[Section]:
        _say(f"a backup on {hall.database}")
        yield backup.measure(hall, mebibytes)

    yield from _on_each_database(measured, products=SHORT)


def _migrations(rows: int) -> Iterator[Section]:
    def measured(hall: Guildhall) -> Iterator[Section]:
        _say(f"migrations on {hall.database}")
        yield migrations.measure(hall, rows)

    yield from _on_each_database(measured, products=rows)


def _terminal(runs: int) -> Iterator[Section]:
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        _say("the terminal")
        yield terminal.measure(Path(folder), runs)


def _streams(_rows: int) -> Iterator[Section]:
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        _say("open streams")
        yield from streams.measure(Path(folder))


def _webhooks(deliveries: int) -> Iterator[Section]:
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        databases, section = Databases(Path(folder)), webhooks.table(deliveries)
        try:
            for made in (guildhall.on_sqlite, guildhall.on_postgres):
                hall = made(databases)
                local = webhooks.LocalHall(hall.name, hall.database, hall.home, hall.database_url)
                with _prepared([local]):
                    webhooks.measure(local, deliveries, section)
            yield section
        finally:
            databases.close()


# Each runs by itself, with so many rows: no wrk, many minutes, a file of its own.
APART = {"growth": (_growth, 1_000_000, "growth.md"), "market": (_market, 1_000_000, "market.md"),
         "graph": (_graph, 3_000_000, "network.md"), "backup": (_backup, backup.GOAL_MIB, "backup.md"),
         "bff": (_bff, bff.ROWS, "bff.md"),
         "migrations": (_migrations, migrations.ROWS, "migrations.md"),
         "terminal": (_terminal, terminal.RUNS, "terminal.md"), "streams": (_streams, 0, "streams.md"),
         "webhooks": (_webhooks, webhooks.DELIVERIES, "webhooks.md")}


def _sections(databases: Databases, wanted: list[str], rounds: int, seconds: float) -> Iterator[Section]:
    if set(wanted) & {*REQUEST_FIGURES, "bid", "checkout", "login", "outbox", "rest", "hung-redis"}:
        halls = [guildhall.on_sqlite(databases, bids=SHORT), guildhall.on_postgres(databases, bids=SHORT)]
        with _prepared(halls):
            yield from _of_requests(databases, halls, wanted, rounds, seconds)
            yield from _of_halls(databases, halls, wanted, rounds, seconds)
    if "slow" in wanted:
        hall = guildhall.on_sqlite(databases, "guildhall-slow")
        with _prepared([hall]):
            _say("slow clients")
            yield from slow.measure(hall, rounds, seconds)
    if "pictures" in wanted:
        hall = guildhall.on_sqlite(databases, "guildhall-pictures", products=SHORT)
        with _prepared([hall]):
            _say("hostile pictures")
            yield pictures.measure(hall)
    if "search" in wanted:
        _say("search")
        yield search.measure([10_000, 100_000])
        yield search.how_well()


def _of_requests(
    databases: Databases, halls: list[Guildhall], wanted: list[str], rounds: int, seconds: float
) -> Iterator[Section]:
    figures = [figure for figure in requests.TITLES if figure.split()[0] in wanted]
    if not figures:
        return
    serving = [
        contestants.floor(databases, "SQLite"),
        halls[0].contestant(),
        contestants.floor(databases, "PostgreSQL"),
        halls[1].contestant(),
        contestants.drf(databases),
        contestants.fastapi(databases),
    ]
    with _started([contestant.server for contestant in serving]):
        for figure in figures:
            _say(requests.TITLES[figure])
            yield requests.measure(figure, serving, rounds, seconds)


def _of_halls(
    databases: Databases, halls: list[Guildhall], wanted: list[str], rounds: int, seconds: float
) -> Iterator[Section]:
    servers = [hall.web() for hall in halls]
    if {"bid", "login"} & set(wanted):
        with _started(servers):
            served = list(zip(halls, servers, strict=True))
            if "bid" in wanted:
                yield from _of_bids(databases, served, rounds, seconds)
            if "login" in wanted:
                _say("login")
                yield login.measure(served, min(rounds, 3), seconds)
    if "checkout" in wanted:
        _say("checkout")
        yield checkout.measure(halls, seconds)
    if "outbox" in wanted:
        _say("outbox")
        yield outbox.measure(halls)
    if "hung-redis" in wanted:
        _say("a Redis that hangs")
        yield hung_redis.measure(halls)
    if "rest" in wanted:
        _say("memory and command line")
        yield resting.memory(halls[0])
        yield resting.command_line(halls[0])


def _of_bids(
    databases: Databases, served: list[tuple[Guildhall, Server]], rounds: int, seconds: float
) -> Iterator[Section]:
    _say("bids")
    yield bidding.against_create(served, rounds, seconds)
    yield bidding.slowest_of_many(served, seconds)
    long = guildhall.on_sqlite(databases, "guildhall-million", LONG)
    with _prepared([long]):
        server = long.web()
        with _started([server]):
            _say("bids after a long history")
            yield bidding.with_history(served[0], (long, server), rounds, seconds)


@contextmanager
def _prepared(halls: list[Guildhall]) -> Iterator[None]:
    try:
        for hall in halls:
            _say(f"preparing {hall.name}")
            hall.prepare()
        yield
    finally:
        for hall in halls:
            hall.close()


@contextmanager
def _served(hall: Guildhall) -> Iterator[Server]:
    server = hall.web()
    with _started([server]):
        yield server


@contextmanager
def _started(servers: list[Server]) -> Iterator[None]:
    try:
        for server in servers:
            _say(f"starting {server.name}")
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


def _say(text: str) -> None:
    click.echo(text, err=True)


def _end(_number: int, _frame: object) -> None:
    """End as after Ctrl-C: servers and databases have process groups of their own, and would outlive the run."""
    raise SystemExit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    main()
