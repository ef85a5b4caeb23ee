"""Conversations at once: one wins, nobody gets a 5xx, and the unread counts equal a recount (issue 18)."""
from collections import Counter

import pytest

from blueprints.network.messaging.counting import check_conversations
from tests.concurrency.together import together
from tests.network.messaging.chat import BLOCKS, ok
from tests.passes import rounds

ROUNDS = rounds(30)


@pytest.fixture
def strangers(chat):
    """Call it for two people who have never met."""
    return lambda number: tuple(chat.callers.user(f"{name}{number}", realm="network") for name in ("one", "two"))


def test_of_two_equal_conversations_at_once_one_is_begun(app, chat, strangers):
    for number in range(ROUNDS):
        one, two = strangers(number)
        answers = together(app, lambda one=one, two=two: chat.begin(one, one, two),
                           lambda one=one, two=two: chat.begin(two, two, one))
        assert sorted(answer.status_code for answer in answers) == [201, 400]
        assert len(chat.conversations(one)) == len(chat.conversations(two)) == 1


def test_a_message_against_a_block_is_before_it_or_refused(app, chat, strangers):
    for number in range(ROUNDS):
        one, two = strangers(number)
        pair = chat.pair(one, two)
        written, blocked = together(app, lambda one=one, pair=pair: chat.write(one, pair),
                                    lambda one=one, two=two: two.post(BLOCKS, json={"userId": one.user_id}))
        assert blocked.status_code == 201
        assert written.status_code in (201, 403)
        assert chat.unread(two, pair) == (written.status_code == 201)


def test_whatever_happens_at_once_the_unread_counts_are_a_recount(app, chat):
    group = chat.group()
    for _ in range(5):
        first, second = chat.written(chat.a, group), chat.written(chat.a, group)
        answers = together(
            app, lambda second=second: chat.read_until(chat.b, second), lambda: chat.write(chat.c, group),
            lambda first=first: chat.edit(chat.b, first, readBy_append=chat.b.user_id),
            lambda first=first: chat.remove(chat.c, first), lambda second=second: chat.remove(chat.a, second))
        assert {answer.status_code for answer in answers} <= {200, 201, 404}
        assert check_conversations()[0] == "ok"


def test_who_leaves_at_once_leaves_a_group_that_somebody_may_change(app, chat):
    for _ in range(5):
        group = chat.group(chat.a, chat.b, chat.c, chat.d)
        answers = together(app, *(
            lambda person=person, group=group: chat.change(person, group, participantIds_remove=person.user_id)
            for person in (chat.a, chat.b)))
        assert Counter(answer.status_code for answer in answers) == {200: 2}
        left = ok(chat.see(chat.c, group))["conversation"]
        assert left["creatorUserId"] in left["participantIds"]
        assert check_conversations()[0] == "ok"
        ok(chat.end(chat.s, group))
