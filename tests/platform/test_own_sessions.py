"""A person sees where he is logged in and ends it; a session nobody uses ends by itself (decision 54)."""
import uuid

import pytest

from app.clock import moved_clock
from app.identity.security_events import security_log
from app.jobs.worker import run_job
from tests.platform.driver import Auth, is_refusal

HOUR = 3600


def sessions(auth, token):
    answer = auth.call("GET", "/v1/sessions", token=token)
    assert answer.status_code == 200
    return answer.json["sessions"]


def ends_of(realm, user_id):
    return [event.detail["ended"] for event in security_log(realm, user_id=user_id, kind="session", limit=100)]


def test_nobody_sees_or_ends_the_sessions_of_another(auth, people):
    one, two, admin = people.user("u1"), people.user("u2"), people.admin()
    assert is_refusal(auth.call("GET", "/v1/sessions"), 401)
    for other in (two, admin):
        assert [row["id"] for row in sessions(auth, other.token)] == [other.actor.session_id]
        refused = auth.call("DELETE", f"/v1/sessions/{one.actor.session_id}", token=other.token)
        assert is_refusal(refused, 404)
    assert is_refusal(auth.call("DELETE", f"/v1/sessions/{uuid.uuid4()}", token=one.token), 404)
    assert auth.is_alive(one.token)


def test_the_list_says_device_shortened_address_and_when(auth, people):
    one = people.user("u1")
    for address in ("203.0.113.77", "2001:db8:1:2:3::9"):
        auth.login(one.email, environ_base={"REMOTE_ADDR": address}, headers={"User-Agent": "Otter/1.0"})
    newest, older, own = sessions(auth, one.token)
    assert (newest["device"], newest["address"], newest["isCurrent"]) == ("Otter/1.0", "2001:db8:1::x", False)
    assert (older["address"], own["isCurrent"]) == ("203.0.113.x", True)
    assert newest["createdAt"] == newest["lastSeenAt"] < newest["expiresAt"]


def test_a_session_is_ended_by_its_user_at_once(auth, people, realm):
    one = people.user("u1")
    login = auth.login(one.email).json
    assert auth.is_alive(login["accessToken"])
    answer = auth.call("DELETE", f"/v1/sessions/{login['sessionId']}", token=one.token)
    assert (answer.status_code, answer.json["session"]["id"]) == (200, login["sessionId"])
    assert not auth.is_alive(login["accessToken"])
    assert auth.is_alive(one.token)
    assert ends_of(realm, one.user_id) == ["by its user"]


def test_all_other_sessions_are_ended_in_one_call(auth, people, realm):
    one, two = people.user("u1"), people.user("u2")
    others = [auth.token(one.email) for _ in range(3)]
    answer = auth.call("DELETE", "/v1/sessions", token=one.token)
    assert (answer.status_code, answer.json["session"]["ended"]) == (200, 3)
    assert not any(auth.is_alive(token) for token in others)
    assert auth.is_alive(one.token)
    assert auth.is_alive(two.token)
    assert ends_of(realm, one.user_id) == ["by its user"]


def test_a_session_nobody_uses_for_eight_hours_ends(auth, people, realm):
    one = people.user("u1")
    with moved_clock(seconds=8 * HOUR - 60):
        assert auth.is_alive(one.token)
    with moved_clock(hours=15):
        assert auth.is_alive(one.token)
        assert sessions(auth, one.token)
    with moved_clock(hours=24 - 0.5):
        assert not auth.is_alive(one.token)
        run_job("sweep-sessions")
    assert ends_of(realm, one.user_id) == ["idle"]


def test_a_session_in_use_is_written_down_now_and_then_only(auth, people, count_statements):
    one = people.user("u1")
    with moved_clock(seconds=240), count_statements() as told:
        assert auth.is_alive(one.token)
    assert not [statement for statement in told if "UPDATE login_session" in statement]
    with moved_clock(seconds=302), count_statements() as told:
        assert auth.is_alive(one.token)
    assert len([statement for statement in told if "UPDATE login_session" in statement]) == 1


@pytest.mark.parametrize("seconds", ["3600", "60"])
def test_the_operator_sets_how_long_idle_is(people, make_app, realm, seconds):
    auth, one = Auth(make_app(SESSION_IDLE_SECONDS=seconds), realm), people.user("u1")
    with moved_clock(seconds=int(seconds) + 1):
        assert not auth.is_alive(one.token)
