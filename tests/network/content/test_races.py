"""Likes, comments and posts at once: one wins, the other is refused with 400; counters equal a recount (issue 18)."""
from collections import Counter

import pytest

from blueprints.network.content import feed_items, likes
from blueprints.network.content.counting import differences
from tests.concurrency.in_between import WRITTEN, meet, places
from tests.concurrency.test_bidding import together
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


def test_of_one_voice_at_once_the_latest_post_is_known(app, wall: Wall):
    post = wall.posted()
    answers = together(app, *(lambda: wall.post(wall.a),) * 3, lambda: wall.delete(wall.a, post))
    assert Counter(answer.status_code for answer in answers) == {201: 3, 200: 1}
    assert feed_items.differences(10) == []
