"""The feed (NET-16): posts of oneself, connections and followed companies; equal to what a walk over all finds."""
import random
from itertools import combinations
from typing import Any

import pytest

from app.clock import now
from app.data.reads import fetch, prepared
from app.data.work import writes
from blueprints.network.content import feed
from blueprints.network.content.feed_items import differences, followed_voices
from blueprints.platform.auth.commands import archive_profile
from tests.cli.conftest import plans  # noqa: F401 - pytest finds it here
from tests.clients import ApiClient
from tests.network.company.pages import Row, ok
from tests.network.content.wall import CONTENT, Wall


def pages_of(person: ApiClient, size: int) -> list[str]:
    """Return the same, page by number of page."""
    ids, number = [], 1
    while posts := ok(person.get(f"{CONTENT}/feed?pageRowCount={size}&pageNumber={number}"))["posts"]:
        ids += [row["id"] for row in posts]
        number += 1
    return ids


def feed_of(person: ApiClient, size: int = 25) -> list[str]:
    """Return the ids of the whole feed of a person, page by page."""
    ids, cursor = [], ""
    while cursor is not None:
        answer = ok(person.get(f"{CONTENT}/feed?pageRowCount={size}{cursor and '&after=' + cursor}"))
        ids += [row["id"] for row in answer["posts"]]
        cursor = answer["paging"]["next"]
    return ids


def test_net_16_the_feed_is_of_oneself_connections_and_followed_companies_newest_first(wall):
    acme, other = wall.pages.found(wall.c, name="Acme"), wall.pages.found(wall.c, name="Other")
    wall.circle.connect(wall.a, wall.b)
    wall.pages.followed(wall.a, acme)
    mine = wall.posted(wall.a, visibility="private")
    near = wall.posted(wall.b, visibility="private", audience="connections")
    wall.posted(wall.b, visibility="private")
    wall.posted(wall.c)
    ours = wall.posted(wall.c, companyId=acme["id"])
    wall.posted(wall.c, companyId=acme["id"], visibility="private", audience="connections")
    wall.posted(wall.c, companyId=other["id"])
    ok(wall.pages.publish(wall.c, acme), 201)  # an update is no post
    assert feed_of(wall.a) == feed_of(wall.a, 1) == [ours["id"], near["id"], mine["id"]]
    assert feed_of(wall.d) == []


def test_net_16_a_companys_post_reaches_its_followers_and_not_its_authors_connections(wall):
    acme = wall.pages.found(wall.b, name="Acme")
    wall.circle.connect(wall.a, wall.b)
    wall.posted(wall.b, companyId=acme["id"])
    assert feed_of(wall.a) == []


@pytest.mark.parametrize("gone", ["held", "deleted"])
def test_a_feed_asks_no_voice_of_a_page_that_is_not_there(wall, callers, gone):
    acme = wall.pages.found(wall.b, name="Acme")
    wall.pages.followed(wall.a, acme)
    post = wall.posted(wall.b, companyId=acme["id"])
    assert (feed_of(wall.a), len(fetch(followed_voices(wall.a.user_id)))) == ([post["id"]], 1)
    if gone == "deleted":
        ok(wall.b.delete(f"/network/company-api/v1/companies/{acme['id']}"))
    else:
        ok(callers.admin(realm="network").post("/network/adminmoderation-api/v1/acts", json={
            "entityType": "COMPANY", "entityId": acme["id"], "kind": "HIDE", "reason": "r"}), 201)
    assert (feed_of(wall.a), fetch(followed_voices(wall.a.user_id))) == ([], [])


def test_net_16_a_client_that_chooses_ids_does_not_choose_the_place_in_the_feed(wall):
    wall.circle.connect(wall.a, wall.b)
    last, first = (wall.posted(wall.b, postId=f"{sign * 8}-0000-7000-8000-000000000000") for sign in "f0")
    assert feed_of(wall.a) == feed_of(wall.a, 1) == [first["id"], last["id"]]


def test_a_feed_shows_a_cut_a_change_and_a_removal_at_once(wall):
    tie = wall.circle.connect(wall.a, wall.b)
    first, second = wall.posted(wall.b), wall.posted(wall.b)
    assert feed_of(wall.a) == [second["id"], first["id"]]
    ok(wall.change(wall.b, second, visibility="private"))
    assert feed_of(wall.a) == [first["id"]]
    ok(wall.change(wall.b, second, visibility="public"))
    ok(wall.delete(wall.b, first))
    assert feed_of(wall.a) == [second["id"]]
    ok(wall.a.delete(f"/network/networking-api/v1/connections/{tie}"))
    assert (feed_of(wall.a), differences(10)) == ([], [])


def test_the_statements_of_a_feed_do_not_grow_with_its_rows(wall, count_statements):
    wall.circle.connect(wall.a, wall.b)
    told = []
    for rounds in (1, 6):
        for _ in range(rounds):
            wall.posted(wall.b)
        feed_of(wall.a)
        with count_statements() as statements:
            feed_of(wall.a)
        told.append(len(statements))
    assert told[0] == told[1]


@pytest.mark.parametrize("window", [1, 500])
def test_net_8_behind_what_people_at_rest_posted_a_feed_goes_on(wall, monkeypatch, window):
    monkeypatch.setattr(feed, "NEWEST", window)
    acme = wall.pages.found(wall.c, name="Acme")
    wall.pages.followed(wall.a, acme)
    for other in (wall.b, wall.d):
        wall.circle.connect(wall.a, other)
    near = [wall.posted(wall.b)["id"] for _ in range(2)]
    for _ in range(3):
        wall.posted(wall.c, companyId=acme["id"])
        wall.posted(wall.d)
    for gone in (wall.c, wall.d):
        archive_profile(gone.actor, gone.user_id)
    assert feed_of(wall.a, 1) == feed_of(wall.a) == near[::-1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("window", "step"), [(1, 3), (500, 101)])
def test_a_feed_is_what_a_walk_over_all_posts_finds(wall, monkeypatch, seed, window, step):
    monkeypatch.setattr(feed, "NEWEST", window)
    monkeypatch.setattr(feed, "MOST_VOICES", step)
    dice = random.Random(seed)
    people, pages = [wall.a, wall.b, wall.c, wall.d], []
    tied = {pair for pair in combinations(range(4), 2) if dice.random() < 0.5}
    for one, other in tied:
        wall.circle.connect(people[one], people[other])
    followed: set[tuple[int, str]] = set()
    for number in range(2):
        page = wall.pages.found(people[number], name=f"Page {number}")
        pages.append(page)
        for person in range(4):
            if dice.random() < 0.5:
                wall.pages.followed(people[person], page)
                followed.add((person, page["id"]))
    posts = _posted(wall, monkeypatch, dice, people, pages)
    for person, caller in enumerate(people):
        expected = [post["id"] for post in posts if _is_in_feed(person, post, people, tied, followed)]
        assert feed_of(caller, dice.choice([1, 2, 3, 25])) == expected
        assert pages_of(caller, dice.choice([2, 3, 25])) == expected
    assert differences(10) == []


def _posted(wall: Wall, monkeypatch: pytest.MonkeyPatch, dice: random.Random, people: list[ApiClient],
            pages: list[Row]) -> list[Row]:
    """Return posts that stand, newest first; four at a time of the same moment."""
    posts = []
    for number in range(16):
        if number % 4 == 0:
            moment = now()
            monkeypatch.setattr(writes, "now", lambda moment=moment: moment)
        author = dice.randrange(4)
        about: dict[str, Any] = {"visibility": dice.choice(["public", "private"]),
                                 "audience": dice.choice(["owner", "connections"])}
        if author < 2 and dice.random() < 0.4:
            about["companyId"] = pages[author]["id"]
        posts.append(wall.posted(people[author], **about))
    for post in dice.sample(posts, 2):
        ok(wall.delete(next(one for one in people if one.user_id == post["authorUserId"]), post))
        posts.remove(post)
    return sorted(posts, key=lambda post: (post["createdAt"], post["id"]), reverse=True)


def _is_in_feed(person: int, post: Row, people: list[ApiClient], tied: set[tuple[int, int]],
                followed: set[tuple[int, str]]) -> bool:
    author = next(number for number, one in enumerate(people) if one.user_id == post["authorUserId"])
    is_public = post["visibility"] == "public"
    if post["companyId"]:
        return (person, post["companyId"]) in followed and is_public
    return author == person or (tuple(sorted((author, person))) in tied and (
        is_public or post["audience"] == "connections"))


def test_a_page_by_number_lies_within_the_newest_posts(wall, monkeypatch):
    monkeypatch.setattr(feed, "MOST_BY_NUMBER", 2)
    wall.circle.connect(wall.a, wall.b)
    posts = [wall.posted(wall.b)["id"] for _ in range(4)][::-1]
    second = ok(wall.a.get(f"{CONTENT}/feed?pageRowCount=1&pageNumber=2"))
    assert [post["id"] for post in second["posts"]] == posts[1:2]
    refused = wall.a.get(f"{CONTENT}/feed?pageRowCount=1&pageNumber=3")
    assert (refused.status_code, list(refused.get_json()["detail"])) == (400, ["pageNumber"])
    after = second["paging"]["next"]
    assert [post["id"] for post in ok(wall.a.get(f"{CONTENT}/feed?after={after}"))["posts"]] == posts[2:]


def test_a_page_looks_its_authors_up_and_does_not_read_all_connections_of_the_reader(wall, plans):  # noqa: F811
    wall.circle.connect(wall.a, wall.b)
    near = [wall.posted(wall.b, visibility="private", audience="connections")["id"] for _ in range(3)]
    plans.clear()
    shown = ok(wall.a.get(f"{CONTENT}/feed?pageRowCount=1"))["posts"]
    assert [post["id"] for post in shown] == near[-1:]
    assert {step.partition(" (")[2] for step in plans if " network_tie " in step} == {"a=? AND b=?)"}


def test_what_a_feed_asks_again_and_again_is_built_once(wall, monkeypatch):
    def build(*_: Any) -> None:
        raise AssertionError("SQLAlchemy builds the statement: a value is no parameter")

    wall.circle.connect(wall.a, wall.b)
    post = wall.posted(wall.b)
    wall.liked(wall.c, post)
    monkeypatch.setattr(prepared, "fetch_raw", build)
    shown = ok(wall.a.get(f"{CONTENT}/feed"))["posts"]
    assert [(one["id"], one["likeCount"], one["likedByMe"], one["author"]["id"]) for one in shown] == [
        (post["id"], 1, False, wall.b.user_id)]


def test_a_feed_stands_on_indexes(wall, monkeypatch, plans):  # noqa: F811
    monkeypatch.setattr(feed, "NEWEST", 1)
    wall.circle.connect(wall.a, wall.b)
    for _ in range(3):
        wall.posted(wall.b)
    plans.clear()
    assert len(feed_of(wall.a, 1)) == 3
    walked = {step for step in plans if step.startswith("SCAN network_")}
    assert walked <= {"SCAN network_feed_item USING INDEX ix_network_feed_item_at"}  # no further than the window
