"""What the kernel promises for every business API, tried on the smallest service (rules-platform §2, decisions 1-7)."""
import threading
from collections.abc import Callable

import pytest
from flask import Flask, current_app
from sqlalchemy.exc import DataError

from app.actor import Actor, system_actor
from app.clock import moved_clock
from app.data.unit_of_work import unit_of_work
from app.http import bearer
from blueprints.marketplace.category_management import commands
from blueprints.marketplace.category_management.models import Category
from tests.clients import ApiClient
from tests.testbed import PRODUCTION

ROOT = "/marketplace/categorymanagement-api/v1"
LIST = f"{ROOT}/categories"
WHO = "/marketplace/auth-api/currentuser"
NOBODY = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
AsUser = Callable[..., ApiClient]


def new_category(staff: ApiClient, **body: object) -> dict[str, object]:
    created: dict[str, object] = staff.post(LIST, json={"title": "Toys"} | body).json["category"]
    return created


class TestRefusals:
    def test_login_is_asked_before_the_role_the_role_before_the_parameters(
            self, client: ApiClient, as_user: AsUser, as_admin: ApiClient) -> None:
        assert client.patch(f"{LIST}/not-an-id", json=5).status_code == 401
        assert as_user().patch(f"{LIST}/not-an-id", json=5).status_code == 403
        assert as_admin.patch(f"{LIST}/not-an-id", json=5).status_code == 400
        assert as_admin.patch(f"{LIST}/{NOBODY}", json={"title": 5}).status_code == 400
        assert as_admin.patch(f"{LIST}/{NOBODY}", json={"title": "x"}).status_code == 404

    def test_the_error_has_the_documented_shape(self, as_admin: ApiClient) -> None:
        error = as_admin.get(f"{LIST}/not-an-id").json
        assert error["result"] == "ERR"
        assert error["status"] == 400
        assert error["message"] == "errMsg_categoryIdisNotAValidID"
        assert error["date"].endswith("Z")

    @pytest.mark.parametrize("body", [b"{", b'{"title":NaN}', b'{"title":Infinity}', b"\xff\xfe", b"[" * 5000, b"nul"])
    def test_a_body_that_is_no_json_is_refused(self, as_admin: ApiClient, body: bytes) -> None:
        refused = as_admin.post(LIST, data=body, content_type="application/json")
        assert refused.status_code == 400
        assert as_admin.get(LIST).json["rowCount"] == 0

    @pytest.mark.parametrize("body", [b"[]", b'"x"', b"5", b"null", b"true"])
    def test_a_body_that_is_no_object_is_refused(self, as_admin: ApiClient, body: bytes) -> None:
        assert as_admin.post(LIST, data=body, content_type="application/json").status_code == 400

    def test_another_content_type_is_415(self, as_admin: ApiClient) -> None:
        refused = as_admin.post(LIST, data="title=x", content_type="application/x-www-form-urlencoded")
        assert refused.status_code == 415
        assert refused.json["result"] == "ERR"

    def test_a_body_over_the_limit_is_413(self, as_admin: ApiClient) -> None:
        refused = as_admin.post(LIST, data=b'{"title":"' + b"x" * 1_100_000 + b'"}', content_type="application/json")
        assert refused.status_code == 413
        assert refused.json["result"] == "ERR"

    def test_another_method_is_405_in_json_and_another_path_404(self, as_admin: ApiClient) -> None:
        assert as_admin.put(LIST, json={}).status_code == 405
        assert as_admin.put(LIST, json={}).json["result"] == "ERR"
        for path in ("/marketplace/categorymanagement-api/categories", f"{ROOT[:-1]}2/categories", "/nothing"):
            assert as_admin.get(path).status_code == 404
            assert as_admin.get(path).json["result"] == "ERR"

    def test_a_bug_answers_500_without_a_trace(self, as_admin: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError("a secret detail")

        monkeypatch.setattr(commands, "insert_object", broken)
        failed = as_admin.post(LIST, json={"title": "x"})
        assert failed.status_code == 500
        assert "secret detail" not in failed.text
        assert failed.json["message"] == "errMsg_UnexpectedError"


    def test_a_value_only_the_database_refuses_is_the_clients_error(
            self, as_admin: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: object, **__: object) -> None:
            raise DataError("INSERT …", {}, ValueError("out of range"))

        monkeypatch.setattr(commands, "insert_object", refused)
        answer = as_admin.post(LIST, json={"title": "x"})
        assert answer.status_code == 400
        assert answer.json["message"] == "errMsg_valueCannotBeStored"
        assert "INSERT" not in answer.text


class TestEnvelope:
    def test_a_get_is_enveloped(self, as_admin: ApiClient) -> None:
        category = new_category(as_admin)
        answer = as_admin.get(f"{LIST}/{category['id']}").json
        assert answer["status"] == "OK"
        assert answer["statusCode"] == 200
        assert answer["dataName"] == "category"
        assert (answer["method"], answer["action"], answer["rowCount"]) == ("GET", "get", 1)
        assert answer["userId"] == as_admin.user_id
        assert answer["category"] == category

    def test_the_request_id_is_echoed_unless_it_could_forge_a_log(self, as_admin: ApiClient) -> None:
        assert as_admin.get(f"{LIST}?requestId=abc-123").json["requestId"] == "abc-123"
        made = as_admin.get(f"{LIST}?requestId=a%0Ab").json["requestId"]
        assert len(made) == 32
        int(made, 16)

    def test_paths_match_in_any_case_and_with_a_trailing_slash(self, as_admin: ApiClient) -> None:
        category = new_category(as_admin)
        for path in ("/marketplace/categorymanagement-api/V1/CATEGORIES", f"{LIST}/",
                     f"/marketplace/categoryManagement-api/v1/Categories/{str(category['id']).upper()}"):
            assert as_admin.get(path).status_code == 200

    @pytest.mark.parametrize(("query", "number", "size", "rows"), [
        ("", 1, 25, 3), ("pageNumber=2&pageRowCount=2", 2, 2, 1), ("pageNumber=-1&pageRowCount=-5", 1, 25, 3),
        ("pageNumber=x&pageRowCount=y", 1, 25, 3), ("pageRowCount=999999", 1, 1000, 3), ("pageNumber=0", 0, 1000, 3),
        ("pageNumber=99", 99, 25, 0), ("pageNumber=99999999999999999999", 1, 25, 3), ("pageRowCount=0", 1, 25, 3)])
    def test_paging_is_bounded(self, as_admin: ApiClient, query: str, number: int, size: int, rows: int) -> None:
        for title in ("a", "b", "c"):
            new_category(as_admin, title=title)
        answer = as_admin.get(f"{LIST}?{query}").json
        assert answer["paging"]["pageNumber"] == number
        assert answer["paging"]["pageRowCount"] == size
        assert answer["paging"]["totalRowCount"] == 3
        assert answer["rowCount"] == rows == len(answer["categories"])

    def test_a_filter_value_is_text_not_syntax(self, as_admin: ApiClient) -> None:
        new_category(as_admin, title="100% wool_")
        for text, rows in (("100%25", 1), ("%25", 0), ("_", 0), ("%27%20OR%201=1--", 0), ("zz%25", 0)):
            assert as_admin.get(f"{LIST}?title={text}").json["rowCount"] == rows
        assert as_admin.get(f"{LIST}?title=%00").status_code == 400


class TestCache:
    def test_a_repeated_list_comes_from_the_cache_until_a_row_changes(self, as_admin: ApiClient) -> None:
        category = new_category(as_admin)
        assert [as_admin.get(LIST).json["source"] for _ in range(2)] == ["db", "cache"]
        assert as_admin.get(f"{LIST}?caching=false").json["source"] == "db"
        as_admin.patch(f"{LIST}/{category['id']}", json={"title": "Games"})
        fresh = as_admin.get(LIST).json
        assert fresh["source"] == "db"
        assert fresh["categories"][0]["title"] == "Games"

    def test_no_argument_passes_for_two(self, as_admin: ApiClient) -> None:
        """Or one caller could put its own answer where others look for theirs."""
        for title in ("a", "b", "c"):
            new_category(as_admin, title=title)
        assert as_admin.get(f"{LIST}?pageNumber=2%26pageRowCount%3D1").json["rowCount"] == 3
        second = as_admin.get(f"{LIST}?pageNumber=2&pageRowCount=1").json
        assert (second["source"], second["rowCount"]) == ("db", 1)

    def test_a_change_by_a_job_is_seen_too(self, as_admin: ApiClient, app: Flask) -> None:
        as_admin.get(LIST)
        commands.create_category(system_actor("marketplace"), title="by a job")
        assert as_admin.get(LIST).json["rowCount"] == 1

    def test_another_process_sees_the_change_at_once(
            self, as_admin: ApiClient, make_app: Callable[..., Flask]) -> None:
        other = ApiClient(make_app(), token=as_admin.token)
        assert other.get(LIST).json["rowCount"] == 0
        new_category(as_admin)
        assert other.get(LIST).json["rowCount"] == 1


class TestVersions:
    def test_if_match_names_the_version_a_change_is_meant_for(self, as_admin: ApiClient) -> None:
        category = new_category(as_admin)
        path = f"{LIST}/{category['id']}"
        assert as_admin.get(path).headers["ETag"] == '"1"'
        changed = as_admin.patch(path, json={"title": "a"}, headers={"If-Match": '"1"'})
        assert changed.headers["ETag"] == '"2"'
        for method in (as_admin.patch, as_admin.delete):
            stale = method(path, json={"title": "b"}, headers={"If-Match": '"1"'})
            assert stale.status_code == 412
        assert as_admin.get(path).json["category"]["title"] == "a"
        assert as_admin.patch(path, json={"title": "b"}, headers={"If-Match": "abc"}).status_code == 400
        assert as_admin.delete(path, headers={"If-Match": 'W/"2"'}).status_code == 200


class TestIdempotency:
    KEY = {"Idempotency-Key": "order-1"}

    def test_the_same_key_and_body_replays_the_stored_answer(self, as_admin: ApiClient) -> None:
        first = as_admin.post(LIST, json={"title": "x"}, headers=self.KEY)
        again = as_admin.post(LIST, json={"title": "x"}, headers=self.KEY)
        assert again.status_code == first.status_code == 201
        assert again.data == first.data
        assert again.headers["Idempotency-Replayed"] == "true"
        assert as_admin.get(LIST).json["rowCount"] == 1

    def test_the_same_key_with_another_body_is_refused(self, as_admin: ApiClient) -> None:
        as_admin.post(LIST, json={"title": "x"}, headers=self.KEY)
        refused = as_admin.post(LIST, json={"title": "y"}, headers=self.KEY)
        assert refused.status_code == 400
        assert refused.json["errCode"] == "IdempotencyKeyReused"

    def test_a_key_belongs_to_one_actor_and_one_route(self, as_admin: ApiClient, as_super_admin: ApiClient) -> None:
        as_admin.post(LIST, json={"title": "x"}, headers=self.KEY)
        assert as_super_admin.post(LIST, json={"title": "x"}, headers=self.KEY).status_code == 201
        assert as_admin.get(LIST).json["rowCount"] == 2

    def test_a_refused_call_leaves_its_key_free(self, as_admin: ApiClient) -> None:
        missing = {"categoryId": NOBODY, "name": "n", "group": "MORE"}
        assert as_admin.post(f"{ROOT}/subcategories", json=missing, headers=self.KEY).status_code == 404
        assert as_admin.post(f"{ROOT}/subcategories", json=missing, headers=self.KEY).status_code == 404

    def test_the_same_key_while_the_first_call_runs_is_409(
            self, as_admin: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        rival: list[int] = []
        insert = commands.insert_object

        def slow(actor: Actor, category: Category) -> Category:
            rival.append(as_admin.post(LIST, json={"title": "x"}, headers=self.KEY).status_code)
            return insert(actor, category)

        monkeypatch.setattr(commands, "insert_object", slow)
        api = _api("createCategory")
        object.__setattr__(api, "transaction", False)
        try:
            first = as_admin.post(LIST, json={"title": "x"}, headers=self.KEY)
        finally:
            object.__setattr__(api, "transaction", True)
        assert first.status_code == 201
        assert rival == [409]

    def test_a_call_slower_than_its_lease_leaves_no_second_effect(self, as_admin: ApiClient) -> None:
        rival: list[int] = []

        def slow(actor: object, data: dict[str, object]) -> dict[str, object]:
            object.__setattr__(api, "prepare", None)
            with moved_clock(seconds=61):
                rival.append(as_admin.post(LIST, json={"title": "x"}, headers=self.KEY).status_code)
            return data

        api = _api("createCategory")
        object.__setattr__(api, "prepare", slow)
        late = as_admin.post(LIST, json={"title": "x"}, headers=self.KEY)
        assert (rival, late.status_code) == ([201], 409)
        assert as_admin.get(LIST).json["rowCount"] == 1
        assert as_admin.post(LIST, json={"title": "x"}, headers=self.KEY).headers["Idempotency-Replayed"] == "true"

    @pytest.mark.parametrize("key", ["", "x" * 256])
    def test_a_key_of_no_sensible_length_is_refused(self, as_admin: ApiClient, key: str) -> None:
        assert as_admin.post(LIST, json={"title": "x"}, headers={"Idempotency-Key": key}).status_code == 400

    def test_twenty_calls_with_one_key_make_one_category(self, app: Flask, as_admin: ApiClient) -> None:
        codes: list[int] = []

        def call() -> None:
            codes.append(as_admin.post(LIST, json={"title": "x"}, headers=self.KEY).status_code)

        threads = [threading.Thread(target=call) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(codes) <= {201, 409}
        assert as_admin.get(LIST).json["rowCount"] == 1


def _api(name: str) -> object:
    apis = current_app.blueprints["marketplace_categoryManagement"].apis
    return next(found for found in apis if found.name == name)


class TestClientIds:
    def test_a_create_accepts_an_unused_id_and_refuses_a_taken_one(self, as_admin: ApiClient) -> None:
        assert new_category(as_admin, categoryId=NOBODY)["id"] == NOBODY
        taken = as_admin.post(LIST, json={"title": "y", "categoryId": NOBODY})
        assert taken.status_code == 400
        assert as_admin.post(LIST, json={"title": "y", "categoryId": "nope"}).status_code == 400

    def test_server_owned_fields_are_never_taken_from_the_client(self, as_admin: ApiClient) -> None:
        made = new_category(as_admin, isActive=False, recordVersion=9, _owner=NOBODY, id=NOBODY, createdAt="2001-01-01")
        assert made["isActive"] is True
        assert made["recordVersion"] == 1
        assert made["_owner"] == as_admin.user_id
        assert made["id"] != NOBODY


class TestHeaders:
    def test_every_answer_carries_the_security_headers(self, client: ApiClient) -> None:
        for path in (LIST, "/", "/nothing", "/marketplace/categorymanagement-api/swagger"):
            headers = client.get(path).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Cache-Control"] == "no-store"
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert len(headers["X-Request-Id"]) == 32

    def test_a_server_whose_clients_see_https_asks_for_https_alone(
            self, client: ApiClient, make_app: Callable[..., Flask]) -> None:
        secure = ApiClient(make_app(PUBLIC_URL="https://guildhall.example"))
        for path in (LIST, "/", "/nothing", "/marketplace/categorymanagement-api/swagger-assets/swagger-ui.css"):
            assert secure.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"
            assert "Strict-Transport-Security" not in client.get(path).headers

    def test_asking_who_one_is_counts_as_a_request(self, make_app: Callable[..., Flask]) -> None:
        visitor = ApiClient(make_app(RATELIMIT_ENABLED="1", RATE_LIMIT_VISITOR="3"))
        service, routes = "/marketplace/categorymanagement-api", ("currentuser", "permissions", "permissions/x")
        statuses = [visitor.get(f"{service}/{route}").status_code for route in (*routes, *routes)]
        assert statuses == [401, 401, 401, 429, 429, 429]
        assert visitor.get(f"{service}/health").status_code == 200

    def test_requests_over_the_limit_are_429_with_retry_after(self, make_app: Callable[..., Flask]) -> None:
        visitor = ApiClient(make_app(RATELIMIT_ENABLED="1", RATE_LIMIT_VISITOR="3"))
        answers = [visitor.get(LIST) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
        assert answers[0].headers["RateLimit-Limit"] == "3"
        assert answers[0].headers["RateLimit-Remaining"] == "2"
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60

    def test_only_listed_origins_may_call_with_credentials(self, make_app: Callable[..., Flask]) -> None:
        visitor = ApiClient(make_app(CORS_ORIGINS="https://shop.example"))
        allowed = visitor.request("OPTIONS", LIST, headers={"Origin": "https://shop.example"})
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Idempotency-Key" in allowed.headers["Access-Control-Allow-Headers"]
        read = visitor.get(LIST, headers={"Origin": "https://shop.example"})
        assert {"ETag", "Retry-After", "RateLimit-Remaining", "ebaycclone-access-token"} <= set(
            read.headers["Access-Control-Expose-Headers"].split(", "))
        assert visitor.get(LIST).headers["Vary"] == "Origin"
        foreign = visitor.request("OPTIONS", LIST, headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in foreign.headers

    @pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:5173", "https://localhost",
                                        "http://localhost:65535"])
    @pytest.mark.parametrize("env", ["demo", "test"])
    def test_in_demo_and_test_any_page_of_this_machine_may_call_without_cookies(
            self, env: str, origin: str, make_app: Callable[..., Flask]) -> None:
        visitor = ApiClient(make_app(GUILDHALL_ENV=env))
        for answer in (visitor.request("OPTIONS", LIST, headers={"Origin": origin}),
                       visitor.get(LIST, headers={"Origin": origin})):
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert answer.headers["Vary"] == "Origin"

    @pytest.mark.parametrize("origin", ["http://localhost.evil.example", "http://evil.example:80", "null",
                                        "http://localhost:3000.evil.example", "http://127.0.0.1@evil.example",
                                        "http://localhost:3000/", "file://localhost", "http://127.0.0.2:3000"])
    def test_no_other_page_is_taken_for_one_of_this_machine(self, origin: str, client: ApiClient) -> None:
        answer = client.request("OPTIONS", LIST, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_in_production_a_page_of_this_machine_is_a_stranger(self, make_app: Callable[..., Flask]) -> None:
        visitor = ApiClient(make_app(**PRODUCTION))
        answer = visitor.get(LIST, headers={"Origin": "http://localhost:3000"})
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_a_page_of_this_machine_writes_by_token_and_never_by_cookie(self, as_admin: ApiClient, app: Flask) -> None:
        page, cookie = {"Origin": "http://localhost:3000"}, {"Cookie": f"ebaycclone-access-token={as_admin.token}"}
        assert ApiClient(app).post(LIST, json={"title": "x"}, headers=page | cookie).status_code == 403
        by_token = as_admin.post(LIST, json={"title": "x"}, headers=page)
        assert by_token.status_code == 201
        assert by_token.headers["Access-Control-Allow-Origin"] == page["Origin"]

    def test_a_cookie_write_from_a_foreign_page_is_refused(self, as_admin: ApiClient, app: Flask) -> None:
        browser = ApiClient(app)
        cookie = {"Cookie": f"ebaycclone-access-token={as_admin.token}"}
        forged = browser.post(LIST, json={"title": "x"}, headers=cookie | {"Origin": "https://evil.example"})
        assert forged.status_code == 403
        disguised = cookie | {"Origin": "https://evil.example", "Authorization": "Basic eDp5"}
        assert browser.post(LIST, json={"title": "x"}, headers=disguised).status_code == 403
        by_bearer = disguised | {"Authorization": f"Bearer {as_admin.token}"}
        assert browser.post(LIST, json={"title": "x"}, headers=by_bearer).status_code == 201
        own = browser.post(LIST, json={"title": "x"}, headers=cookie | {"Origin": "http://localhost"})
        assert own.status_code == 201


def test_a_command_of_a_request_is_traced_to_it(as_admin: ApiClient, sent: Callable[[str], list[object]]) -> None:
    as_admin.post(f"{LIST}?requestId=trace-1", json={"title": "x"})
    (event,) = sent("ebaycclone-categorymanagement-service-dbevent-category-created")
    assert event.request_id == "trace-1"  # type: ignore[attr-defined]
    assert event.user_id == as_admin.user_id  # type: ignore[attr-defined]


def test_the_api_event_is_the_answer_itself(as_admin: ApiClient, sent: Callable[[str], list[object]]) -> None:
    answer = as_admin.post(LIST, json={"title": "x"}).json
    (event,) = sent("ebaycclone-categorymanagement-service-category-created")
    assert event.payload == answer  # type: ignore[attr-defined]


def test_a_view_that_fails_after_its_command_leaves_nothing(as_admin: ApiClient, app: Flask,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    def committed_then_broken(actor: object, category: Category) -> Category:
        with unit_of_work(system_actor("marketplace")) as work:
            work.insert(Category(title="half"))
            work.commit()
        raise ZeroDivisionError

    monkeypatch.setattr(commands, "insert_object", committed_then_broken)
    assert as_admin.post(LIST, json={"title": "x"}).status_code == 500
    assert as_admin.get(LIST).json["rowCount"] == 0


@pytest.mark.once("no row decides how often a token is read")
def test_a_token_is_taken_from_the_request_once_and_kept(
        app: Flask, as_admin: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of who sends a cookie it is also asked from which page it comes; an answer that tells who one is asks again."""
    by_cookie = {"Cookie": f"ebaycclone-access-token={as_admin.token}", "Origin": "http://localhost"}
    taken, take = [], bearer._take

    def counted(realm: str) -> bearer.PresentedToken | None:
        taken.append(realm)
        return take(realm)

    monkeypatch.setattr(bearer, "_take", counted)
    for caller, headers in ((as_admin, {}), (ApiClient(app), by_cookie)):
        for method, url, body in (("POST", LIST, {"title": "x"}), ("GET", LIST, None), ("GET", WHO, None)):
            taken.clear()
            assert caller.request(method, url, json=body, headers=headers).status_code < 300
            assert "marketplace" in taken
            assert len(taken) == len(set(taken)), "a realm reads it once"
