"""Messages that moderation holds are unread for nobody; who is gone for good leaves the groups."""
from app.actor import system_actor
from app.data.moderated_kinds import HoldChange
from app.data.unit_of_work import unit_of_work
from blueprints.network.messaging.commands import leave_conversations
from blueprints.network.messaging.writing import hold_message
from tests.network.messaging.chat import ok


def hold(message, kind):
    with unit_of_work(system_actor("network")) as work:
        hold_message(work, message["id"], lambda _: HoldChange(kind, "an act"))
        work.commit()


def test_a_hidden_message_is_its_senders_alone_until_it_is_shown_again(chat):
    pair = chat.pair()
    sent, later = chat.written(chat.a, pair), chat.written(chat.a, pair)
    hold(sent, "HIDDEN")
    assert (chat.unread(chat.b, pair), chat.messages(chat.b)) == (1, [later["id"]])
    assert (chat.read(chat.b, sent).status_code, chat.read(chat.a, sent).status_code) == (404, 200)
    ok(chat.read_until(chat.b, later))
    hold(sent, None)
    assert (chat.unread(chat.b, pair), chat.messages(chat.b)) == (1, [sent["id"], later["id"]])


def test_who_is_gone_for_good_leaves_groups_and_his_words_stay(chat):
    pair, group = chat.pair(), chat.group()
    sent = chat.written(chat.a, group)
    leave_conversations(system_actor("network"), chat.a.user_id)
    left = ok(chat.see(chat.b, group))["conversation"]
    assert chat.a.user_id not in left["participantIds"]
    assert left["creatorUserId"] in left["participantIds"]
    assert ok(chat.read(chat.b, sent))["message"]["content"] == "hi"
    assert ok(chat.see(chat.b, pair))["conversation"]["isActive"] is True
    assert chat.unread(chat.b, group) == 1
