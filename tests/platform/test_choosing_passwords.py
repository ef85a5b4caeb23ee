"""Every way a password enters asks the same function (decision 55), after 403 and 404."""
import uuid

import pytest

from app.identity.passwords import _hasher
from app.settings import SettingsError
from blueprints.platform.auth.queries import stored_hash
from tests.clients import PASSWORD
from tests.platform.driver import is_refusal, wrong_code
from tests.testbed import PRODUCTION

WEAK = ["password", "12345678", "        ", "Password1!", "short77"]
NFC, NFD = "stra\u00dfe-caf\u00e9", "stra\u00dfe-cafe\u0301"


def names_the_password(answer, field="password"):
    return is_refusal(answer, 400) and set(answer.json["detail"]) == {field}


@pytest.mark.parametrize("weak", [*WEAK, "anna@example.com", "AnnaAnt1"])
def test_a_weak_password_registers_nobody(auth, weak):
    assert names_the_password(auth.register(password=weak))


@pytest.mark.parametrize("weak", [WEAK[0], "u1@guildhall.test"])
def test_a_weak_password_is_refused_at_every_door_and_after_403_and_404(auth, people, weak):
    one, two, admin = people.user("u1"), people.user("u2"), people.admin()
    new = {"email": "new@guildhall.test", "password": weak, "fullname": "U1 Guildhall Test"}
    assert is_refusal(auth.call("POST", "/v1/users", token=one.token, json=new), 403)
    assert names_the_password(auth.call("POST", "/v1/users", token=admin.token, json=new))
    body = {"oldPassword": PASSWORD, "newPassword": weak}
    own, absent = f"/v1/userpassword/{one.user_id}", f"/v1/userpasswordbyadmin/{uuid.uuid4()}"
    assert is_refusal(auth.call("PATCH", own, token=two.token, json=body), 403)
    assert names_the_password(auth.call("PATCH", own, token=one.token, json=body), "newPassword")
    assert is_refusal(auth.call("PATCH", absent, token=admin.token, json={"password": weak}), 404)
    by_admin = auth.call("PATCH", f"/v1/userpasswordbyadmin/{one.user_id}", token=admin.token, json={"password": weak})
    assert names_the_password(by_admin)
    code = auth.start("password-reset-by-email", email=one.email).json["secretCode"]
    tried = {"email": one.email, "password": weak}
    assert is_refusal(auth.complete("password-reset-by-email", secretCode=wrong_code(code), **tried), 403)
    assert names_the_password(auth.complete("password-reset-by-email", secretCode=code, **tried))
    assert auth.complete("password-reset-by-email", email=one.email, secretCode=code,
                         password="another-fine-horse-2").status_code == 200


def test_one_password_typed_in_two_ways_opens_one_account(auth):
    auth.verified_user(password=NFD)
    assert auth.login(password=NFC).status_code == 200
    assert auth.login(password=NFD).status_code == 200


@pytest.mark.parametrize("typed", [NFC, NFD])
def test_a_hash_of_the_raw_text_lets_in_and_is_rewritten(auth, people, typed):
    raw = _hasher.hash(NFD.encode())
    one = people.user("u1", password=raw)
    assert auth.login(one.email, typed).status_code == 200
    renewed = stored_hash(auth.realm, one.user_id)
    assert renewed != raw
    assert auth.login(one.email, NFC).status_code == 200
    assert stored_hash(auth.realm, one.user_id) == renewed


def test_production_refuses_passwords_shorter_than_eight(make_app):
    with pytest.raises(SettingsError, match="PASSWORD_MIN_LENGTH"):
        make_app(**PRODUCTION, PASSWORD_MIN_LENGTH="7")
