"""Searches without hits: counted for the operator, readable once three people searched the same, and never for long."""
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from redis import RedisError
from sqlalchemy import select

from app.actor import anonymous, system_actor
from app.clock import moved_clock
from app.data.person_rows import PersonTables, forget_person
from app.data.reads import fetch
from app.jobs.worker import run_job
from app.runtime import runtime
from app.search import misses, noted_misses
from app.search.catalogue import rebuild_index
from app.search.misses import SearchMiss
from app.search.noted_misses import note_miss
from cli import load_command
from tests.clients import ApiClient, Callers
from tests.contract.leaks import kept_in_the_database
from tests.marketplace.search_indexing.conftest import BASE, Shop, settle

JOB = "keep-search-misses"


@pytest.fixture(autouse=True)
def nothing_waits(app: Flask) -> None:
    rebuild_index("searchIndex")
    runtime().redis.delete("search-misses")


def search(caller: ApiClient, words: str, **arguments: str) -> None:
    assert caller.get(f"{BASE}/v1/searchindexes", query_string={"q": words, **arguments}).status_code == 200


def people(callers: Callers, count: int) -> list[ApiClient]:
    return [callers.user(f"person{n}") for n in range(count)]


def listed() -> list[dict[str, Any]]:
    run_job(JOB)
    return [{name: row[name] for name in ("words", "callers")} for row in misses.misses(10)]


def is_kept(word: str) -> bool:
    """Return whether a word stands anywhere in the database."""
    return any(word in str(kept).casefold() for kept in kept_in_the_database())


def rows() -> int:
    return len(fetch(select(SearchMiss.id)))


# What is not counted, or not kept ------------------------------------------------------------------------------------


def test_what_finds_something_or_is_narrowed_by_a_filter_or_is_no_word_is_no_miss(shop: Shop, callers: Callers) -> None:
    shop.list_phone(title="Couch")
    settle()
    for caller in people(callers, 3):
        search(caller, "couch")
        search(caller, "chaise", documentType="SELLER")
        search(caller, "***")
        search(caller, "x " * 60)
    assert (listed(), rows()) == ([], 0)


def test_who_is_not_logged_in_is_not_counted(app: Flask) -> None:
    note_miss(anonymous("marketplace"), "searchIndex", "chaise")
    assert (listed(), rows()) == ([], 0)


def test_what_two_people_searched_is_known_to_nobody(callers: Callers) -> None:
    settle()
    for caller in people(callers, 2) * 2:
        search(caller, "my neighbour Smith")
    assert listed() == []
    assert rows() == 2
    assert not is_kept("smith")


def test_what_waits_for_the_job_is_sealed(callers: Callers) -> None:
    settle()
    search(callers.user("ann"), "neighbour")
    [waiting] = runtime().redis.lrange("search-misses", 0, -1)  # type: ignore[misc]
    assert b"neighbour" not in waiting


def test_a_search_goes_on_while_redis_is_away(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = callers.user("ann")
    settle()

    def away(*_: Any, **__: Any) -> Any:
        raise RedisError
    monkeypatch.setattr(type(runtime().redis), "pipeline", away)
    monkeypatch.setattr(type(runtime().redis), "lpop", away)
    note_miss(caller.actor, "searchIndex", "chaise")
    assert misses.keep_search_misses() == "0 counted"


def test_one_person_fills_no_more_than_a_share(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses, "MOST_OF_CALLER", 3)
    ann, ben = people(callers, 2)
    for word in ("aaa", "bbb", "ccc", "ddd", "aaa"):
        note_miss(ann.actor, "searchIndex", word)
    note_miss(ben.actor, "searchIndex", "ddd")
    assert (listed(), rows()) == ([], 4)


def test_no_more_waits_and_no_more_rows_stay_than_the_bounds(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noted_misses, "MOST_WAITING", 4)
    monkeypatch.setattr(misses, "MOST_ROWS", 2)
    ann = callers.user("ann")
    for number in range(9):
        note_miss(ann.actor, "searchIndex", f"word{number}")
    assert runtime().redis.llen("search-misses") == 4
    assert (listed(), rows()) == ([], 2)


def test_after_thirty_days_it_is_forgotten(callers: Callers) -> None:
    for caller in people(callers, 3):
        note_miss(caller.actor, "searchIndex", "chaise")
    assert listed() == [{"words": "chaise", "callers": 3}]
    with moved_clock(days=31):
        assert (listed(), rows()) == ([], 0)


def test_who_is_erased_is_counted_no_more_and_the_word_is_unreadable_again(callers: Callers) -> None:
    three = people(callers, 3)
    for caller in three:
        note_miss(caller.actor, "searchIndex", "chaise")
    assert listed() == [{"words": "chaise", "callers": 3}]
    assert is_kept("chaise")
    forget_person(system_actor("marketplace"), runtime().part(PersonTables), str(three[0].user_id), None)
    assert misses.misses(10) == []
    run_job(JOB)
    assert not is_kept("chaise")
    assert rows() == 2


# What is -------------------------------------------------------------------------------------------------------------


def test_a_word_is_unreadable_again_in_one_realm_whatever_is_searched_in_the_other(callers: Callers) -> None:
    three = people(callers, 3)
    for caller in three:
        note_miss(caller.actor, "searchIndex", "chaise")
        note_miss(replace(caller.actor, realm_or_none="network"), "searchIndex", "chaise")
    assert [row["callers"] for row in listed()] == [3, 3]
    forget_person(system_actor("marketplace"), runtime().part(PersonTables), str(three[0].user_id), None)
    run_job(JOB)
    assert {row.realm for row in fetch(select(SearchMiss.realm).where(SearchMiss.said.is_not(None)))} == {"network"}


def test_what_three_people_searched_is_told_however_they_write_it(callers: Callers) -> None:
    """Also when the three ask within the time for which answers are remembered."""
    settle()
    for caller, words in zip(people(callers, 3), ("Chaise Longue", "chaise  longue", "CHAISE, longue"), strict=True):
        search(caller, words)
        search(caller, words)
    assert listed() == [{"words": "chaise longue", "callers": 3}]


def test_the_same_words_by_the_same_people_are_told_with_the_most_callers_first(callers: Callers) -> None:
    settle()
    four = people(callers, 4)
    for caller in four:
        search(caller, "chaise")
    for caller in four[:3]:
        search(caller, "divan")
    assert listed() == [{"words": "chaise", "callers": 4}, {"words": "divan", "callers": 3}]
    assert len(misses.misses(1)) == 1


def test_the_command_prints_them(app: Flask, callers: Callers) -> None:
    for caller in people(callers, 3):
        note_miss(caller.actor, "searchIndex", "chaise")
    run_job(JOB)
    printed = app.test_cli_runner().invoke(load_command("index"), ["misses", "--json"])
    assert printed.exit_code == 0, printed.output
    assert '"words": "chaise"' in printed.output
