"""The rule that decides which test runs in which pass cannot lose a test without a word."""
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import passes


def test_a_sample_holds_one_of_each_function_and_about_one_in_ten() -> None:
    names = [f"tests/a.py::test_many[{number}]" for number in range(1000)] + ["tests/a.py::test_alone"]
    chosen = passes.sampled(names, 10, passes.function_of)
    assert "tests/a.py::test_alone" in chosen
    assert 50 < len(chosen) < 150


def test_a_sample_is_the_same_in_whatever_order_the_tests_come() -> None:
    names = [f"tests/a.py::test_many[{number}]" for number in range(100)]
    assert passes.sampled(names, 10, passes.function_of) == passes.sampled(reversed(names), 10, passes.function_of)


@dataclass
class Item:
    """What the choice looks at of a test."""

    nodeid: str
    marks: tuple[str, ...] = ()
    fixturenames: tuple[str, ...] = ("app", "testbed")
    __doc__: str = ""

    @property
    def name(self) -> str:
        return self.nodeid.rpartition("::")[2]

    @property
    def obj(self) -> "Item":
        return self

    def iter_markers(self) -> Iterable[Any]:
        return [getattr(pytest.mark, mark)("a reason").mark for mark in self.marks]

    def get_closest_marker(self, name: str) -> object:
        return name in self.marks or None


def where(*items: Item) -> list[str]:
    """Return for each test the databases it runs on, "p" or "s" or both."""
    found = passes.databases_of(items)  # type: ignore[arg-type]
    return ["".join(sorted(name[0] for name in found[item.nodeid])) for item in items]


def test_each_case_runs_once_and_each_function_of_several_cases_on_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    for number in (2, 3, 50):
        on = where(*(Item(f"tests/network/a.py::test_{number}x[{case}]") for case in range(number)))
        assert {*on} == {"p", "s"}
    assert on.count("p") < on.count("s")


def test_a_function_without_cases_runs_on_sqlite_and_about_an_eighth_of_a_file_on_postgresql_too(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    on = where(*(Item(f"tests/network/a.py::test_of_{number}x") for number in range(100)))
    assert {*on} == {"ps", "s"}
    assert 5 < on.count("ps") < 25
    assert where(Item("tests/network/a.py::test_it")) == where(Item("tests/network/a.py::test_it[1]")) == ["ps"]


@pytest.mark.parametrize("items", [
    [Item(f"tests/concurrency/a.py::test_it[{number}]") for number in range(9)],
    [Item(f"tests/app/data/a.py::test_it[{number}]") for number in range(9)],
    [Item(f"tests/network/a.py::test_net_{number}_it") for number in range(9)],
    [Item(f"tests/platform/a.py::test_2{number}_it") for number in range(9)],
    [Item(f"tests/network/a.py::test_scenario_{number}_it") for number in range(9)],
    [Item(f"tests/platform/a.py::test_it_{number}x", __doc__="M-21") for number in range(9)]])
def test_what_is_about_the_database_and_what_the_documents_name_runs_on_both(items: list[Item]) -> None:
    assert {*where(*items)} == {"ps"}


def test_marks_and_fixtures_place_a_test_before_any_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    assert where(Item("a.py::test_a", ("once",)), Item("a.py::test_b", ("postgresql",)),
                 Item("a.py::test_c", fixturenames=())) == ["s", "p", "s"]
    sweep = where(*(Item(f"a.py::test_m_1_d[{number}]", ("sweep",)) for number in range(100)))
    assert {*sweep} == {"p", "ps"}
    assert sweep.count("ps") < 25


def test_a_test_that_asked_for_no_database_may_not_open_one(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="opens the database"), passes.no_database(request.node):
        sqlite3.connect(tmp_path / "own.db").close()


@pytest.mark.once("the mark under test")
def test_a_test_marked_once_may_open_a_database_of_its_own(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with passes.no_database(request.node):
        sqlite3.connect(tmp_path / "own.db").close()


def test_of_the_examples_of_a_property_some_are_run_and_never_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    monkeypatch.setattr(passes, "DATABASE", "sqlite")
    assert [passes.examples(500), passes.examples(1)] == [62, 1]
    monkeypatch.setattr(passes, "DATABASE", "postgresql")
    assert [passes.examples(500), passes.examples(2)] == [31, 1]


def test_a_race_runs_in_fewer_rounds_and_never_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    assert [passes.rounds(30), passes.rounds(2)] == [10, 1]


def test_a_share_is_some_of_each_kind_and_its_neighbours_have_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    shares = [passes.share(range(40), place) for place in range(passes.SHARES)]
    assert sorted(value for share in shares for value in share) == [*range(40)]
    assert {len(share) for share in shares} == {2, 3}


def test_the_long_run_leaves_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", True)
    cases = [Item(f"tests/network/a.py::test_it[{number}]", ("sweep",) * (number % 2)) for number in range(9)]
    assert {*where(*cases)} == {"ps"}
    assert passes.rounds(30) == 30
    assert passes.share(range(9), 1) == range(9)
    for database in ("sqlite", "postgresql"):
        monkeypatch.setattr(passes, "DATABASE", database)
        assert passes.examples(500) == 500
