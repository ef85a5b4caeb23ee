"""Forgotten passwords, phones and second factors: scenarios 33–35 of rules-platform §13."""
import uuid

import pytest

from app.clock import moved_clock
from app.identity.one_time_codes import unpacked_code
from app.runtime import runtime
from tests.clients import PASSWORD
from tests.platform.driver import Auth, is_refusal, wrong_code

NEW_PASSWORD = "new-correct-horse-1"
PHONE = "+90 555 123 45 67"

marketplace_only = pytest.mark.parametrize("realm", ["marketplace"])


def reset_by_email(auth, email, code, password=NEW_PASSWORD):
    return auth.complete("password-reset-by-email", email=email, secretCode=code, password=password)


def test_33_an_unknown_email_starts_no_reset(auth):
    assert is_refusal(auth.start("password-reset-by-email", email="nobody@example.com"), 401)


def test_33_a_reset_replaces_the_password_verifies_the_email_and_ends_all_sessions(auth, people):
    one = people.user("u1", email_verified=False)
    started = auth.start("password-reset-by-email", email=one.email)
    assert (started.status_code, started.json["expireTime"]) == (200, 86400)
    assert is_refusal(auth.start("password-reset-by-email", email=one.email), 403, "CodeSpamError")
    code = started.json["secretCode"]
    answer = reset_by_email(auth, one.email, code)
    assert answer.status_code == 200
    assert (answer.json["isVerified"], answer.json["userId"], answer.json["email"]) == (True, one.user_id, one.email)
    assert not auth.is_alive(one.token)
    assert is_refusal(auth.login(one.email, PASSWORD), 401)
    assert auth.login(one.email, NEW_PASSWORD).json["emailVerified"] is True
    assert is_refusal(reset_by_email(auth, one.email, code, PASSWORD), 403)


def test_33_a_weak_new_password_does_not_use_the_code_up(auth, people):
    one = people.user("u1")
    code = auth.start("password-reset-by-email", email=one.email).json["secretCode"]
    assert is_refusal(reset_by_email(auth, one.email, code, "short"), 400)
    assert is_refusal(auth.complete("password-reset-by-email", email=one.email, secretCode=code), 400)
    assert reset_by_email(auth, one.email, code).status_code == 200


def test_33_a_wrong_code_resets_nothing(auth, people):
    one = people.user("u1")
    code = auth.start("password-reset-by-email", email=one.email).json["secretCode"]
    assert is_refusal(reset_by_email(auth, one.email, wrong_code(code)), 403, "CodeMismatch")
    assert auth.login(one.email, PASSWORD).status_code == 200


def with_phone(auth, people, name="u1", **fields):
    one = people.user(name, **fields)
    change_phone(auth, one, PHONE)
    return one


def change_phone(auth, one, phone):
    answer = auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token,
                       json={"phone": phone, "currentPassword": PASSWORD})
    assert answer.status_code == 200


def with_verified_phone(auth, people, name="u1", **fields):
    one = with_phone(auth, people, name, **fields)
    code = auth.start("mobile-verification", email=one.email).json["secretCode"]
    assert auth.complete("mobile-verification", email=one.email, secretCode=code).status_code == 200
    return one


@marketplace_only
def test_34_a_verified_phone_starts_a_reset_that_ends_after_five_minutes(auth, people):
    one = with_verified_phone(auth, people)
    answer = auth.start("password-reset-by-mobile", mobile="+905551234567")
    assert answer.status_code == 200
    assert (answer.json["mobile"], answer.json["expireTime"]) == ("+905.....67", 300)
    with moved_clock(seconds=301):
        late = auth.complete("password-reset-by-mobile", email=one.email, secretCode=answer.json["secretCode"],
                             password=NEW_PASSWORD)
        assert is_refusal(late, 403, "CodeExpired")


@marketplace_only
@pytest.mark.parametrize("located_by", ["mobile", "email"])
def test_34_a_reset_by_mobile_does_not_verify_the_email(auth, people, located_by):
    one = with_verified_phone(auth, people, email_verified=False)
    body = {"mobile": PHONE} if located_by == "mobile" else {"email": one.email}
    code = auth.start("password-reset-by-mobile", **body).json["secretCode"]
    answer = auth.complete("password-reset-by-mobile", email=one.email, secretCode=code, password=NEW_PASSWORD)
    assert (answer.status_code, answer.json["isVerified"]) == (200, True)
    assert is_refusal(auth.login(one.email, NEW_PASSWORD), 403, "EmailVerificationNeeded")


def test_34_an_unknown_phone_is_not_found(auth, people):
    people.user("u1")
    assert is_refusal(auth.start("password-reset-by-mobile", mobile="+905550000000"), 404)
    assert is_refusal(auth.start("password-reset-by-mobile", mobile="----"), 404)
    assert is_refusal(auth.start("password-reset-by-mobile"), 400)


@pytest.mark.parametrize("realm", ["network"])
def test_34_a_realm_without_phones_finds_none(auth, people):
    one = people.user("u1")
    assert is_refusal(auth.start("password-reset-by-mobile", email=one.email), 404)
    assert is_refusal(auth.start("mobile-verification", email=one.email), 404)


@marketplace_only
def test_34_a_phone_nobody_has_verified_resets_nothing(auth, people):
    one = with_phone(auth, people, "u1")
    for located in ({"mobile": PHONE}, {"email": one.email}):
        assert is_refusal(auth.start("password-reset-by-mobile", **located), 404)


@marketplace_only
def test_34_a_phone_two_users_claim_resets_the_one_who_verified_it(auth, people):
    one = with_verified_phone(auth, people, "u1")
    with_phone(auth, people, "u2")
    assert auth.start("password-reset-by-mobile", mobile=PHONE).json["userId"] == one.user_id


@marketplace_only
def test_34_a_phone_verified_before_the_email_was_counts_no_more_once_it_is(auth, people):
    one = with_verified_phone(auth, people, email_verified=False)
    code = auth.start("email-verification", email=one.email).json["secretCode"]
    assert auth.complete("email-verification", email=one.email, secretCode=code).status_code == 200
    assert is_refusal(auth.start("password-reset-by-mobile", mobile=PHONE), 404)


@marketplace_only
@pytest.mark.parametrize("phone", ["+905551112233", "+90 555 123 45 68"])
def test_a_phone_is_changed_with_the_password_only(auth, people, phone):
    one, path = with_phone(auth, people), "/v1/profile/{}"
    for body in ({}, {"currentPassword": "wrong-horse-1"}):
        refused = auth.call("PATCH", path.format(one.user_id), token=one.token, json={"phone": phone, **body})
        assert is_refusal(refused, 403, "CurrentPasswordNeeded")
    unchanged = auth.call("PATCH", path.format(one.user_id), token=one.token,
                          json={"phone": PHONE, "fullname": "Una", "address": {"city": "Izmir"}})
    assert (unchanged.status_code, unchanged.json["user"]["phone"]) == (200, PHONE)
    change_phone(auth, one, phone)
    assert is_refusal(auth.start("password-reset-by-mobile", mobile=phone), 404)


@marketplace_only
def test_mobile_verification_proves_the_number_it_was_sent_to_and_no_other(auth, people):
    one = with_phone(auth, people)
    started = auth.start("mobile-verification", email=one.email).json
    assert (started["mobile"], started["expireTime"]) == ("+905.....67", 300)
    change_phone(auth, one, "+905559999999")
    late = auth.complete("mobile-verification", email=one.email, secretCode=started["secretCode"])
    assert is_refusal(late, 403, "StepNotFound")


@marketplace_only
def test_mobile_verification_happens_once(auth, people):
    one = with_phone(auth, people)
    code = auth.start("mobile-verification", email=one.email).json["secretCode"]
    answer = auth.complete("mobile-verification", email=one.email, secretCode=code)
    assert (answer.status_code, answer.json["isVerified"], answer.json["mobile"]) == (200, True, "+905.....67")
    assert is_refusal(auth.start("mobile-verification", email=one.email), 400, "MobileAlreadyVerified")


def test_35_a_second_factor_is_bound_to_a_live_session_of_that_very_user(auth, people):
    one, two = people.user("u1"), people.user("u2")
    mine = {"userId": one.user_id, "sessionId": one.actor.session_id}
    assert is_refusal(auth.start("email-2factor-verification", **(mine | {"userId": two.user_id})), 401)
    assert is_refusal(auth.start("email-2factor-verification", **(mine | {"sessionId": str(uuid.uuid4())})), 401)
    assert is_refusal(auth.start("email-2factor-verification", **(mine | {"sessionId": "x"})), 400)
    started = auth.start("email-2factor-verification", **mine, reason="transfer", client="panel").json
    assert (started["sessionId"], started["userId"]) == (one.actor.session_id, one.user_id)
    code = started["secretCode"]
    assert is_refusal(auth.complete("email-2factor-verification", **mine, secretCode=wrong_code(code)), 403)
    answer = auth.complete("email-2factor-verification", **mine, secretCode=code)
    assert (answer.status_code, answer.json["sessionNeedsEmail2FA"]) == (200, False)
    assert answer.json["sessionId"] == one.actor.session_id
    assert auth.is_alive(answer.json["accessToken"])
    assert is_refusal(auth.complete("email-2factor-verification", **mine, secretCode=code), 403)


def test_35_a_session_that_has_ended_has_no_second_factor(auth, people):
    one = people.user("u1")
    mine = {"userId": one.user_id, "sessionId": one.actor.session_id}
    code = auth.start("email-2factor-verification", **mine).json["secretCode"]
    auth.call("POST", "/logout", token=one.token)
    assert is_refusal(auth.start("email-2factor-verification", **mine), 401, "SessionNotFound")
    assert is_refusal(auth.complete("email-2factor-verification", **mine, secretCode=code), 401, "SessionNotFound")


@marketplace_only
def test_35_a_second_factor_by_phone_needs_a_verified_phone(auth, people):
    one = with_phone(auth, people)
    mine = {"userId": one.user_id, "sessionId": one.actor.session_id}
    assert is_refusal(auth.start("mobile-2factor-verification", **mine), 403, "MobileVerificationNeeded")
    code = auth.start("mobile-verification", email=one.email).json["secretCode"]
    auth.complete("mobile-verification", email=one.email, secretCode=code)
    code = auth.start("mobile-2factor-verification", **mine).json["secretCode"]
    answer = auth.complete("mobile-2factor-verification", **mine, secretCode=code)
    assert (answer.status_code, answer.json["sessionNeedsMobile2FA"]) == (200, False)


@pytest.mark.parametrize("realm", ["network"])
def test_35_a_realm_without_phones_has_no_second_factor_by_phone(auth, people):
    one = people.user("u1")
    answer = auth.start("mobile-2factor-verification", userId=one.user_id, sessionId=one.actor.session_id)
    assert is_refusal(answer, 404)


@pytest.mark.parametrize(("service", "word"), [
    ("email-verification", "email-verification"), ("password-reset-by-email", "password-reset-by-email"),
    ("email-2factor-verification", "email-2FA")])
def test_42_start_and_complete_are_events_under_the_older_service_name(auth, people, sent, service, word):
    one = people.user("u1", email_verified=False)
    body = {"userId": one.user_id, "sessionId": one.actor.session_id} if "2factor" in service else {"email": one.email}
    started = auth.start(service, **body).json
    chosen = {"password": NEW_PASSWORD} if "reset" in service else {}
    auth.complete(service, **body, secretCode=started["secretCode"], **chosen)
    [start] = sent(f"{auth.codename}-user-service-{word}-start")
    [complete] = sent(f"{auth.codename}-user-service-{word}-complete")
    assert (start.payload["userId"], start.payload["email"], start.payload["codeIndex"]) == (one.user_id, one.email, 1)
    assert unpacked_code(start.payload, runtime().settings.secret_key) == started["secretCode"]
    assert (start.payload["user"]["fullname"], complete.payload["isVerified"]) == ("U1", True)


def test_42_a_profile_change_makes_its_three_events_and_none_holds_a_password(auth, people, sent):
    one = people.user("u1")
    auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token, json={"fullname": "Una One"})
    [db_event] = sent(f"{auth.codename}-auth-service-dbevent-user-updated")
    [index_event] = sent(f"elastic-index-{auth.codename}_user-updated")
    [api_event] = sent(f"{auth.codename}-auth-service-profile-updated")
    assert (db_event.payload["old_user"]["fullname"], db_event.payload["user"]["fullname"]) == ("U1", "Una One")
    assert db_event.payload["oldDataValues"]["fullname"] == "U1"
    assert db_event.payload["newDataValues"]["fullname"] == "Una One"
    assert index_event.payload["fullname"] == "Una One"
    assert (api_event.payload["dataName"], api_event.payload["user"]["fullname"]) == ("user", "Una One")
    for event in (db_event, index_event, api_event):
        assert "password" not in str(event.payload)
        assert "argon2" not in str(event.payload)


@pytest.mark.parametrize("path", ["start", "complete"])
def test_verification_is_throttled_per_address(realm, make_app, path):
    auth = Auth(make_app(RATELIMIT_ENABLED="1"), realm)
    for _ in range(300):
        answer = auth.call("POST", f"/verification-services/password-reset-by-email/{path}", json={
            "email": "nobody@example.com", "secretCode": "123456", "password": NEW_PASSWORD})
        if answer.status_code == 429:
            break
    else:
        answer = auth.call("POST", f"/verification-services/password-reset-by-email/{path}", json={
            "email": "nobody@example.com", "secretCode": "123456", "password": NEW_PASSWORD})
    assert is_refusal(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0


def test_codes_of_one_account_cannot_be_guessed_through_by_asking_for_new_ones(realm, make_app, people):
    auth, one = Auth(make_app(RATELIMIT_ENABLED="1"), realm), people.user("u1")
    statuses = []
    for minute in range(5):
        with moved_clock(seconds=61 * minute):
            code = auth.start("password-reset-by-email", email=one.email).json["secretCode"]
            statuses += [auth.complete("password-reset-by-email", email=one.email, secretCode=wrong_code(code),
                                       password=NEW_PASSWORD).status_code for _ in range(5)]
    assert statuses[:20] == [403] * 20
    assert statuses[20:] == [429] * 5


def test_the_lifetime_of_codes_is_a_setting_and_the_answer_says_it(make_app, callers):
    """Decision 45."""
    owner = callers.user("ben")
    with make_app(EMAIL_CODE_SECONDS="600").test_client() as client:
        answer = client.post("/marketplace/auth-api/verification-services/password-reset-by-email/start",
                             json={"email": owner.email})
    assert (answer.status_code, answer.json["expireTime"]) == (200, 600)
