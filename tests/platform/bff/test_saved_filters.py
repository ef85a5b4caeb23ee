"""The filters that people keep: each for himself, in each index for itself (rules-platform §5.2, scenario 39)."""
from typing import Any

import pytest
from flask import Flask

from app.actor import system_actor
from app.data.ids import uuid7
from app.data.person_rows import PersonTables, forget_person
from app.runtime import runtime
from blueprints.platform.bff import commands
from tests.clients import ApiClient
from tests.concurrency.in_between import meet
from tests.platform.bff.conftest import Shelf

CONDITIONS = {"createdAt": {"operator": "range", "values": ["2026-01-01", None]}}


def save(caller: ApiClient, realm: str, index: str, **body: Any) -> Any:
    return caller.post(f"/{realm}/bff-service/{index}/filters", json={"filterName": "new", "conditions": CONDITIONS}
                       | body, headers=body.pop("headers", {}))


def kept(caller: ApiClient, realm: str, index: str, query: str = "") -> Any:
    answer = caller.get(f"/{realm}/bff-service/{index}/filters{query}")
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize("body", [
    {"filterName": ""}, {"filterName": None}, {"filterName": "x" * 101}, {"filterName": 1}, {"conditions": "x"},
    {"conditions": {"nothing": {"operator": "eq", "value": 1}}}, {"conditions": {"id": {"operator": "eq"}}}])
def test_a_filter_that_no_list_would_take_is_not_kept(realm: str, ben: ApiClient, shelf: Shelf, body: Any) -> None:
    assert save(ben, realm, shelf.index, **body).status_code == 400
    assert kept(ben, realm, shelf.index)["total"] == 0


def test_a_filter_without_conditions_is_not_kept(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    answer = ben.post(f"/{realm}/bff-service/{shelf.index}/filters", json={"filterName": "new"})
    assert answer.status_code == 400
    assert "conditions" in answer.json["detail"]


def test_a_person_keeps_so_many_and_no_more(realm: str, ben: ApiClient, shelf: Shelf, monkeypatch: Any) -> None:
    monkeypatch.setattr(commands, "MOST_SAVED", 2)
    assert [save(ben, realm, shelf.index).status_code for _ in range(3)] == [201, 201, 400]
    assert save(ben, realm, "user", conditions={}).status_code == 201


@pytest.mark.both("each database locks in its own way")
def test_of_two_who_save_the_last_one_at_once_one_is_refused(
        app: Flask, realm: str, ben: ApiClient, shelf: Shelf, monkeypatch: Any) -> None:
    monkeypatch.setattr(commands, "MOST_SAVED", 2)
    save(ben, realm, shelf.index)
    met = meet(app, monkeypatch, (commands, "insert"), lambda: save(ben, realm, shelf.index),
               lambda: save(ben, realm, shelf.index))
    assert (met.first.status_code, met.rival.status_code, met.rival_waited) == (201, 400, True)
    assert kept(ben, realm, shelf.index)["total"] == 2


def test_39_saved_filters_are_their_persons_alone(realm: str, ben: ApiClient, cleo: ApiClient, client: ApiClient,
                                                  shelf: Shelf) -> None:
    made = save(ben, realm, shelf.index.upper())
    assert made.status_code == 201, made.text
    row = {name: made.json[name] for name in ("id", "userId", "indexName", "filterName", "conditions")}
    assert row == {"id": made.json["id"], "userId": ben.user_id, "indexName": shelf.index, "filterName": "new",
                   "conditions": CONDITIONS}
    assert [one["id"] for one in kept(ben, realm, shelf.index)["items"]] == [made.json["id"]]
    assert kept(ben, realm, "user")["items"] == kept(cleo, realm, shelf.index)["items"] == []
    path = f"/{realm}/bff-service/{shelf.index}/filters/{made.json['id']}"
    assert client.delete(path).status_code == 401
    assert cleo.delete(path).status_code == 404
    assert ben.delete(f"/{realm}/bff-service/user/filters/{made.json['id']}").status_code == 404
    assert kept(ben, realm, shelf.index)["total"] == 1
    gone = ben.delete(path)
    assert gone.status_code == 200
    assert gone.json == {"status": "OK", "statusCode": 200, "message": "Filter deleted"}
    assert ben.delete(path).status_code == 404
    assert ben.delete(f"/{realm}/bff-service/{shelf.index}/filters/{uuid7()}").status_code == 404
    assert ben.delete(f"/{realm}/bff-service/{shelf.index}/filters/x").status_code == 400


def test_the_conditions_may_be_called_filters(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    answer = ben.post(f"/{realm}/bff-service/{shelf.index}/filters", json={"filterName": "x", "filters": CONDITIONS})
    assert answer.status_code == 201
    assert answer.json["conditions"] == CONDITIONS


def test_what_is_kept_may_be_asked(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("a")
    save(ben, realm, shelf.index)
    conditions = kept(ben, realm, shelf.index)["items"][0]["conditions"]
    assert ben.post(f"/{realm}/bff-service/{shelf.index}/count", json=conditions).json["total"] == 1


def test_saved_filters_come_in_pages_the_oldest_first(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    for name in "abc":
        save(ben, realm, shelf.index, filterName=name)
    page = kept(ben, realm, shelf.index, "?limit=2&page=2")
    assert [one["filterName"] for one in page["items"]] == ["c"]
    assert {name: page[name] for name in ("total", "totalPage", "currentPage", "nextPage", "prevPage", "pageItem")} == {
        "total": 3, "totalPage": 2, "currentPage": 2, "nextPage": None, "prevPage": 1, "pageItem": 1}
    assert ben.get(f"/{realm}/bff-service/{shelf.index}/filters?limit=0").status_code == 400


def test_the_same_key_keeps_one_filter(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    first, again = (save(ben, realm, shelf.index, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.json["id"] == again.json["id"]
    assert kept(ben, realm, shelf.index)["total"] == 1


def test_who_is_gone_for_good_leaves_no_filter(realm: str, ben: ApiClient, cleo: ApiClient, shelf: Shelf) -> None:
    save(ben, realm, shelf.index)
    save(cleo, realm, shelf.index)
    forget_person(system_actor(realm), runtime().part(PersonTables), ben.user_id, None)
    assert kept(cleo, realm, shelf.index)["total"] == 1
    assert kept(ben, realm, shelf.index)["total"] == 0
