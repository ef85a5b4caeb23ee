"""What the BFF refuses, by the name of what is wrong (rules-platform §5.2): before anything is looked at."""
from typing import Any

import pytest

from app.data.ids import uuid7
from tests.clients import ApiClient
from tests.platform.bff.conftest import Shelf

VERBS = ("list", "count")


def refused(answer: Any, status: int, name: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.json["result"] == "ERR"
    assert not name or name in answer.json["detail"], answer.text


def post(caller: ApiClient, realm: str, index: str, body: Any, verb: str = "list", query: str = "") -> Any:
    return caller.post(f"/{realm}/bff-service/{index}/{verb}{query}", json=body)


def test_an_index_that_nobody_declares_is_not_there(realm: str, ben: ApiClient, client: ApiClient) -> None:
    for caller in (ben, client):
        for path in ("nothing/list", "nothing/count", "nothing/schema", f"nothing/{uuid7()}", "user_/list"):
            refused(caller.get(f"/{realm}/bff-service/{path}"), 404)
    refused(ben.get(f"/{realm}/bff-service/nothing/filters"), 404)


@pytest.mark.parametrize(("query", "body"), [
    ("", {}), ("?q=", {}), ("?q=b", {}), ("?q=%20b%20", {}), ("?q=....", {}), ("?after=x", {}),
    ("", {"id": {"operator": "exists"}}), ("", {"id": {"operator": "noteq", "value": str(uuid7())}}),
    ("", {"id": {"operator": "range", "values": [None, None]}}),
    ("", {"fullname": {"operator": "wildcard", "value": "*"}}), ("?q=b", {"fullname": {"operator": "exists"}})])
def test_nobody_but_staff_pages_through_all_people(realm: str, people: Any, ben: ApiClient, query: str,
                                                   body: Any) -> None:
    for verb in VERBS:
        refused(post(ben, realm, "user", body, verb, query), 400, "q")
        if not body:
            refused(ben.get(f"/{realm}/bff-service/user/{verb}{query}"), 400, "q")
    if "after" not in query:
        assert post(people.admin("ada"), realm, "user", body, "count", query).status_code == 200


def test_people_are_found_by_their_name_or_id(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    for query, body in (("?q=cl", {}), ("", {"id": {"operator": "eq", "value": cleo.user_id}})):
        for verb in VERBS:
            assert post(ben, realm, "user", body, verb, query).json["total"] == 1
    assert post(ben, realm, "user", {}, query="?q=cl").json["items"][0]["id"] == cleo.user_id


def test_a_visitor_is_asked_to_log_in(realm: str, client: ApiClient) -> None:
    for path in ("user/list", "user/count", "user/schema", f"user/{uuid7()}", "user/filters"):
        refused(client.get(f"/{realm}/bff-service/{path}"), 401)
    refused(post(client, realm, "user", {}), 401)
    refused(client.post(f"/{realm}/bff-service/user/filters", json={"filterName": "x", "conditions": {}}), 401)
    refused(client.delete(f"/{realm}/bff-service/user/filters/{uuid7()}"), 401)


@pytest.mark.parametrize(("query", "name"), [
    ("limit=0", "limit"), ("limit=101", "limit"), ("limit=ten", "limit"), ("limit=-1", "limit"), ("page=0", "page"),
    ("page=1.5", "page"), ("page=101&limit=100", "page"), ("page=10001&limit=1", "page"),
    ("q=brass&page=101&limit=100", "page"), ("sortBy=nothing", "sortBy"),
    ("sortBy=password", "sortBy"), ("sortOrder=up", "sortOrder"), ("facets=nothing", "facets"),
    ("after=x&page=2", "after"), ("after=x", "after"), ("q=%00", "q"), (f"q={'x' * 2001}", "q"),
    ("sort=nothing", "sort"), ("sort=newest&sortBy=createdAt", "sort"), ("sort=newest&sortOrder=asc", "sort"),
    ("fields=nothing", "fields"), ("fields=id,password", "fields"), ("highlight=yes", "highlight"),
    ("fields=" + ",".join(map(str, range(101))), "fields")])
def test_a_page_that_cannot_be_is_refused_by_its_name(realm: str, ben: ApiClient, shelf: Shelf, query: str,
                                                      name: str) -> None:
    """FD-9."""
    refused(ben.get(f"/{realm}/bff-service/{shelf.index}/list?{query}"), 400, name)
    refused(post(ben, realm, shelf.index, {}, query=f"?{query}"), 400, name)


@pytest.mark.parametrize(("name", "condition"), [
    ("nothing", {"operator": "eq", "value": "x"}), ("password", {"operator": "eq", "value": "x"}),
    ("isActive; --", {"operator": "eq", "value": True}), ("id", {"operator": "like", "value": "x"}),
    ("id", {"operator": "eq", "value": "x"}), ("id", {"operator": "eq"}), ("id", {"operator": "eq", "value": None}),
    ("id", {"operator": "eq", "values": []}), ("id", {"operator": "eq", "value": 1, "values": [1]}),
    ("id", {"operator": "match_phrase", "value": "x"}), ("id", {"value": "x"}), ("id", "x"), ("id", None), ("id", []),
    ("id", {"operator": ["eq"], "value": "x"}), ("id", {"operator": "eq", "value": "x", "also": 1}),
    ("createdAt", {"operator": "eq", "value": "yesterday"}), ("createdAt", {"operator": "eq", "value": True}),
    ("createdAt", {"operator": "eq", "value": 1e300}), ("createdAt", {"operator": "range", "values": ["2026-01-01"]}),
    ("createdAt", {"operator": "range", "value": "2026-01-01"}), ("createdAt", {"operator": "range"}),
    ("createdAt", {"operator": "wildcard", "value": "2026*"}), ("recordVersion", {"operator": "eq", "value": "1"}),
    ("recordVersion", {"operator": "eq", "value": 1e16}), ("recordVersion", {"operator": "prefix", "value": "1"})])
@pytest.mark.parametrize("verb", VERBS)
def test_a_filter_that_cannot_be_is_refused_by_its_property(realm: str, ben: ApiClient, shelf: Shelf, name: str,
                                                            condition: Any, verb: str) -> None:
    for body in ({name: condition}, {"filters": {name: condition}}):
        refused(post(ben, realm, shelf.index, body, verb), 400, name)


@pytest.mark.parametrize("condition", [
    {"operator": "regexp", "value": ".*"}, {"operator": "eq", "value": 1}, {"operator": "eq", "value": "a\x00b"},
    {"operator": "prefix", "value": ""}, {"operator": "wildcard", "value": "*" * 9},
    {"operator": "wildcard", "value": "x" * 257}, {"operator": "match", "value": ["x"]},
    {"operator": "eq", "values": ["x"] * 101}, {"operator": "eq", "value": "x" * 2001}])
def test_a_condition_on_a_text_is_bounded(realm: str, ben: ApiClient, shelf: Shelf, condition: Any) -> None:
    refused(post(ben, realm, shelf.index, {shelf.text: condition}), 400, shelf.text)


def test_whoever_asks_for_an_expression_hears_of_wildcards(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    answer = post(ben, realm, shelf.index, {shelf.text: {"operator": "regexp", "value": "(a+)+$"}})
    assert "wildcard" in answer.json["message"]


@pytest.mark.parametrize("body", [[], "x", 1, {"filters": []}, {"filters": "x"}, {"filters": 1}])
def test_filters_that_are_no_map_are_refused(realm: str, ben: ApiClient, shelf: Shelf, body: Any) -> None:
    refused(post(ben, realm, shelf.index, body), 400, "filters")


def test_everything_that_is_wrong_is_told_at_once(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    answer = post(ben, realm, shelf.index, {"id": {"operator": "eq", "value": "x"}, "no": {"operator": "missing"}},
                  query="?limit=0&sortBy=no")
    assert set(answer.json["detail"]) == {"id", "no", "limit", "sortBy"}


def test_more_filters_than_anybody_needs_are_refused(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    refused(post(ben, realm, shelf.index, {f"f{number}": {"operator": "missing"} for number in range(51)}), 400,
            "filters")


def test_an_id_that_is_none_is_refused_and_one_of_nobody_is_not_found(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    refused(ben.get(f"/{realm}/bff-service/{shelf.index}/not-a-uuid"), 400)
    refused(ben.get(f"/{realm}/bff-service/{shelf.index}/{uuid7()}"), 404)


def test_a_cursor_of_another_order_is_refused(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("a", "b")
    following = ben.get(f"/{realm}/bff-service/{shelf.index}/list?limit=1").json["next"]
    refused(ben.get(f"/{realm}/bff-service/{shelf.index}/list?limit=1&sortBy={shelf.text}&after={following}"), 400,
            "after")


@pytest.mark.parametrize("path", ["rawsearch", "allIndices"])
def test_raw_searches_are_not_offered(realm: str, ben: ApiClient, shelf: Shelf, path: str) -> None:
    assert post(ben, realm, shelf.index, {}, path).status_code in (404, 405)
