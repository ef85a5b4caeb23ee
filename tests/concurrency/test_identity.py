"""Rivals at the doors of auth: scenario 47 of rules-platform §13, and the races around sessions and keys."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from app.clock import moved_clock
from app.data.reads import fetch_one
from app.identity.authentication import identity
from app.identity.sessions import LoginSession
from app.identity.signing_keys import SigningKey
from app.notify import device_tokens
from app.notify.device_tokens import MOST_DEVICES, devices_of
from tests.concurrency.in_between import meet
from tests.platform.driver import PASSWORD, Auth, wrong_code
from tests.platform.test_devices import registered

RIVALS = 20


@pytest.fixture(params=["marketplace", "network"])
def auth(app, request):
    return Auth(app, request.param)


def together(action, rivals=RIVALS):
    """Let `action(n)` run in many threads at once, each with the app's context; returns what they brought back."""
    def run(number, app):
        with app.app_context():
            return action(number)

    from flask import current_app

    app = current_app._get_current_object()
    with ThreadPoolExecutor(rivals) as pool:
        return list(pool.map(lambda number: run(number, app), range(rivals)))


def test_47_of_twenty_registrations_of_one_email_exactly_one_succeeds(auth):
    statuses = together(lambda _: auth.register("anna@example.com").status_code)
    assert sorted(statuses) == [201] + [400] * (RIVALS - 1)


def test_decision_44_of_twenty_that_register_an_unverified_address_anew_exactly_one_succeeds(auth):
    former = auth.register("anna@example.com").json["user"]["id"]
    with moved_clock(seconds=61):
        answers = together(lambda _: auth.register("anna@example.com"))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * (RIVALS - 1)
    [taken] = [answer.json["user"]["id"] for answer in answers if answer.status_code == 201]
    assert taken != former


def test_47_of_twenty_completions_with_the_right_code_exactly_one_succeeds(auth):
    auth.register()
    code = auth.start("email-verification", email="anna@example.com").json["secretCode"]
    statuses = together(lambda _: auth.complete(
        "email-verification", email="anna@example.com", secretCode=code).status_code)
    assert sorted(statuses) == [200] + [403] * (RIVALS - 1)


def test_47_of_twenty_resets_with_the_right_code_exactly_one_sets_its_password(auth):
    auth.verified_user()
    code = auth.start("password-reset-by-email", email="anna@example.com").json["secretCode"]
    passwords = [f"reset-password-{number}" for number in range(RIVALS)]
    statuses = together(lambda number: auth.complete(
        "password-reset-by-email", email="anna@example.com", secretCode=code, password=passwords[number]).status_code)
    assert sorted(statuses) == [200] + [403] * (RIVALS - 1)
    assert auth.login(password=passwords[statuses.index(200)]).status_code == 200


def test_47_wrong_guesses_in_parallel_get_no_more_than_five_tries(auth):
    auth.register()
    code = auth.start("email-verification", email="anna@example.com").json["secretCode"]
    together(lambda _: auth.complete("email-verification", email="anna@example.com", secretCode=wrong_code(code)))
    answer = auth.complete("email-verification", email="anna@example.com", secretCode=code)
    assert (answer.status_code, answer.json["errCode"]) == (403, "CodeExpired")


def test_47_of_twenty_starts_exactly_one_sends_a_code(auth):
    auth.register()
    statuses = together(lambda _: auth.start("email-verification", email="anna@example.com").status_code)
    assert sorted(statuses) == [200] + [403] * (RIVALS - 1)


def test_47_of_twenty_relogins_with_one_token_exactly_one_succeeds(auth):
    auth.verified_user()
    token = auth.token()
    statuses = together(lambda _: auth.call("GET", "/relogin", token=token).status_code)
    assert sorted(statuses) == [200] + [401] * (RIVALS - 1)
    assert fetch_one(select(func.count()).select_from(LoginSession))[0] == 1


def test_47_logins_racing_a_password_change_leave_no_session_of_the_old_password(auth, callers):
    one = callers.user("u1", realm=auth.realm)

    def act(number):
        if number == RIVALS // 2:
            return auth.call("PATCH", f"/v1/userpassword/{one.user_id}", token=one.token,
                             json={"oldPassword": PASSWORD, "newPassword": "new-correct-horse-1"}).status_code
        answer = auth.login(one.email, PASSWORD)
        return answer.json["accessToken"] if answer.status_code == 200 else answer.status_code

    outcomes = together(act)
    assert outcomes[RIVALS // 2] == 200
    assert not any(auth.is_alive(token) for token in outcomes if isinstance(token, str))
    assert auth.is_alive(one.token)


def test_47_registration_racing_a_restore_keeps_one_owner_of_the_email(auth, callers):
    one = callers.user("u1", realm=auth.realm)
    auth.call("DELETE", f"/v1/archiveprofile/{one.user_id}", token=one.token)
    statuses = together(lambda number: (auth.login(one.email, PASSWORD) if number % 2 else auth.register(
        one.email)).status_code)
    assert set(statuses[0::2]) == {400}
    assert set(statuses[1::2]) == {200}


def test_47_workers_that_create_the_first_key_at_once_agree_on_it(auth, make_app):
    from sqlalchemy import delete

    from app.actor import system_actor
    from app.data.unit_of_work import unit_of_work

    with unit_of_work(system_actor(auth.realm)) as work:
        work.execute(delete(SigningKey).where(SigningKey.realm == auth.realm))
        work.invalidate(f"keys:{auth.realm}")
        work.commit()
    keys = together(lambda _: identity().keys.current(auth.realm).key_id, 8)
    assert len(set(keys)) == 1


def test_47_rotations_at_once_leave_one_current_key(auth):
    together(lambda _: identity().keys.rotate(auth.realm), 6)
    current = fetch_one(select(func.count()).select_from(SigningKey).where(
        SigningKey.realm == auth.realm, SigningKey.retired_at.is_(None)))
    assert current[0] == 1


def test_of_two_devices_that_register_at_once_a_person_has_no_more_than_the_most(app, callers, monkeypatch):
    ben = callers.user("ben")
    for number in range(MOST_DEVICES - 1):
        registered(ben, "marketplace", f"token-{number}")
    meet(app, monkeypatch, (device_tokens, "upsert"), lambda: registered(ben, "marketplace", "first"),
         lambda: registered(ben, "marketplace", "second"))
    assert len(devices_of("marketplace", [ben.user_id])) == MOST_DEVICES


def test_a_device_that_registers_twice_at_once_has_one_token(app, callers, monkeypatch):
    ben, phone = callers.user("ben"), "0195f00d-0000-7000-8000-0000c0ffee07"
    meet(app, monkeypatch, (device_tokens, "upsert"),
         lambda: registered(ben, "marketplace", "first", deviceId=phone),
         lambda: registered(ben, "marketplace", "second", deviceId=phone))
    assert len(devices_of("marketplace", [ben.user_id])) == 1
