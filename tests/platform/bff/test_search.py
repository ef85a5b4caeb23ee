"""One search in several data objects (FD-11): grouped, never mixed."""
from typing import Any

import pytest

from tests.clients import ApiClient
from tests.platform.bff.conftest import Shelf


def search(caller: ApiClient, realm: str, **query: Any) -> Any:
    return caller.get(f"/{realm}/bff-service/search", query_string=query)


@pytest.mark.parametrize(("query", "name"), [
    ({}, "q"), ({"q": " "}, "q"), ({"q": "x" * 2001}, "q"), ({"q": "a\x00"}, "q"), ({"q": "a", "limit": 0}, "limit"),
    ({"q": "a", "limit": 21}, "limit"), ({"q": "a", "indexes": ",".join(map(str, range(21)))}, "indexes")])
def test_a_search_that_cannot_be_is_refused_by_its_name(realm: str, ben: ApiClient, query: Any, name: str) -> None:
    answer = search(ben, realm, **query)
    assert answer.status_code == 400
    assert name in answer.json["detail"]


def test_an_index_that_is_not_there_is_not_found(realm: str, ben: ApiClient) -> None:
    assert search(ben, realm, q="a", indexes="nothing").status_code == 404


def test_a_visitor_searches_nothing_that_needs_a_login(realm: str, client: ApiClient) -> None:
    assert search(client, realm, q="a", indexes="user").status_code == 401
    assert search(client, realm, q="a").status_code == 401


def test_a_single_letter_finds_nobody(realm: str, people: Any, ben: ApiClient) -> None:
    answer = search(ben, realm, q="b", indexes="user")
    assert (answer.status_code, [*answer.json["detail"]]) == (400, ["q"])
    assert "user" not in [group["indexName"] for group in search(ben, realm, q="b").json["groups"]]
    assert search(people.admin("ada"), realm, q="b", indexes="user").status_code == 200
    assert search(ben, realm, q="be", indexes="user").json["groups"][0]["total"] == 1


def test_what_is_found_comes_by_index(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    """FD-11."""
    shelf.keep("Brass lamp", "Brass knob", "Iron")
    groups = search(ben, realm, q="brass", limit=1).json["groups"]
    [found] = [group for group in groups if group["indexName"] == shelf.index]
    assert found["total"] == 2
    assert len(found["items"]) == 1
    assert search(ben, realm, q="brass", indexes=shelf.index.upper()).json["groups"][0]["total"] == 2


def test_where_nothing_is_found_is_left_out_unless_it_was_named(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("Iron")
    assert search(ben, realm, q="brass").json["groups"] == []
    [group] = search(ben, realm, q="brass", indexes=shelf.index).json["groups"]
    assert (group["total"], group["items"]) == (0, [])
