"""What every service answers: scenarios 44–46 of rules-platform §13, on auth and bucket."""
import re

import pytest

from tests.platform.driver import PASSWORD, is_refusal

NASTY = ["' OR '1'='1", "\"; DROP TABLE marketplace_user; --", "%_\\", "*:*", "<script>alert(1)</script>", "{{7*7}}",
         "\u202e\u0000x", "${jndi:ldap://x}", "😀"]


@pytest.mark.parametrize("service", ["auth-api", "bucket"])
@pytest.mark.parametrize("path", ["/", "/swagger", "/openapi.json", "/swagger.json", "/getPostmanCollection", "/health",
                                  "/admin/health", "/favicon.ico"])
def test_44_default_routes_need_no_login(auth, service, path):
    assert auth.call("GET", path, service=service).status_code in (200, 204)


@pytest.mark.parametrize("path", ["/users", "/v2/users", "/v1/nothing", "/users/list"])
def test_44_there_is_no_other_version(auth, people, path):
    assert is_refusal(auth.call("GET", path, token=people.admin().token), 404)


def test_44_v1_paths_forgive_letter_case_and_a_trailing_slash(auth, people):
    one = people.user("u1")
    for path in (f"/V1/Users/{one.user_id}", f"/v1/USERS/{one.user_id}/", f"/v1/BriefUser/{one.user_id}"):
        assert auth.call("GET", path, token=one.token).status_code == 200


def test_45_the_request_id_is_echoed_or_made(auth, people):
    token = people.admin().token
    assert auth.call("GET", "/v1/users?requestId=abc-123", token=token).json["requestId"] == "abc-123"
    for given in ("", "x" * 65, "a\nb", "<script>"):
        made = auth.call("GET", "/v1/users", token=token, query_string={"requestId": given}).json["requestId"]
        assert made != given
        assert len(made) == 32
        assert int(made, 16) >= 0


def test_45_a_list_is_fresh_after_every_change_and_never_shared(auth, people):
    admin, other = people.admin(), people.admin("bea")

    def names(client, query=""):
        answer = auth.call("GET", f"/v1/users{query}", token=client.token).json
        assert answer["userId"] == client.user_id
        assert answer["sessionId"] == client.actor.session_id
        return {user["fullname"] for user in answer["users"]}

    one = people.user("u1")
    assert "Una One" not in names(admin) | names(other)
    auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token, json={"fullname": "Una One"})
    assert "Una One" in names(admin) & names(other) & names(admin, "?caching=false")


@pytest.mark.parametrize("body", [b"{", b"[1,2", b"nonsense", b'{"a": NaN}', b'{"email": "\\ud800"}', b"\xff\xfe",
                                  b"[" * 5000])
@pytest.mark.parametrize("path", ["/v1/registeruser", "/login", "/verification-services/email-verification/start"])
def test_46_malformed_json_is_refused(auth, path, body):
    assert is_refusal(auth.call("POST", path, data=body, content_type="application/json"), 400)


@pytest.mark.parametrize("body", [[], "text", 7, [{}]])
def test_46_a_body_that_is_no_object_is_refused(auth, body):
    assert is_refusal(auth.call("POST", "/v1/registeruser", json=body), 400)


def test_46_another_content_type_is_refused(auth):
    assert is_refusal(auth.call("POST", "/login", data="username=a&password=b",
                                content_type="application/x-www-form-urlencoded"), 415)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/v1/users"), ("DELETE", "/login"), ("GET", "/logout"),
                                              ("PATCH", "/v1/registeruser")])
def test_46_a_wrong_method_is_refused_in_json(auth, method, path):
    assert is_refusal(auth.call(method, path), 405)


@pytest.mark.parametrize("text", NASTY)
def test_46_metacharacters_are_text_everywhere(auth, people, text):
    admin, one = people.admin(), people.user("u1")
    answers = [
        auth.call("POST", "/login", json={"username": text, "password": text}),
        auth.register("nasty@example.com", fullname=text, avatar=text),
        auth.call("GET", "/v1/searchusers", token=admin.token, query_string={"keyword": text}),
        auth.call("GET", "/v1/users", token=admin.token, query_string={"fullname": text, "email": text}),
        auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token, json={"fullname": text}),
        auth.call("PATCH", f"/v1/userrole/{one.user_id}", token=people.super_admin().token, json={"roleId": text}),
        auth.start("email-verification", email=text),
        auth.complete("email-verification", email="u1@guildhall.test", secretCode=text),
        auth.call("GET", f"/permissions/{text.replace('/', '')}", token=admin.token),
        auth.call("GET", "/publickey", query_string={"keyId": text}),
    ]
    assert all(answer.status_code < 500 for answer in answers), [answer.status_code for answer in answers]
    assert auth.call("GET", "/v1/users", token=admin.token).json["paging"]["totalRowCount"] >= 3


@pytest.mark.parametrize("realm", ["marketplace"])
@pytest.mark.parametrize("address", ['{"city": ', "[]", 7, {"city": "\u0000"}, "null", {"city": "x" * 10_000}])
def test_46_an_address_is_a_small_json_object_or_refused(auth, address):
    assert is_refusal(auth.register(address=address), 400)


def test_46_an_unexpected_failure_shows_no_trace(auth, people, monkeypatch):
    def broken(*_args, **_options):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("blueprints.platform.auth.queries.brief_user", broken)
    answer = auth.call("GET", f"/v1/briefuser/{people.user().user_id}")
    assert is_refusal(answer, 500)
    assert b"secret detail" not in answer.data
    assert b"Traceback" not in answer.data


def test_46_an_idempotency_key_makes_a_registration_safe_to_repeat(auth):
    body = {"email": "anna@example.com", "password": PASSWORD, "fullname": "Anna"}
    keyed = {"headers": {"Idempotency-Key": "k1"}}
    first, again = (auth.call("POST", "/v1/registeruser", json=body, **keyed) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["user"] == again.json["user"]
    other = auth.call("POST", "/v1/registeruser", json=body | {"fullname": "Ben"}, **keyed)
    assert is_refusal(other, 400, "IdempotencyKeyReused")


@pytest.mark.parametrize("service", ["auth-api", "bucket"])
def test_44_every_example_of_the_document_is_a_body_the_service_takes(auth, people, service):
    document = auth.call("GET", "/openapi.json", service=service).json
    for path, item in document["paths"].items():
        for method in {"post", "patch"} & set(item):
            content = item[method].get("requestBody", {}).get("content", {})
            if "example" in content.get("application/json", {}):  # who takes no body has none
                url = path.removeprefix(f"/{auth.realm}/{service}").replace("{userId}", people.user().user_id)
                url = re.sub(r"\{\w+Id\}", people.user().user_id, url)  # of nothing: a body is read before that is seen
                answer = auth.call(method.upper(), url, token=people.super_admin().token, service=service,
                                   json=content["application/json"]["example"])
                assert answer.json.get("errCode") != "ValidationError", (path, answer.json)


def test_46_a_cookie_does_not_authenticate_a_write_from_a_foreign_page(auth, people):
    one = people.user("u1")
    headers = {"Cookie": f"{auth.token_name}={one.token}", "Origin": "https://evil.example"}
    path = f"/v1/profile/{one.user_id}"
    assert is_refusal(auth.call("PATCH", path, json={"fullname": "Mallory"}, headers=headers), 403)
    own = headers | {"Origin": "http://localhost"}
    assert auth.call("PATCH", path, json={"fullname": "Una"}, headers=own).status_code == 200
