"""Nobody holds an address by typing it in (decision 44)."""
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.actor import system_actor
from app.clock import moved_clock, now
from app.identity.security_events import THROTTLED, security_log
from app.jobs.worker import run_job
from app.notify.mailbox import read_outbox
from blueprints.platform.auth import commands, preparations
from tests.platform.driver import PASSWORD, Auth, is_refusal

EMAIL = "anna@example.com"
OWN_PASSWORD = "the-owners-own-word-1"


def start(auth, email=EMAIL):
    return auth.start("email-verification", email=email).json["secretCode"]


def verify(auth, code, **more):
    return auth.complete("email-verification", email=EMAIL, secretCode=code, **more)


def test_a_second_registration_within_the_resend_window_is_refused(auth):
    first = auth.register()
    assert first.status_code == 201
    assert is_refusal(auth.register(password=OWN_PASSWORD), 400, "EmailAlreadyExists")


def test_a_verified_address_is_taken_for_good(auth):
    auth.verified_user()
    with moved_clock(seconds=61):
        assert is_refusal(auth.register(password=OWN_PASSWORD), 400, "EmailAlreadyExists")


def test_an_account_that_was_never_verified_gives_way_to_a_later_registration(auth):
    former = auth.register(fullname="Mallory").json["user"]
    code = start(auth)
    with moved_clock(seconds=61):
        answer = auth.register(password=OWN_PASSWORD)
        user = answer.json["user"]
        assert (answer.status_code, user["fullname"], user["emailVerified"]) == (201, "Anna Ant", False)
        assert user["id"] != former["id"]
        assert is_refusal(verify(auth, code), 403, "StepNotFound")
        assert verify(auth, start(auth)).status_code == 200
        assert is_refusal(auth.login(EMAIL, PASSWORD), 401)
        assert auth.login(EMAIL, OWN_PASSWORD).json["userId"] == user["id"]


def test_a_stranger_replaces_an_account_three_times_an_hour_and_then_the_owners_code_lives(realm, make_app):
    auth = Auth(make_app(RATELIMIT_ENABLED="1"), realm)

    def register(address, **more):
        return auth.call("POST", "/v1/registeruser", environ_base={"REMOTE_ADDR": address}, json={
            "email": EMAIL, "password": PASSWORD, "fullname": "Mallory", **more})

    register("203.0.113.9")
    for number in range(1, 4):
        with moved_clock(seconds=61 * number):
            assert register("203.0.113.9").status_code == 201
    with moved_clock(seconds=61 * 4):
        owner = register("198.51.100.1", password=OWN_PASSWORD)
        assert owner.status_code == 201
        code = start(auth)
    for number in range(5, 9):
        with moved_clock(seconds=61 * number):
            refused = register("203.0.113.9")
            assert is_refusal(refused, 429)
            assert 0 < int(refused.headers["Retry-After"]) <= 3600
    with moved_clock(seconds=61 * 9):
        assert verify(auth, code).status_code == 200
        assert auth.login(EMAIL, OWN_PASSWORD).json["userId"] == owner.json["user"]["id"]
    events = security_log(realm, user_id=None, kind="account", limit=9)
    assert [event.address for event in events if event.outcome == THROTTLED] == ["203.0.113.9"]


def test_registrations_of_one_address_are_limited_and_refused_ones_do_not_count(realm, make_app, monkeypatch):
    monkeypatch.setattr(preparations, "REGISTRATIONS", replace(preparations.REGISTRATIONS, most=2))
    auth = Auth(make_app(RATELIMIT_ENABLED="1"), realm)
    for _ in range(3):
        assert is_refusal(auth.register(password="password"), 400)
    assert [auth.register(f"u{number}@example.com").status_code for number in range(3)] == [201, 201, 429]
    with moved_clock(seconds=preparations.REGISTRATIONS.window + 1):
        assert auth.register("u3@example.com").status_code == 201


def test_what_staff_locked_or_gave_a_role_does_not_give_way(auth, people):
    locked, promoted = auth.register().json["user"], auth.register("ben@example.com").json["user"]
    commands.lock_user(system_actor(auth.realm), locked["id"], now() + timedelta(days=1))
    commands.update_user_role(system_actor(auth.realm), promoted["id"], "admin")
    with moved_clock(seconds=61):
        for email in (EMAIL, "ben@example.com"):
            assert is_refusal(auth.register(email, password=OWN_PASSWORD), 400, "EmailAlreadyExists")


def test_where_no_verification_is_required_an_unverified_account_does_not_give_way(realm, make_app):
    auth = Auth(make_app(EMAIL_VERIFICATION_REQUIRED="0"), realm)
    auth.register()
    with moved_clock(seconds=61):
        assert is_refusal(auth.register(password=OWN_PASSWORD), 400, "EmailAlreadyExists")
    with moved_clock(days=8):
        with auth.app.app_context():
            run_job("purge-unverified")
        assert auth.login().status_code == 200


def test_unverified_accounts_expire_after_seven_days_and_verified_ones_do_not(auth):
    auth.register("mallory@example.com")
    auth.verified_user()
    with moved_clock(days=6):
        run_job("purge-unverified")
        assert is_refusal(auth.login("mallory@example.com"), 403, "EmailVerificationNeeded")
    with moved_clock(days=8):
        run_job("purge-unverified")
        assert is_refusal(auth.login("mallory@example.com"), 401)
        assert auth.login().status_code == 200


def test_a_password_that_is_sent_with_the_code_has_to_be_the_accounts(auth):
    auth.register()
    code = start(auth)
    assert is_refusal(verify(auth, code, password=OWN_PASSWORD), 403, "PasswordDoesNotMatch")
    assert is_refusal(auth.login(), 403, "EmailVerificationNeeded")
    assert verify(auth, code, password=PASSWORD).status_code == 200


def test_a_wrong_code_learns_nothing_of_the_password(auth):
    auth.register()
    code = start(auth)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answers = [verify(auth, wrong, password=password) for password in (PASSWORD, OWN_PASSWORD)]
    assert [answer.json["errCode"] for answer in answers] == ["CodeMismatch", "CodeMismatch"]


@pytest.mark.parametrize("sent", [{}, {"password": PASSWORD}])
def test_where_the_operator_asks_for_the_password_it_is_required(realm, make_app, sent):
    auth = Auth(make_app(VERIFY_ASKS_PASSWORD="1"), realm)
    auth.register()
    answer = verify(auth, start(auth), **sent)
    assert answer.status_code == (200 if sent else 400)


def test_the_link_of_a_letter_verifies_nothing_without_the_password(auth, settle):
    auth.register()
    start(auth)
    with auth.app.app_context():
        settle()
        [address] = [word for word in read_outbox(EMAIL)[0]["text"].split() if word.startswith("http")]
    [link] = parse_qs(urlsplit(address).fragment)["code"]
    assert is_refusal(verify(auth, link), 400)
    assert is_refusal(verify(auth, link, password=OWN_PASSWORD), 403, "PasswordDoesNotMatch")
    assert is_refusal(auth.login(), 403, "EmailVerificationNeeded")
    assert verify(auth, link, password=PASSWORD).status_code == 200
