"""Which tests run in which pass: `make test` runs the suite on SQLite and on PostgreSQL, but not all of it twice."""
import os
import re
import sqlite3
import sqlite3.dbapi2
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import groupby
from typing import Any, Literal, TypeVar

import pytest

T = TypeVar("T")
DATABASE = os.environ.get("GUILDHALL_TEST_DATABASE", "sqlite")
# Whoever asks for none of these, directly or by another fixture, is told nothing of the database of the pass.
DATABASE_FIXTURES = frozenset({"testbed", "postgresql_server", "build_world"})
SQLITE, POSTGRESQL = frozenset({"sqlite"}), frozenset({"postgresql"})
BOTH = SQLITE | POSTGRESQL
SWEEPS_ONE_IN = 10  # of a sweep on SQLite
CASES_ONE_IN = 8  # of the cases of a function, on PostgreSQL instead of SQLite
ALONE_ONE_IN = 8  # of the functions of a file that have no cases, on PostgreSQL, too
# Locks, races, SQL, events, jobs and migrations; scenarios and decisions of the documents, by name or docstring.
_ABOUT_THE_DATABASE = re.compile(r"^tests/(app/(data|events|jobs)|concurrency|migrations)/|/test_races\.py::")
_NAMED = re.compile(r"test_(scenario_|[a-z]{1,3}_)?\d+_")
_NAMED_IN_WORDS = re.compile(r"\b[A-Z]{1,3}-\d+\b")
SHARES = 16
PROFILE = "guildhall"
"""Of hypothesis: no property has a deadline (tests/conftest.py)."""
LONG = os.environ.get("GUILDHALL_TEST_LONG") == "1"  # `make long`
KILLS = int(os.environ.get("GUILDHALL_KILLS", "20" if LONG else "2"))
"""How often backup, restore, copy and upgrade are killed."""
BALLAST_MIB = 1024 if LONG else 0
"""How much there is to back up, restore, copy and upgrade when they are killed."""
_CONNECT = sqlite3.connect


def databases_of(items: Iterable[pytest.Item]) -> dict[str, frozenset[str]]:
    """Return node id → the databases that the test runs on.

    The choice depends on the names of the tests alone, so every xdist worker makes the same one."""
    placed = {item.nodeid: _placed(item) for item in items}
    number = Counter(map(function_of, placed))
    plain = [name for name, place in placed.items() if place is None]
    cases = sampled((name for name in plain if number[function_of(name)] > 1), CASES_ONE_IN, function_of)
    alone = sampled((name for name in plain if number[function_of(name)] == 1), ALONE_ONE_IN, file_of)
    sweeps = sampled((name for name, place in placed.items() if place == "sweep"), SWEEPS_ONE_IN, function_of)
    chosen = dict.fromkeys(cases, POSTGRESQL) | dict.fromkeys([*alone, *sweeps], BOTH)
    others = {None: SQLITE, "sweep": POSTGRESQL}
    return {name: place if isinstance(place, frozenset) else chosen.get(name, others[place])
            for name, place in placed.items()}


def _placed(item: pytest.Item) -> frozenset[str] | Literal["sweep"] | None:
    """Return where the test runs; "sweep" or None where that is decided by a sample."""
    marks = {mark.name for mark in item.iter_markers()}
    if "postgresql" in marks:
        return POSTGRESQL
    if "once" in marks or not needs_database(item):
        return SQLITE
    if LONG or "both" in marks:
        return BOTH
    if "sweep" in marks:
        return "sweep"
    if function_of(item.nodeid) == item.nodeid:
        words = getattr(getattr(item, "obj", None), "__doc__", None) or ""
        if _NAMED.match(item.name) or _NAMED_IN_WORDS.search(words):
            return BOTH
    return BOTH if _ABOUT_THE_DATABASE.search(item.nodeid) else None


def needs_database(item: pytest.Item) -> bool:
    """True for a test that is told the database of the pass."""
    return _is_marked(item, "postgresql") or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def sampled(names: Iterable[str], one_in: int, group_of: Callable[[str], str]) -> set[str]:
    """Return about one in so many of these node ids: of each group the first by hash, and each that hits but the last.

    So of each group of several some are chosen and some are not."""
    chosen: set[str] = set()
    for _, group in groupby(sorted(names, key=group_of), key=group_of):
        (_, first), *others = sorted((_hash(name), name) for name in group)
        chosen.update((first, *(name for number, name in others[:-1] if number % one_in == 0)))
    return chosen


def examples(number: int) -> int:
    """Return how many generated examples a property that writes runs with: an eighth, on PostgreSQL half as many.

    They are others at each run; races, locks and constraints have tests of their own. `make long` runs all on both."""
    return number if LONG else max(1, number // (16 if DATABASE == "postgresql" else 8))


def rounds(number: int) -> int:
    """Return how often a race is run in one test: a third of the number, all of it in `make long`.

    A rival that must come in at one certain place has a test that meets it there (tests/concurrency/in_between.py)."""
    return number if LONG else max(1, number // 3)


def share(values: Sequence[T], place: int, among: int = SHARES) -> Sequence[T]:
    """Return what the field, query or operation at this place is tried with: one in `among` of the values.

    Some of each kind, for they are taken at equal distances; the neighbours get the others. All in `make long`."""
    return values if LONG else values[place % among::among]


def left_out(items: Sequence[pytest.Item], database: str) -> list[pytest.Item]:
    """Return the tests that do not run in the pass on `database` ("sqlite" or "postgresql").

    Raises UsageError for a mark without a reason, marks that contradict each other, and a test of no pass."""
    for item in items:
        _check_marks(item)
    databases = databases_of(items)
    nowhere = [item.nodeid for item in items if not databases.get(item.nodeid)]
    if nowhere:
        raise pytest.UsageError(f"run in no pass: {nowhere}")
    return [item for item in items if database not in databases[item.nodeid]]


def _check_marks(item: pytest.Item) -> None:
    marks = [mark for mark in item.iter_markers() if mark.name in ("once", "sweep", "both", "postgresql")]
    if any(len(mark.args) != 1 for mark in marks if mark.name != "postgresql"):
        raise pytest.UsageError(f"{item.nodeid}: once, sweep and both take one argument, the reason")
    if len({mark.name for mark in marks}) > 1:
        raise pytest.UsageError(f"{item.nodeid}: once, sweep, both and postgresql exclude each other")


@contextmanager
def no_database(item: pytest.Item) -> Iterator[None]:
    """Fail the test if it opens a SQLite database although its fixtures say that it needs none and nothing says why.

    A process that a test starts needs no watch: only the fixtures know the address of the pass's database."""
    if needs_database(item) or _is_marked(item, "once"):
        yield
        return
    opened: list[str] = []
    others = frozenset(thread.ident for thread in threading.enumerate()) - {threading.get_ident()}

    def heard(database: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        if threading.get_ident() not in others:  # those that other tests left running are not its own
            opened.append(f"opens the database {database!r}")
        return _CONNECT(database, *arguments, **options)

    former = sqlite3.connect
    _replace_connect(heard)
    try:
        yield
    finally:
        _replace_connect(former)
    if opened:
        pytest.fail(f"runs on SQLite alone, yet {opened[0]}: ask for a fixture of the database, or mark it `once`")


def _replace_connect(connect: Callable[..., sqlite3.Connection]) -> None:
    """Not by an audit hook of Python: that is called for everything a process does, from then on to its end."""
    for module in (sqlite3, sqlite3.dbapi2):
        module.connect = connect  # type: ignore[assignment]


def function_of(name: str) -> str:
    """Return the node id without the case."""
    return name.partition("[")[0]


def file_of(name: str) -> str:
    """Return the file of a node id."""
    return name.partition("::")[0]


def _is_marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


def _hash(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8])
