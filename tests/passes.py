"""Which tests run in which pass: `make test` runs the suite on SQLite and on PostgreSQL, but not all of it twice."""
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import groupby
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
DATABASE = os.environ.get("GUILDHALL_TEST_DATABASE", "sqlite")
# Whoever asks for none of these, directly or by another fixture, is told nothing of the database of the pass.
DATABASE_FIXTURES = frozenset({"testbed", "postgresql_server", "build_world"})
ONE_IN = 10
FEWER = 5
SHARES = 6
LONG = os.environ.get("GUILDHALL_TEST_LONG") == "1"  # `make long`

# While a test is watched: what it opened, and the threads that other tests left running, which are not its own.
_watched: list[tuple[list[str], frozenset[int | None]]] = []


def left_out(items: Iterable[pytest.Item], database: str) -> list[pytest.Item]:
    """Return the tests that do not run in the pass on `database` ("sqlite" or "postgresql").

    The choice depends on the names of the tests alone, so every xdist worker makes the same one."""
    if database == "postgresql":
        return [item for item in items if _is_marked(item, "once") or not needs_database(item)]
    sweeps = [] if LONG else [item for item in items if _is_marked(item, "sweep") and needs_database(item)]
    sample = sampled([item.nodeid for item in sweeps])
    alone = [item for item in items if _is_marked(item, "postgresql")]
    return alone + [item for item in sweeps if item.nodeid not in sample and item not in alone]


def needs_database(item: pytest.Item) -> bool:
    """True for a test that is told the database of the pass."""
    return _is_marked(item, "postgresql") or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def sampled(names: Iterable[str]) -> set[str]:
    """Return about one in ten of these node ids: of each test function the first by hash, and each that hits."""
    chosen: set[str] = set()
    for _, group in groupby(sorted(names), key=lambda name: name.partition("[")[0]):
        ranked = sorted((_hash(name), name) for name in group)
        chosen.update(name for place, (number, name) in enumerate(ranked) if place == 0 or number % ONE_IN == 0)
    return chosen


def examples(number: int) -> int:
    """Return how many generated examples a property that writes runs with: a fifth on PostgreSQL, the rest on SQLite.

    So each costs once; races, locks and constraints have tests of their own on both. `make long` runs all on both."""
    fewer = max(1, number // FEWER)
    return number if LONG else fewer if DATABASE == "postgresql" else max(1, number - fewer)


def rounds(number: int) -> int:
    """Return how often a race is run in one test: a third of the number, all of it in `make long`.

    A rival that must come in at one certain place has a test that meets it there (tests/concurrency/in_between.py)."""
    return number if LONG else max(1, number // 3)


def share(values: Sequence[T], place: int) -> Sequence[T]:
    """Return the sixth of the values that the field, query or operation at this place is tried with.

    Every sixth one is taken, so some of each kind; the neighbours get the others. All with GUILDHALL_TEST_LONG=1."""
    return values if LONG else values[place % SHARES::SHARES]


def check_marks(items: list[pytest.Item]) -> None:
    """Refuse marks without a reason, marks that contradict each other, and a test that would run in no pass."""
    for item in items:
        marks = [mark for mark in item.iter_markers() if mark.name in ("once", "sweep")]
        if any(len(mark.args) != 1 for mark in marks):
            raise pytest.UsageError(f"{item.nodeid}: once and sweep take one argument, the reason")
        if len({mark.name for mark in marks} | ({"postgresql"} if _is_marked(item, "postgresql") else set())) > 1:
            raise pytest.UsageError(f"{item.nodeid}: once, sweep and postgresql exclude each other")
    nowhere = set(left_out(items, "sqlite")) & set(left_out(items, "postgresql"))
    if nowhere:
        raise pytest.UsageError(f"run in no pass: {sorted(item.nodeid for item in nowhere)}")


def watch_databases() -> None:
    """Hear of each SQLite database that is opened in this process from now on.

    A process that a test starts needs no watch: only the fixtures know the address of the pass's database."""
    sys.addaudithook(_hear)


@contextmanager
def no_database(item: pytest.Item) -> Iterator[None]:
    """Fail the test if it uses a database although its fixtures say that it needs none and nothing says why."""
    if needs_database(item) or _is_marked(item, "once"):
        yield
        return
    opened: list[str] = []
    others = frozenset(thread.ident for thread in threading.enumerate()) - {threading.get_ident()}
    _watched.append((opened, others))
    try:
        yield
    finally:
        _watched.pop()
    if opened:
        pytest.fail(f"runs on SQLite alone, yet {opened[0]}: ask for a fixture of the database, or mark it `once`")


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event == "sqlite3.connect" and threading.get_ident() not in _watched[-1][1]:
        _watched[-1][0].append(f"opens the database {arguments[0]!r}")


def _is_marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


def _hash(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8])
