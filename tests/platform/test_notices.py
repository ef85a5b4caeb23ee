"""The notices of a person, the same in both realms, and who is told (rules-platform §6.1, §13 no. 41, decision 35)."""
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from app.actor import system_actor
from app.clock import now
from app.data.ids import uuid7
from app.data.person_rows import PersonTables, forget_person
from app.data.reads import Page, fetch
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import Event
from app.notify.mailbox import read_outbox
from app.ops.checks import examine
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.commands import lock_user
from blueprints.platform.notification import unread
from blueprints.platform.notification.models import UnreadCount
from blueprints.platform.notification.notices import Notice, tell, tell_all
from blueprints.platform.notification.queries import list_notices
from blueprints.platform.people.commands import block_person
from tests.flow import statements

pytestmark = pytest.mark.parametrize("realm", ["marketplace", "network"])
KIND = "SYSTEM_ALERT"


@pytest.fixture
def ben(callers, realm):
    return callers.user("ben", realm=realm)


@pytest.fixture
def cleo(callers, realm):
    return callers.user("cleo", realm=realm)


def event_in(realm):
    return Event(1, uuid7(), realm, "some-topic", uuid7(), {}, now(), None, None)


def told(realm, user, event=None, by_letter=True, **payload):
    with unit_of_work(system_actor(realm)) as work:
        tell(work, event or event_in(realm), Notice(realm, user.user_id, KIND), payload, by_letter=by_letter)
        work.commit()


def told_all(realm, users, event=None, by_letter=False):
    with unit_of_work(system_actor(realm)) as work:
        tell_all(work, event or event_in(realm), KIND, [user.user_id for user in users], {"message": "News."},
                 by_letter=by_letter)
        work.commit()


def page(user, realm, query=""):
    answer = user.get(f"/{realm}/notification-service/notifications{query}")
    assert answer.status_code == 200, answer.json
    return answer.json


def said(user, realm):
    return [item["body"] for item in page(user, realm)["items"]]


def see(user, realm, *ids):
    answer = user.post(f"/{realm}/notification-service/notifications/seen", json={"notificationIds": list(ids)})
    assert answer.status_code == 200, answer.json
    return answer.json["seen"], answer.json["unread"]


def finding():
    return next(found for found in examine() if found.check == "unread notifications")


def test_41_a_visitor_has_no_notices(client, realm):
    assert client.get(f"/{realm}/notification-service/notifications").status_code == 401
    assert client.post(f"/{realm}/notification-service/notifications/seen", json={"notificationIds": []}
                       ).status_code == 401


def test_41_everybody_lists_the_own_ones_the_newest_first(realm, ben, cleo):
    """FD-22."""
    told(realm, ben, message="First.")
    told(realm, ben, message="second.")
    told(realm, cleo, message="Hers.")
    listed = page(ben, realm)
    assert [item["body"] for item in listed["items"]] == ["Second.", "First."]
    assert [item["body"] for item in page(ben, realm, "?sortOrder=asc")["items"]] == ["First.", "Second."]
    newest = listed["items"][0]
    assert (newest["userId"], newest["type"], newest["title"]) == (ben.user_id, KIND, "A notice from Guildhall")
    assert (newest["metadata"], newest["isSeen"], newest["actor"]) == ({"message": "second."}, False, None)
    assert (listed["status"], listed["total"], listed["unread"]) == ("OK", 2, 2)


def test_41_notices_come_page_by_page(realm, ben):
    for number in range(5):
        told(realm, ben, message=f"No. {number}.")
    listed = page(ben, realm, "?page=2&limit=2&sortBy=createdAt")
    assert [item["body"] for item in listed["items"]] == ["No. 2.", "No. 1."]
    facts = ("total", "totalPage", "currentPage", "nextPage", "prevPage", "pageItem")
    assert [listed[name] for name in facts] == [5, 3, 2, 3, 1, 2]
    last = page(ben, realm, "?page=3&limit=2")
    assert [last[name] for name in facts] == [5, 3, 3, None, 2, 1]
    assert page(ben, realm, "?page=9&limit=2")["items"] == []


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=-1", "limit=0", "limit=101", "page=1001&limit=10",
                                   "sortBy=password", "sortOrder=up", "page=٢"])
def test_41_a_wrong_parameter_is_named(realm, ben, query):
    answer = ben.get(f"/{realm}/notification-service/notifications?{query}")
    assert (answer.status_code, answer.json["errCode"]) == (400, "ValidationError")
    assert query.split("=")[0] in answer.json["message"]


@pytest.mark.parametrize("body", [{}, {"notificationIds": "x"}, {"notificationIds": ["x"]},
                                  {"notificationIds": [uuid7()] * 101}, []])
def test_41_what_was_seen_is_a_list_of_ids(realm, ben, body):
    told(realm, ben)
    path = f"/{realm}/notification-service/notifications/seen"
    assert ben.post(path, json=body).status_code == 400
    assert page(ben, realm)["unread"] == 1


def test_41_nobody_sees_what_is_another_s(realm, ben, cleo):
    told(realm, ben)
    told(realm, cleo)
    of_cleo = page(cleo, realm)["items"][0]["id"]
    assert see(ben, realm, of_cleo, uuid7()) == (0, 1)
    assert page(cleo, realm)["items"][0]["isSeen"] is False


def test_what_was_seen_is_seen_once(realm, ben):
    for _ in range(3):
        told(realm, ben)
    first, second, third = (item["id"] for item in page(ben, realm)["items"])
    assert see(ben, realm, first, second) == (2, 1)
    assert see(ben, realm, first, second, third) == (1, 0)
    assert see(ben, realm, first) == (0, 0)
    assert [item["isSeen"] for item in page(ben, realm)["items"]] == [True, True, True]
    assert finding().state == "ok"


def test_a_key_answers_a_retry_with_the_first_answer(realm, ben):
    told(realm, ben)
    body = {"notificationIds": [page(ben, realm)["items"][0]["id"]]}
    path, key = f"/{realm}/notification-service/notifications/seen", {"Idempotency-Key": "once"}
    first, second = (ben.post(path, json=body, headers=key) for _ in range(2))
    assert first.json == second.json
    assert (first.json["seen"], second.headers["Idempotency-Replayed"]) == (1, "true")


def test_no_event_tells_anybody_the_same_twice(realm, ben, cleo):
    event = event_in(realm)
    for _ in range(2):
        told(realm, ben, event, message="Once.")
        told_all(realm, [ben, cleo], event, by_letter=True)
    assert said(ben, realm) == ["Once."]
    assert said(cleo, realm) == ["News."]
    assert [len(read_outbox(user.email)) for user in (ben, cleo)] == [1, 1]
    assert page(ben, realm)["unread"] == 1


def test_who_is_not_active_is_not_told_among_many(realm, ben, cleo):
    lock_user(system_actor(realm), cleo.user_id, now() + timedelta(days=1))
    told_all(realm, [ben, cleo], by_letter=True)
    assert said(ben, realm) == ["News."]
    assert read_outbox(cleo.email) == []
    assert finding().state == "ok"


def test_an_address_nobody_has_proved_gets_no_letter(realm, callers):
    eve = callers.user("eve", realm=realm, email_verified=False)
    told(realm, eve, message="Private.")
    told_all(realm, [eve], by_letter=True)
    assert sorted(said(eve, realm)) == ["News.", "Private."]
    assert read_outbox(eve.email) == []


def test_telling_many_takes_no_more_statements_than_telling_one(realm, callers, count_statements):
    counts = []
    for many in (1, 20):
        users = [callers.user(f"reader{many}x{number}", realm=realm) for number in range(many)]
        with count_statements() as statements:
            told_all(realm, users, by_letter=True)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_person_behind_a_notice_is_shown_unless_one_of_both_blocks_the_other(realm, ben, cleo):
    told(realm, ben, actorUserId=cleo.user_id)
    brief = page(ben, realm)["items"][0]["actor"]
    assert [brief[name] for name in ("id", "fullname", "avatar")] == [cleo.user_id, "Cleo", None]
    block_person(cleo.actor, ben.user_id)
    assert page(ben, realm)["items"][0]["actor"] is None


def test_notices_of_who_is_gone_for_good_are_erased_with_their_count(realm, ben):
    told(realm, ben)
    forget_person(system_actor(realm), runtime().part(PersonTables), ben.user_id, None)
    assert list_notices(ben.actor, Page(), newest_first=True).rows == []
    assert fetch(select(UnreadCount.user_id)) == []
    assert finding().state == "ok"


def test_the_doctor_finds_a_counter_that_is_wrong(realm, ben):
    told(realm, ben)
    with unit_of_work(ben.actor) as work:
        work.execute(update(UnreadCount).values(unread=5))
        work.commit()
    assert finding().state == "fail"
    assert f"{realm} user {ben.user_id}: 5 counted, 1 unread" in finding().says


def test_wrong_counters_are_mended_some_at_a_time_and_each_by_itself(realm, callers, monkeypatch):
    people = [callers.user(name, realm=realm) for name in ("ben", "cleo", "eve")]
    for number, person in enumerate(people):
        for _ in range(number):
            told(realm, person)
    with unit_of_work(system_actor(realm)) as work:
        work.execute(delete(UnreadCount))
        work.execute(insert(UnreadCount), [
            {"realm": realm, "user_id": person.user_id, "unread": 7} for person in people])
        work.commit()
    monkeypatch.setattr(unread, "MOST_MENDED", 2)
    for mended in (2, 1, 0):
        with statements() as sent:
            assert unread.mend_unread("root") == mended
        assert sum("GROUP BY" in statement for statement in sent) == len(REALM_CODENAMES)
    assert [page(person, realm)["unread"] for person in people] == [0, 1, 2]
    assert finding().state == "ok"


def test_notices_of_one_realm_are_not_in_the_other(realm, callers, ben):
    told(realm, ben)
    other = "network" if realm == "marketplace" else "marketplace"
    namesake = callers.user("ben", realm=other, id=ben.user_id)
    assert page(namesake, other)["items"] == []
    assert see(namesake, other, page(ben, realm)["items"][0]["id"]) == (0, 0)
    assert page(ben, realm)["unread"] == 1


def test_readers_and_tellers_at_the_same_time_count_each_notice_once(app, realm, ben):
    for _ in range(10):
        told(realm, ben)
    ids = [item["id"] for item in page(ben, realm)["items"]]

    def act(number):
        with app.app_context():
            if number % 3:
                see(ben, realm, *(ids[::-1] if number % 2 else ids))
            else:
                told(realm, ben)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(12)))
    listed = page(ben, realm, "?limit=100")
    assert listed["unread"] == sum(not item["isSeen"] for item in listed["items"]) == 4
    assert finding().state == "ok"
