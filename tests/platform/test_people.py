"""Finding people by name and blocks, the same in both realms (issue 17, moderation.md M-23)."""
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.clock import now
from app.data.person_rows import PersonTables, forget_person
from app.data.reads import fetch
from app.runtime import runtime
from blueprints.platform.auth.commands import archive_profile, delete_user, lock_user
from blueprints.platform.people.briefs import user_briefs
from blueprints.platform.people.models import Block

pytestmark = pytest.mark.parametrize("realm", ["marketplace", "network"])


@pytest.fixture
def people(callers, realm):
    return SimpleNamespace(
        zoe=callers.user("zoe", realm=realm, fullname="Zoë Ærøskøbing"), ben=callers.user("ben", realm=realm),
        benno=callers.user("benno", realm=realm, fullname="Benno O'Neil"), base=f"/{realm}/people-api/v1")


def found(people, name):
    answer = people.zoe.get(f"{people.base}/people", query_string={"q": name})
    assert answer.status_code == 200, answer.json
    return [row["fullname"] for row in answer.json["people"]]


def brief(realm, person, fullname):
    """What others see of a person without a profile."""
    return {"id": person.user_id, "fullname": fullname, "avatar": None} | (
        {"headline": None} if realm == "network" else {})


def block(people, user_id):
    return people.zoe.post(f"{people.base}/blocks", json={"userId": user_id})


def blocks(people):
    return people.zoe.get(f"{people.base}/blocks").json["blocks"]


def test_a_visitor_finds_and_blocks_nobody(client, people):
    assert client.get(f"{people.base}/people?q=ben").status_code == 401
    assert client.get(f"{people.base}/blocks").status_code == 401
    assert client.post(f"{people.base}/blocks", json={"userId": people.ben.user_id}).status_code == 401


@pytest.mark.parametrize("name", ["", "   ", "%", "_", "'", "-.-", "@"])
def test_nothing_but_signs_finds_nobody(people, name):
    assert found(people, name) == []
    assert people.zoe.get(f"{people.base}/people").json["people"] == []


def test_people_are_found_by_any_part_of_their_name_whatever_its_case_and_accents(people, realm):
    assert found(people, "BEN") == ["Ben", "Benno O'Neil"]
    assert found(people, "o'neil") == ["Benno O'Neil"]
    answer = people.ben.get(f"{people.base}/people", query_string={"q": "zoe aero"})
    assert answer.json["people"] == [brief(realm, people.zoe, "Zoë Ærøskøbing")]


def test_nobody_is_found_by_an_address(people):
    for part in ("guildhall.test", "benno@guildhall", "test"):
        assert found(people, part) == []


def test_nobody_finds_oneself(people):
    assert found(people, "zoe") == []


@pytest.mark.parametrize("end", ["lock", "archive", "delete"])
def test_who_is_not_active_is_not_found(people, realm, end):
    system, ben = system_actor(realm), people.ben
    {"lock": lambda: lock_user(system, ben.user_id, now() + timedelta(days=1)),
     "archive": lambda: archive_profile(ben.actor, ben.user_id),
     "delete": lambda: delete_user(system, ben.user_id)}[end]()
    assert found(people, "ben") == ["Benno O'Neil"]


def test_people_are_found_page_by_page(people):
    path = f"{people.base}/people?q=ben&pageRowCount=1"
    first = people.zoe.get(path).json
    second = people.zoe.get(f"{path}&after={first['paging']['next']}").json
    assert [page["people"][0]["fullname"] for page in (first, second)] == ["Ben", "Benno O'Neil"]
    assert first["paging"]["totalRowCount"] == 2


def test_briefs_of_many_people_are_one_statement(people, realm, count_statements):
    ids = [people.zoe.user_id, people.ben.user_id, None, str(uuid4())]
    with count_statements() as told:
        briefs = user_briefs(realm, ids)
    assert len([one for one in told if one.startswith("SELECT")]) == 1
    assert briefs == {
        people.zoe.user_id: brief(realm, people.zoe, "Zoë Ærøskøbing"),
        people.ben.user_id: brief(realm, people.ben, "Ben")}


def test_nobody_blocks_themselves_or_who_does_not_exist(people):
    refused = block(people, people.zoe.user_id)
    assert (refused.status_code, refused.json["errCode"]) == (400, "BlocksOneself")
    assert block(people, str(uuid4())).status_code == 404
    assert block(people, "ben").status_code == 400
    assert blocks(people) == []


def test_blocking_twice_is_one_block(people, realm):
    first, second = block(people, people.ben.user_id), block(people, people.ben.user_id)
    assert first.status_code == second.status_code == 201
    assert first.json["block"]["id"] == second.json["block"]["id"]
    [row] = blocks(people)
    assert (row["blockerId"], row["blockedId"]) == (people.zoe.user_id, people.ben.user_id)
    assert row["blocked"] == {"id": people.ben.user_id, "fullname": "Ben", "avatar": None}  # no headline (NET-7)


def test_a_block_is_taken_back_and_set_again_in_the_same_row(people):
    first = block(people, people.ben.user_id).json["block"]["id"]
    gone = people.zoe.delete(f"{people.base}/blocks/{people.ben.user_id}")
    assert (gone.status_code, gone.json["block"]["isActive"]) == (200, False)
    assert blocks(people) == []
    assert people.zoe.delete(f"{people.base}/blocks/{people.ben.user_id}").status_code == 404
    assert block(people, people.ben.user_id).json["block"]["id"] == first
    assert len(blocks(people)) == 1


def test_nobody_sees_or_takes_back_another_s_block(people):
    block(people, people.ben.user_id)
    assert people.ben.get(f"{people.base}/blocks").json["blocks"] == []
    assert people.ben.delete(f"{people.base}/blocks/{people.zoe.user_id}").status_code == 404
    assert len(blocks(people)) == 1


def test_whom_one_has_blocked_is_not_found_and_who_has_blocked_one_is_in_the_marketplace(people, realm):
    """There a block stops messages and nothing else (M-23); in the network neither finds the other (NET-7)."""
    block(people, people.ben.user_id)
    assert found(people, "ben") == ["Benno O'Neil"]
    answer = people.ben.get(f"{people.base}/people?q=zoe")
    assert [row["id"] for row in answer.json["people"]] == ([people.zoe.user_id] if realm == "marketplace" else [])


def test_blocks_of_who_is_gone_for_good_are_erased(app, people, realm):
    block(people, people.ben.user_id)
    forget_person(system_actor(realm), runtime().part(PersonTables), people.ben.user_id, None)
    assert fetch(select(Block.id)) == []
