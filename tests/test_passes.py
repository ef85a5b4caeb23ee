"""The rule that decides which test runs in which pass cannot lose a test without a word."""
import sqlite3
from pathlib import Path

import pytest

from tests import passes


def test_a_sample_holds_one_of_each_function_and_about_one_in_ten() -> None:
    names = [f"tests/a.py::test_many[{number}]" for number in range(1000)] + ["tests/a.py::test_alone"]
    chosen = passes.sampled(names)
    assert "tests/a.py::test_alone" in chosen
    assert 50 < len(chosen) < 150


def test_a_sample_is_the_same_in_whatever_order_the_tests_come() -> None:
    names = [f"tests/a.py::test_many[{number}]" for number in range(100)]
    assert passes.sampled(names) == passes.sampled(reversed(names))


def test_a_test_that_asked_for_no_database_may_not_open_one(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="opens the database"), passes.no_database(request.node):
        sqlite3.connect(tmp_path / "own.db").close()


@pytest.mark.once("the mark under test")
def test_a_test_marked_once_may_open_a_database_of_its_own(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with passes.no_database(request.node):
        sqlite3.connect(tmp_path / "own.db").close()


def test_the_examples_of_a_property_are_run_once_most_of_them_on_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    monkeypatch.setattr(passes, "DATABASE", "sqlite")
    assert [passes.examples(500), passes.examples(1)] == [400, 1]
    monkeypatch.setattr(passes, "DATABASE", "postgresql")
    assert [passes.examples(500), passes.examples(2)] == [100, 1]


def test_a_race_runs_in_fewer_rounds_and_never_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    assert [passes.rounds(30), passes.rounds(2)] == [10, 1]


def test_a_share_is_some_of_each_kind_and_its_neighbours_have_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", False)
    shares = [passes.share(range(20), place) for place in range(passes.SHARES)]
    assert sorted(value for share in shares for value in share) == [*range(20)]
    assert {len(share) for share in shares} == {3, 4}


def test_the_long_run_leaves_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "LONG", True)
    assert passes.rounds(30) == 30
    assert passes.share(range(9), 1) == range(9)
    for database in ("sqlite", "postgresql"):
        monkeypatch.setattr(passes, "DATABASE", database)
        assert passes.examples(500) == 500
