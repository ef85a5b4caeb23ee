"""A message that moderation holds is its recipient's no more, HIDDEN its sender's still (moderation.md M-1)."""
import pytest

from blueprints.marketplace.messaging.queries import miscounted_conversations
from tests.marketplace.messaging.talk import MESSAGES, conversations, listed, thread, unread, written
from tests.marketplace.moderation.holding import hold, seen, show_again, subject


@pytest.fixture
def pair(as_user):
    return as_user("anna"), as_user("ben")


def test_m_1_a_hidden_message_is_its_senders_alone(pair, as_admin):
    anna, ben = pair
    written(anna, ben, "hello")
    bad = written(anna, ben, "bad")
    hold("MESSAGE", bad)
    assert thread(ben, anna) == ["hello"]
    assert thread(anna, ben) == ["bad", "hello"]
    assert [row.get("held") for row in listed(anna)] == ["HIDDEN", None]
    assert unread(ben, anna) == 1
    one = f"{MESSAGES}/{bad}"
    assert [seen(viewer, one) for viewer in (ben, anna, as_admin)] == [404, 200, 200]
    assert ben.patch(one, json={"isRead": True}).status_code == 404
    assert conversations(ben)[0]["latestMessage"]["content"] == "hello"
    assert miscounted_conversations(5) == []


def test_m_1_a_removed_message_is_nobodys(pair, as_admin):
    anna, ben = pair
    bad = written(anna, ben, "bad")
    hold("MESSAGE", bad, "REMOVED")
    assert (thread(anna, ben), thread(ben, anna), conversations(anna), conversations(ben)) == ([], [], [], [])
    assert seen(as_admin, f"{MESSAGES}/{bad}") == 200
    assert miscounted_conversations(5) == []


@pytest.mark.parametrize("kind", ["HIDDEN", "REMOVED"])
def test_m_1_a_message_that_is_shown_again_is_where_it_was(pair, kind):
    anna, ben = pair
    bad = written(anna, ben, "bad")
    before = conversations(anna), conversations(ben)
    hold("MESSAGE", bad, kind)
    show_again("MESSAGE", bad)
    after = conversations(anna), conversations(ben)
    for conversation in (*before[0], *before[1], *after[0], *after[1]):
        for changing in ("recordVersion", "updatedAt"):
            conversation["latestMessage"].pop(changing)
    assert after == before
    assert miscounted_conversations(5) == []


def test_m_1_a_hidden_message_that_its_sender_or_staff_delete_is_counted_right(pair, as_admin):
    anna, ben = pair
    mine, foreign = written(anna, ben, "one"), written(anna, ben, "two")
    for one in (mine, foreign):
        hold("MESSAGE", one)
    assert anna.delete(f"{MESSAGES}/{mine}").status_code == 200
    assert as_admin.delete(f"{MESSAGES}/{foreign}").status_code == 200
    assert miscounted_conversations(5) == []
    for one in (mine, foreign):
        show_again("MESSAGE", one)
    assert thread(ben, anna) == ["one"]
    assert miscounted_conversations(5) == []


def test_moderation_reads_a_message_with_its_parties(pair):
    anna, ben = pair
    read = subject("MESSAGE", written(anna, ben, "bad"))
    assert read is not None
    assert (read.person_id, read.words, read.parties) == (anna.user_id, "bad", {anna.user_id, ben.user_id})
    assert "bad" not in read.title
