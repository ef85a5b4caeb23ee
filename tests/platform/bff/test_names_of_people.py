"""Accounts are found by their names among all accounts, not among the newest alone; records by their index of words."""
import pytest

from app.data.visibility import read_objects
from app.search.catalogue import declared_indexes, search_index
from blueprints.marketplace.search_indexing.models import SearchIndex
from blueprints.platform.bff import narrowed
from tests.clients import ApiClient
from tests.platform.bff.rows import ask, ids, keep, minutes


@pytest.mark.parametrize("name", ["zoltan", "Zoltán Kovác", "kovacs "])
def test_somebody_who_came_long_ago_is_found_by_name(realm: str, ben: ApiClient, monkeypatch: pytest.MonkeyPatch,
                                                     name: str) -> None:
    model = read_objects().get(realm, "user").model
    [first] = keep(model, {"fullname": "Zoltán Kovács", "email": "z@test.example"})
    keep(model, *({"fullname": f"Kovi {number}", "created_at": minutes(number + 1),
                   "email": f"k{number}@test.example"} for number in range(5)))
    monkeypatch.setattr(narrowed, "WINDOW", 2)
    answer = ask(ben, realm, "user", q=name)
    assert (ids(answer), answer["total"]) == ([first], 1)


def test_a_name_with_a_number_is_found_however_it_is_written(realm: str, ben: ApiClient) -> None:
    model = read_objects().get(realm, "user").model
    [agent] = keep(model, {"fullname": "Agent GR-49", "email": "a@test.example"})
    for name in ("gr49", "GR 49", "agent gr.49 "):
        assert ids(ask(ben, realm, "user", q=name)) == [agent]


@pytest.mark.parametrize("realm", ["marketplace"])
def test_records_are_found_by_their_index_of_words(realm: str, ben: ApiClient) -> None:
    said: list[dict[str, str]] = [{"title": "Brass lamp"}, {"title": "Iron"},
                                  {"title": "A room", "description": "with a brass lamp"}]
    made = keep(SearchIndex, *({"document": one, "reference_id": str(number)} for number, one in enumerate(said)))
    search_index("searchIndex").rebuild(declared_indexes()["searchIndex"].source)
    answer = ask(ben, realm, "searchIndex", q="brass lamps")
    assert ids(answer) == [made[0], made[2]]
    assert "degraded" not in answer
    assert ask(ben, realm, "searchIndex", q="brasss lamp")["corrected"] == "brass lamp"
    assert ask(ben, realm, "searchIndex", verb="schema")["wordFields"] == []
    search = ben.get(f"/{realm}/bff-service/search", query_string={"q": "brass"}).json
    assert "searchIndex" not in [group["indexName"] for group in search["groups"]]


@pytest.mark.parametrize("realm", ["marketplace"])
def test_records_are_found_by_their_words_while_the_index_is_away(realm: str, ben: ApiClient) -> None:
    made = keep(SearchIndex, {"document": {"title": "Brass lamp"}, "words": " brass lamp ", "reference_id": "1"},
                {"document": {"title": "Iron"}, "words": " iron ", "reference_id": "2"})
    answer = ask(ben, realm, "searchIndex", q="bra")
    assert (ids(answer), answer["degraded"]) == (made[:1], True)
