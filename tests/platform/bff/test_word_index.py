"""Words of objects that have an index of words: the best match first, and what is forgiven (FD-1, FD-4, FD-8)."""
import shutil
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.data.connections import writing_engine
from app.data.visibility import read_objects
from app.runtime import runtime
from app.search.catalogue import Indexes, OpenIndexes, declared_indexes, rebuild_index
from app.search.whoosh.index import WhooshIndex
from blueprints.network.job_application.models import JobPosting
from blueprints.platform.bff import narrowed, word_index
from blueprints.platform.bff.word_index import indexed_rows
from tests.clients import ApiClient, Callers
from tests.flow import statements
from tests.network.content.wall import Wall
from tests.platform.bff.plans import plans
from tests.platform.bff.rows import ask, ids, keep, minutes

pytestmark = pytest.mark.parametrize("realm", ["network"])
INDEX = "jobPosting"


def jobs(*texts: str, **more: Any) -> list[str]:
    """Keep a posting of each title and let the index know of them."""
    made = keep(JobPosting, *({"title": title, "description": "Work.", "created_at": minutes(number)} | more
                              for number, title in enumerate(texts)))
    rebuild_index("jobs")
    return made


def test_what_a_person_may_not_see_is_found_by_no_word(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    jobs("Secret navigator", visibility="private", posted_by_user_id=ben.user_id, owner=ben.user_id)
    for query in ("navigator", "secret", "navigatr"):
        assert ask(cleo, realm, INDEX, q=query)["total"] == 0
        assert "corrected" not in ask(cleo, realm, INDEX, q=query)


def test_a_private_row_of_ones_own_is_found_beside_the_index(realm: str, ben: ApiClient) -> None:
    [public] = jobs("Navigator")
    [private] = jobs("Navigator at night", visibility="private", posted_by_user_id=ben.user_id, owner=ben.user_id)
    answer = ask(ben, realm, INDEX, q="navigator")
    assert ids(answer) == [public, private]
    assert answer["total"] == ask(ben, realm, INDEX, verb="count", q="navigator")["total"] == 2
    assert "degraded" not in answer


def test_a_row_that_is_gone_is_found_no_more_before_the_index_knows(realm: str, ben: ApiClient) -> None:
    jobs("Navigator")
    [id_] = ids(ask(ben, realm, INDEX, q="navigator"))
    with writing_engine().begin() as connection:
        connection.execute(update(JobPosting.__table__).where(JobPosting.id == id_).values(is_active=False))
    assert ask(ben, realm, INDEX, q="navigator")["total"] == 0


def test_the_best_match_comes_first_and_pages_go_on_behind_it(realm: str, ben: ApiClient) -> None:
    best, other = jobs("Navigator navigator", "A ship has a pilot, a navigator and a cook on board every day")
    first = ask(ben, realm, INDEX, q="navigator", limit=1)
    assert ids(first) == [best]
    assert ids(ask(ben, realm, INDEX, q="navigator", limit=1, after=first["next"])) == [other]
    assert ids(ask(ben, realm, INDEX, q="navigator", sortBy="createdAt", sortOrder="desc")) == [other, best]


def test_plurals_slips_and_missing_words_are_forgiven_and_told(realm: str, ben: ApiClient) -> None:
    """FD-4."""
    jobs("Cook", "Baker", "Smith")
    [id_] = jobs("Navigator of ships")
    assert ids(ask(ben, realm, INDEX, q="navigators")) == [id_]
    slipped = ask(ben, realm, INDEX, q="navigatpr")
    assert (ids(slipped), slipped["corrected"]) == ([id_], "navigator")
    missing = ask(ben, realm, INDEX, q="navigator wanted")
    assert (ids(missing), missing["relaxed"]) == ([id_], True)


def test_filters_and_facets_hold_for_what_words_find(realm: str, ben: ApiClient) -> None:
    jobs("Navigator", workplace_type="remote")
    [here] = jobs("Navigator", workplace_type="on_site")
    jobs("Cook", workplace_type="on_site")
    answer = ask(ben, realm, INDEX, q="navigator", facets="workplaceType,status",
                 filters={"workplaceType": {"operator": "eq", "value": "on_site"}})
    assert ids(answer) == [here]
    assert answer["facets"] == {"workplaceType": {"on_site": 1, "remote": 1}, "status": {"active": 1}}


def test_without_the_index_the_newest_rows_are_looked_through(realm: str, ben: ApiClient) -> None:
    """FD-8."""
    old, new = jobs("Navigator navigator", "Navigator")
    shutil.rmtree(runtime().settings.home / "search" / "jobs", ignore_errors=True)
    runtime().own(OpenIndexes, lambda _: OpenIndexes()).pop("jobs", None)
    answer = ask(ben, realm, INDEX, q="navigator")
    assert ids(answer) == [new, old]
    assert answer["degraded"] is True


def test_words_cost_the_same_statements_however_much_they_find(realm: str, ben: ApiClient) -> None:
    told = []
    for number in (12, 40):
        jobs(*["Navigator"] * number)
        ask(ben, realm, INDEX, q="navigator")
        with statements() as sent:
            ask(ben, realm, INDEX, q="navigator")
        told.append(len(sent))
    assert told[0] == told[1]


def test_a_connections_private_post_is_found_beside_the_index(realm: str, callers: Callers) -> None:
    wall = Wall(callers)
    wall.circle.connect(wall.a, wall.b)
    post = wall.posted(wall.a, content="A lighthouse", visibility="private", audience="connections")
    rebuild_index("posts")
    assert ids(ask(wall.b, realm, "post", q="lighthouse")) == [post["id"]]
    assert ids(ask(wall.a, realm, "post", q="lighthouse")) == [post["id"]]
    assert ask(wall.d, realm, "post", q="lighthouse")["total"] == 0


def test_a_row_that_became_private_counts_once_before_the_index_knows(realm: str, ben: ApiClient) -> None:
    [id_] = jobs("Navigator", posted_by_user_id=ben.user_id, owner=ben.user_id)
    with writing_engine().begin() as connection:
        connection.execute(update(JobPosting.__table__).where(JobPosting.id == id_).values(visibility="private"))
    answer = ask(ben, realm, INDEX, q="navigator")
    assert (ids(answer), answer["total"]) == ([id_], 1)


@pytest.mark.once("PostgreSQL plans by what it has counted of these few rows, another time by another index")
@pytest.mark.parametrize(("index", "table"), [
    ("post", "network_post"), ("profile", "network_profile"), ("jobPosting", "network_job_posting"),
    ("company", "network_company"), ("comment", "network_comment"), ("companyUpdate", "network_company_update"),
    ("message", "network_message")])
def test_words_walk_no_table(realm: str, ben: ApiClient, people: Any, index: str, table: str) -> None:
    model = read_objects().get(realm, index).model
    keep(model, *({"created_at": minutes(number)} for number in range(300)))
    rebuild_index({"post": "posts", "profile": "people", "jobPosting": "jobs", "company": "companies",
                   "comment": "comments", "companyUpdate": "news", "message": "networkMessages"}[index])
    for caller in (ben, people.super_admin()):
        with plans(table) as steps:
            ask(caller, realm, index, q="navigator")
        assert steps
        said = "\n".join(steps)
        assert f"ix_{table}_created" not in said
        assert f"SCAN {table}" not in said
        assert f"Seq Scan on {table}" not in said


def test_what_more_rows_hold_than_are_looked_at_is_told(realm: str, ben: ApiClient,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "WINDOW", 12)
    jobs(*["Navigator"] * 12)
    answer = ask(ben, realm, INDEX, q="navigator")
    assert (answer["total"], "atLeast" in answer) == (12, False)
    jobs("Navigator")
    for verb in ("list", "count"):
        answer = ask(ben, realm, INDEX, verb=verb, q="navigator")
        assert (answer["total"], answer["atLeast"]) == (12, True)


@pytest.mark.parametrize("is_there", [True, False])
def test_words_are_looked_for_twice_at_most_however_many_facets_are_asked(
        realm: str, ben: ApiClient, monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    jobs("Navigator", workplace_type="on_site", location="Kiel")
    jobs("Navigator", workplace_type="remote", location="Kiel")
    jobs("Navigator", workplace_type="on_site", location="Bremen")
    jobs("Cook", workplace_type="on_site", location="Kiel")
    name = "ranked_by_index" if is_there else "holding_words"
    asked, look = [], getattr(narrowed, name)
    monkeypatch.setattr(narrowed, name, lambda *given, **more: asked.append(name) or look(*given, **more))
    if not is_there:
        monkeypatch.setattr(narrowed, "indexed_rows", lambda model: None)
    answer = ask(ben, realm, INDEX, q="navigator", facets="workplaceType,location,status,createdAt", filters={
        "workplaceType": {"operator": "eq", "value": "on_site"}, "location": {"operator": "eq", "value": "Kiel"},
        "status": {"operator": "eq", "value": "active"}, "createdAt": {"operator": "exists"}})
    assert answer["total"] == 1
    assert answer["facets"]["workplaceType"] == {"on_site": 1, "remote": 1}
    assert answer["facets"]["location"] == {"Bremen": 1, "Kiel": 1}
    assert answer["facets"]["status"] == {"active": 1}
    assert len(asked) == 2


def test_a_condition_that_asks_words_narrows_all_facets_but_its_own(realm: str, ben: ApiClient) -> None:
    jobs("Navigator", location="Kiel", company_name="Red Star")
    jobs("Navigator", location="Kiel", company_name="Blue Star")
    jobs("Navigator", location="Bremen", company_name="Red Star")
    answer = ask(ben, realm, INDEX, facets="location,companyName", filters={
        "location": {"operator": "match", "value": "kiel"}, "companyName": {"operator": "match", "value": "red"}})
    assert answer["total"] == 1
    assert answer["facets"] == {"location": {"Bremen": 1, "Kiel": 1}, "companyName": {"Blue Star": 1, "Red Star": 1}}


def test_an_index_that_is_fed_by_ids_names_its_rows(realm: str, app: Flask) -> None:
    declared = declared_indexes()["jobs"]
    wrapped = replace(declared, present=lambda ids: declared.present(ids))  # how it reads them is nobody's business
    runtime().part(Indexes)["jobs"] = wrapped
    try:
        assert indexed_rows(JobPosting) is declared.rows
    finally:
        runtime().part(Indexes)["jobs"] = declared
    with pytest.raises(ValueError, match="the index jobs is fed by ids, and names no rows"):
        replace(declared, rows=None)


def test_a_condition_on_words_finds_all_rows_by_the_index_and_not_the_newest_alone(
        realm: str, ben: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """FD-1."""
    navigator, cook, other = jobs("Senior Navigator", "Cook", "Navigator of a cook's boat", company_name="Red Star")
    [own] = jobs("Navigator", visibility="private", posted_by_user_id=ben.user_id, owner=ben.user_id,
                 created_at=minutes(9))
    [elsewhere] = jobs("Pilot", description="Not a navigator.", created_at=minutes(8))
    jobs("Navigator", visibility="private", posted_by_user_id=ben.user_id, owner=ben.user_id)
    monkeypatch.setattr(narrowed, "WINDOW", 2)  # what is not in the index is among the newest alone
    for operator, value, wanted in (
            ("match", "navigator", [own, other, navigator]), ("match_phrase", "navigator of a", [other]),
            ("match_phrase_prefix", "senior nav", [navigator]), ("match", "nobody ", []), ("match", "!?", [])):
        answer = ask(ben, realm, INDEX, filters={"title": {"operator": operator, "value": value}})
        assert ids(answer) == wanted
        assert "degraded" not in answer
    both = {"title": {"operator": "match", "values": ["navigator", "pilot", "cook"]},
            "companyName": {"operator": "match", "value": "star"}}
    answer = ask(ben, realm, INDEX, filters=both, facets="companyName")
    assert ids(answer) == [other, cook, navigator]
    assert answer["facets"] == {"companyName": {"Red Star": 3, "text": 2}}
    answer = ask(ben, realm, INDEX, filters={"title": both["title"]}, facets="status")
    assert ids(answer) == [own, elsewhere, other, cook, navigator]
    assert answer["facets"] == {"status": {"active": 5}}


def test_a_word_is_looked_up_once_however_often_it_is_asked_for(realm: str, ben: ApiClient,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    jobs("Navigator", "Cook")
    asked: list[str] = []
    ids_of = WhooshIndex.ids
    monkeypatch.setattr(WhooshIndex, "ids", lambda self, query, most=None: asked.append(query.text) or ids_of(
        self, query, most))
    condition = {"operator": "match", "values": ["navigator"] * 40 + ["cook "] * 10}
    assert ask(ben, realm, INDEX, filters={"title": condition, "description": condition})["total"] == 0
    assert sorted(asked) == ["cook ", "cook ", "navigator ", "navigator "]


def test_what_too_many_rows_hold_narrows_nothing_and_the_rest_is_asked_all_the_same(
        realm: str, ben: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs(*["Navigator"] * 3, "Cook and navigator", "Cook")
    monkeypatch.setattr(word_index, "WINDOW", 2)
    many = {"operator": "match", "values": ["navigator", "no such"]}
    for title, company, total, degraded in (
            (many, None, 4, True), ({"operator": "match", "value": "cook navigator"}, None, 1, False),
            ({"operator": "match", "values": ["cook", "nobody"]}, None, 2, False),
            (many, {"operator": "match", "value": "nowhere"}, 0, False)):
        filters = {"title": title} | ({"companyName": company} if company else {})
        answer = ask(ben, realm, INDEX, filters=filters)
        assert (answer["total"], "degraded" in answer) == (total, degraded), filters
