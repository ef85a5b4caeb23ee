"""Scenarios 21–26 of rules-network §8."""
import pytest

from tests.network.company.pages import Row, ok, refused
from tests.network.content.wall import CONTENT, Wall


@pytest.fixture
def acme(wall: Wall) -> Row:
    return wall.pages.found(name="Acme")


def test_scenario_21_a_post_is_public_unless_it_says_otherwise(wall):
    post = wall.posted(authorUserId=wall.a.user_id, visibility="public")
    assert (post["visibility_idx"], post["authorUserId"]) == (0, wall.a.user_id)
    assert wall.posted()["visibility"] == "public"
    assert wall.a.post(f"{CONTENT}/posts", json={"visibility": "public"}).status_code == 400


def test_scenario_22_nobody_posts_in_anothers_name(wall, acme):
    assert wall.post(wall.a, authorUserId=wall.b.user_id).status_code == 403
    assert wall.post(wall.d, companyId=acme["id"], authorUserId=wall.d.user_id).status_code == 403
    assert wall.posted(wall.a, companyId=acme["id"])["companyId"] == acme["id"]


def test_scenario_23_a_private_post_is_its_authors(wall):
    post = wall.posted(visibility="private")
    assert wall.read(wall.b, post).status_code == 403
    assert wall.lists(wall.b, "posts") == []
    assert wall.lists(wall.a, "posts") == wall.lists(wall.a, "userposts") == [post["id"]]
    assert wall.like(wall.b, post).status_code == 403


def test_scenario_24_only_its_author_or_company_changes_a_post(wall, acme):
    post = wall.posted()
    assert wall.change(wall.b, post, content="x").status_code == 403
    assert wall.delete(wall.b, post).status_code == 403
    assert ok(wall.delete(wall.a, post))["post"]["isActive"] is False
    assert wall.read(wall.a, post).status_code == wall.delete(wall.a, post).status_code == 404
    ok(wall.pages.assign(wall.a, acme, wall.b), 201)
    ours = wall.posted(companyId=acme["id"])
    assert ok(wall.change(wall.b, ours, content="ours"))["post"]["content"] == "ours"


def test_scenario_25_a_post_is_liked_once(wall):
    post = wall.posted()
    like = wall.liked(wall.b, post)
    assert like["userId"] == wall.b.user_id
    assert like["likedAt"]
    assert refused(wall.like(wall.b, post)) == (400, "AlreadyLiked")
    assert wall.unlike(wall.a, like).status_code == 403
    ok(wall.unlike(wall.b, like))
    wall.liked(wall.b, post)
    assert ok(wall.c.get(f"{CONTENT}/likes?postId={post['id']}"))["paging"]["totalRowCount"] == 1


def test_scenario_26_comments_are_read_by_all_and_changed_by_their_author(wall):
    post, other = wall.posted(), wall.posted()
    comment = wall.commented(wall.b, post)
    assert comment["authorUserId"] == wall.b.user_id
    ok(wall.read_comment(wall.c, comment))
    assert wall.change_comment(wall.c, comment, content="x").status_code == 403
    assert wall.delete_comment(wall.c, comment).status_code == 403
    assert ok(wall.change_comment(wall.b, comment, content="x"))["comment"]["content"] == "x"
    assert refused(wall.comment(wall.c, other, comment)) == (400, "NoSuchParent")
    second = wall.commented(wall.c, post, comment)
    assert wall.lists(wall.d, "comments", postId=post["id"]) == [comment["id"], second["id"]]
