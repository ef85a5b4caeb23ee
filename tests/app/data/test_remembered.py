"""What was found is served again until a write outdates it; what may age says how old it is (docs/decisions/122)."""
from pathlib import Path

import pytest
from flask import Flask

from app.actor import system_actor
from app.data.list_cache import SharedMemoryVersions
from app.data.reads import remembered, totals
from app.data.reads.remembered import RememberedReads, digest_of
from app.data.unit_of_work import unit_of_work

pytestmark = pytest.mark.once("no database is asked")


class Search:
    """Something that takes `cost` seconds to find, seen through what one process remembers."""

    def __init__(self, versions: SharedMemoryVersions) -> None:
        self.value, self.cost, self.moment, self.times = ["a"], 1.0, 0.0, 0
        self._versions, self.reads = versions, RememberedReads(versions)

    def find(self) -> list[str]:
        self.times += 1
        self.moment += self.cost
        return self.value

    def write(self, *value: str) -> None:
        self.value = list(value)
        self._versions.invalidate("rows:table")

    def ask(self, key: str = "key", *, may_age: bool = False) -> tuple[list[str], int]:
        """Return what is found and its age in milliseconds, 0 where it is exact."""
        found, outdated = self.reads.get(key, ("rows:table",), self.find, may_age=may_age)
        return found, outdated.age_ms if outdated else 0


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Search:
    made = Search(SharedMemoryVersions(tmp_path / "cache-versions"))
    monkeypatch.setattr(totals, "_clock", lambda: made.moment)
    return made


def test_after_a_write_it_is_found_anew(search: Search) -> None:
    for value in ("a", "b"):
        search.write(value)
        assert search.ask() == ([value], 0)


def test_without_a_write_it_is_found_once(search: Search) -> None:
    assert [search.ask(), search.ask()] == [(["a"], 0)] * 2
    assert search.times == 1


def test_another_question_is_another_thing(search: Search) -> None:
    search.ask("one")
    search.ask("other")
    assert search.times == 2


def test_no_longer_than_five_minutes_it_is_taken_for_exact(search: Search) -> None:
    """A process that was killed behind its commit may have left the new version out."""
    search.ask()
    search.moment += 300
    search.ask()
    assert search.times == 2


def test_what_may_age_stands_for_twenty_times_its_cost_and_says_its_age(search: Search) -> None:
    search.ask(may_age=True)
    search.write("b")
    search.moment = 20.0
    assert search.ask(may_age=True) == (["a"], 20_000)
    assert search.ask() == (["b"], 0)
    search.write("c")
    search.moment = 41.1
    assert search.ask(may_age=True) == (["c"], 0)


def test_what_is_cheap_does_not_age(search: Search) -> None:
    search.cost = 0.005
    for value in ("a", "b"):
        search.write(value)
        assert search.ask(may_age=True) == ([value], 0)


def test_nothing_is_remembered_within_a_unit_of_work(app: Flask, search: Search) -> None:
    search.ask()
    with unit_of_work(system_actor("marketplace")):
        search.ask()
    search.ask()
    assert search.times == 2


def test_the_oldest_makes_room(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_WEIGHT", 25)
    for key in ("one", "two", "three", "two", "three", "one"):
        search.ask(key)
    assert search.times == 4


def test_ids_in_another_order_have_another_digest() -> None:
    assert len({digest_of("ab"), digest_of("ba"), digest_of(["ab"]), digest_of("ab" * 2)}) == 4
    assert digest_of(["a", "b"]) == digest_of("ab")
