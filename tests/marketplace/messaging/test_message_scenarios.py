"""ME-1 … ME-5 and what else a person does with messages (rules-marketplace §5.5), through the API."""
import pytest

from app.clock import moved_clock, now
from app.data.unit_of_work import unit_of_work
from app.notify.mailbox import read_outbox
from blueprints.marketplace.messaging.models import Message
from blueprints.marketplace.messaging.rules import pair_of
from tests.clients import ApiClient
from tests.marketplace.messaging.talk import (
    CONVERSATIONS,
    MESSAGES,
    conversations,
    listed,
    thread,
    unread,
    write,
    written,
)

NOTICES = "/marketplace/notificationmanagement-api/v1/notifications"
CREATED = "ebaycclone-messaging-service-dbevent-messagingmessage-created"
RECORD = "/marketplace/adminmoderation-api/v1/moderationactions"


def status(caller: ApiClient, message: str) -> int:
    return caller.get(f"{MESSAGES}/{message}").status_code


def test_me_1_a_message_is_sent_and_its_recipient_is_told(people, settle, sent):
    """ME-1"""
    answer = write(people.ben, people.sara, isRead=True)
    message = answer.json["messagingMessage"]
    assert answer.status_code == 201
    assert (message["fromUserId"], message["toUserId"], message["content"], message["isRead"]) == (
        people.ben.user_id, people.sara.user_id, "hi", False)
    assert message["sentAt"] == message["createdAt"]
    assert [event.key for event in sent(CREATED)] == [message["id"]]
    settle()
    [notice] = people.sara.get(NOTICES).json["notifications"]
    assert (notice["notificationType"], notice["payload"]) == (
        "MESSAGE_RECEIVED", {"messageId": message["id"], "fromUserId": people.ben.user_id})
    assert people.ben.get(NOTICES).json["notifications"] == []
    [letter] = read_outbox(people.sara.email)
    assert (letter["subject"], "hi" in str(letter["text"]).split()) == ("You have a new message", False)


def test_me_1_without_content_or_recipient_it_is_refused(people):
    """ME-1"""
    assert write(people.ben, people.sara, content="").status_code == 400
    assert people.ben.post(MESSAGES, json={"content": "hi", "isRead": False}).status_code == 400


def test_me_2_only_the_parties_read_a_message(people):
    """ME-2"""
    message = written(people.ben, people.sara)
    assert [status(caller, message) for caller in (people.eve, people.sara, people.ben)] == [403, 200, 200]
    assert listed(people.eve) == []
    assert thread(people.eve, people.ben) == thread(people.eve, people.sara) == []


def test_me_3_only_the_recipient_marks_it_and_nobody_edits_it(people):
    """ME-3"""
    message = written(people.ben, people.sara)
    assert people.ben.patch(f"{MESSAGES}/{message}", json={"isRead": True}).status_code == 403
    assert people.sara.patch(f"{MESSAGES}/{message}", json={"isRead": True}).json["messagingMessage"]["isRead"] is True
    changed = people.sara.patch(f"{MESSAGES}/{message}", json={"content": "x"})
    assert (changed.status_code, changed.json["messagingMessage"]["content"]) == (200, "hi")
    assert changed.json["messagingMessage"]["isRead"] is True


def test_me_4_each_party_deletes_for_itself(people):
    """ME-4"""
    message = written(people.ben, people.sara)
    gone = people.sara.delete(f"{MESSAGES}/{message}")
    assert (gone.status_code, gone.json["messagingMessage"]["isActive"]) == (200, False)
    assert (status(people.sara, message), status(people.ben, message)) == (404, 200)
    assert (thread(people.sara, people.ben), thread(people.ben, people.sara)) == ([], ["hi"])
    assert people.sara.delete(f"{MESSAGES}/{message}").status_code == 404
    assert people.sara.patch(f"{MESSAGES}/{message}", json={"isRead": True}).status_code == 404
    assert people.ben.delete(f"{MESSAGES}/{message}").status_code == 200
    assert [status(caller, message) for caller in (people.ben, people.eve, people.admin)] == [404, 404, 404]


def test_me_5_a_conversation_is_listed_newest_first(people):
    """ME-5"""
    for number in range(3):
        with moved_clock(seconds=number):
            written(people.ben, people.sara, f"ben {number}")
            written(people.sara, people.ben, f"sara {number}")
    written(people.ben, people.eve, "to another")
    newest = ["sara 2", "ben 2", "sara 1", "ben 1", "sara 0", "ben 0"]
    assert thread(people.ben, people.sara) == thread(people.sara, people.ben) == newest
    times = [row["sentAt"] for row in listed(people.ben, f"?withUserId={people.sara.user_id}")]
    assert times == sorted(times, reverse=True)


def test_a_conversation_is_read_page_by_page(people):
    for number in range(5):
        with moved_clock(seconds=number):
            written(people.ben, people.sara, str(number))
    path = f"{MESSAGES}?withUserId={people.ben.user_id}&pageRowCount=2"
    first = people.sara.get(path).json
    assert (first["paging"]["totalRowCount"], first["paging"]["pageCount"]) == (5, 3)
    second = people.sara.get(f"{path}&after={first['paging']['next']}").json
    third = people.sara.get(f"{path}&pageNumber=3").json
    assert [[row["content"] for row in page["messagingMessages"]] for page in (first, second, third)] == [
        ["4", "3"], ["2", "1"], ["0"]]
    assert second["paging"]["totalRowCount"] == 5


@pytest.mark.parametrize("filters", ["", "&isRead=false"])
def test_all_messages_of_a_person_are_read_page_by_page(people, filters):
    """What was sent and what was received come in one order, also of one moment, without what was deleted."""
    sent = {}
    for number in range(3):
        with moved_clock(seconds=number):
            for sender, recipient in ((people.ben, people.sara), (people.sara, people.ben), (people.sara, people.eve),
                                      (people.ben, people.eve)):
                sent[written(sender, recipient)] = (sender, recipient)
    own = [message for message, parties in sent.items() if people.sara in parties]
    for sender, recipient, deleter in ((people.sara, people.eve, people.sara), (people.ben, people.sara, people.sara),
                                       (people.sara, people.ben, people.ben)):
        message = next(one for one in own if sent[one] == (sender, recipient))
        assert deleter.delete(f"{MESSAGES}/{message}").status_code == 200
        if deleter is people.sara:
            own.remove(message)
    whole = listed(people.sara, f"?pageNumber=0{filters}")
    assert {row["id"] for row in whole} == set(own)
    assert whole == sorted(whole, key=lambda row: (row["sentAt"], row["id"]), reverse=True)
    path = f"{MESSAGES}?pageRowCount=2{filters}"
    by_number = [people.sara.get(f"{path}&pageNumber={number}").json for number in range(1, 6)]
    behind, after = [], ""
    while after is not None:
        behind.append(people.sara.get(f"{path}{after}").json)
        after = (following := behind[-1]["paging"].get("next")) and f"&after={following}"
    for pages in (by_number, behind):
        assert [row for page in pages for row in page["messagingMessages"]] == whole
        assert {page["paging"]["totalRowCount"] for page in pages} == {len(own)}


def test_a_message_to_oneself_from_before_is_listed_once(people):
    me, moment = people.ben.user_id, now()
    with unit_of_work(people.ben.actor) as work:
        work.insert(Message(from_user_id=me, to_user_id=me, content="to me", is_read=False, sent_at=moment,
                            pair=pair_of(me, me), sender_deleted=False, recipient_deleted=False))
        work.commit()
    assert [row["content"] for row in listed(people.ben)] == ["to me"]


def test_lists_are_filtered_by_sender_recipient_and_what_is_unread(people):
    read = written(people.ben, people.sara, "read")
    written(people.ben, people.sara, "new")
    written(people.sara, people.ben, "answer")
    people.sara.patch(f"{MESSAGES}/{read}", json={"isRead": True})
    assert thread(people.sara, people.ben, "&isRead=false") == ["answer", "new"]
    assert [row["content"] for row in listed(people.sara, f"?toUserId={people.sara.user_id}&isRead=false")] == ["new"]
    assert [row["content"] for row in listed(people.sara, f"?fromUserId={people.sara.user_id}")] == ["answer"]


def test_messages_name_their_people_in_briefs(people):
    written(people.ben, people.sara)
    [row] = listed(people.sara)
    assert row["fromUser"] == {"id": people.ben.user_id, "fullname": "Ben", "avatar": None}
    assert row["toUser"]["fullname"] == "Sara"
    [bare] = listed(people.sara, "?getJoins=false")
    assert not {"fromUser", "toUser"} & bare.keys()
    assert people.sara.get(f"{MESSAGES}/{row['id']}").json["messagingMessage"]["fromUser"]["fullname"] == "Ben"


def test_conversations_show_the_latest_message_and_how_many_are_unread(people):
    with moved_clock(seconds=-60):
        written(people.eve, people.sara, "first")
    read = written(people.ben, people.sara, "1")
    with moved_clock(seconds=1):
        written(people.ben, people.sara, "2")
    people.sara.patch(f"{MESSAGES}/{read}", json={"isRead": True})
    latest, first = conversations(people.sara)
    assert [(row["counterpart"]["fullname"], row["latestMessage"]["content"], row["unreadCount"], row["messageCount"])
            for row in (latest, first)] == [("Ben", "2", 1, 2), ("Eve", "first", 1, 1)]
    assert latest["lastAt"] == latest["latestMessage"]["sentAt"]
    assert people.sara.get(f"{CONVERSATIONS}?pageRowCount=1").json["unread"] == 2
    [own] = conversations(people.ben)
    assert (own["counterpartId"], own["unreadCount"], own["messageCount"]) == (people.sara.user_id, 0, 2)


def test_a_deleted_message_is_neither_unread_nor_the_latest(people):
    written(people.ben, people.sara, "1")
    with moved_clock(seconds=1):
        second = written(people.ben, people.sara, "2")
    people.sara.delete(f"{MESSAGES}/{second}")
    assert unread(people.sara, people.ben) == 1
    assert [row["latestMessage"]["content"] for row in conversations(people.sara)] == ["1"]
    assert [row["latestMessage"]["content"] for row in conversations(people.ben)] == ["2"]
    for message in listed(people.sara):
        people.sara.delete(f"{MESSAGES}/{message['id']}")
    assert conversations(people.sara) == []
    with moved_clock(seconds=2):
        written(people.sara, people.ben, "3")
    assert [(row["latestMessage"]["content"], row["messageCount"]) for row in conversations(people.sara)] == [("3", 1)]


def test_m_22_staff_list_their_own_messages_only(people):
    """M-22"""
    written(people.ben, people.sara)
    assert listed(people.admin) == conversations(people.admin) == []
    assert listed(people.admin, f"?fromUserId={people.ben.user_id}") == []
    written(people.sara, people.admin, "help")
    assert [row["content"] for row in listed(people.admin)] == ["help"]


def test_m_22_staff_who_read_a_foreign_message_leave_an_entry(people):
    """M-22, M-24"""
    message = written(people.ben, people.sara)
    own = written(people.sara, people.admin)
    assert (status(people.admin, message), status(people.admin, own)) == (200, 200)
    [entry] = people.admin.get(RECORD).json["moderationActions"]
    assert (entry["actionType"], entry["entityType"], entry["entityId"], entry["adminId"]) == (
        "ADMIN_NOTE", "USER", people.ben.user_id, people.admin.user_id)
    assert entry["reason"] == f"read message {message}"


def test_decision_52_staff_who_delete_or_mark_a_foreign_message_leave_an_entry(people):
    message = written(people.ben, people.sara)
    assert people.admin.patch(f"{MESSAGES}/{message}", json={"isRead": True}).status_code == 200
    assert unread(people.sara, people.ben) == 0
    assert people.admin.delete(f"{MESSAGES}/{message}").status_code == 200
    assert (status(people.ben, message), status(people.sara, message)) == (404, 404)
    assert conversations(people.ben) == conversations(people.sara) == []
    entries = people.admin.get(RECORD).json["moderationActions"]
    assert sorted(entry["actionType"] for entry in entries) == ["MANUAL_CORRECTION", "SOFT_DELETE"]
    assert all(message in entry["reason"] and "hi" not in entry["reason"].split() for entry in entries)
