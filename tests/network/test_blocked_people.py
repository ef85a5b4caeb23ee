"""Who is blocked is nowhere: not found by name, not joined to a row, not behind a remembered list (NET-7, NET-32)."""
from collections.abc import Callable

import pytest

from tests.clients import ApiClient, Callers
from tests.network.company.pages import COMPANY, Pages
from tests.network.networking.circle import BLOCKS, Circle

PEOPLE = "/network/people-api/v1/people"


@pytest.fixture
def pages(callers: Callers) -> Pages:
    return Pages(callers)


@pytest.fixture(params=["who blocks", "who is blocked"])
def part(request: pytest.FixtureRequest) -> Callable[[ApiClient, ApiClient], None]:
    """Block one by the other, the first by the second in the second run."""
    def block(one: ApiClient, other: ApiClient) -> None:
        blocker, blocked = (one, other) if request.param == "who blocks" else (other, one)
        assert blocker.post(BLOCKS, json={"userId": blocked.user_id}).status_code == 201

    return block


def test_neither_finds_the_other_by_name(callers, part):
    circle = Circle(callers)
    assert found(circle.a, "bob") == [circle.b.user_id]
    part(circle.a, circle.b)
    assert found(circle.a, "bob") == found(circle.b, "ann") == []


def test_who_is_blocked_is_named_among_one_s_blocks_without_a_headline(callers):
    circle = Circle(callers)
    assert circle.b.post("/network/profile-api/v1/profiles", json={
        "fullName": "Bob", "profileVisibility": "public", "headline": "Baker"}).status_code == 201
    assert circle.a.post(BLOCKS, json={"userId": circle.b.user_id}).status_code == 201
    [block] = circle.a.get(BLOCKS).json["blocks"]
    assert block["blocked"] == {"id": circle.b.user_id, "fullname": "Bob", "avatar": None}


def test_a_company_is_heard_and_its_blocked_author_is_not_named(pages, part):
    update = pages.published(pages.found())
    assert listed_author(pages.b)["fullname"] == "Ann"
    part(pages.a, pages.b)
    assert listed_author(pages.b) is None
    assert pages.read(pages.b, update).json["companyUpdate"]["author"] is None
    assert listed_author(pages.c)["fullname"] == "Ann"


def test_a_blocked_follower_and_admin_is_not_named_to_the_company_s_admin(pages, part):
    page = pages.found()
    pages.followed(pages.b, page)
    assert pages.assign(pages.a, page, pages.b).status_code == 201
    part(pages.a, pages.b)
    [follower] = pages.a.get(f"{COMPANY}/companyfollowers?companyId={page['id']}").json["companyFollowers"]
    assert (follower["userId"], follower["user"]) == (pages.b.user_id, None)
    by_person = {row["userId"]: row["user"] for row in pages.admins(pages.a, page)}
    assert by_person[pages.a.user_id]["fullname"] == "Ann"
    assert by_person[pages.b.user_id] is None


def test_a_block_that_is_taken_back_shows_the_person_again(pages):
    pages.published(pages.found())
    assert pages.a.post(BLOCKS, json={"userId": pages.b.user_id}).status_code == 201
    assert listed_author(pages.b) is None
    assert pages.a.delete(f"{BLOCKS}/{pages.b.user_id}").status_code == 200
    assert listed_author(pages.b)["fullname"] == "Ann"


def test_the_super_admin_is_shown_whom_he_has_blocked(pages):
    pages.published(pages.found())
    pages.s.post(BLOCKS, json={"userId": pages.a.user_id})
    assert listed_author(pages.s)["fullname"] == "Ann"


def test_in_the_marketplace_a_block_hides_nobody(callers):
    """M-23: it stops messages and nothing else, the same two people of the same ids."""
    ann, ben = callers.user("ann"), callers.user("ben")
    assert ben.post("/marketplace/people-api/v1/blocks", json={"userId": ann.user_id}).status_code == 201
    assert [row["id"] for row in ann.get("/marketplace/people-api/v1/people?q=ben").json["people"]] == [ben.user_id]


def found(caller: ApiClient, name: str) -> list[str]:
    """Return the ids of whom a search finds."""
    return [row["id"] for row in caller.get(f"{PEOPLE}?q={name}").json["people"]]


def listed_author(caller: ApiClient) -> dict[str, str] | None:
    """Return the author that stands beside the one update in the caller's list."""
    [update] = caller.get(f"{COMPANY}/companyupdates").json["companyUpdates"]
    return update["author"]
