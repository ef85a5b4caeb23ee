"""Scenarios 34 to 38 of rules-network §8, and the decisions NET-7, 13, 23, 24, 25, 31 and 32 of messaging."""
import pytest

from app.data.reads import Page
from blueprints.platform.moderation.audit import list_entries
from tests.clients import ApiClient
from tests.network.messaging.chat import BLOCKS, CONVERSATIONS, MESSAGES, ok, refused


def test_scenario_34_two_people_have_one_conversation(chat):
    ok(chat.begin(chat.a, chat.a, chat.b), 201)
    assert refused(chat.begin(chat.b, chat.b, chat.a)) == (400, "ConversationExists")
    assert refused(chat.begin(chat.a, chat.a, chat.b, chat.c)) == (400, "NotTwoParticipants")
    assert refused(chat.begin(chat.a, chat.a, chat.b, is_group=True)) == (400, "TooFewParticipants")
    assert refused(chat.begin(chat.a, chat.b, chat.c)) == (400, "CreatorNotAmongParticipants")


def test_scenario_35_only_participants_write_and_read(chat):
    pair = chat.pair()
    sent = chat.written(chat.a, pair, senderUserId=chat.a.user_id, readBy=[chat.b.user_id], sentAt="2001-01-01")
    assert (sent["readBy"], sent["deletedFor"]) == ([chat.a.user_id], [])
    assert ok(chat.see(chat.a, pair))["conversation"]["lastMessageAt"] == sent["sentAt"] > "2002"
    assert chat.write(chat.c, pair).status_code == chat.read(chat.c, sent).status_code == 403
    assert chat.messages(chat.c, conversationId=pair["id"]) == []
    assert chat.write(chat.a, pair, senderUserId=chat.b.user_id).status_code == 403


def test_scenario_36_words_are_the_senders_and_receipts_ones_own(chat):
    sent = chat.written(chat.a, chat.pair())
    assert chat.edit(chat.b, sent, content="x").status_code == 403
    read = ok(chat.edit(chat.b, sent, readBy_append=chat.b.user_id))["message"]
    assert set(read["readBy"]) == {chat.a.user_id, chat.b.user_id}
    everybody = [one.user_id for one in (chat.a, chat.b, chat.c)]
    assert refused(chat.edit(chat.b, sent, readBy=everybody)) == (403, "ForeignReceipt")
    assert ok(chat.edit(chat.a, sent, content="edited"))["message"]["content"] == "edited"


def test_scenario_37_a_receiver_deletes_for_himself_and_the_sender_for_all(chat):
    sent = chat.written(chat.a, chat.pair())
    assert ok(chat.remove(chat.b, sent))["message"]["isActive"] is True
    assert chat.messages(chat.b) == []
    assert [row["deletedFor"] for row in ok(chat.a.get(MESSAGES))["messages"]] == [[chat.b.user_id]]
    assert chat.remove(chat.b, sent).status_code == 404
    assert ok(chat.remove(chat.a, sent))["message"]["isActive"] is False
    assert chat.read(chat.a, sent).status_code == chat.read(chat.b, sent).status_code == 404


def test_scenario_38_groups_change_and_pairs_do_not(chat):
    pair, group = chat.pair(), chat.group()
    assert refused(chat.change(chat.a, pair, participantIds=[chat.a.user_id, chat.c.user_id])) == (400, "NotAGroup")
    sent = chat.written(chat.a, group)
    assert chat.change(chat.d, group, participantIds_append=chat.d.user_id).status_code == 403
    ok(chat.change(chat.a, group, participantIds_append=chat.d.user_id))
    assert ok(chat.read(chat.d, sent))["message"]["content"] == "hi"
    assert refused(chat.change(chat.a, group, isGroup=False)) == (400, "StaysAGroup")
    assert [row["id"] for row in chat.conversations(chat.b)] == [group["id"], pair["id"]]
    chat.written(chat.b, pair)
    assert [row["id"] for row in chat.conversations(chat.b)] == [pair["id"], group["id"]]
    ok(chat.end(chat.a, group))
    assert chat.see(chat.b, group).status_code == chat.read(chat.b, sent).status_code == 404


def test_net_7_blocked_people_write_in_groups_alone(chat):
    pair, group = chat.pair(), chat.group()
    ok(chat.b.post(BLOCKS, json={"userId": chat.a.user_id}), 201)
    for one, other in ((chat.a, chat.b), (chat.b, chat.a)):
        assert refused(chat.write(one, pair)) == (403, "RecipientUnavailable")
        assert refused(chat.begin(one, one, other, chat.d, is_group=True)) == (403, "RecipientUnavailable")
    assert "block" not in chat.write(chat.a, pair).text.lower()
    chat.written(chat.a, group)
    ok(chat.change(chat.b, group, participantIds_remove=chat.b.user_id))
    assert refused(chat.change(chat.a, group, participantIds_append=chat.b.user_id)) == (403, "RecipientUnavailable")
    ok(chat.change(chat.c, group, participantIds_append=chat.b.user_id))


def test_net_23_an_equal_group_is_refused_at_its_beginning_only(chat):
    group = chat.group()
    assert refused(chat.begin(chat.c, chat.c, chat.b, chat.a, is_group=True)) == (400, "ConversationExists")
    larger = chat.group(chat.a, chat.b, chat.c, chat.d)
    ok(chat.change(chat.a, larger, participantIds_remove=chat.d.user_id))
    ok(chat.end(chat.a, group))
    ok(chat.end(chat.a, larger))
    chat.group()


def test_net_24_leaving_always_works_and_the_longest_there_inherits(chat):
    group = chat.group()
    ok(chat.change(chat.b, group, participantIds_append=chat.d.user_id))
    assert chat.change(chat.b, group, participantIds_remove=chat.c.user_id).status_code == 403
    assert chat.end(chat.b, group).status_code == 403
    assert refused(chat.change(chat.a, group, participantIds=[chat.a.user_id])) == (400, "TooFewParticipants")
    left = ok(chat.change(chat.a, group, participantIds_remove=chat.a.user_id))["conversation"]
    heirs = sorted((chat.b, chat.c), key=lambda one: one.user_id)
    assert left["creatorUserId"] == heirs[0].user_id
    assert chat.see(chat.a, group).status_code == 403
    ok(chat.change(heirs[0], group, participantIds=[heirs[0].user_id, chat.d.user_id]))
    ok(chat.change(heirs[0], group, participantIds_remove=heirs[0].user_id))
    ended = ok(chat.change(chat.d, group, participantIds_remove=chat.d.user_id))["conversation"]
    assert (ended["isActive"], ended["participantIds"]) == (False, [])
    assert chat.conversations(chat.d) == []


def test_net_24_newcomers_see_all_history_and_leavers_nothing(chat):
    group = chat.group()
    sent = chat.written(chat.a, group)
    ok(chat.change(chat.a, group, participantIds_append=chat.d.user_id))
    assert (chat.messages(chat.d), chat.unread(chat.d, group)) == ([sent["id"]], 0)
    later = chat.written(chat.a, group)
    assert chat.unread(chat.d, group) == 1
    ok(chat.change(chat.d, group, participantIds_remove=chat.d.user_id))
    assert chat.messages(chat.d) == []
    assert chat.read(chat.d, later).status_code == 403


def test_net_24_fifty_people_take_part_at_most(chat):
    group, others = chat.group(), [chat.callers.user(f"p{number}", realm="network").user_id for number in range(48)]
    full = ok(chat.change(chat.b, group, participantIds_append=others[:47]))["conversation"]
    assert len(full["participantIds"]) == 50
    assert refused(chat.change(chat.b, group, participantIds_append=others[47])) == (400, "TooManyValues")
    too_many = chat.a.post(CONVERSATIONS, json={
        "isGroup": True, "participantIds": [chat.a.user_id, chat.b.user_id, chat.d.user_id, *others]})
    assert (too_many.status_code, list(too_many.json["detail"])) == (400, ["participantIds"])


def test_net_25_a_message_may_have_attachments(chat):
    files = ["https://f.example/1", "https://f.example/2"]
    sent = chat.written(chat.a, chat.pair(), attachmentUrls=files)
    assert ok(chat.read(chat.b, sent))["message"]["attachmentUrls"] == sent["attachmentUrls"] == files
    assert chat.written(chat.a, {"id": sent["conversationId"]})["attachmentUrls"] == []


def test_net_25_unread_counts_follow_receipts(chat):
    pair = chat.pair()
    first, second, third = (chat.written(chat.a, pair) for _ in range(3))
    assert (chat.unread(chat.a, pair), chat.unread(chat.b, pair)) == (0, 3)
    ok(chat.edit(chat.b, second, readBy_append=[chat.b.user_id]))
    assert chat.messages(chat.b, unreadBy=chat.b.user_id) == [first["id"], third["id"]]
    assert chat.unread(chat.b, pair) == 2
    assert ok(chat.read_until(chat.b, second))["conversation"]["unreadCount"] == chat.unread(chat.b, pair) == 1
    ok(chat.edit(chat.b, first, readBy_remove=chat.b.user_id))
    assert chat.unread(chat.b, pair) == 2
    ok(chat.remove(chat.b, first))
    assert chat.unread(chat.b, pair) == 1
    ok(chat.edit(chat.b, first, deletedFor_remove=chat.b.user_id))
    assert chat.unread(chat.b, pair) == 2
    assert ok(chat.read_until(chat.b, third))["conversation"]["unreadCount"] == chat.unread(chat.b, pair) == 0
    assert chat.read_until(chat.c, third).status_code == 403
    fourth = chat.written(chat.a, pair)
    assert chat.unread(chat.b, pair) == 1
    ok(chat.remove(chat.a, fourth))
    assert chat.unread(chat.b, pair) == 0


@pytest.mark.usefixtures("within_a_minute")
def test_net_25_strangers_may_write_but_not_without_end(chat, make_app):
    pair = chat.pair()
    throttled = ApiClient(make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="2"), chat.a.actor, chat.a.token)
    assert [chat.write(throttled, pair).status_code for _ in range(3)] == [201, 201, 429]


@pytest.mark.usefixtures("within_a_minute")
def test_net_24_adding_people_to_groups_is_throttled_and_leaving_is_not(chat, make_app):
    group = chat.group()
    hasty = ApiClient(make_app(RATELIMIT_ENABLED="1", MESSAGES_PER_MINUTE="1"), chat.a.actor, chat.a.token)
    ok(chat.change(hasty, group, participantIds_append=chat.d.user_id))
    ok(chat.change(hasty, group, participantIds_remove=chat.d.user_id))
    assert refused(chat.change(hasty, group, participantIds_append=chat.d.user_id)) == (429, "TooManyMessages")
    everybody = [chat.a.user_id, chat.b.user_id, chat.c.user_id]
    assert refused(chat.change(hasty, group, participantIds=[*everybody, chat.d.user_id]))[0] == 429
    ok(chat.change(hasty, group, participantIds=everybody[1:]))


def test_net_31_what_the_super_admin_reads_is_in_the_audit(chat):
    pair = chat.pair()
    sent = chat.written(chat.a, pair)
    assert ok(chat.s.get(MESSAGES))["messages"] == []
    assert ok(chat.see(chat.s, pair))["conversation"]["lastMessage"] is None
    before = audited(sent)
    assert ok(chat.read(chat.s, sent))["message"]["content"] == "hi"
    assert audited(sent) == before + 1
    ok(chat.read(chat.a, sent))
    assert audited(sent) == before + 1
    assert chat.read(chat.callers.admin(realm="network"), sent).status_code == 403


def test_net_32_conversations_show_their_people_and_the_newest_message(chat):
    pair = chat.pair()
    first = chat.written(chat.a, pair, "first")
    second = chat.written(chat.a, pair, "second")
    [shown] = chat.conversations(chat.b)
    assert [one["id"] for one in shown["participants"]] == shown["participantIds"]
    assert (shown["lastMessage"]["content"], shown["unreadCount"]) == ("second", 2)
    ok(chat.remove(chat.b, second))
    assert chat.conversations(chat.b)[0]["lastMessage"]["id"] == first["id"]
    assert ok(chat.read(chat.b, first))["message"]["sender"]["fullname"] == "Ann"


def audited(message):
    """How often the audit says that somebody read this message."""
    return sum(row["entry"]["what"] == "message.read" and row["entry"]["facts"]["id"] == message["id"]
               for row in list_entries("network", Page(0)).rows)
