"""A total is exact up to a bound; above it a dear one may be twenty times its cost old, and says so (decision 36)."""
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.actor import system_actor
from app.data.holdings import holdings
from app.data.list_cache import SharedMemoryVersions
from app.data.reads import Page, list_rows, totals
from app.data.reads.totals import RowTotals
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.category_management.models import Category
from blueprints.network.profile.models import Profile
from tests.clients import ApiClient, Callers
from tests.network.profile.cards import block
from tests.platform.bff.rows import keep

CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"


class Table:
    """A table of `rows` rows that takes `cost` seconds to count, seen through the totals of one process."""

    def __init__(self, versions: SharedMemoryVersions) -> None:
        self.rows, self.cost, self.moment = 100, 1.0, 0.0
        self.counts: list[int | None] = []
        self._versions, self._totals = versions, RowTotals(versions)

    def count(self, limit: int | None) -> int:
        self.counts.append(limit)
        if limit is not None:
            return min(limit, self.rows)
        self.moment += self.cost
        return self.rows

    def write(self, rows: int) -> None:
        self.rows = rows
        self._versions.invalidate("rows:table")

    def total(self, is_certain: bool = True) -> tuple[int, int]:
        """Return the total and its age in milliseconds, 0 for an exact one."""
        rows, outdated = self._totals.get("key", ("rows:table",), self.count, is_certain=is_certain)
        return rows, outdated.age_ms if outdated else 0


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    made = Table(SharedMemoryVersions(tmp_path / "cache-versions"))
    monkeypatch.setattr(totals, "EXACT_UP_TO", 10)
    monkeypatch.setattr(totals, "_clock", lambda: made.moment)
    return made


def test_up_to_the_bound_a_total_is_exact_after_every_write(table: Table) -> None:
    for rows in (0, 3, 10, 9):
        table.write(rows)
        assert table.total() == (rows, 0)


def test_without_a_write_nothing_is_counted(table: Table) -> None:
    for rows in (5, 100):
        table.write(rows)
        table.total()
        table.counts.clear()
        assert table.total() == (rows, 0)
        assert table.counts == []


def test_a_dear_total_stands_for_twenty_times_its_cost(table: Table) -> None:
    assert table.total() == (100, 0)
    table.write(101)
    assert table.total() == (100, 1000)
    table.moment = 20.0
    assert table.total() == (100, 20_000)
    table.moment = 20.1
    assert table.total() == (101, 0)


def test_writes_in_quick_succession_do_not_make_it_older_than_that(table: Table) -> None:
    table.total()
    for rows in range(101, 300):
        table.write(rows)
        table.moment += 1
        assert table.total()[1] <= 20_000
    assert table.counts.count(None) <= 1 + 199 // 20


def test_a_cheap_total_is_counted_after_every_write(table: Table) -> None:
    table.cost = 0.005
    for rows in (100, 101, 102):
        table.write(rows)
        assert table.total() == (rows, 0)


def test_rows_that_fell_to_the_bound_are_exact_at_once(table: Table) -> None:
    table.total()
    table.write(10)
    assert table.total() == (10, 0)
    table.write(11)
    assert table.total() == (11, 0)


def test_many_who_ask_at_once_have_it_counted_once(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    came, go_on = threading.Barrier(33), threading.Event()
    count, answers = table.count, []

    def counted(limit: int | None) -> int:
        if limit is not None:
            came.wait(30)
        else:
            assert go_on.wait(30)
        return count(limit)

    monkeypatch.setattr(table, "count", counted)
    askers = [threading.Thread(target=lambda: answers.append(table.total())) for _ in range(32)]
    for asker in askers:
        asker.start()
    came.wait(30)  # all have found more rows than the bound
    go_on.set()
    for asker in askers:
        asker.join(30)
    assert answers == [(100, 0)] * 32
    assert table.counts.count(None) == 1


# In lists ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def dear(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Every count of more than two rows is dear; called, it says how many times its cost a total stands."""
    monkeypatch.setattr(totals, "EXACT_UP_TO", 2)
    monkeypatch.setattr(totals, "CHEAP_SECONDS", 0.0)
    monkeypatch.setattr(holdings(), "totals", RowTotals(holdings().cache_versions))

    def stands_for(times: float) -> None:
        monkeypatch.setattr(totals, "TIMES_ITS_COST", times)

    stands_for(1e9)
    return stands_for


def test_a_list_says_how_old_its_total_is_also_from_the_cache(
        as_admin: ApiClient, dear: Callable[[float], None]) -> None:
    for title in "abc":
        as_admin.post(CATEGORIES, json={"title": title})
    exact = as_admin.get(f"{CATEGORIES}?pageRowCount=2")
    assert (exact.json["paging"]["totalRowCount"], "X-Total-Age" in exact.headers) == (3, False)
    as_admin.post(CATEGORIES, json={"title": "d"})
    for source in ("db", "cache"):
        old = as_admin.get(f"{CATEGORIES}?pageRowCount=2")
        assert (old.json["source"], old.json["paging"]["totalRowCount"]) == (source, 3)
        assert int(old.headers["X-Total-Age"]) >= 1
    assert [row["title"] for row in as_admin.get(f"{CATEGORIES}?pageNumber=2&pageRowCount=2").json["categories"]] == [
        "c", "d"]
    dear(0)
    fresh = as_admin.get(f"{CATEGORIES}?pageRowCount=2&caching=false")
    assert (fresh.json["paging"]["totalRowCount"], "X-Total-Age" in fresh.headers) == (4, False)


def test_an_answer_with_an_old_total_is_not_kept_longer_than_the_total(
        as_admin: ApiClient, dear: Callable[[float], None], monkeypatch: pytest.MonkeyPatch) -> None:
    for title in "abc":
        as_admin.post(CATEGORIES, json={"title": title})
    as_admin.get(f"{CATEGORIES}?pageRowCount=2")
    as_admin.post(CATEGORIES, json={"title": "d"})
    monkeypatch.setattr(totals.Outdated, "seconds_left", 0.0)
    assert [as_admin.get(f"{CATEGORIES}?pageRowCount=2").json["source"] for _ in range(2)] == ["db", "db"]


def test_a_short_page_tells_the_total_by_itself(as_admin: ApiClient, dear: Callable[[float], None]) -> None:
    for title in "abc":
        as_admin.post(CATEGORIES, json={"title": title})
    as_admin.get(f"{CATEGORIES}?pageRowCount=2")
    as_admin.post(CATEGORIES, json={"title": "d"})
    for query in ("", "?pageNumber=2&pageRowCount=2", "?pageRowCount=4"):
        answer = as_admin.get(CATEGORIES + query)
        assert (answer.json["paging"]["totalRowCount"], "X-Total-Age" in answer.headers) == (4, False)


def test_a_total_knows_of_a_change_of_whatever_its_condition_asks(
        callers: Callers, dear: Callable[[float], None]) -> None:
    ben, cleo, *others = (callers.user(name, realm="network") for name in ("ben", "cleo", "dora", "emil", "finn"))
    for person in (ben, *others):
        keep(Profile, {"user_id": person.user_id, "owner": person.user_id, "profile_visibility": "public"})

    def asked() -> Any:
        return cleo.get("/network/profile-api/v1/profiles?pageRowCount=1&caching=false")

    block(cleo, callers.user("gita", realm="network"))
    for _ in range(3):  # what runs for the first time in a process looks different to SQLAlchemy the second time
        exact = asked()
        assert (exact.json["paging"]["totalRowCount"], "X-Total-Age" in exact.headers) == (4, False)
    block(ben, cleo)
    assert int(asked().headers["X-Total-Age"]) >= 1, "no header would say that the total is exact"
    dear(0)
    assert asked().json["paging"]["totalRowCount"] == 3


def test_where_no_version_tells_of_a_change_a_total_says_its_age(table: Table) -> None:
    assert table.total(is_certain=False) == (100, 0)
    table.moment += 3
    assert table.total(is_certain=False) == (100, 4000), "its count took a second"
    table.moment += 20
    assert table.total(is_certain=False) == (100, 0)
    assert table.counts.count(None) == 2


def test_inside_a_unit_of_work_nothing_is_remembered(app: Flask, dear: Callable[[float], None]) -> None:
    actor = system_actor("marketplace")
    for title in "abc":
        create_category(actor, title=title)
    with unit_of_work(actor) as work:
        create_category(actor, title="d")
        work.flush()
        assert list_rows(Category, Page(1, 2)).total == 4
        work.rollback()
    assert list_rows(Category, Page(1, 2)).total == 3
