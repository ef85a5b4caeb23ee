"""API clients of a realm (decision 46): who makes them, what their tokens open, and when they open nothing more."""
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.entity import Base
from app.data.reads import fetch
from app.http.oauth import OAuthClient
from app.identity.access import client_with, logged_in, staff
from app.identity.api_clients import TOKEN_SECONDS, ApiClient, ApiClientToken, sweep_expired_tokens
from app.identity.security_events import security_log
from blueprints.platform.auth import commands
from blueprints.platform.auth.api_clients import MOST_CLIENTS, create_client
from blueprints.platform.moderation import cases
from tests.clients import PASSWORD
from tests.clients import ApiClient as Client
from tests.contract.fronts import MOUNTS
from tests.contract.hostile import SOME_ID
from tests.contract.surface import operations
from tests.platform.driver import is_refusal

SCOPES = ["notices", "webhooks"]


@pytest.fixture
def ben(people: Any) -> Client:
    return people.user("ben")


@pytest.fixture
def api(app: Flask, realm: str) -> "Api":
    return Api(app, realm)


class Api:
    """The clients of one realm as their persons and programs meet them."""

    def __init__(self, app: Flask, realm: str) -> None:
        self._app, self._realm, self._mount = app, realm, f"/{realm}/auth-api"

    def make(self, person: Client, **said: Any) -> Any:
        body = {"name": "my shop", "scopes": SCOPES, "currentPassword": PASSWORD} | said
        return person.post(f"{self._mount}/v1/apiclients", json=body)

    def made(self, person: Client, **said: Any) -> tuple[str, str]:
        """Return id and secret of a new client."""
        answer = self.make(person, **said)
        assert answer.status_code == 201, answer.text
        return answer.json["apiClient"]["id"], answer.json["clientSecret"]

    def listed(self, person: Client, query: str = "") -> list[dict[str, Any]]:
        answer = person.get(f"{self._mount}/v1/apiclients{query}")
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json["apiClients"]
        return rows

    def rotate(self, person: Client, client_id: str, password: str = PASSWORD) -> Any:
        return person.patch(f"{self._mount}/v1/apiclientsecret/{client_id}", json={"currentPassword": password})

    def revoke(self, person: Client, client_id: str) -> Any:
        return person.delete(f"{self._mount}/v1/apiclients/{client_id}")

    def ask(self, client_id: str, secret: str, realm: str = "", **form: str) -> Any:
        """Ask for a token."""
        sent = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **form}
        return Client(self._app).post(f"/{realm or self._realm}/auth-api/oauth/token", data=sent)

    def program(self, client_id: str, secret: str, **form: str) -> Client:
        """Return a program with a token."""
        answer = self.ask(client_id, secret, **form)
        assert answer.status_code == 200, answer.text
        return Client(self._app, token=answer.json["access_token"])


@pytest.fixture
def granted(app: Flask, realm: str) -> Iterator[None]:
    """Grant what gets a user to programs with the scope notices, and what lists users to those of staff."""
    apis = [one for one in app.blueprints[f"{realm}_auth"].apis  # type: ignore[attr-defined]
            if one.name in ("getUser", "listUsers")]
    former = [one.policy for one in apis]
    for one, person in zip(apis, (logged_in, staff), strict=True):
        object.__setattr__(one, "policy", client_with("notices", person))
    yield
    for one, policy in zip(apis, former, strict=True):
        object.__setattr__(one, "policy", policy)


def user_of(realm: str, person: Client) -> str:
    return f"/{realm}/auth-api/v1/users/{person.user_id}"


# Making, listing, rotating, revoking

def test_a_visitor_makes_lists_rotates_and_revokes_nothing(api: Api, client: Client, ben: Client) -> None:
    client_id, _ = api.made(ben)
    assert api.make(client).status_code == 401
    assert client.get(f"{api._mount}/v1/apiclients").status_code == 401
    assert api.rotate(client, client_id).status_code == 401
    assert api.revoke(client, client_id).status_code == 401


@pytest.mark.parametrize("password", ["wrong-horse-2", None, "", 7])
def test_without_the_password_no_secret_is_made(api: Api, ben: Client, password: Any) -> None:
    answer = api.make(ben, currentPassword=password)
    assert answer.status_code == (403 if password == "wrong-horse-2" else 400)
    assert api.listed(ben) == []


@pytest.mark.once("what is read of a body depends on no database")
@pytest.mark.parametrize(("field", "value"), [
    ("scopes", []), ("scopes", ["webhooks", "everything"]), ("scopes", "*"), ("scopes", [["webhooks"]]),
    ("scopes", ["webhooks"] * 5), ("scopes", None), ("name", ""), ("name", "x" * 101), ("name", "a\nb"),
    ("name", "\u202egnp"), ("name", ["x"]), ("userId", "nobody"), ("userId", 7)])
def test_a_client_that_is_none_is_refused_by_the_name_of_its_field(api: Api, ben: Client, field: str,
                                                                   value: Any) -> None:
    answer = api.make(ben, **{field: value})
    assert is_refusal(answer, 400), answer.text
    assert field in answer.json["detail"]


def test_an_admin_makes_and_rotates_none_for_others(api: Api, people: Any, ben: Client) -> None:
    ada, (client_id, secret) = people.admin(), api.made(ben)
    assert is_refusal(api.make(ada, userId=ben.user_id), 403)
    assert is_refusal(api.rotate(ada, client_id), 403)
    assert api.ask(client_id, secret).status_code == 200


def test_others_learn_nothing_of_a_client(api: Api, people: Any, ben: Client) -> None:
    eve, (client_id, _) = people.user("eve"), api.made(ben)
    assert api.listed(eve) == api.listed(eve, f"?userId={ben.user_id}") == []
    assert is_refusal(api.rotate(eve, client_id), 404)
    assert is_refusal(api.revoke(eve, client_id), 404)
    assert is_refusal(api.revoke(eve, ben.user_id), 404)


def test_a_person_has_so_many_clients_and_no_more(api: Api, ben: Client) -> None:
    for _ in range(MOST_CLIENTS):
        api.made(ben)
    assert is_refusal(api.make(ben), 400, "TooManyApiClients")
    api.revoke(ben, api.listed(ben)[0]["id"])
    api.made(ben)


def test_a_client_is_listed_without_its_secret_and_with_its_last_token(api: Api, people: Any, ben: Client) -> None:
    client_id, secret = api.made(ben, scopes=["webhooks"])
    [row] = api.listed(ben)
    assert (row["id"], row["userId"], row["name"], row["scopes"]) == (client_id, ben.user_id, "my shop", ["webhooks"])
    assert (row["rotatedAt"], row["lastTokenAt"]) == (None, None)
    assert "secret" not in str(row).lower()
    assert secret not in str(row)
    api.ask(client_id, secret)
    [row] = api.listed(people.admin(), f"?userId={ben.user_id}")
    assert row["lastTokenAt"] is not None


def test_a_superadmin_makes_one_for_another_person_with_his_own_password(
        api: Api, realm: str, people: Any, ben: Client, auth: Any) -> None:
    boss, token = people.super_admin(), auth.token("admin@admin.com", "superadmin-test-1")
    boss = Client(auth.app, boss.actor, token)
    client_id, _ = api.made(boss, userId=ben.user_id, currentPassword="superadmin-test-1")
    assert [row["id"] for row in api.listed(ben)] == [client_id]
    assert is_refusal(api.make(boss, userId=ben.user_id, currentPassword=PASSWORD), 403)


def test_a_client_of_nobody_is_unknown(api: Api, people: Any) -> None:
    answer = api.make(people.user("eve"), userId="018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e")
    assert is_refusal(answer, 403)


def test_the_same_idempotency_key_makes_one_client(api: Api, ben: Client) -> None:
    body = {"name": "my shop", "scopes": SCOPES, "currentPassword": PASSWORD}
    first, second = (ben.post(f"{api._mount}/v1/apiclients", json=body, headers={"Idempotency-Key": "once"})
                     for _ in range(2))
    assert first.json["clientSecret"] == second.json["clientSecret"]
    assert len(api.listed(ben)) == 1


def test_neither_secret_nor_token_is_stored_anywhere(api: Api, ben: Client) -> None:
    client_id, secret = api.made(ben)
    token = str(api.program(client_id, secret).token)
    new_secret = api.rotate(ben, client_id).json["clientSecret"]
    kept = [str(row) for table in Base.metadata.sorted_tables for row in fetch(select(table))]
    for hidden in (secret, token, new_secret):
        assert not [row for row in kept if hidden in row]


def test_what_is_done_to_a_client_is_a_security_event_of_its_person(api: Api, realm: str, ben: Client) -> None:
    client_id, _ = api.made(ben, scopes=["notices"])
    api.rotate(ben, client_id)
    api.revoke(ben, client_id)
    told = [event.detail for event in security_log(realm, user_id=ben.user_id, kind="client", limit=9)]
    assert told == [{"client": client_id, "revoked": True}, {"client": client_id, "rotated": True},
                    {"client": client_id, "made": True, "scopes": "notices"}]


# Tokens

def test_a_token_is_got_for_fewer_scopes_and_for_none_that_the_client_lacks(api: Api, ben: Client) -> None:
    both, one = api.made(ben), api.made(ben, scopes=["webhooks"])
    assert api.ask(*both).json["scope"] == "notices webhooks"
    assert api.ask(*both, scope="notices").json["scope"] == "notices"
    assert api.ask(*one, scope="notices webhooks").json["error"] == "invalid_scope"
    assert api.ask(*one).json["expires_in"] == TOKEN_SECONDS


def test_a_client_is_of_one_realm(api: Api, auth: Any, ben: Client, realm: str, granted: None) -> None:
    client_id, secret = api.made(ben)
    assert api.ask(client_id, secret, auth.other_realm).json["error"] == "invalid_client"
    program = api.program(client_id, secret)
    assert program.get(user_of(realm, ben)).status_code == 200
    assert program.get(f"/{auth.other_realm}/auth-api/v1/sessions").status_code == 401


def test_a_program_opens_what_its_scope_is_granted_as_its_person(api: Api, realm: str, people: Any, ben: Client,
                                                                 granted: None) -> None:
    credentials, eve = api.made(ben), people.user("eve")
    program = api.program(*credentials)
    own = program.get(user_of(realm, ben))
    assert (own.status_code, own.json["user"]["email"], own.json["userId"]) == (200, ben.email, ben.user_id)
    assert own.json["sessionId"] is None
    assert is_refusal(program.get(user_of(realm, eve)), 403)
    assert is_refusal(program.get(f"/{realm}/auth-api/v1/users"), 403)
    assert is_refusal(api.program(*credentials, scope="webhooks").get(user_of(realm, ben)), 403)


def test_a_program_of_staff_sees_what_its_person_sees_until_he_is_staff_no_more(
        api: Api, realm: str, people: Any, granted: None) -> None:
    ada = people.admin()
    program, users = api.program(*api.made(ada)), f"/{realm}/auth-api/v1/users"
    assert program.get(users).status_code == 200
    commands.update_user_role(system_actor(realm), ada.user_id, "user")
    assert is_refusal(program.get(users), 403)


@pytest.mark.once("policies depend on no database")
def test_everything_that_is_not_granted_is_refused_to_the_program_of_a_superadmin(
        api: Api, app: Flask, realm: str, people: Any) -> None:
    """Each route of the realm that names no scope; where no login is needed a program is a visitor."""
    boss = people.super_admin().user_id
    client, secret = create_client(system_actor(realm, operator="root"), name="all", scopes=SCOPES, user_id=boss)
    program, visitor, met = api.program(client["id"], secret), Client(app), list[int]()
    for mount in (mount for mount in MOUNTS if mount.startswith(f"/{realm}/")):
        for operation in operations(visitor, mount):
            if not operation.scopes:
                url = operation.url({}, SOME_ID)
                said, visited = (one.request(operation.method, url).status_code for one in (program, visitor))
                assert said in (403, visited), (operation.name, said)
                met.append(said)
    assert met.count(403) > 100


def test_a_program_logs_nobody_in_and_out(api: Api, realm: str, ben: Client) -> None:
    program = api.program(*api.made(ben))
    assert program.get(f"/{realm}/auth-api/relogin").status_code == 401
    assert program.post(f"/{realm}/auth-api/relogin").status_code == 401
    assert program.get(f"/{realm}/auth-api/currentuser").status_code == 401
    program.post(f"/{realm}/auth-api/logout")
    assert ben.get(f"/{realm}/auth-api/currentuser").status_code == 200


@pytest.mark.once("what is no token depends on no database")
@pytest.mark.parametrize("tail", ["", "x", "\u00fc", "x" * 5000, "' or 1=1 --", "%00"])
def test_what_only_looks_like_a_token_is_nobodys(app: Flask, realm: str, tail: str) -> None:
    token = f"guildhall-client-{tail}".encode().decode("latin-1")
    answer = Client(app, token=token).get(f"/{realm}/auth-api/v1/sessions")
    assert is_refusal(answer, 401)


# The end

def ends(api: Api, realm: str, person: Client) -> tuple[Client, Any]:
    """Return a program that has just been let in, and what asks for its next token."""
    credentials = api.made(person)
    program = api.program(*credentials)
    assert program.get(user_of(realm, person)).status_code == 200
    return program, lambda: api.ask(*credentials).status_code


def test_a_rotated_secret_ends_the_former_one_and_its_tokens_at_once(api: Api, realm: str, ben: Client,
                                                                     granted: None) -> None:
    client_id, secret = api.made(ben)
    program = api.program(client_id, secret)
    assert program.get(user_of(realm, ben)).status_code == 200
    fresh = api.rotate(ben, client_id).json["clientSecret"]
    assert program.get(user_of(realm, ben)).status_code == 401
    assert api.ask(client_id, secret).status_code == 401
    assert api.program(client_id, fresh).get(user_of(realm, ben)).status_code == 200


@pytest.mark.both("the row is locked between the proof and the token")
def test_a_secret_that_is_rotated_between_its_proof_and_its_token_gives_none(
        api: Api, realm: str, ben: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client_id, secret = api.made(ben)
    proof = OAuthClient.check_client_secret

    def proof_before_a_rival(client: OAuthClient, given: str) -> bool:
        is_good = proof(client, given)
        assert api.rotate(ben, client_id).status_code == 200
        return is_good

    monkeypatch.setattr(OAuthClient, "check_client_secret", proof_before_a_rival)
    answer = api.ask(client_id, secret)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert fetch(select(ApiClientToken.token_hash)) == []


def test_a_revoked_client_ends_at_once(api: Api, realm: str, people: Any, ben: Client, granted: None) -> None:
    for who in (ben, people.admin()):
        program, ask = ends(api, realm, ben)
        assert api.revoke(who, api.listed(ben)[0]["id"]).status_code == 200
        assert (program.get(user_of(realm, ben)).status_code, ask()) == (401, 401)


def test_a_token_ends_after_an_hour_and_is_swept(api: Api, realm: str, ben: Client, granted: None) -> None:
    program, ask = ends(api, realm, ben)
    with moved_clock(seconds=TOKEN_SECONDS + 1):
        assert (program.get(user_of(realm, ben)).status_code, ask()) == (401, 200)
        assert sweep_expired_tokens(realm) == 1
        assert len(fetch(select(ApiClientToken.token_hash))) == 1


@pytest.mark.parametrize("end", ["suspended", "locked", "archived", "deleted"])
def test_a_client_opens_nothing_from_the_moment_its_person_is_not_active(api: Api, realm: str, people: Any, ben: Client,
                                                                         granted: None, end: str) -> None:
    program, ask = ends(api, realm, ben)
    if end == "suspended":
        cases.act(people.admin().actor, cases.ActOrder("SUSPEND", "USER", ben.user_id, days=7), reason="so it is")
    elif end == "locked":
        commands.lock_user(system_actor(realm), ben.user_id, now() + timedelta(days=1))
    elif end == "archived":
        assert ben.delete(f"/{realm}/auth-api/v1/archiveprofile/{ben.user_id}").status_code == 200
    else:
        commands.delete_user(system_actor(realm), ben.user_id)
    assert (program.get(user_of(realm, ben)).status_code, ask()) == (401, 401)
    if end == "locked":
        with moved_clock(days=2):
            assert ask() == 200


def test_an_erased_person_leaves_no_client(api: Api, realm: str, ben: Client, granted: None, settle: Any) -> None:
    program, ask = ends(api, realm, ben)
    assert ben.post(f"/{realm}/auth-api/v1/erasures", json={"currentPassword": PASSWORD}).status_code == 201
    assert (program.get(user_of(realm, ben)).status_code, ask()) == (401, 401)
    commands.purge_archived(realm)
    settle()
    assert (fetch(select(ApiClient.id)), fetch(select(ApiClientToken.token_hash))) == ([], [])


def test_a_forgotten_password_throws_programs_out_and_a_changed_one_does_not(api: Api, realm: str, ben: Client,
                                                                             auth: Any, granted: None) -> None:
    program, ask = ends(api, realm, ben)
    changed = ben.patch(f"/{realm}/auth-api/v1/userpassword/{ben.user_id}",
                        json={"oldPassword": PASSWORD, "newPassword": "another-horse-2"})
    assert (changed.status_code, program.get(user_of(realm, ben)).status_code) == (200, 200)
    code = auth.start("password-reset-by-email", email=ben.email).json["secretCode"]
    assert auth.complete("password-reset-by-email", email=ben.email, secretCode=code,
                         password="a-third-horse-3").status_code == 200
    assert (program.get(user_of(realm, ben)).status_code, ask()) == (401, 401)


def test_programs_are_counted_apart_from_their_person(make_app: Any, realm: str) -> None:
    from app.http.rate_limit import RequestCounts
    from app.runtime import runtime
    from tests.clients import Callers

    app = make_app(RATELIMIT_ENABLED="1")
    with app.app_context():
        ben = Callers(app).user("ben", realm=realm)
        api = Api(app, realm)
        client_id, secret = api.made(ben)
        api.program(client_id, secret).get(f"/{realm}/auth-api/v1/sessions")
        assert {client_id, ben.user_id} <= set(runtime().part(RequestCounts))
