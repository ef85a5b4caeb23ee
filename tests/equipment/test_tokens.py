"""OAuth2 client credentials: who gets a token, for which scopes, for how long."""

import base64
from typing import Any

import pytest

from app.clock import moved_clock
from blueprints.equipment import registry
from blueprints.equipment.tokens import console
from tests.clients import ApiClient
from tests.equipment.conftest import MOUNT, Registry


@pytest.fixture
def reader(world: Registry, hospital: str) -> tuple[str, str]:
    """Id and secret of a client that may read equipment and divisions."""
    return world.registered_client(hospital, "HR", ("equipment:read", "division:read"))


def use(world: Registry, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    status: int = world.client.get(f"{MOUNT}/api/equipment", headers=headers).status_code
    return status


def test_a_wrong_secret_is_refused(world: Registry, reader: tuple[str, str]) -> None:
    answer = world.ask_token(reader[0], "wrong")

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("client_id", ["nobody", "", "\x00", "ü" * 300])
def test_an_unknown_client_is_refused(world: Registry, client_id: str) -> None:
    assert world.ask_token(client_id, "x").json["error"] == "invalid_client"


def test_another_grant_is_refused(world: Registry, reader: tuple[str, str]) -> None:
    answer = world.ask_token(*reader, grant_type="password")

    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


def test_a_scope_the_client_does_not_have_is_refused(world: Registry, reader: tuple[str, str]) -> None:
    answer = world.ask_token(*reader, scope="equipment:read equipment:write")

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


def test_a_revoked_client_gets_no_token_and_its_tokens_end(world: Registry, reader: tuple[str, str]) -> None:
    token = world.ask_token(*reader).json["access_token"]
    registry.revoke_client(console(), reader[0])

    assert world.ask_token(*reader).json["error"] == "invalid_client"
    assert use(world, token) == 401


def test_a_token_lives_an_hour(world: Registry, reader: tuple[str, str]) -> None:
    answer = world.ask_token(*reader).json
    token = answer["access_token"]

    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    with moved_clock(minutes=59):
        assert use(world, token) == 200
    with moved_clock(minutes=61):
        assert use(world, token) == 401


def test_without_a_scope_all_of_the_client_are_given(world: Registry, reader: tuple[str, str]) -> None:
    for nothing in ({}, {"scope": ""}, {"scope": "   "}):
        assert world.ask_token(*reader, **nothing).json["scope"] == "equipment:read division:read"


def test_fewer_scopes_are_given_when_fewer_are_asked(world: Registry, reader: tuple[str, str]) -> None:
    answer = world.ask_token(*reader, scope="division:read").json

    assert answer["scope"] == "division:read"
    assert use(world, answer["access_token"]) == 403


def test_the_secret_may_come_as_basic_authentication(world: Registry, reader: tuple[str, str]) -> None:
    basic = base64.b64encode(":".join(reader).encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}

    answer = world.client.post(f"{MOUNT}/oauth/token", data={"grant_type": "client_credentials"}, headers=headers)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer \xff", "Bearer " + "x" * 5000])
def test_what_is_no_token_is_answered_401(world: Registry, header: str) -> None:
    answer: Any = world.client.get(f"{MOUNT}/api/equipment", headers={"Authorization": header})

    assert answer.json["error"] == {"type": "access_denied", "message": "Invalid access token"}


def test_the_caller_can_ask_who_it_is(world: Registry, hospital: str, reader: tuple[str, str]) -> None:
    headers = {"Authorization": f"Bearer {world.ask_token(*reader).json['access_token']}"}

    who = world.client.get(f"{MOUNT}/currentuser", headers=headers).json
    may = world.client.get(f"{MOUNT}/permissions", headers=headers).json

    assert (who["legal_entity_id"], who["role"]) == (hospital, "HR")
    assert set(may) == {"listEquipment", "getEquipment", "listEquipmentHistory", "listDivisions", "getDivision"}


@pytest.mark.parametrize("guess", ["token", "secret"])
def test_guesses_are_counted_like_any_visitors_calls(make_app: Any, guess: str) -> None:
    visitor = ApiClient(make_app(RATELIMIT_ENABLED="1", RATE_LIMIT_VISITOR="3"))
    here = {"environ_base": {"REMOTE_ADDR": f"203.0.113.{len(guess)}"}}  # counted by nobody else

    def ask() -> Any:
        if guess == "secret":
            return visitor.post(f"{MOUNT}/oauth/token", data={"grant_type": "client_credentials"}, **here)
        return visitor.get(f"{MOUNT}/api/equipment", headers={"Authorization": "Bearer x"}, **here)

    told = [ask() for _ in range(8)]  # a minute may end in between

    assert told[0].status_code in (400, 401)
    refused = next(answer for answer in told if answer.status_code == 429)
    assert refused.json["error"]["type"] == "too_many_requests"
    assert "Retry-After" in refused.headers
