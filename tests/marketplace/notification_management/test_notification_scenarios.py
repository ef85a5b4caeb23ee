"""The acceptance scenarios NO-1 … NO-4 of rules-marketplace §6.5, and what else its five APIs refuse."""
from collections.abc import Callable
from typing import Any

import pytest

from app.data.ids import uuid7
from app.notify.mailbox import read_outbox
from tests.clients import ApiClient, Callers
from tests.marketplace.notification_management.conftest import NOTIFICATIONS, Row

Notified = Callable[..., Row]


@pytest.fixture
def ben(as_user: Callable[..., ApiClient]) -> ApiClient:
    return as_user("ben")


@pytest.fixture
def sally(as_user: Callable[..., ApiClient]) -> ApiClient:
    return as_user("sally")


def alert(user: ApiClient, **changed: Any) -> Row:
    return {"notificationType": "SYSTEM_ALERT", "userId": user.user_id, "channel": "EMAIL", "payload": {},
            "isRead": False} | changed


def test_no_1_users_cannot_notify(ben: ApiClient) -> None:
    """NO-1"""
    assert ben.post(NOTIFICATIONS, json=alert(ben)).status_code == 403


def test_no_1_a_mail_counts_as_read(ben: ApiClient, as_admin: ApiClient) -> None:
    """NO-1"""
    answer = as_admin.post(NOTIFICATIONS, json=alert(ben))
    row = answer.json["notification"]
    assert answer.status_code == 201
    assert (row["isRead"], row["notificationType_idx"], row["channel_idx"]) == (True, 16, 1)
    assert row["_owner"] == ben.user_id


def test_no_2_users_list_their_own_newest_first(
        ben: ApiClient, sally: ApiClient, as_admin: ApiClient, notified: Notified) -> None:
    """NO-2"""
    first, second = notified(ben), notified(ben)
    notified(ben, channel="EMAIL")
    notified(ben, isRead=True)
    of_sally = notified(sally)
    listed = ben.get(f"{NOTIFICATIONS}?isRead=false&channel=IN_APP&getJoins=false").json["notifications"]
    assert listed == [second, first]
    assert sally.get(f"{NOTIFICATIONS}?getJoins=false").json["notifications"] == [of_sally]
    assert sally.get(f"{NOTIFICATIONS}?userId={ben.user_id}").json["notifications"] == []
    assert sally.get(f"{NOTIFICATIONS}/{first['id']}").status_code == 403
    assert as_admin.get(NOTIFICATIONS).json["paging"]["totalRowCount"] == 5
    assert as_admin.get(f"{NOTIFICATIONS}?getJoins=false&userId={sally.user_id}").json["notifications"] == [of_sally]
    assert as_admin.get(f"{NOTIFICATIONS}/{first['id']}?getJoins=false").json["notification"] == first


def test_no_3_the_receiver_marks_and_deletes(ben: ApiClient, sally: ApiClient, notified: Notified) -> None:
    """NO-3"""
    path = f"{NOTIFICATIONS}/{notified(ben)['id']}"
    marked = ben.patch(path, json={"isRead": True, "payload": {"x": 1}})
    assert marked.status_code == 200
    assert (marked.json["notification"]["isRead"], marked.json["notification"]["payload"]) == (True, {"a": 1})
    assert ben.patch(path, json={"isRead": False}).json["notification"]["isRead"] is False
    assert sally.patch(path, json={"isRead": True}).status_code == 403
    assert sally.delete(path).status_code == 403
    assert ben.delete(path).json["notification"]["isActive"] is False
    assert ben.get(path).status_code == 404


def test_no_3_staff_mend_a_payload(ben: ApiClient, as_admin: ApiClient, notified: Notified) -> None:
    """NO-3"""
    path = f"{NOTIFICATIONS}/{notified(ben)['id']}"
    mended = as_admin.patch(path, json={"payload": {"x": 1}, "userId": uuid7(), "channel": "EMAIL"})
    assert mended.json["notification"]["payload"] == {"x": 1}
    assert (mended.json["notification"]["userId"], mended.json["notification"]["channel"]) == (ben.user_id, "IN_APP")


def test_no_3_a_mail_stays_read(ben: ApiClient, notified: Notified) -> None:
    """NO-3"""
    path = f"{NOTIFICATIONS}/{notified(ben, channel='EMAIL')['id']}"
    assert ben.patch(path, json={"isRead": False}).json["notification"]["isRead"] is True


@pytest.mark.parametrize(("field", "value"), [
    ("notificationType", "BID_LOST"), ("notificationType", 16), ("channel", "SMS"), ("channel", None),
    ("userId", "x"), ("payload", "text"), ("payload", [1]), ("isRead", "false")])
def test_no_4_a_wrong_value_is_refused_by_name(ben: ApiClient, as_admin: ApiClient, field: str, value: Any) -> None:
    """NO-4"""
    answer = as_admin.post(NOTIFICATIONS, json=alert(ben) | {field: value})
    assert answer.status_code == 400
    assert set(answer.json["detail"]) == {field}
    assert as_admin.get(NOTIFICATIONS).json["notifications"] == []


@pytest.mark.parametrize(("method", "path"), [
    ("POST", ""), ("GET", ""), ("GET", f"/{uuid7()}"), ("PATCH", f"/{uuid7()}"), ("DELETE", f"/{uuid7()}")])
def test_no_4_visitors_are_refused(client: ApiClient, method: str, path: str) -> None:
    """NO-4"""
    assert client.request(method, NOTIFICATIONS + path).status_code == 401


def test_is_read_may_be_left_out(ben: ApiClient, as_admin: ApiClient) -> None:
    """NO5"""
    body = alert(ben, channel="IN_APP")
    del body["isRead"]
    assert as_admin.post(NOTIFICATIONS, json=body).json["notification"]["isRead"] is False


def test_a_payload_may_come_as_json_text(ben: ApiClient, notified: Notified) -> None:
    assert notified(ben, payload='{"b": 2}')["payload"] == {"b": 2}


def test_nobody_is_notified_who_does_not_exist(as_admin: ApiClient, ben: ApiClient) -> None:
    assert as_admin.post(NOTIFICATIONS, json=alert(ben, userId=uuid7())).status_code == 404


@pytest.mark.parametrize(("path", "status"), [("not-an-id", 400), (uuid7(), 404)])
def test_ids_are_checked(ben: ApiClient, path: str, status: int) -> None:
    for answer in (ben.get(f"{NOTIFICATIONS}/{path}"), ben.patch(f"{NOTIFICATIONS}/{path}", json={}),
                   ben.delete(f"{NOTIFICATIONS}/{path}")):
        assert answer.status_code == status


@pytest.mark.parametrize("query", ["notificationType=X", "channel=sms", "isRead=maybe", "userId=x"])
def test_a_malformed_filter_is_refused(ben: ApiClient, query: str) -> None:
    assert ben.get(f"{NOTIFICATIONS}?{query}").status_code == 400


def test_an_email_notification_goes_out_as_a_letter(
        ben: ApiClient, notified: Notified, settle: Callable[[], None]) -> None:
    notified(ben, channel="EMAIL", payload={"subject": "Maintenance", "message": "Tonight <at ten>."})
    notified(ben, channel="IN_APP")
    settle()
    [letter] = read_outbox(ben.email)
    assert (letter["subject"], letter["template"]) == ("Maintenance", "SYSTEM_ALERT")
    assert "Hello Ben,\n\nTonight <at ten>." in str(letter["text"])
    assert "Tonight &lt;at ten&gt;." in str(letter["html"])


def test_a_letter_to_an_address_that_nobody_has_proved_repeats_no_name(
        callers: Callers, notified: Notified, settle: Callable[[], None]) -> None:
    """Decision 44"""
    stranger = callers.user("eve", fullname="Win at evil.example", email_verified=False)
    notified(stranger, channel="EMAIL", payload={"message": "Tonight."})
    settle()
    [letter] = read_outbox(stranger.email)
    assert str(letter["text"]) == "Hello,\n\nTonight."


@pytest.mark.parametrize("kind", ["BID_UPDATED", "MESSAGE_SENT"])
def test_an_email_notification_of_a_type_without_words_goes_out_all_the_same(
        ben: ApiClient, notified: Notified, settle: Callable[[], None], kind: str) -> None:
    """It counts as read, so nobody would ever hear of it in the app."""
    notified(ben, channel="EMAIL", notificationType=kind, payload={"message": "See you."})
    settle()
    [letter] = read_outbox(ben.email)
    assert letter["template"] == kind
    assert "See you." in str(letter["text"])
