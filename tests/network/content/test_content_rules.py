"""Posts, comments and likes beyond the scenarios: NET-4, NET-7, NET-8, NET-11–19, NET-31, NET-32 (network.md)."""
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.actor import system_actor
from app.clock import now
from app.data.ids import uuid7
from app.data.person_rows import PersonTables, forget_person
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from blueprints.network.content.checks import check_tallies, differences
from blueprints.network.content.models import PostTally
from blueprints.network.content.topics import LIKE_CREATED, POST_CREATED, POST_UPDATED
from blueprints.platform.auth.commands import lock_user
from tests.clients import ApiClient
from tests.network.company.pages import Row, ok, refused
from tests.network.content.wall import CONTENT, Wall


@pytest.fixture
def acme(wall: Wall) -> Row:
    return wall.pages.found(name="Acme")


@pytest.fixture
def secret(wall: Wall) -> Row:
    return wall.pages.found(name="Secret", pageVisibility="private")


# --- what is taken ---


@pytest.mark.parametrize("values", [
    {"content": "x" * 10_001}, {"content": " "}, {"visibility": "open"}, {"audience": "friends"},
    {"attachmentUrls": ["javascript:alert(1)"]}, {"attachmentUrls": [f"https://f.example/{n}" for n in range(21)]},
    {"mentions": [uuid7() for _ in range(21)]}, {"mentions": ["ann"]}])
def test_what_is_no_post_is_refused(wall, values):
    assert refused(wall.post(wall.a, **values)) == (400, "ValidationError")
    assert refused(wall.change(wall.a, wall.posted(), **values)) == (400, "ValidationError")


def test_attachments_are_added_and_taken_away(wall):
    post = wall.posted(attachmentUrls=["https://f.example/1"])
    both = ok(wall.change(wall.a, post, attachmentUrls_append="https://f.example/2"))["post"]
    assert both["attachmentUrls"] == ["https://f.example/1", "https://f.example/2"]
    one = ok(wall.change(wall.a, post, attachmentUrls_remove=["https://f.example/1"]))["post"]
    assert one["attachmentUrls"] == ["https://f.example/2"]


def test_net_13_the_author_and_the_times_are_the_servers(wall):
    post = wall.posted()
    changed = ok(wall.change(wall.a, post, authorUserId=wall.b.user_id, content="x"))["post"]
    assert changed["authorUserId"] == wall.a.user_id
    like = ok(wall.b.post(f"{CONTENT}/likepost", json={"postId": post["id"], "likedAt": "2001-01-01"}), 201)["like"]
    assert not like["likedAt"].startswith("2001")


# --- who sees a post ---


def seen(wall: Wall, person: Any, post: Row) -> tuple[int, bool]:
    """Return what getPost answers, and whether listPosts shows it."""
    return wall.read(person, post).status_code, post["id"] in wall.lists(person, "posts")


def test_net_14_get_and_list_agree_on_who_sees_a_post(wall, acme, secret):
    ok(wall.pages.assign(wall.a, acme, wall.b), 201)
    ok(wall.pages.approve(wall.a, wall.pages.followed(wall.c, secret)))
    public, private = wall.posted(), wall.posted(visibility="private")
    of_acme = wall.posted(companyId=acme["id"], visibility="private")
    of_secret = wall.posted(companyId=secret["id"])
    yes, no = (200, True), (403, False)
    people = (wall.a, wall.b, wall.c, wall.d, wall.s)
    for post, expected in ((public, [yes] * 5), (private, [yes, no, no, no, yes]),
                           (of_acme, [yes, yes, no, no, yes]), (of_secret, [yes, no, yes, no, yes])):
        assert [seen(wall, person, post) for person in people] == expected


def test_net_12_a_former_admin_reads_what_he_wrote_and_changes_it_no_more(wall, acme):
    ok(wall.pages.assign(wall.a, acme, wall.b), 201)
    post = wall.posted(wall.b, companyId=acme["id"], visibility="private")
    ok(wall.pages.remove(wall.a, wall.pages.right_of(wall.b, acme)))
    assert wall.read(wall.b, post).status_code == 200
    assert wall.change(wall.b, post, content="x").status_code == wall.delete(wall.b, post).status_code == 403
    ok(wall.delete(wall.a, post))


def test_net_15_a_private_post_may_be_open_to_connections(wall):
    wall.circle.connect(wall.a, wall.b)
    post = wall.posted(visibility="private", audience="connections")
    assert [seen(wall, person, post) for person in (wall.b, wall.c)] == [(200, True), (403, False)]
    ok(wall.b.delete(f"/network/networking-api/v1/connections/{wall.circle.connection(wall.a, wall.b)}"))
    assert seen(wall, wall.b, post) == (403, False)


def test_net_15_the_audience_of_a_public_post_says_nothing(wall):
    assert seen(wall, wall.c, wall.posted(audience="owner")) == (200, True)


def test_net_7_a_block_hides_posts_comments_and_likes_both_ways_and_no_companys(wall, acme):
    post, ours = wall.posted(), wall.posted(companyId=acme["id"])
    there = wall.posted(wall.c)
    comment, like = wall.commented(wall.b, there), wall.liked(wall.b, there)
    wall.circle.block(wall.b, wall.a)
    assert seen(wall, wall.b, post) == (404, False)
    assert seen(wall, wall.b, ours) == (200, True)
    assert seen(wall, wall.a, wall.posted(wall.b)) == (404, False)
    assert wall.like(wall.b, post).status_code == wall.comment(wall.b, post).status_code == 404
    assert wall.change(wall.b, post, content="x").status_code == 404
    assert wall.read_comment(wall.a, comment).status_code == 404
    assert wall.lists(wall.a, "comments") == wall.lists(wall.a, "likes") == []
    assert (wall.lists(wall.c, "comments"), wall.lists(wall.c, "likes")) == ([comment["id"]], [like["id"]])


def test_net_8_what_a_locked_person_wrote_is_404_until_he_returns(wall, acme):
    there = wall.posted(wall.c)
    posts, comment = (wall.posted(), wall.posted(companyId=acme["id"])), wall.commented(wall.a, there)
    wall.liked(wall.a, there)
    lock_user(wall.s.actor, wall.a.user_id, now() + timedelta(days=1))
    assert [seen(wall, wall.b, post) for post in posts] == [(404, False)] * 2
    assert wall.read_comment(wall.b, comment).status_code == 404
    assert wall.lists(wall.b, "comments") == wall.lists(wall.b, "likes") == []
    lock_user(wall.s.actor, wall.a.user_id, None)
    assert [seen(wall, wall.b, post) for post in posts] == [(200, True)] * 2
    assert (wall.lists(wall.b, "comments"), len(wall.lists(wall.b, "likes"))) == ([comment["id"]], 1)


def test_a_post_of_a_deleted_company_is_404_for_all_but_its_author(wall, acme):
    ok(wall.pages.assign(wall.a, acme, wall.b), 201)
    post = wall.posted(companyId=acme["id"])
    ok(wall.a.delete(f"/network/company-api/v1/companies/{acme['id']}"))
    assert [wall.read(person, post).status_code for person in (wall.a, wall.b, wall.c)] == [200, 404, 404]
    assert wall.change(wall.a, post, content="x").status_code == 404


def test_net_31_every_read_needs_a_login(wall, client):
    post = wall.posted()
    for path in ("posts", f"posts/{post['id']}", "userposts", "comments", "likes"):
        assert client.get(f"{CONTENT}/{path}").status_code == 401


def test_net_31_admins_of_the_realm_do_not_read_private_posts(wall, callers):
    post, staff = wall.posted(visibility="private"), callers.admin(realm="network")
    assert seen(wall, staff, post) == (403, False)
    assert seen(wall, wall.s, post) == (200, True)


def test_likes_and_comments_of_a_post_one_does_not_see_are_not_listed(wall):
    post = wall.posted()
    comment = wall.commented(wall.b, post)
    wall.liked(wall.b, post)
    ok(wall.change(wall.a, post, visibility="private"))
    assert wall.lists(wall.b, "comments", postId=post["id"]) == wall.lists(wall.b, "likes", postId=post["id"]) == []
    assert wall.read_comment(wall.b, comment).status_code == 403
    ok(wall.delete(wall.a, post))
    assert wall.read_comment(wall.a, comment).status_code == wall.delete_comment(wall.b, comment).status_code == 404


# --- companies ---


def test_who_gives_a_post_to_a_company_administers_both(wall, acme, secret):
    other = wall.pages.found(wall.d, name="Other")
    post = wall.posted()
    assert wall.change(wall.a, post, companyId=other["id"]).status_code == 403
    assert wall.change(wall.a, post, companyId=uuid7()).status_code == 404
    assert ok(wall.change(wall.a, post, companyId=secret["id"]))["post"]["companyId"] == secret["id"]
    assert ok(wall.change(wall.a, post, companyId=acme["id"]))["post"]["companyId"] == acme["id"]


# --- mentions ---


def test_net_17_who_does_not_see_the_post_is_not_mentioned(wall, secret):
    wall.circle.connect(wall.a, wall.b)
    wall.circle.block(wall.d, wall.a)
    everybody = [person.user_id for person in (wall.b, wall.c, wall.d)] + [uuid7()]
    b, c = everybody[:2]
    assert wall.posted(mentions=everybody)["mentions"] == [b, c]
    assert wall.posted(mentions=everybody, visibility="private")["mentions"] == []
    near = wall.posted(mentions=everybody, visibility="private", audience="connections")
    assert near["mentions"] == [b]
    ok(wall.pages.approve(wall.a, wall.pages.followed(wall.c, secret)))
    assert wall.posted(mentions=everybody, companyId=secret["id"])["mentions"] == [c]
    assert wall.posted(mentions=everybody, companyId=secret["id"], visibility="private")["mentions"] == []


def test_net_17_a_mention_grants_no_sight_and_an_edit_names_anew(wall, sent):
    post = wall.posted(mentions=[wall.b.user_id])
    ok(wall.change(wall.a, post, visibility="private"))
    assert wall.read(wall.b, post).status_code == 403
    ok(wall.change(wall.a, post, visibility="public", mentions=[wall.b.user_id, wall.c.user_id]))
    assert sent(POST_CREATED)[0].payload["mentions"] == [wall.b.user_id]
    assert sent(POST_UPDATED)[-1].payload["newDataValues"]["mentions"] == [wall.b.user_id, wall.c.user_id]


# --- comments ---


def test_net_18_only_a_leaf_changes_its_parent(wall):
    post = wall.posted()
    first, second = wall.commented(wall.b, post), wall.commented(wall.b, post)
    reply = wall.commented(wall.c, post, first)
    assert refused(wall.change_comment(wall.b, first, parentCommentId=second["id"])) == (400, "CommentIsAnswered")
    assert refused(wall.change_comment(wall.c, reply, parentCommentId=reply["id"])) == (400, "NoSuchParent")
    assert refused(wall.change_comment(wall.c, reply, parentCommentId=uuid7())) == (400, "NoSuchParent")
    moved = ok(wall.change_comment(wall.c, reply, parentCommentId=second["id"]))["comment"]
    assert moved["parentCommentId"] == second["id"]
    ok(wall.change_comment(wall.b, first, parentCommentId=reply["id"]))
    assert wall.lists(wall.d, "comments", parentCommentId=reply["id"]) == [first["id"]]


def test_net_18_a_deleted_parent_is_404_and_its_replies_stay(wall):
    post = wall.posted()
    parent = wall.commented(wall.b, post)
    reply = wall.commented(wall.c, post, parent)
    ok(wall.delete_comment(wall.b, parent))
    assert wall.read_comment(wall.c, parent).status_code == wall.delete_comment(wall.b, parent).status_code == 404
    assert ok(wall.read_comment(wall.d, reply))["comment"]["parentCommentId"] == parent["id"]
    assert refused(wall.comment(wall.d, post, parent)) == (400, "NoSuchParent")
    assert wall.counts(post) == (0, 1)


def test_net_18_who_posted_removes_comments_and_closes_the_post_for_more(wall, acme):
    post, ours = wall.posted(), wall.posted(companyId=acme["id"])
    ok(wall.pages.assign(wall.a, acme, wall.d), 201)
    comment, of_ours = wall.commented(wall.b, post), wall.commented(wall.b, ours)
    assert wall.delete_comment(wall.d, comment).status_code == 403
    ok(wall.delete_comment(wall.a, comment))
    ok(wall.delete_comment(wall.d, of_ours))
    assert wall.change(wall.b, post, commentsClosed=True).status_code == 403
    ok(wall.change(wall.a, post, commentsClosed=True))
    assert refused(wall.comment(wall.b, post)) == (400, "CommentsClosed")
    ok(wall.change(wall.a, post, commentsClosed=False))
    ok(wall.comment(wall.b, post), 201)


# --- likes and counts ---


def test_net_19_ones_own_post_may_be_liked_and_a_like_is_no_change_of_the_post(wall, sent):
    post = wall.posted()
    like = wall.liked(wall.a, post)
    wall.commented(wall.b, post)
    shown = ok(wall.read(wall.a, post))["post"]
    assert (shown["likeCount"], shown["commentCount"], shown["likedByMe"]) == (1, 1, True)
    assert shown["recordVersion"] == 1
    assert [event.key for event in sent(LIKE_CREATED)] == [like["id"]]
    assert sent(POST_UPDATED) == []
    assert ok(wall.read(wall.b, post))["post"]["likedByMe"] is False
    ok(wall.unlike(wall.a, like))
    assert ok(wall.a.get(f"{CONTENT}/posts"))["posts"][0]["likeCount"] == 0
    assert check_tallies() == ("ok", "each counts the likes and comments of its post")


def test_net_32_rows_show_who_wrote_them_and_for_whom(wall, acme):
    post = wall.posted(companyId=acme["id"])
    shown = ok(wall.read(wall.b, post))["post"]
    assert (shown["author"]["fullname"], shown["company"]["name"]) == ("Ann", "Acme")
    wall.commented(wall.b, post)
    wall.liked(wall.c, post)
    assert ok(wall.d.get(f"{CONTENT}/comments"))["comments"][0]["author"]["id"] == wall.b.user_id
    assert ok(wall.d.get(f"{CONTENT}/likes"))["likes"][0]["author"]["id"] == wall.c.user_id


@pytest.mark.parametrize("what", ["posts", "userposts", "comments", "likes"])
def test_the_statements_of_a_list_do_not_grow_with_its_rows(wall, what, count_statements):
    def grow() -> None:
        post = wall.posted()
        wall.commented(wall.b, post)
        wall.liked(wall.b, post)

    told = []
    for rounds in (1, 6):
        for _ in range(rounds):
            grow()
        wall.a.get(f"{CONTENT}/{what}?caching=false")
        with count_statements() as statements:
            ok(wall.a.get(f"{CONTENT}/{what}?caching=false"))
        told.append(len(statements))
    assert told[0] == told[1]


def test_the_doctor_sees_a_tally_that_is_wrong(wall):
    post = wall.posted()
    wall.liked(wall.b, post)
    with unit_of_work(wall.s.actor) as work:
        work.execute(update(PostTally).values(likes=3))
        work.commit()
    assert differences(10) == [f"post {post['id']}: -2 likes and 0 comments more than its tally says"]
    assert check_tallies()[0] == "fail"


def test_who_takes_the_id_of_a_forgotten_post_gets_nothing_that_was_behind_it(wall):
    post = wall.posted()
    wall.liked(wall.b, post)
    wall.commented(wall.b, post)
    forget_person(system_actor("network"), runtime().part(PersonTables), wall.a.user_id, None)
    again = wall.posted(wall.c, postId=post["id"])
    assert wall.counts(again) == (0, 0)
    assert wall.lists(wall.d, "comments", postId=again["id"]) == []
    assert differences(10) == []


@pytest.mark.parametrize("kind", ["HIDE", "REMOVE"])
def test_net_19_a_held_comment_is_counted_again_only_when_it_is_shown_again(wall, callers, kind):
    post, staff = wall.posted(), callers.admin(realm="network")
    held, other = wall.commented(wall.b, post), wall.commented(wall.c, post)

    def judge(kind: str, thing: Row = held) -> None:
        ok(staff.post("/network/adminmoderation-api/v1/acts", json={
            "entityType": "COMMENT", "entityId": thing["id"], "kind": kind, "reason": "r"}), 201)

    judge(kind)
    assert (wall.counts(post), wall.lists(wall.d, "comments"), differences(10)) == ((0, 1), [other["id"]], [])
    judge("SHOW_AGAIN")
    assert (wall.counts(post), differences(10)) == ((0, 2), [])
    judge("HIDE")
    ok(wall.delete_comment(wall.b, held))
    assert (wall.counts(post), differences(10)) == ((0, 1), [])
    judge("SHOW_AGAIN")
    assert (wall.counts(post), differences(10)) == ((0, 1), [])


@pytest.mark.usefixtures("within_a_minute")
def test_comments_are_throttled_refused_ones_too(wall, make_app):
    post = wall.posted()
    hasty = ApiClient(make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="2"), wall.b.actor, wall.b.token)
    assert [wall.comment(hasty, one).status_code for one in ({"id": uuid7()}, post)] == [404, 201]
    assert refused(wall.comment(hasty, post)) == (429, "TooManyComments")
    ok(wall.comment(wall.c, post), 201)


@pytest.mark.usefixtures("within_a_minute")
def test_who_is_named_in_posts_is_counted_and_posts_are_not(wall, make_app):
    hasty = ApiClient(make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="1"), wall.a.actor, wall.a.token)
    post = ok(wall.post(hasty, mentions=[wall.b.user_id]), 201)["post"]
    assert refused(wall.post(hasty, mentions=[wall.c.user_id])) == (429, "TooManyMentions")
    assert refused(wall.change(hasty, post, mentions=[wall.c.user_id])) == (429, "TooManyMentions")
    ok(wall.post(hasty), 201)
    ok(wall.change(hasty, post, content="other"))
