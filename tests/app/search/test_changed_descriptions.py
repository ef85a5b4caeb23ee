"""A changed description is built beside what is served, which answers meanwhile as it did before (FD-10)."""
from collections.abc import Iterable
from pathlib import Path
from threading import Event, Thread

import pytest

from app.search import Document, Filter, IndexSchema, RebuildSource, SearchQuery, Sort, WhooshIndex, keyword, prose
from tests.app.search.conftest import SCHEMA, listing, source_of

CHANGED = IndexSchema("product", (
    *(field for field in SCHEMA.fields if field.name not in ("title", "tags")), prose("title", 5.0, filter=True),
    keyword("tags"), keyword("seller.name", facet=True)))
DOCUMENTS = [listing(str(number), type="FIXED" if number % 2 else "AUCTION", seller={"name": "Anna"})
             for number in range(20)]
SEEN = Filter("seller.name", "not_in", ["Anna"])


@pytest.fixture
def changed(tmp_path: Path) -> WhooshIndex:
    """An index that was written under one description and is opened under another."""
    before = WhooshIndex(tmp_path, SCHEMA)
    before.create()
    before.apply(DOCUMENTS)
    return WhooshIndex(tmp_path, CHANGED)


def test_what_the_description_of_before_does_not_have_is_not_answered_from_it(changed: WhooshIndex) -> None:
    """Who may see a document may stand in the new field: without it, nothing would be hidden."""
    assert not changed.search(SearchQuery("phone", facets=["seller.name"])).ready
    for filters in ([SEEN], [Filter("tags", "eq", "a"), SEEN]):
        assert not changed.search(SearchQuery("phone", filters)).ready
        assert changed.ids(SearchQuery("phone", filters)) is None
    assert changed.suggest("ph", [SEEN]) == []


def test_what_it_has_is_found_as_before_and_said_to_be_outdated(changed: WhooshIndex, tmp_path: Path) -> None:
    reasons: list[str] = []
    fresh = WhooshIndex(tmp_path, CHANGED, on_broken=reasons.append)
    found = fresh.search(SearchQuery("phone", [Filter("type", "eq", "FIXED")], facets=["type"], sort=Sort("price")))
    assert (found.ready, found.total, found.facets) == (True, 10, {"type": {"FIXED": 10}})
    assert (changed.status().state, changed.status().documents) == ("outdated", 20)
    assert ["description of before" in reason for reason in reasons] == [True]


def test_what_is_written_meanwhile_is_found_at_once_and_stays(changed: WhooshIndex) -> None:
    assert changed.apply([listing("new", title="Lamp", seller={"name": "Ben"})]) == 1
    assert changed.search(SearchQuery("lamp")).total == 1
    changed.rebuild(source_of([*DOCUMENTS, listing("new", title="Lamp", seller={"name": "Ben"})]))
    assert changed.status().state == "ready"
    assert [hit.id for hit in changed.search(SearchQuery("", [SEEN])).hits] == ["new"]


def test_who_searches_all_the_time_finds_all_before_during_and_after(changed: WhooshIndex, tmp_path: Path) -> None:
    """FD-10. What is written during the rebuild is found under both descriptions."""
    halfway, go_on = Event(), Event()

    def slowly(after: str | None) -> Iterable[Document]:
        for place, one in enumerate(source_of(DOCUMENTS).documents(after)):
            if place == 10:
                halfway.set()
                assert go_on.wait(60)
            yield one

    rebuilding = Thread(target=lambda: WhooshIndex(tmp_path, CHANGED).rebuild(RebuildSource(slowly, lambda: 20)))
    totals = [found(changed)]
    rebuilding.start()
    assert halfway.wait(60)
    totals += [found(changed) for _ in range(5)]
    WhooshIndex(tmp_path, CHANGED).apply([listing("new", seller={"name": "Ben"})])
    totals.append(found(changed) - 1)
    go_on.set()
    while rebuilding.is_alive():
        totals.append(found(changed) - 1)
    rebuilding.join()
    totals.append(found(changed) - 1)
    assert set(totals) == {20}
    assert changed.search(SearchQuery("phone", [SEEN])).total == 1
    assert changed.status().state == "ready"


def found(index: WhooshIndex) -> int:
    index.refresh()
    result = index.search(SearchQuery("phone", facets=["type"]))
    assert result.ready
    return result.total
