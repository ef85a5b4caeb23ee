"""What words found is remembered, and is what they would find now, for each caller (docs/decisions/122)."""
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.data.connections import writing_engine
from app.data.holdings import holdings
from app.data.reads import totals
from app.data.reads.remembered import RememberedReads
from app.data.version_keys import version_key
from app.search.catalogue import rebuild_index
from app.search.whoosh import snapshot
from blueprints.network.content.models import Post
from blueprints.network.job_application.models import JobPosting
from blueprints.platform.bff import narrowed
from tests.clients import ApiClient
from tests.flow import statements
from tests.network.profile.cards import block
from tests.platform.bff.rows import ask, ids, keep, minutes

pytestmark = pytest.mark.parametrize("realm", ["network"])
INDEX, PLACES = "jobPosting", ("remote", "on_site", "hybrid")


@pytest.fixture(autouse=True)
def everything_is_many(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is found is remembered, and nothing may be old."""
    monkeypatch.setattr(narrowed, "MANY", 1)
    monkeypatch.setattr(snapshot, "_MANY", 1)
    for module in (narrowed, totals):
        monkeypatch.setattr(module, "EXACT_UP_TO", 2)
    monkeypatch.setattr(totals, "CHEAP_SECONDS", 60)


def jobs(*places: str) -> list[str]:
    """Keep a posting for a navigator at each of these places and let the index know of them."""
    made = keep(JobPosting, *({"title": "Navigator", "description": "Work.", "workplace_type": place,
                               "created_at": minutes(number)} for number, place in enumerate(places)))
    rebuild_index("jobs")
    return made


def change(id_: str, **values: Any) -> None:
    """Change a row as a command does, while the index does not know it yet."""
    with writing_engine().begin() as connection:
        connection.execute(update(JobPosting.__table__).where(JobPosting.id == id_).values(**values))
    holdings().cache_versions.invalidate(version_key(JobPosting))


@pytest.mark.both("each database has its own statement for what is gone")
@pytest.mark.parametrize("query", [{}, {"sortBy": "createdAt", "sortOrder": "desc"}])
def test_what_is_gone_is_found_no_more(realm: str, ben: ApiClient, query: dict[str, str]) -> None:
    first, second, third = jobs("remote", "remote", "hybrid")
    for _ in range(2):
        answer = ask(ben, realm, INDEX, q="navigator", facets="workplaceType", **query)
        assert sorted(ids(answer)) == [first, second, third]
        assert answer["facets"] == {"workplaceType": {"remote": 2, "hybrid": 1}}
    change(second, is_active=False)
    answer = ask(ben, realm, INDEX, q="navigator", facets="workplaceType", **query)
    assert (sorted(ids(answer)), answer["total"]) == ([first, third], 2)
    assert answer["facets"] == {"workplaceType": {"hybrid": 1, "remote": 1}}


def test_what_the_index_has_learnt_is_found_at_once(realm: str, ben: ApiClient) -> None:
    held: list[str] = []
    for _ in range(3):
        held += jobs("remote", "hybrid")
        for _ in range(2):
            assert sorted(ids(ask(ben, realm, INDEX, q="navigator"))) == sorted(held)


def test_what_one_finds_another_may_not(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    [post] = keep(Post, {"author_user_id": ben.user_id, "owner": ben.user_id, "content": "A lighthouse"})
    rebuild_index("posts")
    for caller in (ben, cleo, ben, cleo):
        assert ids(ask(caller, realm, "post", q="lighthouse")) == [post]
    block(ben, cleo)
    assert ask(cleo, realm, "post", q="lighthouse")["total"] == 0
    assert ids(ask(ben, realm, "post", q="lighthouse")) == [post]


def test_the_same_search_looks_its_rows_up_once(realm: str, ben: ApiClient) -> None:
    jobs(*["remote"] * 5)
    for page in (1, 2):  # what runs for the first time in a process looks different to SQLAlchemy the second time
        ask(ben, realm, INDEX, q="navigator", limit=2, page=page, facets="workplaceType")
    holdings().remembered = RememberedReads(holdings().cache_versions)
    told = []
    for page in (1, 1, 2):
        with statements() as sent:
            ask(ben, realm, INDEX, q="navigator", limit=2, page=page, facets="workplaceType")
        told.append(len([one for one in sent if "job_posting" in one]))
    # Which are gone, one's own beside the index, the rows of the page, the facet; then neither the first nor the last.
    assert told == [4, 2, 2]


def test_facets_of_many_rows_may_be_old_and_say_so(realm: str, ben: ApiClient,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "CHEAP_SECONDS", 0.0)
    monkeypatch.setattr(totals, "TIMES_ITS_COST", 1e9)
    monkeypatch.setattr(holdings(), "remembered", RememberedReads(holdings().cache_versions))
    path = f"/{realm}/bff-service/{INDEX}/list?limit=1&facets=workplaceType"
    first, *_ = jobs(*["remote"] * 4)
    for _ in range(2):  # what runs for the first time in a process looks different to SQLAlchemy the second time
        assert ben.get(path).json["facets"] == {"workplaceType": {"remote": 4}}
    change(first, workplace_type="hybrid")
    answer = ben.get(path)
    assert answer.json["facets"] == {"workplaceType": {"remote": 4}}
    assert int(answer.headers["X-Total-Age"]) >= 1


@pytest.mark.both("each database has its own statement for what is gone")
def test_whatever_is_written_between_what_is_remembered_is_what_is_there(realm: str, ben: ApiClient,
                                                                         cleo: ApiClient) -> None:
    random, held = Random(20), holdings()
    made = jobs(*(random.choice(PLACES) for _ in range(12)))
    asked = [{"q": "navigator"}, {"q": "navigator", "sortBy": "createdAt", "limit": 5}, {"facets": "workplaceType"},
             {"q": "navigator", "filters": {"workplaceType": {"operator": "eq", "value": "remote"}}},
             {"q": "navigator", "sortBy": "title", "filters": {"title": {"operator": "match", "value": "navigator"}}}]
    for _ in range(10):
        change(random.choice(made), **random.choice([
            {"is_active": random.random() < 0.5}, {"workplace_type": random.choice(PLACES)},
            {"visibility": random.choice(["public", "private"]), "owner": ben.user_id,
             "posted_by_user_id": ben.user_id}]))
        for caller in (ben, cleo):
            question = {"facets": "workplaceType,createdAt", **random.choice(asked)}
            told = [ask(caller, realm, INDEX, **question) for _ in range(2)]
            held.remembered = RememberedReads(held.cache_versions)
            assert told == [ask(caller, realm, INDEX, **question)] * 2, question
