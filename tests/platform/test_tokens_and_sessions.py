"""Tokens, sessions and keys: scenarios 13–19 of rules-platform §13."""
import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from redis import Redis
from sqlalchemy import select

from app.actor import system_actor
from app.clock import moved_clock
from app.data import batches
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.identity import access_tokens
from app.identity.authentication import identity
from app.identity.sessions import LoginSession, open_session, sweep_expired_sessions
from app.identity.signing_keys import SigningKey
from app.jobs.worker import run_job
from app.runtime import runtime
from tests.clients import ApiClient
from tests.platform.driver import is_refusal

DAY, MINUTE = 86_400, 60


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def b64(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def private_pem():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


@pytest.fixture
def token(people):
    return people.user().token


def test_13_each_token_location_opens_the_same_session(auth, token):
    answers = [
        auth.call("GET", f"/currentuser?access_token={token}"),
        auth.call("GET", "/currentuser", headers={"Authorization": f"Bearer {token}"}),
        auth.call("GET", "/currentuser", headers={auth.token_name: token}),
        auth.call("GET", "/currentuser", headers={"Cookie": f"{auth.token_name}={token}"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json["sessionId"] for answer in answers}) == 1


def test_13_without_a_token_nobody_is_logged_in(auth):
    answer = auth.current_user()
    assert (answer.status_code, answer.json) == (401, {"status": "ERR", "message": "No login found"})


def test_13_the_first_location_wins_and_there_is_no_fall_through(auth, people):
    one, two = people.user("u1"), people.user("u2")
    answer = auth.call("GET", f"/currentuser?access_token={one.token}", token=two.token)
    assert answer.json["userId"] == one.user_id
    answer = auth.call("GET", "/currentuser?access_token=rubbish", token=two.token)
    assert answer.status_code == 401
    answer = auth.call("GET", "/currentuser?access_token=", token=two.token)
    assert answer.json["userId"] == two.user_id


def test_13_every_service_of_the_realm_answers_it(auth, token):
    assert auth.current_user(token, service=auth.service).status_code == 200
    assert auth.current_user(token, service="bucket").status_code == 200


def test_13_a_token_is_checked_once_a_request(auth, token, monkeypatch):
    checked, check = [], identity().authenticator.check
    monkeypatch.setattr(identity().authenticator, "check", lambda *asked: checked.append(asked) or check(*asked))
    assert auth.current_user(token).status_code == 200
    assert checked == [(auth.realm, token)]


def test_14_a_signature_that_was_good_is_not_read_again_and_the_session_is(auth, token, monkeypatch):
    assert auth.is_alive(token)
    monkeypatch.setattr(access_tokens, "read_access_token", None)
    with moved_clock(minutes=6):
        assert auth.is_alive(token)
        assert auth.call("POST", "/logout", token=token).status_code == 200
        assert not auth.is_alive(token)


def test_14_the_token_is_rs256_and_its_key_is_public(auth, people):
    user = people.user()
    header, claims = jwt.get_unverified_header(user.token), claims_of(user.token)
    assert header["alg"] == "RS256"
    assert {"keyId", "sessionId", "userId", "sub", "loginDate", "iat", "exp", "tokenMark", "tokenName"} <= set(claims)
    assert (claims["userId"], claims["sub"]) == (user.user_id, user.user_id)
    assert claims["exp"] - claims["iat"] == DAY
    key = auth.call("GET", f"/publickey?keyId={claims['keyId']}").json
    assert key["keyId"] == claims["keyId"]
    jwt.decode(user.token, key["keyData"], algorithms=["RS256"])
    assert auth.call("GET", "/publickey").json == key


@pytest.mark.parametrize("key_id", ["0" * 32, "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "A" * 32, "a" * 65, "g"])
def test_14_an_unknown_key_is_not_found(auth, key_id):
    answer = auth.call("GET", "/publickey", query_string={"keyId": key_id})
    assert is_refusal(answer, 404)
    assert b"root:" not in answer.data


def test_15_an_expired_token_is_refused(auth, token):
    for hours in (7, 14, 21):  # a session in use does not end before its day is over
        with moved_clock(hours=hours):
            assert auth.is_alive(token)
    with moved_clock(seconds=DAY - MINUTE):  # not one second: `exp` is cut to whole seconds, and requests take time
        assert auth.is_alive(token)
    with moved_clock(seconds=DAY + MINUTE):
        assert not auth.is_alive(token)


def test_15_an_edited_payload_is_refused(auth, people):
    mine, theirs = people.user("u1"), people.user("u2")
    header, _, signature = mine.token.split(".")
    forged = claims_of(mine.token) | {"userId": theirs.user_id, "sub": theirs.user_id}
    assert not auth.is_alive(f"{header}.{b64(forged)}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
def test_15_an_unsigned_token_is_refused(auth, token, algorithm):
    _, payload, _ = token.split(".")
    header = b64({"alg": algorithm, "typ": "JWT"})
    assert not auth.is_alive(f"{header}.{payload}.")
    assert not auth.is_alive(f"{header}.{payload}.{token.split('.')[2]}")


def test_15_hs256_with_the_public_key_as_secret_is_refused(auth, token):
    import hashlib
    import hmac

    pem = auth.call("GET", "/publickey").json["keyData"].encode()
    signed = f"{b64({'alg': 'HS256', 'typ': 'JWT'})}.{token.split('.')[1]}"
    mac = base64.urlsafe_b64encode(hmac.digest(pem, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    assert not auth.is_alive(f"{signed}.{mac}")


def test_15_another_key_under_the_same_key_id_is_refused(auth, token):
    assert not auth.is_alive(jwt.encode(claims_of(token), private_pem(), algorithm="RS256"))


@pytest.mark.parametrize("rubbish", ["x", "a.b.c", "....", "e30.e30.e30", "Bearer", "null", "\u00fc", "a" * 5000,
                                     base64.urlsafe_b64encode(b"[" * 2000).decode() + ".e30.x",
                                     "e30." + base64.urlsafe_b64encode(b"[" * 2900).decode() + ".x"])
def test_15_rubbish_is_refused_without_an_error_of_ours(auth, rubbish):
    assert auth.call("GET", "/currentuser", query_string={"access_token": rubbish}).status_code == 401


def test_15_a_refused_token_makes_a_visitor_on_public_routes(auth, people):
    path = f"/v1/briefuser/{people.user().user_id}"
    assert auth.call("GET", path, token="rubbish").status_code == 200


def test_16_a_token_of_the_other_realm_is_refused_even_the_super_admins(auth, people, callers):
    mine, foreign = people.super_admin(), callers.super_admin(realm=auth.other_realm)
    assert mine.user_id == foreign.user_id
    assert mine.email == foreign.email
    assert auth.is_alive(mine.token)
    assert not auth.is_alive(foreign.token)


def test_16_a_cookie_of_the_other_realm_is_ignored(auth, people, callers):
    foreign = callers.super_admin(realm=auth.other_realm)
    name = "linkedin-access-token" if auth.realm == "marketplace" else "ebaycclone-access-token"
    assert auth.call("GET", "/currentuser", headers={"Cookie": f"{name}={foreign.token}"}).status_code == 401
    both = {"Cookie": f"{name}={foreign.token}; {auth.token_name}={people.user().token}"}
    assert auth.call("GET", "/currentuser", headers=both).json["userId"] == people.user().user_id


def test_16_a_bucket_token_opens_no_api(auth, token):
    bucket_token = auth.current_user(token).json["userBucketToken"]
    assert not auth.is_alive(bucket_token)
    assert is_refusal(auth.call("GET", "/v1/users", token=bucket_token), 401)


def test_17_logout_ends_the_session_at_once_on_every_worker(auth, token, make_app):
    other_worker = ApiClient(make_app(), token=token)
    path = f"/{auth.realm}/{auth.service}/currentuser"
    assert other_worker.get(path).status_code == 200
    answer = auth.call("POST", "/logout", token=token)
    assert (answer.status_code, answer.json) == (200, {"status": "OK", "message": "User logged out successfully"})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{auth.token_name}=;")
    assert "Max-Age=0" in cookie
    assert not auth.is_alive(token)
    assert other_worker.get(path).status_code == 401


def test_17_logout_always_succeeds(auth, token):
    auth.call("POST", "/logout", token=token)
    for used in (token, None, "rubbish"):
        assert auth.call("POST", "/logout", token=used).status_code == 200


def test_17_logout_ends_only_its_own_session(auth):
    auth.verified_user()
    first, second = auth.token(), auth.token()
    auth.call("POST", "/logout", token=first)
    assert not auth.is_alive(first)
    assert auth.is_alive(second)


def test_18_relogin_replaces_session_and_token(auth, people):
    user = people.user()
    before = auth.current_user(user.token).json
    answer = auth.call("GET", "/relogin", token=user.token)
    after = answer.json
    assert answer.status_code == 200
    assert after["sessionId"] != before["sessionId"]
    assert after["accessToken"] != user.token
    assert after["userId"] == before["userId"]
    assert answer.headers[auth.token_name] == after["accessToken"]
    assert auth.is_alive(after["accessToken"])
    assert not auth.is_alive(user.token)


@pytest.mark.parametrize("used", [None, "rubbish"])
def test_18_without_a_login_there_is_no_relogin(auth, used):
    answer = auth.call("GET", "/relogin", token=used)
    assert (answer.status_code, answer.json) == (401, {"status": "ERR", "message": "Cannot relogin"})


def test_19_after_a_rotation_old_tokens_still_work_and_new_ones_carry_the_new_key(auth):
    auth.verified_user()
    old = auth.token()
    new_key = identity().keys.rotate(auth.realm)
    new = auth.token()
    assert auth.is_alive(old)
    assert auth.is_alive(new)
    assert claims_of(new)["keyId"] == new_key != claims_of(old)["keyId"]
    for token in (old, new):
        key = auth.call("GET", f"/publickey?keyId={claims_of(token)['keyId']}").json
        jwt.decode(token, key["keyData"], algorithms=["RS256"])
    assert auth.call("GET", "/publickey").json["keyId"] == new_key


def test_19_a_revoking_rotation_ends_the_tokens_of_the_old_key(auth):
    auth.verified_user()
    old = auth.token()
    assert auth.is_alive(old)
    identity().keys.rotate(auth.realm, revoke_old=True)
    assert not auth.is_alive(old)
    assert is_refusal(auth.call("GET", f"/publickey?keyId={claims_of(old)['keyId']}"), 404)


def test_19_a_key_is_replaced_when_its_period_has_passed_and_forgotten_later(auth):
    auth.verified_user()
    first = auth.call("GET", "/publickey").json["keyId"]
    run_job("rotate-keys")
    assert auth.call("GET", "/publickey").json["keyId"] == first
    with moved_clock(days=31):
        run_job("rotate-keys")
        assert auth.call("GET", "/publickey").json["keyId"] != first
        assert auth.call("GET", f"/publickey?keyId={first}").status_code == 200
    with moved_clock(days=62):
        run_job("rotate-keys")
        assert auth.call("GET", f"/publickey?keyId={first}").status_code == 404


def test_19_private_keys_are_sealed_at_rest_and_forgotten_at_retirement(auth):
    identity().keys.rotate(auth.realm)
    rows = fetch(select(SigningKey.private_pem, SigningKey.retired_at).where(SigningKey.realm == auth.realm))
    assert len(rows) == 2
    for row in rows:
        assert (row.private_pem is None) == (row.retired_at is not None)
        assert "PRIVATE KEY" not in (row.private_pem or "")


def test_19_a_key_sealed_with_another_secret_is_replaced_instead_of_breaking_every_login(auth, make_app):
    auth.verified_user()
    other = type(auth)(make_app(SECRET_KEY="another-secret-of-forty-characters-length"), auth.realm)
    assert other.login().status_code == 200


def test_losing_redis_logs_nobody_out(auth, token, testbed):
    Redis.from_url(testbed.environment["REDIS_URL"]).flushall()
    runtime().cache_versions.invalidate_all()
    assert auth.is_alive(token)


def test_without_redis_sessions_still_open_and_end(auth, make_app, people):
    alone = type(auth)(make_app(REDIS_URL="unix:///nowhere/valkey.sock"), auth.realm)
    token = alone.token(people.user().email)
    assert alone.is_alive(token)
    alone.call("POST", "/logout", token=token)
    assert not alone.is_alive(token)


def test_expired_sessions_are_swept_in_batches(auth, people, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    user = people.user()
    with unit_of_work(system_actor(auth.realm)) as work:
        for _ in range(2):
            open_session(work, auth.realm, user.user_id, DAY)
        work.commit()
    assert sweep_expired_sessions(auth.realm) == 0
    with moved_clock(seconds=DAY + 1):
        assert sweep_expired_sessions(auth.realm) == 3 > batches.BATCH_ROWS
    assert fetch(select(LoginSession.id).where(LoginSession.id == user.actor.session_id)) == []
