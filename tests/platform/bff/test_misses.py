"""Searches of the read layer that find nothing are told to the operator, as those of other services; what one request
looks through is bounded."""
from typing import Any

import pytest
from flask import Flask

from app.jobs.worker import run_job
from app.runtime import runtime
from app.search import misses
from app.search.catalogue import declared_indexes, rebuild_index
from blueprints.platform.bff import queries
from tests.clients import ApiClient
from tests.platform.bff.conftest import Shelf
from tests.platform.bff.rows import ask


@pytest.fixture(autouse=True)
def nothing_waits(app: Flask) -> None:
    runtime().redis.delete("search-misses")


def three(people: Any) -> list[ApiClient]:
    return [people.user(f"person{number}") for number in range(3)]


def told() -> list[tuple[str, str, int]]:
    run_job("keep-search-misses")
    return [(row["index"], row["words"], row["callers"]) for row in misses.misses(10)]


def search(caller: ApiClient, realm: str, **query: Any) -> None:
    assert caller.get(f"/{realm}/bff-service/search", query_string=query).status_code == 200


def test_what_finds_something_or_is_filtered_or_is_each_persons_own_is_no_miss(realm: str, people: Any,
                                                                               shelf: Shelf) -> None:
    shelf.keep("Brass lamp")
    private = "messagingMessage" if realm == "marketplace" else "message"
    for caller in three(people):
        ask(caller, realm, shelf.index, q="brass")
        ask(caller, realm, shelf.index, q="chaise", filters={"createdAt": {"operator": "exists"}})
        ask(caller, realm, private, q="chaise")
        search(caller, realm, q="brass")
    assert told() == []


def test_words_that_find_nothing_are_told_once_three_people_searched_them(realm: str, people: Any,
                                                                          shelf: Shelf) -> None:
    index, known_as = (shelf.index, shelf.index) if realm == "marketplace" else ("jobPosting", "jobs")
    if realm == "network":
        rebuild_index("jobs")
    for number, caller in enumerate(three(people)):
        ask(caller, realm, index, q="Chaise longue")
        assert told() == ([(known_as, "chaise longue", 3)] if number == 2 else [])


def test_a_search_everywhere_is_one_miss_when_nothing_is_found_anywhere(realm: str, people: Any, shelf: Shelf) -> None:
    for name in declared_indexes():
        rebuild_index(name)
    shelf.keep("Brass lamp")
    for caller in three(people):
        search(caller, realm, q="settee")
        search(caller, realm, q="brass")
    assert told() == [("everywhere", "settee", 3)]


def test_a_search_everywhere_looks_through_no_more_rows_than_one_list(realm: str, ben: ApiClient, shelf: Shelf,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    asked = queries.indexes_with_words(ben.actor)
    assert len(asked) > 4
    monkeypatch.setattr(queries, "WINDOW", 3 * len(asked))
    shelf.keep(*["Brass"] * 5)
    groups = ben.get(f"/{realm}/bff-service/search", query_string={"q": "brass"}).json["groups"]
    [found] = [group for group in groups if group["indexName"] == shelf.index]
    assert (found["total"], found["degraded"]) == (3, True)
    assert ask(ben, realm, shelf.index, q="brass")["total"] == 5
