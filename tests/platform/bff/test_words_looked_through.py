"""Words of objects without an index of words: the newest rows are looked through, and the answer says whether there are
more (FD-8, docs/decisions/118)."""
from typing import Any

import pytest
from flask import Flask

from app.data.visibility import ReadObject, read_objects
from blueprints.platform.bff import narrowed
from blueprints.platform.bff.indexes import indexed_rows
from tests.clients import ApiClient
from tests.platform.bff.rows import ask, ids, keep, minutes

LOOKED_THROUGH = {
    "marketplace": {"category", "moderationAction", "orderManagementOrderItem", "subcategory", "user"},
    "network": {"certification", "language", "user"}}
MOST = 3


def without_an_index(realm: str) -> list[ReadObject]:
    return [one for of, one in read_objects() if of == realm and one.words and indexed_rows(one.model) is None]


def test_words_of_these_objects_alone_are_looked_through(app: Flask, realm: str) -> None:
    assert {one.name for one in without_an_index(realm)} == LOOKED_THROUGH[realm]


def test_so_many_rows_are_looked_through_and_where_there_are_more_the_answer_says_so(
        realm: str, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    root: ApiClient = people.super_admin()
    monkeypatch.setattr(narrowed, "WINDOW", MOST)
    for one in without_an_index(realm):
        word = one.words[0]
        for number in range(MOST + 1):
            [newest] = keep(one.model, {word: "Sextant", "created_at": minutes(number), **(
                {"email": f"{number}@test.example"} if one.name == "user" else {})})
            for verb in ("list", "count"):
                answer = ask(root, realm, one.name, verb=verb, q="sextant")
                assert answer["total"] == min(number + 1, MOST), one.name
                assert answer["degraded"] is True
                assert answer.get("atLeast", False) is (number == MOST), one.name
        assert ids(ask(root, realm, one.name, q="sextant"))[0] == newest
