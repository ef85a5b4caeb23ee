"""Guessing at passwords (decisions 43 and 54): bounded per account and address, slowed down over all, for strangers."""
from dataclasses import replace

import pytest

from app.actor import system_actor
from app.clock import moved_clock
from app.identity.security_events import security_log
from app.jobs.worker import run_job
from blueprints.platform.auth import commands, logins
from cli.security import security as security_group
from tests.clients import PASSWORD
from tests.platform.driver import Auth, is_refusal

WRONG = "wrong-horse-1"


def at(address, **headers):
    return {"environ_base": {"REMOTE_ADDR": address}, "headers": headers}


@pytest.fixture
def auth(realm, make_app):
    """The auth service with its throttles on."""
    return Auth(make_app(RATELIMIT_ENABLED="1"), realm)


@pytest.fixture
def slowed(auth, monkeypatch):
    """An account at which strangers of two addresses have guessed until everybody is slowed down; long delays."""
    monkeypatch.setattr(logins, "ALL_FAILURES", replace(logins.ALL_FAILURES, first=200, longest=1600))

    def by_strangers(email):
        for number in range(20):
            assert is_refusal(auth.login(email, WRONG, **at(f"203.0.113.{number % 2}")), 401)
    return by_strangers


def device_of(answer, auth):
    [cookie] = [cookie for cookie in answer.headers.getlist("Set-Cookie")
                if cookie.startswith(f"{auth.codename}-device=")]
    assert {"HttpOnly", "Secure"} <= {part.strip() for part in cookie.split(";")}
    return cookie.partition(";")[0]


def test_guesses_of_many_addresses_at_one_account_are_slowed_down_and_end(auth, people, slowed):
    one = people.user("u1")
    slowed(one.email)
    refused = auth.login(one.email, WRONG, **at("203.0.113.77"))
    assert is_refusal(refused, 429)
    wait = int(refused.headers["Retry-After"])
    assert 0 < wait <= 200
    assert is_refusal(auth.login(one.email, **at("198.51.100.1")), 429)
    with moved_clock(seconds=wait):
        assert is_refusal(auth.login(one.email, WRONG, **at("203.0.113.78")), 401)
        longer = auth.login(one.email, WRONG, **at("203.0.113.79"))
        assert is_refusal(longer, 429)
        assert 200 < int(longer.headers["Retry-After"]) <= 400
    with moved_clock(seconds=wait + 400):
        assert auth.login(one.email, **at("198.51.100.1")).status_code == 200


def test_the_delay_is_one_second_doubling_to_thirty(auth):
    assert (logins.ALL_FAILURES.first, logins.ALL_FAILURES.longest) == (1, 30)


def test_a_device_that_logged_in_is_not_slowed_down_for_thirty_days(auth, people, slowed):
    one, two = people.user("u1"), people.user("u2")
    device = device_of(auth.login(one.email), auth)
    foreign = device_of(auth.login(two.email), auth)
    slowed(one.email)
    forged = device[:-1] + ("0" if device[-1] != "0" else "1")
    for useless in (foreign, forged, f"{auth.codename}-device=x"):
        assert is_refusal(auth.login(one.email, **at("198.51.100.1", Cookie=useless)), 429)
    assert auth.login(one.email, **at("203.0.113.0", Cookie=device)).status_code == 200
    with moved_clock(days=31):
        slowed(one.email)
        assert is_refusal(auth.login(one.email, **at("198.51.100.1", Cookie=device)), 429)


def test_devices_that_knew_the_former_password_are_strangers_to_the_new_one(auth, people, slowed):
    one, new = people.user("u1"), "another-fine-horse-2"
    former = device_of(auth.login(one.email), auth)
    body = {"oldPassword": PASSWORD, "newPassword": new}
    assert auth.call("PATCH", f"/v1/userpassword/{one.user_id}", token=one.token, json=body).status_code == 200
    present = device_of(auth.login(one.email, new), auth)
    slowed(one.email)
    assert is_refusal(auth.login(one.email, WRONG, **at("198.51.100.1", Cookie=former)), 429)
    assert auth.login(one.email, new, **at("198.51.100.1", Cookie=present)).status_code == 200


def test_guesses_from_a_known_device_are_counted_for_themselves(auth, people):
    one = people.user("u1")
    device = device_of(auth.login(one.email), auth)
    for _ in range(10):
        assert is_refusal(auth.login(one.email, WRONG, headers={"Cookie": device}), 401)
    assert is_refusal(auth.login(one.email, headers={"Cookie": device}), 429)
    assert auth.login(one.email).status_code == 200


def test_one_guess_each_on_sixty_accounts_closes_the_address(auth, people):
    one = people.user("u1")
    statuses = [auth.login(f"somebody{number}@example.com", WRONG, **at("203.0.113.9")).status_code
                for number in range(60)]
    assert statuses == [401] * 50 + [429] * 10
    assert is_refusal(auth.login(one.email, **at("203.0.113.9")), 429)
    assert auth.login(one.email, **at("203.0.113.10")).status_code == 200


def test_good_logins_do_not_close_an_address(auth, people):
    one = people.user("u1")
    assert {auth.login(one.email, **at("203.0.113.9")).status_code for _ in range(60)} == {200}


def test_rotating_addresses_of_one_ipv6_network_are_one_address(auth, people):
    one = people.user("u1")
    statuses = [auth.login(one.email, WRONG, **at(f"2001:db8::{number:x}")).status_code for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert auth.login(one.email, **at("2001:db8:0:1::1")).status_code == 200


def test_logins_refusals_and_the_first_throttle_are_security_events(auth, people, realm):
    one = people.user("u1")
    auth.login(one.email, **at("203.0.113.9", **{"User-Agent": "Otter/1.0"}))
    for _ in range(13):
        auth.login(one.email, WRONG, **at("203.0.113.9"))
    events = security_log(realm, user_id=one.user_id, kind="login", limit=100)
    assert [event.outcome for event in events] == ["throttled", *["refused"] * 10, "done"]
    assert {event.address for event in events} == {"203.0.113.9"}
    assert events[-1].device == "Otter/1.0"
    assert events[0].detail == {"throttle": "Login"}


def test_changes_of_password_role_and_lock_are_security_events_with_who_did_them(auth, people, realm):
    one, admin = people.user("u1"), people.super_admin()
    body = {"oldPassword": PASSWORD, "newPassword": "another-fine-horse-2"}
    auth.call("PATCH", f"/v1/userpassword/{one.user_id}", token=one.token, json=body | {"oldPassword": WRONG})
    auth.call("PATCH", f"/v1/userpassword/{one.user_id}", token=one.token, json=body, **at("203.0.113.9"))
    auth.call("PATCH", f"/v1/userrole/{one.user_id}", token=admin.token, json={"roleId": "admin"})
    commands.lock_user(system_actor(realm, operator="root"), one.user_id, None)
    events = list(reversed(security_log(realm, user_id=one.user_id, kind=None, limit=100)))
    assert [(event.kind, event.outcome, event.actor_id, event.operator) for event in events] == [
        ("password", "refused", one.user_id, None), ("password", "done", one.user_id, None),
        ("role", "done", admin.user_id, None), ("lock", "done", None, "root")]
    assert events[1].address == "203.0.113.9"
    assert events[2].detail == {"former": "user", "role": "admin"}
    assert "horse" not in str([tuple(event) for event in events])


def test_the_log_is_read_from_the_command_line(auth, people, realm, app):
    one = people.user("u1")
    auth.login(one.email, WRONG)
    run = app.test_cli_runner().invoke
    shown = run(security_group, ["log", "--realm", realm, "--user", one.email, "--kind", "login", "--json"])
    assert (shown.exit_code, '"refused"' in shown.stdout) == (0, True)
    assert run(security_group, ["log", "--realm", realm, "--user", "nobody@example.com"]).exit_code == 1


def test_old_security_events_are_removed(auth, people, realm, app):
    one = people.user("u1")
    auth.login(one.email, WRONG)
    run_job("purge-security-events")
    assert len(security_log(realm, user_id=one.user_id, kind=None, limit=9)) == 1
    with moved_clock(days=366):
        run_job("purge-security-events")
    assert security_log(realm, user_id=one.user_id, kind=None, limit=9) == []
