"""Two-step login (decision 53): switched on by a person or for a role, and nothing passes before it is proved."""
import json

import pytest
from click.testing import CliRunner

from app.clock import moved_clock
from cli.users import users as users_group
from tests.clients import PASSWORD
from tests.platform.driver import Auth, is_refusal, wrong_code
from tests.testbed import PRODUCTION

PHONE = "+905551234567"


def switch(auth, one, **body):
    return auth.call("PATCH", f"/v1/secondfactors/{one.user_id}", token=one.token, json=body)


def prove(auth, session, channel="email"):
    named = {"userId": session["userId"], "sessionId": session["sessionId"]}
    service = f"{channel}-2factor-verification"
    code = auth.start(service, **named).json["secretCode"]
    assert is_refusal(auth.complete(service, **named, secretCode=wrong_code(code)), 403, "CodeMismatch")
    return auth.complete(service, **named, secretCode=code)


def test_a_second_factor_is_switched_by_its_person_with_the_password(auth, people):
    one, two, admin = people.user("u1"), people.user("u2"), people.admin()
    path = f"/v1/secondfactors/{one.user_id}"
    assert is_refusal(auth.call("PATCH", path, json={"email": True}), 401)
    for body in ({"email": True}, {"email": True, "currentPassword": "wrong-horse-1"}):
        assert is_refusal(switch(auth, one, **body), 403, "CurrentPasswordNeeded")
    for other in (two, admin):
        body = {"email": True, "currentPassword": PASSWORD}
        assert is_refusal(auth.call("PATCH", path, token=other.token, json=body), 403)
    answer = switch(auth, one, email=True, currentPassword=PASSWORD)
    assert answer.json["secondFactors"] == {"id": one.user_id, "email": True, "mobile": False}
    assert auth.call("GET", path, token=one.token).json["secondFactors"] == {
        "id": one.user_id, "email": True, "mobile": False, "roleEmail": False, "roleMobile": False}
    assert is_refusal(auth.call("GET", path, token=two.token), 403)
    assert switch(auth, one, email=False, currentPassword=PASSWORD).json["secondFactors"]["email"] is False


def test_a_second_factor_nothing_can_reach_is_refused(auth, people, realm, make_app):
    one, unverified = people.user("u1"), people.user("u2", email_verified=False)
    assert is_refusal(switch(auth, unverified, email=True, currentPassword=PASSWORD), 400, "EmailNotVerified")
    assert is_refusal(switch(auth, one, mobile=True, currentPassword=PASSWORD), 400, "MobileNotVerified")
    production = Auth(make_app(**PRODUCTION), realm)
    token = production.token(one.email)
    refused = production.call("PATCH", f"/v1/secondfactors/{one.user_id}", token=token,
                              json={"mobile": True, "currentPassword": PASSWORD})
    assert is_refusal(refused, 400, "NoSmsChannel")


def test_until_it_is_proved_a_login_opens_nothing_but_its_own_proof(auth, people):
    one = people.user("u1", needs_email_2fa=True)
    answer = auth.login(one.email)
    session = answer.json
    assert (answer.status_code, session["sessionNeedsEmail2FA"], session["sessionNeedsMobile2FA"]) == (200, True, False)
    token = session["accessToken"]
    for method, path in (("GET", f"/v1/users/{one.user_id}"), ("GET", f"/v1/briefuser/{one.user_id}"),
                         ("GET", "/v1/sessions"), ("GET", "/permissions"), ("GET", "/permissions/adminPanel.access"),
                         ("GET", "/relogin"), ("DELETE", f"/v1/archiveprofile/{one.user_id}")):
        assert is_refusal(auth.call(method, path, token=token), 403, "EmailTwoFactorNeeded"), path
    upload = auth.call("POST", "/upload", service="bucket", token=session["userBucketToken"],
                       data={"bucketId": f"{one.user_id}-public-user-bucket"})
    assert is_refusal(upload, 403, "EmailTwoFactorNeeded")
    assert auth.current_user(token).json["sessionNeedsEmail2FA"] is True
    proved = prove(auth, session)
    assert (proved.status_code, proved.json["sessionNeedsEmail2FA"]) == (200, False)
    assert auth.call("GET", f"/v1/users/{one.user_id}", token=token).status_code == 200
    again = auth.call("GET", "/relogin", token=token)
    assert (again.status_code, again.json["sessionNeedsEmail2FA"]) == (200, False)


def end_of(auth, token):
    [session] = auth.call("GET", "/v1/sessions", token=token).json["sessions"]
    return session["expiresAt"]


def test_a_session_from_before_the_factor_is_not_prolonged_by_relogin(auth, people):
    one = people.user("u1")
    token = auth.login(one.email).json["accessToken"]
    auth.call("DELETE", "/v1/sessions", token=token)
    until = end_of(auth, token)
    with moved_clock(hours=1):
        token = auth.call("GET", "/relogin", token=token).json["accessToken"]
        prolonged = end_of(auth, token)
        assert prolonged > until
        assert auth.call("PATCH", f"/v1/secondfactors/{one.user_id}", token=token, json={
            "email": True, "currentPassword": PASSWORD}).status_code == 200
    with moved_clock(hours=2):
        token = auth.call("GET", "/relogin", token=token).json["accessToken"]
        assert end_of(auth, token) <= prolonged


def test_whoever_cannot_prove_it_can_log_out(auth, people):
    token = auth.login(people.user("u1", needs_email_2fa=True).email).json["accessToken"]
    assert auth.call("POST", "/logout", token=token).status_code == 200
    assert not auth.is_alive(token)


@pytest.mark.parametrize("realm", ["marketplace"])
def test_a_second_factor_by_phone_is_asked_for_where_a_code_reaches_it(auth, people):
    one = people.user("u1", phone=PHONE, phone_digits="905551234567", mobile_verified=True)
    assert switch(auth, one, mobile=True, currentPassword=PASSWORD).status_code == 200
    session = auth.login(one.email).json
    assert (session["sessionNeedsEmail2FA"], session["sessionNeedsMobile2FA"]) == (False, True)
    refused = auth.call("GET", f"/v1/users/{one.user_id}", token=session["accessToken"])
    assert is_refusal(refused, 403, "MobileTwoFactorNeeded")
    assert prove(auth, session, "mobile").json["sessionNeedsMobile2FA"] is False


@pytest.mark.parametrize("realm", ["marketplace"])
def test_the_email_stands_in_for_a_phone_that_is_not_verified_any_more(auth, people):
    one = people.user("u1", phone=PHONE, needs_mobile_2fa=True)
    session = auth.login(one.email).json
    assert (session["sessionNeedsEmail2FA"], session["sessionNeedsMobile2FA"]) == (True, False)


def test_the_operator_asks_a_role_for_a_second_factor(auth, people, app, realm):
    def flask_users(*arguments):
        words = ["2fa", *arguments, "--realm", realm, "--as", "admin@admin.com", "--yes", "--json"]
        return app.test_cli_runner().invoke(users_group, words)

    one, admin = people.user("u1"), people.admin()
    assert flask_users("wizard", "email").exit_code == 2
    assert json.loads(flask_users("admin", "email").stdout)["on"] is True
    assert json.loads(flask_users("admin", "email").stdout)["changed"] is False
    assert auth.login(one.email).json["sessionNeedsEmail2FA"] is False
    assert auth.login(admin.email).json["sessionNeedsEmail2FA"] is True
    shown = auth.call("GET", f"/v1/secondfactors/{admin.user_id}", token=admin.token).json["secondFactors"]
    assert (shown["email"], shown["roleEmail"]) == (False, True)
    flask_users("admin", "email", "--off")
    assert auth.login(admin.email).json["sessionNeedsEmail2FA"] is False


def test_no_role_is_asked_for_a_phone_where_nothing_sends_sms(people, make_app, realm):
    production = make_app(**PRODUCTION)
    with production.app_context():
        refused = CliRunner().invoke(users_group, ["2fa", "admin", "mobile", "--realm", realm, "--yes",
                                                   "--as", "admin@admin.com"])
    assert (refused.exit_code, "NoSmsChannel" in refused.output) == (1, True)
    assert Auth(production, realm).login(people.admin().email).json["sessionNeedsEmail2FA"] is False
