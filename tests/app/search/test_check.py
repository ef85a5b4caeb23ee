"""What doctor says of an index that events feed: a difference that is on its way is none."""
import pytest

from app.search import catalogue
from app.search.port import IndexStatus


@pytest.mark.parametrize("on_its_way", [[True, False], [False, True]], ids=["delivered meanwhile", "written meanwhile"])
def test_an_event_that_is_on_its_way_makes_no_warning(monkeypatch: pytest.MonkeyPatch, on_its_way: list[bool]) -> None:
    seen = iter(on_its_way)
    compare(monkeypatch)
    monkeypatch.setattr("app.events.report.is_anything_on_its_way", lambda: next(seen))
    assert catalogue.check_index("product") == ("ok", "3 documents")


def test_a_difference_that_nothing_mends_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    compare(monkeypatch)
    monkeypatch.setattr("app.events.report.is_anything_on_its_way", lambda: False)
    assert catalogue.check_index("product") == ("warn", "2 of 3 documents are not what the database says")


def compare(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ready:
        def status(self) -> IndexStatus:
            return IndexStatus("product", "ready", documents=3)

    monkeypatch.setattr(catalogue, "search_index", lambda _: Ready())
    monkeypatch.setattr(catalogue, "differing_documents", lambda _: 2)
