"""What one request may ask of the words of many texts, and of what is kept (docs/bff.md)."""
from typing import Any

import pytest

from app.folding import indexed_words
from app.search.port import Document
from blueprints.platform.bff import words
from blueprints.platform.bff.rules import FieldCondition, Property
from tests.clients import ApiClient
from tests.platform.bff.conftest import Shelf
from tests.platform.bff.rows import ask

TEXT = Property("text", "text", "text")
SAID = ["Brass lamp", "A lampshade of 12 parts", "GR-49 gasket", "iphone 15", "Ärger mit Lampen", "東京 lamp"]


def documents() -> list[Document]:
    return [Document(str(place), 1, {"text": text}) for place, text in enumerate(SAID)]


@pytest.mark.parametrize("condition", [
    {"operator": "match", "values": ["one"] * 51}, {"operator": "match", "value": "a " * 51},
    {"operator": "match_phrase", "value": "a-" * 51}])
def test_a_condition_asks_for_so_many_words_and_no_more(realm: str, ben: ApiClient, shelf: Shelf,
                                                        condition: dict[str, Any]) -> None:
    answer = ben.post(f"/{realm}/bff-service/{shelf.index}/list", json={shelf.text: condition})
    assert answer.status_code == 400
    assert "50 words" in answer.json["detail"][shelf.text]


def test_all_patterns_of_a_condition_together_have_so_many_stars_and_no_more(realm: str, ben: ApiClient,
                                                                             shelf: Shelf) -> None:
    patterns = ["a*"] * 9
    body = {shelf.text: {"operator": "wildcard", "values": patterns}}
    answer = ben.post(f"/{realm}/bff-service/{shelf.index}/list", json=body)
    assert answer.status_code == 400
    assert "8 `*` in all" in answer.json["detail"][shelf.text]
    ask(ben, realm, shelf.index, filters={shelf.text: {"operator": "wildcard", "values": patterns[1:]}})


def test_all_conditions_together_have_so_many_beginnings_and_patterns_and_no_more(
        realm: str, ben: ApiClient, shelf: Shelf) -> None:
    """Each is compared with every row."""
    begins, forms = [f"a{number}" for number in range(15)], [f"?{number}" for number in range(6)]
    body = {shelf.text: {"operator": "prefix", "values": begins}, "id": {"operator": "wildcard", "values": forms}}
    for verb in ("list", "count"):
        answer = ben.post(f"/{realm}/bff-service/{shelf.index}/{verb}", json=body)
        assert (answer.status_code, {*answer.json["detail"]}) == (400, {shelf.text, "id"})
        assert "20 beginnings" in answer.json["detail"]["id"]
    body["id"]["values"] = forms[1:]
    ask(ben, realm, shelf.index, filters=body)


def test_words_behind_the_fiftieth_are_not_looked_for() -> None:
    said = [first + second for first in "bcdfg" for second in "aeiouylmnr"]
    held = [Document("0", 1, {"text": " ".join(said)})]
    assert words.holding_words(held, ["text"], " ".join([*said, "gone"])) == held
    assert words.holding_words(held, ["text"], " ".join([*said[1:], "gone"])) == []


@pytest.mark.parametrize("value", [{}, "x", 1.5, ["x"], 2])
@pytest.mark.parametrize("operator", ["exists", "missing"])
def test_what_takes_no_value_is_given_none(realm: str, ben: ApiClient, shelf: Shelf, operator: str,
                                           value: Any) -> None:
    for name in ("value", "values"):
        body = {"id": {"operator": operator, name: value}}
        assert "id" in ben.post(f"/{realm}/bff-service/{shelf.index}/list", json=body).json["detail"]
    ask(ben, realm, shelf.index, filters={"id": {"operator": operator, "value": True}})


def test_a_value_of_many_lists_in_lists_is_refused(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    nested = '{"id": {"operator": "exists", "value": ' + "[" * 500 + "]" * 500 + "}}"
    for verb in ("list", "count"):
        answer = ben.post(f"/{realm}/bff-service/{shelf.index}/{verb}", data=nested,
                          headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


def test_a_filter_that_is_larger_than_anybody_needs_is_not_kept(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    conditions = {shelf.text: {"operator": "eq", "values": ["x" * 1000] * 80}}
    path = f"/{realm}/bff-service/{shelf.index}/filters"
    answer = ben.post(path, json={"filterName": "large", "conditions": conditions})
    assert answer.status_code == 400
    assert "conditions" in answer.json["detail"]
    assert ben.get(path).json["total"] == 0


@pytest.mark.parametrize(("typed", "found"), [
    ("lamp ", "05"), ("lamp", "0145"), ("amp", ""), ("LAMP brass ", "0"), ("12 ", "1"), ("1 ", ""), ("gr49 ", "2"),
    ("gr 49 ", "2"), ("49", "2"), ("iphone15 ", "3"), ("iphone 15 ", "3"), ("arger ", "4"), ("東 ", "5"), ("京東", "5"),
    ("lam", "0145"), ("l", ""), ("!", "")])
def test_words_are_found_as_the_index_finds_them(typed: str, found: str) -> None:
    assert "".join(one.id for one in words.holding_words(documents(), ["text"], typed)) == found


def test_a_text_is_cut_into_words_once_however_many_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[str] = []
    monkeypatch.setattr(words, "indexed_words", lambda text: cut.append(text) or indexed_words(text))
    asked = FieldCondition(TEXT, "match", ("4", "gr4", "1", "r49", "5"))
    assert words.fulfilling(documents(), asked) == []
    assert sorted(cut) == sorted(set(cut))
    cut.clear()
    assert [one.id for one in words.fulfilling(documents(), FieldCondition(TEXT, "match", ("lamp", "brass")))] == [
        "0", "5"]
    assert not cut


@pytest.mark.parametrize(("operator", "values", "found"), [
    ("match_phrase", ("lampshade of", "no such"), "1"), ("match_phrase", ("shade of",), ""),
    ("match_phrase_prefix", ("brass la", "iphone 1"), "03")])
def test_one_of_several_phrases_is_enough(operator: str, values: tuple[str, ...], found: str) -> None:
    assert "".join(one.id for one in words.fulfilling(documents(), FieldCondition(TEXT, operator, values))) == found
