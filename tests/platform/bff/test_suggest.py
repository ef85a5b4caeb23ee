"""What a text that is being typed may become (FD-5, FD-11): words that every login reads and the caller finds."""
from typing import Any

import pytest
from flask import Flask

from app.data.visibility import read_objects
from app.search.catalogue import declared_indexes
from tests.clients import ApiClient
from tests.flow import settle
from tests.network.profile.cards import block
from tests.platform.bff.rows import ask

INDEX = {"marketplace": "searchIndex", "network": "jobPosting"}
TYPED, MEANT = "navigat", "navigator"


def suggest(caller: ApiClient, realm: str, **query: Any) -> Any:
    return caller.get(f"/{realm}/bff-service/suggest", query_string=query)


def told(caller: ApiClient, realm: str, typed: str = TYPED, **query: Any) -> Any:
    """Return the suggestions of one index, everything settled before."""
    settle()
    answer = suggest(caller, realm, q=typed, indexes=INDEX[realm], **query)
    assert answer.status_code == 200, answer.text
    return answer.json["suggestions"][INDEX[realm]]


@pytest.fixture
def navigator(people: Any, realm: str, ben: ApiClient) -> str:
    """The path of something that ben shows everybody and that one word finds."""
    if realm == "network":
        path = "/network/jobapplication-api/v1/jobpostings"
        made = ben.post(path, json={"title": "Navigator", "description": "d", "companyName": "Ships"})
        return f"{path}/{made.json['jobPosting']['id']}"
    path = "/marketplace/categorymanagement-api/v1/categories"
    made = people.admin().post(path, json={"title": "Navigator"})
    return f"{path}/{made.json['category']['id']}"


@pytest.mark.parametrize(("query", "name"), [
    ({"q": "x" * 2001}, "q"), ({"q": "a\x00"}, "q"), ({"q": "ab", "indexes": ",".join(map(str, range(21)))}, "indexes"),
    ({"q": "ab", "indexes": "user"}, "indexes")])
def test_a_question_that_cannot_be_is_refused_by_its_name(realm: str, ben: ApiClient, query: Any, name: str) -> None:
    answer = suggest(ben, realm, **query)
    assert answer.status_code == 400
    assert name in answer.json["detail"]


def test_an_index_that_is_not_there_is_not_found(realm: str, ben: ApiClient) -> None:
    assert suggest(ben, realm, q="ab", indexes="nothing").status_code == 404


def test_a_visitor_is_told_nothing_that_needs_a_login(realm: str, client: ApiClient) -> None:
    assert suggest(client, realm, q=TYPED).status_code == 401
    assert suggest(client, realm, q=TYPED, indexes=INDEX[realm]).status_code == 401


@pytest.mark.parametrize("realm", ["marketplace"])
def test_where_reads_are_public_a_visitor_is_told_what_he_may_search(realm: str, make_app: Any, navigator: str) -> None:
    settle()
    visitor = ApiClient(make_app(MARKETPLACE_PUBLIC_READS="1"))
    assert suggest(visitor, realm, q=TYPED).json["suggestions"] == {INDEX[realm]: [MEANT]}
    assert suggest(visitor, realm, q=TYPED, indexes="messagingMessage").status_code == 401


def test_what_is_being_typed_is_completed_in_each_index(realm: str, cleo: ApiClient, navigator: str) -> None:
    assert told(cleo, realm) == [MEANT]
    groups = suggest(cleo, realm, q="NAVIG").json["suggestions"]
    assert {name: words for name, words in groups.items() if words} == {INDEX[realm]: [MEANT]}
    assert told(cleo, realm, "n") == told(cleo, realm, f"{MEANT} ") == told(cleo, realm, "") == []


def test_what_is_gone_suggests_nothing(realm: str, people: Any, ben: ApiClient, navigator: str) -> None:
    assert told(ben, realm) == [MEANT]
    assert (ben if realm == "network" else people.admin()).delete(navigator).status_code == 200
    assert told(ben, realm) == []


@pytest.mark.parametrize("realm", ["network"])
def test_what_only_its_owner_sees_is_suggested_to_nobody(realm: str, people: Any, ben: ApiClient, cleo: ApiClient,
                                                         navigator: str) -> None:
    assert ben.patch(navigator, json={"visibility": "private"}).status_code == 200
    settle()
    assert ask(ben, realm, INDEX[realm], q=MEANT)["total"] == 1
    assert [told(caller, realm) for caller in (ben, cleo, people.super_admin())] == [[], [], []]


@pytest.mark.parametrize("realm", ["network"])
def test_a_block_takes_the_words_of_either_from_the_other(realm: str, people: Any, ben: ApiClient, cleo: ApiClient,
                                                          navigator: str) -> None:
    block(ben, cleo)
    assert (told(cleo, realm), told(people.user("dora"), realm)) == ([], [MEANT])


def test_every_index_that_suggests_is_read_by_every_login(realm: str, app: Flask) -> None:
    """FD-5."""
    suggesting = [one for of, one in read_objects() if of == realm and one.suggested]
    assert suggesting
    for one in suggesting:
        declared = [index for index in declared_indexes().values() if index.rows and index.rows.model is one.model]
        assert all(index.every_login_reads for index in declared)
