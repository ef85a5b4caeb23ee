"""Registration, verification and login: scenarios 1–12 of rules-platform §13."""
import hashlib

import pytest

from app.clock import moved_clock
from app.identity.roles import SUPER_ADMIN_ID
from tests.platform.driver import PASSWORD, Auth, is_refusal, wrong_code
from tests.testbed import PRODUCTION

EMAIL = "anna@example.com"


def test_01_registration_answers_the_envelope_with_an_unverified_user(auth):
    answer = auth.register()
    body, user = answer.json, answer.json["user"]
    assert answer.status_code == 201
    assert (body["status"], body["statusCode"], body["dataName"], body["action"], body["method"]) == (
        "OK", 201, "user", "create", "POST")
    assert (user["roleId"], user["emailVerified"], user["isActive"], user["recordVersion"]) == ("user", False, True, 1)
    assert user["_owner"] == user["id"]
    assert user["avatar"] == f"https://gravatar.com/avatar/{hashlib.md5(EMAIL.encode()).hexdigest()}?s=200&d=identicon"
    assert (body["emailVerificationNeeded"], body["mobileVerificationNeeded"]) == (True, False)
    assert "password" not in user
    assert "_archivedAt" not in user


def test_01_phone_and_address_are_of_the_marketplace_only(auth):
    user = auth.register(phone="+90 555 123 45 67", address='{"city": "Izmir"}', shoeSize=43).json["user"]
    if auth.realm == "marketplace":
        assert (user["phone"], user["address"]) == ("+90 555 123 45 67", {"city": "Izmir"})
    else:
        assert not {"phone", "address"} & set(user)
    assert "shoeSize" not in user


def test_02_what_only_the_server_may_set_is_ignored(auth):
    answer = auth.register(roleId="superAdmin", emailVerified=True, isActive=False, userId=SUPER_ADMIN_ID, _owner="x")
    user = answer.json["user"]
    assert answer.status_code == 201
    assert (user["roleId"], user["emailVerified"], user["isActive"]) == ("user", False, True)
    assert user["id"] != SUPER_ADMIN_ID
    assert user["_owner"] == user["id"]


@pytest.mark.parametrize("missing", ["email", "password", "fullname"])
def test_03_a_registration_without_a_required_field_is_refused_by_name(auth, missing):
    body = {"email": EMAIL, "password": PASSWORD, "fullname": "Anna"}
    body.pop(missing)
    answer = auth.call("POST", "/v1/registeruser", json=body)
    assert is_refusal(answer, 400)
    assert missing in answer.json["detail"]


def test_03_all_missing_fields_are_named_at_once(auth):
    answer = auth.call("POST", "/v1/registeruser", json={})
    assert set(answer.json["detail"]) == {"email", "password", "fullname"}


@pytest.mark.parametrize("email", ["anna", "anna@", "@example.com", "anna@example", "an na@example.com", "a@b@c.de",
                                   "anna@exa mple.com", "x" * 65 + "@example.com", "<b>@example.com"])
def test_03_a_malformed_email_is_refused(auth, email):
    answer = auth.register(email)
    assert is_refusal(answer, 400)
    assert "email" in answer.json["detail"]


@pytest.mark.parametrize("again", [EMAIL, "ANNA@Example.COM", "  anna@example.com "])
def test_03_a_taken_email_is_refused_in_any_letter_case(auth, again):
    assert auth.register().status_code == 201
    answer = auth.register(again)
    assert is_refusal(answer, 400, "EmailAlreadyExists")
    assert answer.json["message"] == "errMsg_emailAlreadyExists"


@pytest.mark.parametrize("password", ["short77", 12345678, "x" * 256, ""])
def test_03_a_password_against_the_policy_is_refused(auth, password):
    answer = auth.register(password=password)
    assert is_refusal(answer, 400)
    assert "password" in answer.json["detail"]


def test_03_a_social_code_is_refused_there_being_no_social_login(auth):
    assert is_refusal(auth.register(socialCode="abc"), 400)
    assert auth.register(socialCode="").status_code == 201


def test_04_login_before_verification_is_refused_and_sets_no_cookie(auth):
    auth.register()
    answer = auth.login()
    assert is_refusal(answer, 403, "EmailVerificationNeeded")
    assert "Set-Cookie" not in answer.headers
    assert auth.token_name not in answer.headers


def test_04_a_wrong_password_does_not_learn_that_verification_is_pending(auth):
    auth.register()
    assert is_refusal(auth.login(password="wrong-horse-1"), 401)


def test_05_the_start_answers_the_step(auth):
    user = auth.register().json["user"]
    body = auth.start("email-verification", email=EMAIL).json
    assert (body["status"], body["codeIndex"], body["verificationType"], body["expireTime"], body["email"]) == (
        "OK", 1, "byCode", 86400, EMAIL)
    assert isinstance(body["timeStamp"], int)
    assert body["date"].endswith("Z")
    assert len(body["secretCode"]) == 6
    assert body["secretCode"].isdigit()
    assert body["userId"] == user["id"]


def test_05_a_second_start_within_a_minute_is_refused(auth):
    auth.register()
    auth.start("email-verification", email=EMAIL)
    assert is_refusal(auth.start("email-verification", email=EMAIL), 403, "CodeSpamError")


def test_05_in_production_neither_code_nor_user_id_is_returned_nor_readable_in_the_event(realm, make_app, sent):
    auth = Auth(make_app(**PRODUCTION), realm)
    auth.register()
    body = auth.start("email-verification", email=EMAIL).json
    assert body["codeIndex"] == 1
    assert not {"secretCode", "userId"} & set(body)
    [event] = sent(f"{auth.codename}-user-service-email-verification-start")
    assert "secretCode" not in event.payload
    assert event.payload["sealedCode"]


def test_05_in_production_an_unknown_address_cannot_be_told_from_a_known_one(realm, make_app):
    auth = Auth(make_app(**PRODUCTION), realm)
    auth.register()
    known, unknown = (auth.start("email-verification", email=email) for email in (EMAIL, "nobody@example.com"))
    assert known.status_code == unknown.status_code == 200
    assert set(known.json) == set(unknown.json)
    again = [auth.start("email-verification", email=email) for email in (EMAIL, "nobody@example.com")]
    tried = [auth.complete("email-verification", email=email, secretCode="123456") for email in
             (EMAIL, "nobody@example.com")]
    for known, unknown in (again, tried):
        assert (known.status_code, known.json["errCode"]) == (unknown.status_code, unknown.json["errCode"])


def test_05_in_test_mode_an_unknown_address_is_not_found(auth):
    assert is_refusal(auth.start("email-verification", email="nobody@example.com"), 404)


def test_06_a_wrong_code_is_refused_and_the_right_one_verifies(auth):
    auth.register()
    code = auth.start("email-verification", email=EMAIL).json["secretCode"]
    wrong = auth.complete("email-verification", email=EMAIL, secretCode=wrong_code(code))
    assert is_refusal(wrong, 403, "CodeMismatch")
    answer = auth.complete("email-verification", email=EMAIL, secretCode=code)
    assert answer.status_code == 200
    assert (answer.json["isVerified"], answer.json["email"], answer.json["mobileVerificationNeeded"]) == (
        True, EMAIL, False)
    assert auth.login().json["emailVerified"] is True


def test_06_without_a_start_there_is_nothing_to_complete(auth):
    auth.register()
    assert is_refusal(auth.complete("email-verification", email=EMAIL, secretCode="123456"), 403, "StepNotFound")


@pytest.mark.parametrize("body", [{}, {"email": EMAIL}, {"secretCode": "123456"},
                                  {"email": EMAIL, "secretCode": 123456}])
def test_06_an_incomplete_completion_is_refused(auth, body):
    assert is_refusal(auth.complete("email-verification", **body), 400)


def test_07_replayed_completion_is_refused(auth):
    auth.register()
    code = auth.start("email-verification", email=EMAIL).json["secretCode"]
    auth.complete("email-verification", email=EMAIL, secretCode=code)
    assert is_refusal(auth.complete("email-verification", email=EMAIL, secretCode=code), 403)
    assert is_refusal(auth.start("email-verification", email=EMAIL), 400, "EmailAlreadyVerified")


def test_08_five_wrong_codes_burn_the_right_one_and_a_new_start_brings_another(auth):
    auth.register()
    first = auth.start("email-verification", email=EMAIL).json["secretCode"]
    for _ in range(5):
        assert is_refusal(auth.complete("email-verification", email=EMAIL, secretCode=wrong_code(first)), 403)
    assert is_refusal(auth.complete("email-verification", email=EMAIL, secretCode=first), 403)
    with moved_clock(seconds=61):
        second = auth.start("email-verification", email=EMAIL).json
        assert second["codeIndex"] == 2
        assert is_refusal(auth.complete("email-verification", email=EMAIL, secretCode=first), 403)
        answer = auth.complete("email-verification", email=EMAIL, secretCode=second["secretCode"])
        assert answer.status_code == 200


def test_09_a_code_expires_after_a_day(auth):
    auth.register()
    code = auth.start("email-verification", email=EMAIL).json["secretCode"]
    with moved_clock(seconds=86401):
        assert is_refusal(auth.complete("email-verification", email=EMAIL, secretCode=code), 403, "CodeExpired")


def test_10_a_code_of_one_service_does_not_open_another(auth):
    auth.register()
    code = auth.start("email-verification", email=EMAIL).json["secretCode"]
    assert is_refusal(auth.complete("password-reset-by-email", email=EMAIL, secretCode=code, password=PASSWORD), 403)


def test_10_a_code_of_one_user_does_not_open_another(auth):
    auth.register()
    auth.register("ben@example.com")
    codes = [auth.start("email-verification", email=email).json["secretCode"] for email in (EMAIL, "ben@example.com")]
    if codes[0] != codes[1]:
        assert is_refusal(auth.complete("email-verification", email="ben@example.com", secretCode=codes[0]), 403)
    assert auth.complete("email-verification", email=EMAIL, secretCode=codes[0]).status_code == 200


def test_11_login_answers_the_bare_session_object_with_token_in_cookie_and_header(auth):
    user = auth.verified_user()
    answer = auth.login()
    session = answer.json
    assert {"sessionId", "userId", "email", "fullname", "roleId", "accessToken", "userBucketToken"} <= set(session)
    assert not {"id", "password", "user", "statusCode", "tenantId"} & set(session)
    assert (session["userId"], session["email"], session["roleId"]) == (user["id"], EMAIL, "user")
    assert (session["sessionNeedsEmail2FA"], session["sessionNeedsMobile2FA"]) == (False, False)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{auth.token_name}={session['accessToken']};")
    assert {"HttpOnly", "Secure", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert answer.headers[auth.token_name] == session["accessToken"]
    assert ("phone" in session) == (auth.realm == "marketplace")


def test_11_email_replaces_username_and_username_wins_over_email(auth):
    auth.verified_user()
    assert auth.call("POST", "/login", json={"email": EMAIL, "password": PASSWORD}).status_code == 200
    both = {"username": EMAIL, "email": "other@example.com", "password": PASSWORD}
    assert auth.call("POST", "/login", json=both).status_code == 200
    both = {"username": "other@example.com", "email": EMAIL, "password": PASSWORD}
    assert is_refusal(auth.call("POST", "/login", json=both), 401)
    assert auth.login(" ANNA@example.com ").status_code == 200


@pytest.mark.parametrize("body", [{}, {"username": EMAIL}, {"password": PASSWORD}, [], "text",
                                  {"username": 7, "password": PASSWORD}, {"username": EMAIL, "password": None}])
def test_11_missing_credentials_are_refused(auth, body):
    assert is_refusal(auth.call("POST", "/login", json=body), 400)


def test_11_all_missing_credentials_are_named_at_once(auth):
    assert set(auth.call("POST", "/login", json={}).json["detail"]) == {"username", "password"}
    answer = auth.call("POST", "/login", json={"username": 7})
    assert answer.json["detail"] == {"username": "expected text", "password": "is required"}


def test_11_a_wrong_password_and_an_unknown_user_get_the_same_answer(auth):
    auth.verified_user()
    answers = [auth.login(password="wrong-horse-1"), auth.login("nobody@example.com"), auth.login("no e-mail at all")]
    bodies = [{key: value for key, value in answer.json.items() if key != "date"} for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert bodies[0] == bodies[1] == bodies[2]


def test_11_only_staff_gets_the_application_bucket_token(auth, people):
    for staff in (people.admin(), people.super_admin()):
        assert "applicationBucketToken" in auth.current_user(staff.token).json
    assert "applicationBucketToken" not in auth.current_user(people.user().token).json


def test_11_the_super_admin_logs_in_with_the_configured_password(auth):
    session = auth.login("admin@admin.com", "superadmin-test-1").json
    assert (session["userId"], session["roleId"], session["fullname"]) == (SUPER_ADMIN_ID, "superAdmin", "Super Admin")


def test_12_after_ten_failures_login_is_closed_for_that_account_and_address_until_the_window_ends(realm, make_app):
    auth = Auth(make_app(RATELIMIT_ENABLED="1"), realm)
    auth.verified_user()
    for _ in range(10):
        assert is_refusal(auth.login(password="wrong-horse-1"), 401)
    closed = auth.login(password="wrong-horse-1")
    assert is_refusal(closed, 429)
    assert 0 < int(closed.headers["Retry-After"]) <= 900
    assert is_refusal(auth.login(), 429)
    elsewhere = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    assert auth.login(**elsewhere).status_code == 200
    with moved_clock(seconds=901):
        assert auth.login().status_code == 200


def test_12_a_good_login_forgets_the_failures_before_it(realm, make_app):
    auth = Auth(make_app(RATELIMIT_ENABLED="1"), realm)
    auth.verified_user()
    for _ in range(3):
        for _ in range(4):
            assert is_refusal(auth.login(password="wrong-horse-1"), 401)
        assert auth.login().status_code == 200


def test_the_login_page_is_html(auth):
    answer = auth.call("GET", "/login")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    script = auth.call("GET", "/login-page.js")
    assert (script.status_code, script.mimetype) == (200, "text/javascript")


def test_a_hash_of_older_parameters_is_renewed_by_the_next_login(auth, people):
    from argon2 import PasswordHasher

    from app.identity.passwords import needs_rehash
    from blueprints.platform.auth.queries import stored_hash

    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    user = people.user("cheap", password=cheap)
    assert auth.login(user.email).status_code == 200
    assert not needs_rehash(stored_hash(auth.realm, user.user_id))
    assert auth.login(user.email).status_code == 200
