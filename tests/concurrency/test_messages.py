"""Many write, read, delete and block at once: counts equal a recount, and no message passes a block (decision 35)."""
from collections import Counter
from threading import Barrier

import pytest

from blueprints.marketplace.messaging import commands as messaging
from blueprints.marketplace.messaging.checks import check_conversations
from tests.concurrency.together import together
from tests.marketplace.messaging.recount import kept, recount
from tests.marketplace.messaging.talk import BLOCKS, MESSAGES, listed, thread, write, written


def test_two_who_write_their_first_messages_to_each_other_share_one_conversation(app, callers):
    ben, sara = callers.user("ben"), callers.user("sara")
    answers = together(app, *[lambda: write(ben, sara), lambda: write(sara, ben)] * 4)
    assert Counter(answer.status_code for answer in answers) == {201: 8}
    assert kept() == recount()
    assert {key: counts[:2] for key, counts in kept().items()} == {
        (ben.user_id, sara.user_id): (8, 4), (sara.user_id, ben.user_id): (8, 4)}


def test_counts_equal_a_recount_when_everything_happens_at_once(app, callers):
    ben, sara, eve = callers.user("ben"), callers.user("sara"), callers.user("eve")
    known = [written(ben, sara), written(sara, ben), written(eve, sara)]
    acts = [lambda: write(ben, sara), lambda: write(sara, ben), lambda: write(eve, ben)]
    for message in known:
        acts += [lambda message=message: sara.patch(f"{MESSAGES}/{message}", json={"isRead": True}),
                 lambda message=message: sara.delete(f"{MESSAGES}/{message}"),
                 lambda message=message: ben.delete(f"{MESSAGES}/{message}")]
    answers = together(app, *acts)
    assert not [answer.json for answer in answers if answer.status_code >= 500]
    assert kept() == recount()
    assert check_conversations()[0] == "ok"


def test_both_parties_who_delete_at_once_leave_nothing(app, callers):
    ben, sara = callers.user("ben"), callers.user("sara")
    message = written(ben, sara)
    answers = together(app, lambda: ben.delete(f"{MESSAGES}/{message}"), lambda: sara.delete(f"{MESSAGES}/{message}"))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert listed(ben) == listed(sara) == []
    assert kept() == recount() == {}


@pytest.mark.parametrize("blocks_first", [False, True])
def test_a_block_in_between_stops_the_message_or_comes_behind_it(app, callers, monkeypatch, blocks_first):
    """The rival starts in front of the check, or behind it, where the message holds both accounts."""
    ben, sara = callers.user("ben"), callers.user("sara")
    barrier, original = Barrier(2), messaging.refuse_unwritable

    def met(work, recipient_id):
        if blocks_first:
            barrier.wait(10)
        original(work, recipient_id)
        if not blocks_first:
            barrier.wait(10)

    def block():
        barrier.wait(10)
        return sara.post(BLOCKS, json={"userId": ben.user_id})

    monkeypatch.setattr(messaging, "refuse_unwritable", met)
    sent, blocked = together(app, lambda: write(ben, sara), block)
    monkeypatch.undo()
    assert blocked.status_code == 201
    assert sent.status_code in ((201, 400) if blocks_first else (201,))
    assert thread(sara, ben) == (["hi"] if sent.status_code == 201 else [])
    assert write(ben, sara).json["errCode"] == "RecipientUnavailable"


def test_blocks_at_once_are_one_block(app, callers):
    ben, sara = callers.user("ben"), callers.user("sara")
    answers = together(app, *[lambda: sara.post(BLOCKS, json={"userId": ben.user_id})] * 4,
                       *[lambda: ben.post(BLOCKS, json={"userId": sara.user_id})] * 4)
    assert Counter(answer.status_code for answer in answers) == {201: 8}
    assert len({answer.json["block"]["id"] for answer in answers}) == 2
