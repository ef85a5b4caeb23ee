"""What staff and their programs send, the same in both realms (rules-platform §6.1, §6.2, §13 no. 41; FD-22, FD-24)."""
import pytest

from app.data.ids import uuid7
from app.notify.mailbox import channel_topic, read_outbox
from app.ops.checks import examine
from tests.clients import PASSWORD, ApiClient
from tests.platform.test_devices import registered
from tests.platform.test_notice_preferences import prefer

pytestmark = pytest.mark.parametrize("realm", ["marketplace", "network"])


@pytest.fixture
def ben(callers, realm):
    return callers.user("ben", realm=realm)


@pytest.fixture
def staff(callers, realm):
    return callers.admin(realm=realm)


def send(caller, realm, headers=None, **notification):
    return caller.post(f"/{realm}/notification-service/notifications", json={
        "notification": {"types": ["email"], "title": "Closed", "body": "On Monday.", **notification}}, headers=headers)


def sent_by(caller, realm, **notification):
    answer = send(caller, realm, **notification)
    assert answer.status_code == 201, answer.json
    return answer.json["notification"]


def program(app, realm, person, scope):
    made = person.post(f"/{realm}/auth-api/v1/apiclients", json={
        "name": "shop", "scopes": [scope], "currentPassword": PASSWORD}).json
    token = person.post(f"/{realm}/auth-api/oauth/token", data={
        "grant_type": "client_credentials", "client_id": made["apiClient"]["id"],
        "client_secret": made["clientSecret"]}).json["access_token"]
    return ApiClient(app, token=token)


def listed(user, realm):
    return user.get(f"/{realm}/notification-service/notifications").json["items"]


def test_41_who_is_not_staff_sends_nothing(realm, client, ben):
    assert send(client, realm, userId=ben.user_id).status_code == 401
    assert send(ben, realm, userId=ben.user_id).status_code == 403
    assert read_outbox(ben.email) == []


@pytest.mark.parametrize(("named", "body"), [
    ("types", {"types": []}), ("types", {"types": ["fax"]}), ("types", {"types": None}), ("to", {"to": "nobody"}),
    ("to", {"to": "a@b.example, c@d.example"}), ("to", {"types": ["sms"], "to": "12"}), ("userId", {"userId": "7"}),
    ("userId", {}), ("userId", {"types": ["push"], "to": "a@b.example"}),
    ("userId", {"to": "a@b.example", "isStored": True}), ("title", {"title": "a\nb"}), ("title", {"title": "x" * 201}),
    ("body", {"body": None}), ("body", {"body": "x" * 5001}), ("template", {"template": "LAYOUT"}),
    ("metadata", {"metadata": {"a": "x" * 8200}}), ("metadata", {"metadata": [1]}), ("isStored", {"isStored": "yes"})])
def test_41_what_cannot_be_sent_is_refused_by_its_name(realm, staff, named, body):
    answer = send(staff, realm, **body)
    assert (answer.status_code, named in answer.json["detail"]["notification"]) == (400, True), answer.json
    assert read_outbox() == []


def test_41_a_user_who_is_not_there_is_not_found(realm, staff):
    assert send(staff, realm, userId=uuid7()).status_code == 404


def test_who_has_no_phone_is_sent_no_sms(realm, staff, ben, callers):
    words = [callers.user("nia", realm=realm, phone="none")] if realm == "marketplace" else []
    for person in (ben, *words):
        answer = send(staff, realm, types=["email", "sms"], userId=person.user_id)
        assert (answer.status_code, answer.json["detail"]) == (400, {"notification": {"userId": "has no phone"}})
    assert read_outbox() == []


def test_staff_send_a_letter_to_a_user(realm, staff, ben):
    made = sent_by(staff, realm, userId=ben.user_id, title="Closed <b>", body="On Monday.\n\nSee evil.example")
    assert (made["types"], made["sent"], made["isStored"]) == (["email"], {"email": 1}, False)
    [letter] = read_outbox(ben.email)
    assert (letter["template"], letter["subject"]) == ("NONE", "Closed <b>")
    assert "Closed &lt;b&gt;" in letter["html"]
    assert listed(ben, realm) == []


def test_staff_write_to_an_address_and_to_a_phone_of_nobody(realm, staff):
    sent_by(staff, realm, to="Guest@Example.org")
    sent_by(staff, realm, types=["sms"], to="+41 (79) 123-45-67")
    assert sorted((letter["channel"], letter["recipient"]) for letter in read_outbox()) == [
        ("email", "guest@example.org"), ("sms", "+41791234567")]


def test_push_goes_to_all_devices_of_a_user(realm, staff, ben):
    for token in ("one", "two"):
        registered(ben, realm, token)
    assert sent_by(staff, realm, types=["push"], userId=ben.user_id)["sent"] == {"push": 2}
    assert [(one["subject"], one["text"]) for one in read_outbox()] == [("Closed", "On Monday.")] * 2


def test_a_template_is_filled_with_the_metadata_and_its_code_is_told_to_no_topic(realm, staff, ben, sent):
    """FD-24."""
    sent_by(staff, realm, template="OTP", userId=ben.user_id, body=None, metadata={
        "codeIndex": 4, "secretCode": "424242", "validity": "5 minutes"})
    [letter] = read_outbox(ben.email)
    assert (letter["secret"], "no. 4 is 424242" in letter["text"]) == (True, True)
    [event] = sent(channel_topic(realm, "email"))
    assert event.payload == {"id": letter["id"]}


def test_the_topic_of_a_channel_tells_what_was_given_to_it(realm, staff, ben, sent):
    sent_by(staff, realm, userId=ben.user_id)
    [letter] = read_outbox(ben.email)
    [event] = sent(channel_topic(realm, "email"))
    assert event.payload == {"id": letter["id"], "recipient": ben.email, "subject": "Closed", "body": "On Monday."}


def test_what_is_stored_is_listed_with_its_own_words_and_counted(realm, staff, ben):
    assert sent_by(staff, realm, userId=ben.user_id, isStored=True, metadata={"orderId": "7"})["isStored"] is True
    [notice] = listed(ben, realm)
    assert (notice["title"], notice["body"], notice["metadata"]) == ("Closed", "On Monday.", {"orderId": "7"})
    assert (notice["type"], notice["isSeen"]) == ("SYSTEM_ALERT", False)
    assert next(found for found in examine() if found.check == "unread notifications").state == "ok"


def test_where_nothing_is_stored_the_list_is_empty(realm, make_app, callers, staff, ben):
    silent = make_app(STORED_NOTICE="0")
    answer = send(ApiClient(silent, staff.actor, staff.token), realm, userId=ben.user_id, isStored=True)
    assert answer.json["notification"]["isStored"] is False
    assert listed(ApiClient(silent, ben.actor, ben.token), realm) == []


def test_who_wants_no_letters_gets_none_but_codes(realm, staff, ben):
    prefer(ben, realm, ("*", "email", "off"))
    assert sent_by(staff, realm, userId=ben.user_id)["sent"] == {"email": 0}
    assert sent_by(staff, realm, userId=ben.user_id, template="OTP")["sent"] == {"email": 1}


def test_a_key_sends_once(realm, staff, ben):
    first, second = (send(staff, realm, {"Idempotency-Key": "once"}, userId=ben.user_id, isStored=True)
                     for _ in range(2))
    assert (first.json, second.headers["Idempotency-Replayed"]) == (second.json, "true")
    assert (len(read_outbox(ben.email)), len(listed(ben, realm))) == (1, 1)


def test_46_a_program_sends_for_a_person_of_staff_and_reads_for_anybody(realm, app, staff, ben):
    of_staff, of_ben, without = (program(app, realm, person, scope) for person, scope in (
        (staff, "notices"), (ben, "notices"), (staff, "webhooks")))
    assert send(of_staff, realm, userId=ben.user_id, isStored=True).status_code == 201
    assert send(of_ben, realm, userId=ben.user_id).status_code == 403
    assert send(without, realm, userId=ben.user_id).status_code == 403
    assert [notice["title"] for notice in listed(of_ben, realm)] == ["Closed"]
    assert of_ben.patch(f"/{realm}/notification-service/preferences", json={}).status_code == 403
