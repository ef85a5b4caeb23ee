"""A page of somebody else neither logs its visitors in nor out, nor replaces their login; programs go on as before."""
import re
from pathlib import Path

import pytest

from tests.clients import ApiClient
from tests.platform.driver import PASSWORD, Auth, is_refusal
from tests.testbed import PRODUCTION

pytestmark = [pytest.mark.once("about headers of browsers"), pytest.mark.parametrize("realm", ["marketplace"])]

CHANGES = (("POST", "/login"), ("GET", "/relogin"), ("POST", "/relogin"), ("POST", "/logout"),
           ("POST", "/verification-services/email-2factor-verification/complete"),
           ("POST", "/verification-services/mobile-2factor-verification/complete"))
FOREIGN = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "https://localhost.evil.example"},
           {"Origin": "https://shop.example.evil.example"}, {"Origin": "http://shop.example"},
           {"Referer": "https://evil.example/page"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
           {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
           {"Origin": "null", "Sec-Fetch-Site": "cross-site"})
OWN = ({"Origin": "http://localhost"}, {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
       {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"},
       {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
       {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}, {})
LOGIN = {"username": "u1@guildhall.test", "password": PASSWORD}


@pytest.fixture
def shop(auth, make_app):
    """The same service where CORS_ORIGINS names the front end of a shop."""
    return Auth(make_app(CORS_ORIGINS="https://shop.example"), auth.realm)


def cookie_of(auth, user):
    return {"Cookie": f"{auth.token_name}={user.token}"}


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_foreign_page_changes_no_login(shop, people, method, path):
    one = people.user("u1")
    body = {"json": LOGIN} if method == "POST" else {}
    for headers in FOREIGN:
        for known_by in ({}, cookie_of(shop, one)):
            answer = shop.call(method, path, headers=headers | known_by, **body)
            assert is_refusal(answer, 403, "OriginNotAllowed"), (headers, answer.text)
            assert "Set-Cookie" not in answer.headers
    assert shop.is_alive(one.token)


def test_our_pages_those_of_cors_origins_and_programs_log_in_again_and_out(shop, people):
    people.user("u1")
    for headers in OWN:
        token = shop.login("u1@guildhall.test", headers=headers).json["accessToken"]
        answer = shop.call("POST", "/relogin", headers=headers | {"Cookie": f"{shop.token_name}={token}"})
        assert answer.status_code == 200, (headers, answer.text)
        token = answer.json["accessToken"]
        by_cookie = headers | {"Cookie": f"{shop.token_name}={token}"}
        assert shop.call("POST", "/logout", headers=by_cookie).status_code == 200, headers
        assert not shop.is_alive(token)


def test_relogin_by_get_takes_the_token_from_a_header_alone(auth, people):
    one = people.user("u1")
    for carried in ({"headers": cookie_of(auth, one)}, {"query_string": {"access_token": one.token}},
                    {"headers": cookie_of(auth, one) | {"Sec-Fetch-Site": "none"}}):
        answer = auth.call("GET", "/relogin", **carried)
        assert is_refusal(answer, 403, "ReloginNeedsHeaderOrPost")
        assert "Set-Cookie" not in answer.headers
    assert auth.is_alive(one.token)
    named = auth.call("GET", "/relogin", headers={auth.token_name: one.token})
    assert named.status_code == 200
    assert auth.call("GET", "/relogin", token=named.json["accessToken"]).status_code == 200


def test_relogin_by_post_replaces_the_session_of_the_cookie(auth, people):
    one = people.user("u1")
    answer = auth.call("POST", "/relogin", headers=cookie_of(auth, one))
    assert answer.status_code == 200
    assert f"{auth.token_name}=" in answer.headers["Set-Cookie"]
    assert not auth.is_alive(one.token)
    assert auth.is_alive(answer.json["accessToken"])
    dead = auth.call("POST", "/relogin", headers=cookie_of(auth, one))
    assert (dead.status_code, dead.json["message"]) == (401, "Cannot relogin")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                                          None])
def test_a_body_that_does_not_say_it_is_json_changes_no_login(auth, people, content_type):
    one = people.user("u1")
    for path in (path for method, path in CHANGES if method == "POST"):
        answer = auth.call("POST", path, token=one.token, data=b'{"username": "u1@guildhall.test"}',
                           content_type=content_type)
        assert is_refusal(answer, 415), (path, answer.text)
    assert auth.is_alive(one.token)


def test_pages_of_this_machine_log_in_without_a_cookie_but_in_production(auth, people, make_app):
    people.user("u1")
    page = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}
    assert auth.login("u1@guildhall.test", headers=page).status_code == 200
    assert is_refusal(auth.call("POST", "/logout", headers=page | cookie_of(auth, people.user("u1"))), 403)
    production = Auth(make_app(**PRODUCTION), auth.realm)
    assert is_refusal(production.login("u1@guildhall.test", headers=page), 403, "OriginNotAllowed")


def test_a_foreign_page_writes_nothing_as_whom_the_cookie_names(auth, people):
    one = people.user("u1")
    for headers in FOREIGN:
        answer = auth.call("PATCH", f"/v1/profile/{one.user_id}", json={"fullname": "Mallory"},
                           headers=headers | cookie_of(auth, one))
        assert is_refusal(answer, 403, "OriginNotAllowed"), headers
    assert ApiClient(auth.app, token=one.token).get(f"/{auth.realm}/auth-api/currentuser").json["fullname"] == "U1"


def test_no_other_file_sets_a_cookie(realm):
    """Whoever adds one declares its route with `changes_login`, as those here do."""
    files = [str(file) for folder in ("app", "blueprints") for file in Path(folder).rglob("*.py")
             if re.search(r"set_cookie\(|delete_cookie\(|Set-Cookie\"\]", file.read_text())]
    assert files == ["blueprints/platform/auth/system_routes.py"]
