"""How people want to be told, the same in both realms: types, channels, language, digest (front-door.md FD-23)."""
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from app.actor import Actor, system_actor
from app.clock import moved_clock, now
from app.data.ids import uuid7
from app.data.person_rows import PersonTables, forget_person
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import Event
from app.jobs.worker import run_job
from app.notify.mailbox import read_outbox
from app.notify.unsubscribe import Subscription, unsubscribe_token
from app.runtime import runtime
from blueprints.platform.auth.commands import lock_user
from blueprints.platform.auth.person_commands import erase_account
from blueprints.platform.notification import digests, jobs
from blueprints.platform.notification.digests import write_digest
from blueprints.platform.notification.models import DigestItem, NoticePreference, NoticeSetting
from blueprints.platform.notification.notices import Notice, tell, tell_all
from blueprints.platform.notification.preferences import change_preferences, switch_off
from blueprints.platform.notification.rules import next_digest
from blueprints.platform.people.commands import block_person
from tests.clients import ApiClient
from tests.platform.test_devices import registered

realms = pytest.mark.parametrize("realm", ["marketplace", "network"])
KIND = {"marketplace": "MESSAGE_RECEIVED", "network": "POST_LIKED"}


@pytest.fixture
def ben(callers, realm):
    return callers.user("ben", realm=realm)


@pytest.fixture
def cleo(callers, realm):
    return callers.user("cleo", realm=realm)


def told(realm, *users, kind="", event=None, many=False, **payload):
    event = event or Event(1, uuid7(), realm, "some-topic", uuid7(), {}, now(), None, None)
    with unit_of_work(system_actor(realm)) as work:
        if many:
            tell_all(work, event, kind or KIND[realm], [user.user_id for user in users], payload, by_letter=True)
        else:
            tell(work, event, Notice(realm, users[0].user_id, kind or KIND[realm]), payload, {"name": "Cleo"})
        work.commit()
    return event


def prefer(user, realm, *choices, status=200, **more):
    answer = user.patch(f"/{realm}/notification-service/preferences", json={
        "preferences": [dict(zip(("type", "channel", "mode"), choice, strict=True)) for choice in choices], **more})
    assert answer.status_code == status, answer.json
    return answer.json


def held(user, realm):
    rows = user.get(f"/{realm}/notification-service/preferences").json["preferences"]
    return {(row["type"], row["channel"]): row["effective"] for row in rows}


def letters(user):
    return [(str(letter["channel"]), str(letter["template"])) for letter in reversed(read_outbox(user.email))]


def pushes():
    return [letter for letter in read_outbox() if letter["channel"] == "push"]


def in_app(user, realm):
    return user.get(f"/{realm}/notification-service/notifications").json["total"]


@contextmanager
def at(moment):
    with moved_clock(seconds=(moment - now()).total_seconds()):
        yield


@realms
def test_a_visitor_has_no_preferences(realm, client):
    assert client.get(f"/{realm}/notification-service/preferences").status_code == 401
    assert client.patch(f"/{realm}/notification-service/preferences", json={}).status_code == 401


@realms
@pytest.mark.parametrize(("named", "body"), [
    ("preferences", {"preferences": [{"type": "OTP", "channel": "email", "mode": "off"}]}),
    ("preferences", {"preferences": [{"type": "STATEMENT_OF_REASONS", "channel": "email", "mode": "off"}]}),
    ("preferences", {"preferences": [{"type": "SYSTEM_ALERT", "channel": "inApp", "mode": "off"}]}),
    ("preferences", {"preferences": [{"type": "SYSTEM_ALERT", "channel": "push", "mode": "digest"}]}),
    ("preferences", {"preferences": [{"type": "SYSTEM_ALERT", "channel": "sms", "mode": "on"}]}),
    ("preferences", {"preferences": [{"type": "*", "channel": "email", "mode": "on"}] * 101}),
    ("preferences", {"preferences": [{"channel": "email"}]}), ("preferences", {"preferences": "x"}),
    ("locale", {"locale": "xx"}), ("timeZone", {"timeZone": "Mars/Olympus"}), ("timeZone", {"timeZone": "../etc"}),
    ("digestHour", {"digestHour": 24}), ("mutedUntil", {"mutedUntil": "tomorrow"})])
def test_what_cannot_be_chosen_is_refused_by_its_name(realm, ben, named, body):
    answer = ben.patch(f"/{realm}/notification-service/preferences", json=body)
    assert (answer.status_code, named in answer.json["detail"]) == (400, True), answer.json
    assert fetch(select(NoticePreference.user_id)) == []


@realms
def test_what_is_off_is_not_told_over_that_channel(realm, ben, cleo):
    kind = KIND[realm]
    prefer(ben, realm, (kind, "email", "off"))
    prefer(cleo, realm, (kind, "inApp", "off"))
    for many in (False, True):
        told(realm, ben, many=many)
        told(realm, cleo, many=many)
    assert (letters(ben), in_app(ben, realm)) == ([], 2)
    assert (letters(cleo), in_app(cleo, realm)) == ([("email", kind)] * 2, 0)


@realms
def test_a_choice_for_all_holds_where_none_is_made_for_the_type(realm, ben):
    kind = KIND[realm]
    prefer(ben, realm, ("*", "email", "off"), ("*", "inApp", "off"), (kind, "email", "on"))
    assert (held(ben, realm)[kind, "email"], held(ben, realm)["SYSTEM_ALERT", "email"]) == ("on", "off")
    assert (held(ben, realm)[kind, "inApp"], held(ben, realm)["SYSTEM_ALERT", "inApp"]) == ("off", "on")
    prefer(ben, realm, (kind, "email", "default"))
    assert held(ben, realm)[kind, "email"] == "off"


@realms
def test_who_has_muted_all_reads_it_in_the_app_alone(realm, ben):
    registered(ben, realm)
    prefer(ben, realm, mutedUntil=(now() + timedelta(hours=1)).isoformat())
    told(realm, ben)
    assert (letters(ben), pushes(), in_app(ben, realm)) == ([], [], 1)
    with moved_clock(hours=2):
        told(realm, ben)
    assert letters(ben) == [("email", KIND[realm])]


@realms
def test_a_notice_goes_to_each_device_of_its_person_unless_push_is_off(realm, ben, cleo):
    for token in ("one", "two"):
        registered(ben, realm, token)
    told(realm, ben, actorUserId=cleo.user_id)
    shown = pushes()
    assert [(letter["template"], letter["html"]) for letter in shown] == [(KIND[realm], "")] * 2
    assert {letter["user_id"] for letter in shown} == {ben.user_id}
    assert shown[0]["data"] == {"type": KIND[realm], "actorUserId": cleo.user_id}
    prefer(ben, realm, (KIND[realm], "push", "off"))
    told(realm, ben)
    assert len(pushes()) == 2


@realms
def test_preferences_of_one_realm_do_not_hold_in_the_other(realm, callers, ben):
    other = "network" if realm == "marketplace" else "marketplace"
    namesake = callers.user("ben", realm=other, id=ben.user_id)
    prefer(ben, realm, ("*", "email", "off"))
    assert held(namesake, other)[KIND[other], "email"] == "on"


@realms
def test_the_same_choice_twice_is_one(realm, ben):
    for _ in range(2):
        prefer(ben, realm, ("*", "email", "digest"), locale="en", timeZone="Asia/Kathmandu", digestHour=0)
    said = ben.get(f"/{realm}/notification-service/preferences").json
    assert (said["locale"], said["timeZone"], said["digestHour"]) == ("en", "Asia/Kathmandu", 0)
    assert len(fetch(select(NoticePreference.user_id))) == len(fetch(select(NoticeSetting.user_id))) == 1


@realms
def test_telling_many_who_want_it_differently_takes_a_fixed_number_of_statements(realm, callers, count_statements):
    counts = []
    for many in (2, 12):
        users = [callers.user(f"r{many}x{number}", realm=realm) for number in range(many)]
        for number, user in enumerate(users):
            prefer(user, realm, (KIND[realm], "email", "digest" if number % 2 else "on"))
            registered(user, realm, f"t{many}x{number}")
        with count_statements() as statements:
            told(realm, *users, many=True)
        counts.append(len(statements))
    assert counts[0] == counts[1]


@realms
def test_what_is_unsubscribed_is_off_and_a_code_cannot_be(realm, ben):
    with unit_of_work(system_actor(realm)) as work:
        for name in (KIND[realm], "OTP"):
            switch_off(work, ben.user_id, name, "email")
        work.commit()
    assert held(ben, realm)[KIND[realm], "email"] == "off"
    assert [row.notice_type for row in fetch(select(NoticePreference.notice_type))] == [KIND[realm]]


@realms
def test_a_letter_that_outlives_its_person_writes_nothing_of_him_down(realm, ben, client, settle):
    link = f"/{realm}/notification-service/unsubscribe"
    token = unsubscribe_token(realm, Subscription(ben.user_id, KIND[realm], "email"))
    assert erase_account(Actor(realm, role="system", operator="root"), ben.user_id)
    settle()
    run_job("purge-archived")
    settle()
    assert client.post(link, query_string={"token": token}).status_code == 200
    assert fetch(select(NoticePreference.user_id)) == []


def wants_digest(user, realm, hour=None):
    """Without an hour the digest is due in half a day: no test runs into it."""
    change_preferences(user.actor, [{"type": KIND[realm], "channel": "email", "mode": "digest"}], time_zone="UTC",
                       digest_hour=(now().hour + 12) % 24 if hour is None else hour)


@pytest.fixture
def noon():
    """The clock stands at the next noon."""
    with at(now().replace(hour=12, minute=0, second=0) + timedelta(days=1)):
        yield


def due_at():
    return {row.due_at for row in fetch(select(DigestItem.due_at))}


@realms
def test_a_digest_comes_once_at_its_hour_and_says_what_the_app_says(realm, ben, cleo):
    """FD-23."""
    wants_digest(ben, realm)
    event = told(realm, ben, actorUserId=cleo.user_id)
    told(realm, ben, event=event, actorUserId=cleo.user_id)
    told(realm, ben, actorUserId=cleo.user_id)
    assert (letters(ben), in_app(ben, realm), len(fetch(select(DigestItem.id)))) == ([], 2, 2)
    [due] = due_at()
    with at(due - timedelta(seconds=30)):
        run_job("send-digests")
    assert letters(ben) == []
    with at(due + timedelta(seconds=30)):
        for _ in range(2):
            run_job("send-digests")
    [letter] = read_outbox(ben.email)
    assert (letter["template"], letter["subject"], letter["kind"]) == ("DIGEST", "2 notices for you", "digest")
    assert letter["text"].startswith("Hello Ben,\n\nthis is what happened since your last digest:")
    assert letter["text"].count("– ") == 2
    assert ("Cleo likes a post of yours." in letter["text"]) == (realm == "network")
    assert fetch(select(DigestItem.id)) == []


@realms
def test_a_digest_shows_the_newest_and_says_how_many_more_there_are(realm, ben, monkeypatch):
    monkeypatch.setattr(digests, "MOST_LINES", 2)
    wants_digest(ben, realm)
    for _ in range(3):
        told(realm, ben)
    with at(max(due_at()) + timedelta(seconds=30)):
        run_job("send-digests")
    [letter] = read_outbox(ben.email)
    assert (letter["subject"], letter["text"].count("– ")) == ("3 notices for you", 2)
    assert "1 more" in letter["text"]
    assert fetch(select(DigestItem.id)) == []


@realms
def test_a_digest_that_cannot_be_written_keeps_nobody_waiting(realm, callers, monkeypatch):
    people = sorted((callers.user(name, realm=realm) for name in ("ben", "cleo")), key=lambda user: user.user_id)
    for user in people:
        wants_digest(user, realm)
        told(realm, user)
    with unit_of_work(system_actor(realm)) as work:
        work.execute(update(DigestItem).where(DigestItem.user_id == people[0].user_id).values(notice_type="NO_SUCH"))
        work.commit()
    monkeypatch.setattr(jobs, "PEOPLE_AT_ONCE", 1)
    due = max(due_at()) + timedelta(seconds=30)
    with at(due):
        for _ in people:  # a run that finds more than it writes asks for the next
            run_job("send-digests")
        assert [letters(user) for user in people] == [[], [("email", "DIGEST")]]
        assert min(due_at()) > due


@realms
def test_a_digest_is_written_once_on_a_date_of_its_person(realm, ben, noon):
    wants_digest(ben, realm, hour=15)
    told(realm, ben)
    [due] = due_at()
    with at(due + timedelta(minutes=1)):
        assert write_digest(realm, ben.user_id)
        change_preferences(ben.actor, digest_hour=16)
        told(realm, ben)
    with at(due + timedelta(hours=1, minutes=1)):
        assert not write_digest(realm, ben.user_id)
        assert len(letters(ben)) == 1
    with at(due + timedelta(hours=25, minutes=1)):
        assert write_digest(realm, ben.user_id)
    assert letters(ben) == [("email", "DIGEST")] * 2


@realms
def test_a_digest_names_nobody_whom_its_reader_may_not_see(realm, ben, cleo):
    wants_digest(ben, realm)
    told(realm, ben, actorUserId=cleo.user_id)
    [due] = due_at()
    block_person(cleo.actor, ben.user_id)
    with at(due + timedelta(minutes=1)):
        run_job("send-digests")
    [letter] = read_outbox(ben.email)
    assert "Cleo" not in f"{letter['subject']}{letter['text']}{letter['html']}"


@realms
def test_who_is_not_active_gets_no_digest(realm, ben):
    wants_digest(ben, realm)
    told(realm, ben)
    [due] = due_at()
    lock_user(system_actor(realm), ben.user_id, now() + timedelta(days=9))
    with at(due + timedelta(minutes=1)):
        run_job("send-digests")
    assert letters(ben) == []


@realms
def test_what_waits_moves_with_the_hour_and_goes_with_the_wish(realm, ben, noon):
    wants_digest(ben, realm, hour=15)
    told(realm, ben)
    change_preferences(ben.actor, time_zone="Asia/Kathmandu", digest_hour=7)
    assert due_at() == {next_digest(now(), ZoneInfo("Asia/Kathmandu"), 7)}
    change_preferences(ben.actor, [{"type": KIND[realm], "channel": "email", "mode": "on"}])
    assert due_at() == set()


@realms
def test_who_unsubscribes_from_the_digest_gets_none_any_more(realm, ben):
    wants_digest(ben, realm)
    told(realm, ben)
    with unit_of_work(system_actor(realm)) as work:
        switch_off(work, ben.user_id, "DIGEST", "email")
        work.commit()
    assert (held(ben, realm)[KIND[realm], "email"], due_at()) == ("off", set())


@realms
def test_preferences_of_who_is_gone_for_good_are_erased(realm, ben):
    wants_digest(ben, realm)
    told(realm, ben)
    registered(ben, realm)
    forget_person(system_actor(realm), runtime().part(PersonTables), ben.user_id, None)
    for model in (NoticePreference, NoticeSetting, DigestItem):
        assert fetch(select(model.user_id)) == []


@pytest.mark.parametrize(("moment", "zone", "hour", "due"), [
    ("2026-03-01T07:59:59+00:00", "UTC", 8, "2026-03-01T08:00:00+00:00"),
    ("2026-03-01T08:00:00+00:00", "UTC", 8, "2026-03-02T08:00:00+00:00"),
    ("2026-03-29T00:00:00+00:00", "Europe/Zurich", 8, "2026-03-29T06:00:00+00:00"),  # clocks go forward at 2
    ("2026-03-28T12:00:00+00:00", "Europe/Zurich", 2, "2026-03-29T01:00:00+00:00"),  # there is no 2 o'clock
    ("2026-10-24T12:00:00+00:00", "Europe/Zurich", 2, "2026-10-25T00:00:00+00:00"),  # there are two
    ("2026-10-25T00:00:00+00:00", "Europe/Zurich", 2, "2026-10-26T01:00:00+00:00"),  # and the second is none
    ("2026-10-25T00:30:00+00:00", "Europe/Zurich", 8, "2026-10-25T07:00:00+00:00"),
    ("2011-12-30T09:00:00+00:00", "Pacific/Apia", 8, "2011-12-30T18:00:00+00:00"),  # a day that Samoa left out
    ("2026-01-01T00:00:00+00:00", "Pacific/Kiritimati", 0, "2026-01-01T10:00:00+00:00")])
def test_a_digest_is_due_at_its_hour_on_the_clock_of_its_person(moment, zone, hour, due):
    found = next_digest(datetime.fromisoformat(moment), ZoneInfo(zone), hour)
    assert (found.isoformat(), found.tzinfo) == (due, UTC)


@pytest.fixture
def german(tmp_path, make_app):
    for name, text in (("OTP.subject", "Ihr Code"), ("MESSAGE_RECEIVED.subject", "Eine neue Nachricht"),
                       ("POST_LIKED.subject", "Gefällt")):
        (tmp_path / "de").mkdir(exist_ok=True)
        (tmp_path / "de" / name).write_text(text)
    return make_app(NOTICE_TEMPLATES=str(tmp_path))


@realms
def test_letters_notices_and_codes_come_in_the_language_of_their_person(realm, german, callers, settle):
    with german.app_context():
        ben = callers.user("ben", realm=realm, email_verified=False)
        change_preferences(ben.actor, locale="de")
        told(realm, ben, many=True)
        ApiClient(german).post(f"/{realm}/auth-api/verification-services/email-verification/start",
                               json={"email": ben.email})
        settle()
        assert [letter["subject"] for letter in read_outbox(ben.email)] == ["Ihr Code"]
        said = ApiClient(german, ben.actor, ben.token).get(f"/{realm}/notification-service/notifications").json
        assert [notice["title"] for notice in said["items"]] == [
            {"marketplace": "Eine neue Nachricht", "network": "Gefällt"}[realm]]


@realms
def test_two_workers_write_one_digest_and_lose_nothing_that_comes_meanwhile(realm, app, ben):
    wants_digest(ben, realm)
    for _ in range(3):
        told(realm, ben)
    [due] = due_at()

    def act(number):
        with app.app_context():
            if number % 3 == 2:
                told(realm, ben)
            else:
                write_digest(realm, ben.user_id)

    with at(due + timedelta(minutes=1)), ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(9)))
    [letter] = read_outbox(ben.email)
    assert letter["text"].count("– ") + len(fetch(select(DigestItem.id))) == 6


@realms
def test_choices_made_at_the_same_time_all_hold(realm, app, ben):
    kinds = ["SYSTEM_ALERT", KIND[realm], "*"]

    def act(number):
        with app.app_context():
            change_preferences(ben.actor, [{"type": kind, "channel": "email", "mode": "digest"}
                                           for kind in (kinds if number % 2 else kinds[::-1])], digest_hour=number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(8)))
    assert {row.mode for row in fetch(select(NoticePreference.mode))} == {"digest"}
    assert len(fetch(select(NoticePreference.mode))) == 3
