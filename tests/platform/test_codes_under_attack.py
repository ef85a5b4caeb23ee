"""What a stranger can do to somebody's verification: nothing that keeps the owner out (decisions 43 and 45)."""
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.actor import system_actor
from app.clock import moved_clock, now
from app.errors import Forbidden
from app.identity.security_events import security_log
from app.notify.mailbox import read_outbox
from blueprints.platform.auth import commands, credentials, verification
from tests.clients import PASSWORD
from tests.platform.driver import Auth, is_refusal, wrong_code

NEW_PASSWORD = "another-fine-horse-2"
STRANGER = {"environ_base": {"REMOTE_ADDR": "198.51.100.7"}}
RESET = "password-reset-by-email"


@pytest.fixture
def auth(realm, make_app):
    """The auth service with its throttles on."""
    return Auth(make_app(RATELIMIT_ENABLED="1"), realm)


def complete(auth, email, code, password=NEW_PASSWORD, **options):
    return auth.call("POST", f"/verification-services/{RESET}/complete", json={
        "email": email, "secretCode": code, "password": password}, **options)


def start(auth, email, **options):
    return auth.call("POST", f"/verification-services/{RESET}/start", json={"email": email}, **options)


def link_of(auth, email, settle):
    """The secret that stands in the link of the newest letter."""
    with auth.app.app_context():
        settle()
        [address] = [line for line in read_outbox(email)[0]["text"].split() if line.startswith("http")]
    assert urlsplit(address).query == ""
    said = parse_qs(urlsplit(address).fragment)
    assert (said["service"], said["email"]) == ([RESET], [email])
    return said["code"][0]


def test_five_wrong_codes_of_a_stranger_leave_the_owners_reset_good(auth, people):
    one = people.user("u1")
    code = start(auth, one.email).json["secretCode"]
    for _ in range(5):
        assert is_refusal(complete(auth, one.email, wrong_code(code), **STRANGER), 403, "CodeMismatch")
    assert is_refusal(complete(auth, one.email, code, **STRANGER), 403, "CodeExpired")
    assert complete(auth, one.email, code).status_code == 200


def test_twenty_tries_of_a_stranger_do_not_lock_the_owner_out(auth, people):
    one = people.user("u1")
    code = start(auth, one.email).json["secretCode"]
    statuses = [complete(auth, one.email, wrong_code(code), **STRANGER).status_code for _ in range(25)]
    assert set(statuses) == {403}
    assert complete(auth, one.email, code).status_code == 200


def test_wrong_codes_and_the_first_refusals_of_throttles_are_security_events(auth, people, realm, monkeypatch):
    monkeypatch.setattr(verification, "TRIES", replace(verification.TRIES, most=2))
    monkeypatch.setattr(verification, "STARTS", replace(verification.STARTS, most=1))
    one = people.user("u1")
    code = start(auth, one.email, **STRANGER).json["secretCode"]
    statuses = [complete(auth, one.email, wrong_code(code), **STRANGER).status_code for _ in range(4)]
    assert statuses == [403, 403, 429, 429]
    with moved_clock(seconds=61):
        assert [start(auth, one.email, **STRANGER).status_code for _ in range(2)] == [429, 429]
    events = [(event.outcome, event.detail.get("throttle"), event.address)
              for event in reversed(security_log(realm, user_id=one.user_id, kind="code", limit=9))]
    assert events == [("refused", None, "198.51.100.7"), ("refused", None, "198.51.100.7"),
                      ("throttled", "VerificationCode", "198.51.100.7"),
                      ("throttled", "VerificationStart", "198.51.100.7")]


def test_many_addresses_only_slow_each_other_down_and_the_link_passes_by(auth, people, settle, monkeypatch):
    monkeypatch.setattr(verification, "ALL_TRIES", replace(verification.ALL_TRIES, first=200))
    one = people.user("u1")
    code = start(auth, one.email).json["secretCode"]
    statuses = [complete(auth, one.email, wrong_code(code), environ_base={
        "REMOTE_ADDR": f"203.0.113.{host}"}).status_code for host in range(9) for _ in range(5)]
    assert statuses == [403] * 40 + [429] * 5
    slowed = complete(auth, one.email, code)
    assert is_refusal(slowed, 429)
    with moved_clock(seconds=int(slowed.headers["Retry-After"])):
        assert is_refusal(complete(auth, one.email, wrong_code(code)), 403, "CodeMismatch")
        assert is_refusal(complete(auth, one.email, code), 429)
        assert complete(auth, one.email, link_of(auth, one.email, settle)).status_code == 200


def test_the_link_of_the_letter_resets_once_and_a_wrong_one_never(auth, people, settle):
    one = people.user("u1")
    code = start(auth, one.email).json["secretCode"]
    secret = link_of(auth, one.email, settle)
    for _ in range(30):
        assert is_refusal(complete(auth, one.email, "x" * len(secret), **STRANGER), 403, "CodeMismatch")
    for _ in range(6):
        complete(auth, one.email, wrong_code(code))
    assert is_refusal(complete(auth, one.email, code), 403, "CodeExpired")
    assert complete(auth, one.email, secret).status_code == 200
    assert is_refusal(complete(auth, one.email, secret), 403, "StepNotFound")


def test_the_link_leads_to_a_page_that_does_nothing_by_itself(auth):
    page = auth.call("GET", "/verification-page")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    script = auth.call("GET", "/verification-page.js")
    assert (script.status_code, script.mimetype) == (200, "text/javascript")
    assert "'submit'" in script.text


def test_ten_starts_within_a_second_do_not_lock_the_next_one_out(auth, people):
    one = people.user("u1")
    statuses = [start(auth, one.email, **STRANGER).status_code for _ in range(15)]
    assert statuses == [200] + [403] * 14
    with moved_clock(seconds=61):
        assert start(auth, one.email).status_code == 200


def test_tries_without_a_code_do_not_count(auth, people):
    one = people.user("u1")
    for _ in range(50):
        assert is_refusal(complete(auth, one.email, "123456"), 403, "StepNotFound")
    code = start(auth, one.email).json["secretCode"]
    assert complete(auth, one.email, code).status_code == 200


def test_asking_for_many_addresses_whether_they_have_an_account_ends(auth, monkeypatch):
    monkeypatch.setattr(verification, "ADDRESS_CALLS", replace(verification.ADDRESS_CALLS, most=3))
    asked = [start(auth, f"u{number}@example.com", **STRANGER).status_code for number in range(4)]
    assert asked == [401, 401, 401, 429]


def test_ipv6_addresses_of_one_network_share_their_tries(auth, people):
    one = people.user("u1")
    code = start(auth, one.email).json["secretCode"]
    for host in range(5):
        tried = complete(auth, one.email, wrong_code(code), environ_base={"REMOTE_ADDR": f"2001:db8::{host}"})
        assert is_refusal(tried, 403, "CodeMismatch")
    assert is_refusal(complete(auth, one.email, code, environ_base={"REMOTE_ADDR": "2001:db8::99"}), 403, "CodeExpired")
    assert complete(auth, one.email, code, environ_base={"REMOTE_ADDR": "2001:db8:0:1::1"}).status_code == 200


def test_a_reset_code_dies_with_the_password_it_was_issued_for(auth, people, settle):
    one = people.user("u1")
    code = start(auth, one.email).json["secretCode"]
    secret = link_of(auth, one.email, settle)
    changed = auth.call("PATCH", f"/v1/userpassword/{one.user_id}", token=one.token,
                        json={"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD})
    assert changed.status_code == 200
    for dead in (code, secret):
        assert is_refusal(complete(auth, one.email, dead, "a-third-fine-horse-3"), 403, "StepNotFound")
    assert auth.login(one.email, NEW_PASSWORD).status_code == 200


def test_a_reset_code_dies_with_a_lock_and_does_not_come_back_with_its_end(auth, people, realm):
    one = people.user("u1")
    code = start(auth, one.email).json["secretCode"]
    commands.lock_user(system_actor(realm), one.user_id, now() + timedelta(hours=1))
    assert is_refusal(complete(auth, one.email, code), 403, "StepNotFound")
    assert is_refusal(start(auth, one.email), 401)
    commands.lock_user(system_actor(realm), one.user_id, None)
    assert is_refusal(complete(auth, one.email, code), 403, "StepNotFound")
    assert auth.login(one.email).status_code == 200


def test_a_reset_that_lost_the_race_against_another_password_changes_nothing(auth, people, realm):
    one = people.user("u1")
    with pytest.raises(Forbidden) as refused:
        credentials.reset_password(system_actor(realm), one.user_id, former_hash="another", new_hash="x", by_email=True)
    assert refused.value.err_code == "StepNotFound"
    assert auth.login(one.email).status_code == 200


def test_wrong_codes_are_security_events_and_wrong_links_which_nothing_bounds_are_none(auth, people, realm):
    one = people.user("u1")
    code = start(auth, one.email).json["secretCode"]
    assert is_refusal(complete(auth, one.email, wrong_code(code), **STRANGER), 403, "CodeMismatch")
    for number in range(30):
        assert is_refusal(complete(auth, one.email, f"{number:x>43}", **STRANGER), 403, "CodeMismatch")
    assert len(security_log(realm, user_id=None, kind="code", limit=100)) == 1
