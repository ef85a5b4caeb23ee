"""What is put right is decided by what the caller sees (FD-5): a word that only others may read is no word to him."""
from typing import Any

import pytest
from flask import Flask

from app.actor import Actor, anonymous
from app.search import rows
from app.search.catalogue import declared_indexes, rebuild_index, search_index
from app.search.port import SearchQuery
from blueprints.network.content.models import Post
from blueprints.network.job_application.models import JobPosting
from tests.clients import ApiClient, Callers
from tests.network.content.wall import Wall
from tests.network.profile.cards import block
from tests.platform.bff.rows import ask, ids, keep

pytestmark = pytest.mark.parametrize("realm", ["network"])


def offer(poster: ApiClient, title: str, **more: Any) -> str:
    """Keep a posting of somebody's own and let the index know of it."""
    [id_] = keep(JobPosting, {"title": title, "description": "Work.", "posted_by_user_id": poster.user_id,
                              "owner": poster.user_id} | more)
    rebuild_index("jobs")
    return id_


def test_a_word_that_only_somebody_blocked_has_is_unknown(realm: str, people: Any, ben: ApiClient,
                                                          cleo: ApiClient) -> None:
    dora = people.user("dora")
    theirs, known = offer(dora, "Navigatar"), offer(cleo, "Navigator")
    block(ben, dora)
    answer = ask(ben, realm, "jobPosting", q="navigatar ")
    assert (ids(answer), answer["corrected"]) == ([known], "navigator")
    answer = ask(cleo, realm, "jobPosting", q="navigatar ")
    assert (ids(answer), "corrected" in answer) == ([theirs], False)


def test_a_word_that_only_somebody_blocked_has_corrects_nothing(realm: str, people: Any, ben: ApiClient,
                                                                cleo: ApiClient) -> None:
    dora = people.user("dora")
    offer(dora, "Navigator")
    block(dora, ben)
    assert ask(ben, realm, "jobPosting", q="navigatar ") == ask(ben, realm, "jobPosting", q="nowherefound ")
    assert ask(cleo, realm, "jobPosting", q="navigatar ")["corrected"] == "navigator"


def test_a_word_of_ones_own_private_row_is_known(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    offer(cleo, "Navigator")
    own = offer(ben, "Navigatar", visibility="private")
    answer = ask(ben, realm, "jobPosting", q="navigatar ")
    assert (ids(answer), "corrected" in answer) == ([own], False)


def test_ones_own_private_row_is_found_by_the_corrected_word(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    known, own = offer(cleo, "Navigator"), offer(ben, "Navigator at night", visibility="private")
    answer = ask(ben, realm, "jobPosting", q="navigatar ")
    assert (ids(answer), answer["total"], answer["corrected"]) == ([known, own], 2, "navigator")


def test_without_a_rule_that_the_index_can_be_asked_nothing_is_corrected(
        realm: str, ben: ApiClient, cleo: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    known = offer(cleo, "Navigator")
    monkeypatch.setattr(rows, "rule_in_index", lambda *_, **__: None)
    assert ask(ben, realm, "jobPosting", q="navigatar ")["total"] == 0
    assert ids(ask(ben, realm, "jobPosting", q="navigators ")) == [known]


def test_a_companys_posts_are_found_although_a_block_hides_who_wrote_them(realm: str, callers: Callers) -> None:
    wall = Wall(callers)
    page = wall.pages.found()
    said = wall.posted(wall.a, content="A lighthouse of ours", companyId=page["id"])
    own = wall.posted(wall.a, content="A lighthouse of mine")
    block(wall.d, wall.a)
    rebuild_index("posts")
    assert ids(ask(wall.d, realm, "post", q="lighthouse")) == [said["id"]]
    assert set(ids(ask(wall.b, realm, "post", q="lighthouse"))) == {said["id"], own["id"]}
    keep(Post, {"content": "lighthause", "author_user_id": wall.a.user_id})
    rebuild_index("posts")
    assert ask(wall.d, realm, "post", q="lighthause ")["corrected"] == "lighthouse"


def test_every_index_can_be_asked_what_everybody_may_ask(app: Flask, realm: str, ben: ApiClient, people: Any) -> None:
    """A rule that names what the index does not have would be an error of every search."""
    callers: list[Actor] = [ben.actor, people.admin("ada").actor, people.super_admin().actor, anonymous(realm)]
    for name, declared in declared_indexes().items():
        if declared.rows is None:
            continue
        rebuild_index(name)
        for actor in callers:
            condition = declared.rows.seen_by(actor)
            assert condition is not None, (name, actor)
            assert search_index(name).search(SearchQuery("", [condition])).ready
