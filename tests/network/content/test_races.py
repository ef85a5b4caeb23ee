"""Likes, comments and posts at once: one wins, the other is refused with 400; counters equal a recount (issue 18)."""
import sys
from collections import Counter
from collections.abc import Callable

import pytest

from app.actor import system_actor
from app.data.moderated_kinds import HoldChange
from app.data.unit_of_work import unit_of_work
from blueprints.network.content import feed_items, likes
from blueprints.network.content.checks import differences
from blueprints.network.content.moderation import hold_comment, hold_post, lock_comments, lock_posts
from tests.concurrency.in_between import WRITTEN, meet, places
from tests.concurrency.together import together
from tests.network.company.pages import refused
from tests.network.content.wall import Wall


@places(before=(likes, "share_post"))
def test_who_likes_twice_at_once_likes_once(app, monkeypatch, wall: Wall, place):
    post = wall.posted()
    met = meet(app, monkeypatch, place, lambda: wall.like(wall.b, post), lambda: wall.like(wall.b, post))
    assert wall.lists(wall.c, "likes", postId=post["id"]) == [met.winner.json["like"]["id"]]
    assert (met.winner.status_code, refused(met.loser)) == (201, (400, "AlreadyLiked"))
    assert (wall.counts(post), differences(10)) == ((1, 0), [])


def test_whoever_likes_and_comments_at_once_the_count_is_a_recount(app, wall: Wall):
    post, people = wall.posted(), (wall.a, wall.b, wall.c, wall.d)
    like = wall.liked(wall.d, post)
    answers = together(app, *(lambda person=person: wall.like(person, post) for person in people[:3]),
                       *(lambda person=person: wall.comment(person, post) for person in people[:2]),
                       *(lambda: wall.unlike(wall.d, like),) * 2)
    assert Counter(answer.status_code for answer in answers) == {201: 5, 200: 1, 404: 1}
    assert (wall.counts(post), differences(10)) == ((3, 2), [])


@pytest.mark.parametrize("is_first", [True, False])
def test_a_comment_moves_or_is_answered_and_not_both(app, monkeypatch, wall: Wall, is_first):
    post = wall.posted()
    first, second = wall.commented(wall.b, post), wall.commented(wall.b, post)
    both = (lambda: wall.change_comment(wall.b, first, parentCommentId=second["id"]),
            lambda: wall.comment(wall.c, post, first))
    met = meet(app, monkeypatch, WRITTEN, *(both if is_first else both[::-1]))
    assert met.rival_waited
    assert (met.first.status_code, met.rival.status_code) == ((200, 201) if is_first else (201, 400))


def test_two_who_hold_posts_of_the_same_voices_at_once_wait_and_do_not_deadlock(app, monkeypatch, wall: Wall):
    of_a, of_b, later_of_b, later_of_a = (wall.posted(person)["id"] for person in (wall.a, wall.b, wall.b, wall.a))
    met = meet(app, monkeypatch, (sys.modules[__name__], "between"), lambda: hold(lock_posts, hold_post, of_a, of_b),
               lambda: hold(lock_posts, hold_post, later_of_b, later_of_a))
    assert met.rival_waited
    assert wall.lists(wall.c, "posts") == feed_items.differences(10) == []


def test_two_who_hold_comments_on_the_same_posts_at_once_wait_and_do_not_deadlock(app, monkeypatch, wall: Wall):
    posts = wall.posted(wall.a), wall.posted(wall.b)
    first, second, third, fourth = (wall.commented(wall.c, posts[number])["id"] for number in (0, 1, 1, 0))
    met = meet(app, monkeypatch, (sys.modules[__name__], "between"),
               lambda: hold(lock_comments, hold_comment, first, second),
               lambda: hold(lock_comments, hold_comment, third, fourth))
    assert met.rival_waited
    assert wall.lists(wall.d, "comments") == differences(10) == []


def hold(lock: Callable[..., None], hold_one: Callable[..., list[str]], *ids: str) -> None:
    """Hide things one after the other in one transaction, as several acts of one case do."""
    with unit_of_work(system_actor("network")) as work:
        lock(work, ids)
        for id in ids:
            hold_one(work, id, lambda held: HoldChange("HIDDEN", "an act"))
            between()
        work.commit()


def between() -> None:
    """Where the first stands still while the rival comes in."""


def test_of_one_voice_at_once_the_latest_post_is_known(app, wall: Wall):
    post = wall.posted()
    answers = together(app, *(lambda: wall.post(wall.a),) * 3, lambda: wall.delete(wall.a, post))
    assert Counter(answer.status_code for answer in answers) == {201: 3, 200: 1}
    assert feed_items.differences(10) == []
