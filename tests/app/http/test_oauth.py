"""The token endpoints of programs: what they tell of clients, and how many secrets one may try (docs/security.md)."""
import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app.actor import system_actor
from app.clock import moved_clock
from app.data.entity import db
from app.data.ids import uuid7
from app.http.oauth import ADDRESS_FAILURES, CLIENT_FAILURES
from app.identity.security_events import security_log
from blueprints.equipment import registry
from blueprints.equipment.tokens import console
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant, drop_tenant, revoke_client
from blueprints.platform.auth.api_clients import create_client
from blueprints.platform.auth.api_clients import revoke_client as revoke_client_of_a_person
from blueprints.platform.auth.commands import create_user
from cli.security import security as flask_security
from tests.clients import ApiClient
from tests.components import unique_name

HERE, ELSEWHERE = "203.0.113.7", "203.0.113.8"
WRONG = "a-wrong-secret"


@dataclass
class Endpoint:
    """The token endpoint of one service, with a client that knows its secret and one that was revoked."""

    visitor: ApiClient
    mount: str
    refuses_in: str
    client_id: str
    secret: str
    revoked_id: str
    engine: Engine
    realm: str

    def ask(self, client_id: str, secret: str, address: str = HERE, **sent: Any) -> TestResponse:
        """Return the answer to credentials in the form."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        return self.visitor.post(f"{self.mount}/oauth/token", data=form, environ_base={"REMOTE_ADDR": address}, **sent)

    def ask_by_header(self, client_id: str, secret: str) -> TestResponse:
        """Return the answer to credentials in the Authorization header."""
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return self.visitor.post(f"{self.mount}/oauth/token", data={"grant_type": "client_credentials"},
                                 headers={"Authorization": f"Basic {basic}"}, environ_base={"REMOTE_ADDR": HERE})

    def fail(self, times: int, client_id: str | None = None, address: str = HERE) -> None:
        """Send so many wrong secrets, each refused as wrong."""
        assert {self.ask(client_id or uuid7(), WRONG, address).status_code for _ in range(times)} == {401}

    def is_throttled(self, answer: TestResponse) -> bool:
        """Tell whether the answer is 429 in the service's own shape, and says how long to wait."""
        return (answer.status_code == 429 and answer.mimetype == self.refuses_in
                and 0 < int(answer.headers["Retry-After"]) <= CLIENT_FAILURES.window)


@pytest.fixture(params=["/equipment-api", "/organization-api", "/marketplace/auth-api"])
def endpoint(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Iterator[Endpoint]:
    app = make_app(RATELIMIT_ENABLED="1")
    visitor = ApiClient(app)
    with app.app_context():
        if request.param == "/equipment-api":
            yield _equipment(visitor)
        elif request.param == "/marketplace/auth-api":
            yield _realm(visitor)
        else:
            store, tenant = organization_of(app), unique_name("t")
            add_tenant(store.ports, tenant)
            try:
                made, revoked = (add_client(store.ports, tenant, ("organization:read",), "program") for _ in range(2))
                revoke_client(store.ports, revoked[0].client_id)
                yield Endpoint(visitor, request.param, "application/problem+json", made[0].client_id, made[1],
                               revoked[0].client_id, store.databases.catalog_engine, "organization")
            finally:
                drop_tenant(store.ports, tenant)


def _equipment(visitor: ApiClient) -> Endpoint:
    clinic = registry.create_legal_entity(console(), {"name": "Clinic", "type": "MSP"})
    client = {"legal_entity_id": clinic, "user_id": uuid7(), "role": "HR", "scopes": ("equipment:read",)}
    made, revoked = (registry.create_client(console(), client) for _ in range(2))
    registry.revoke_client(console(), revoked[0])
    return Endpoint(visitor, "/equipment-api", "application/json", *made, revoked[0], db.engine, "equipment")


def _realm(visitor: ApiClient) -> Endpoint:
    boss = system_actor("marketplace", operator="root")
    anna = create_user(boss, email="anna@example.com", password_hash="x", fullname="Anna")
    made, revoked = (create_client(boss, name="shop", scopes=["webhooks"], user_id=anna.id) for _ in range(2))
    revoke_client_of_a_person(boss, revoked[0]["id"])
    return Endpoint(visitor, "/marketplace/auth-api", "application/json", made[0]["id"], made[1], revoked[0]["id"],
                    db.engine, "marketplace")


@contextmanager
def before_each_statement(engine: Engine, call: Callable[[str], object]) -> Iterator[None]:
    """Call a function with each statement that this thread sends to the engine: the store's courier has its own."""
    this = get_ident()

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if get_ident() == this:
            call(statement)

    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", heard)


def statements_for(endpoint: Endpoint, client_id: str) -> list[str]:
    """Return what a wrong secret of this client asks the database of the clients."""
    told: list[str] = []
    with before_each_statement(endpoint.engine, told.append):
        endpoint.fail(1, client_id)
    return told


def test_an_unknown_a_revoked_client_and_a_wrong_secret_get_one_answer(endpoint: Endpoint) -> None:
    for ask in (endpoint.ask, endpoint.ask_by_header):
        answers = [ask(client_id, WRONG) for client_id in (endpoint.client_id, endpoint.revoked_id, uuid7(), "x", "\0")]
        assert {answer.status_code for answer in answers} == {401}
        assert {answer.json["error"] for answer in answers} == {"invalid_client"}
        assert len({answer.get_data() for answer in answers}) == 1
        assert len({answer.headers["WWW-Authenticate"] for answer in answers}) == 1


def test_an_unknown_client_costs_the_same_statements_as_a_wrong_secret(endpoint: Endpoint) -> None:
    endpoint.fail(1)  # what is done once has been done
    known = statements_for(endpoint, endpoint.client_id)
    assert known
    assert known == statements_for(endpoint, uuid7()) == statements_for(endpoint, endpoint.revoked_id)


@pytest.mark.parametrize("is_known", [True, False])
def test_wrong_secrets_of_one_client_are_throttled(endpoint: Endpoint, is_known: bool) -> None:
    client_id = endpoint.client_id if is_known else uuid7()
    endpoint.fail(CLIENT_FAILURES.most, client_id)
    assert endpoint.is_throttled(endpoint.ask(client_id, WRONG))
    assert endpoint.is_throttled(endpoint.ask(client_id.upper(), WRONG))
    assert endpoint.is_throttled(endpoint.ask(client_id, endpoint.secret))


def test_a_throttled_client_gets_its_token_from_another_address_and_later_from_the_same(endpoint: Endpoint) -> None:
    endpoint.fail(CLIENT_FAILURES.most, endpoint.client_id)
    assert endpoint.ask(endpoint.client_id, endpoint.secret, ELSEWHERE).status_code == 200
    with moved_clock(seconds=CLIENT_FAILURES.window + 1):
        assert endpoint.ask(endpoint.client_id, endpoint.secret).status_code == 200


def test_wrong_secrets_of_many_clients_are_throttled_by_address(endpoint: Endpoint) -> None:
    endpoint.fail(ADDRESS_FAILURES.most)
    assert endpoint.is_throttled(endpoint.ask(uuid7(), WRONG))
    assert endpoint.ask(uuid7(), WRONG, ELSEWHERE).status_code == 401


def test_wrong_secrets_from_one_ipv6_network_are_counted_together(endpoint: Endpoint) -> None:
    for number in range(CLIENT_FAILURES.most):
        endpoint.fail(1, endpoint.client_id, f"2001:db8:5:5::{number:x}")
    assert endpoint.is_throttled(endpoint.ask(endpoint.client_id, WRONG, "2001:db8:5:5:ffff::1"))
    assert endpoint.ask(endpoint.client_id, WRONG, "2001:db8:5:6::1").status_code == 401


def test_two_guesses_in_one_request_count_as_two(endpoint: Endpoint) -> None:
    basic = base64.b64encode(f"{endpoint.client_id}:{WRONG}".encode()).decode()
    for _ in range(CLIENT_FAILURES.most // 2):
        answer = endpoint.ask(endpoint.client_id, WRONG, headers={"Authorization": f"Basic {basic}"})
        assert answer.status_code == 401
    assert endpoint.is_throttled(endpoint.ask(endpoint.client_id, WRONG))


def test_a_right_secret_counts_for_nobody(endpoint: Endpoint) -> None:
    """However often its programs fetch tokens, an address is not throttled; its own mistakes are forgotten, too."""
    for _ in range(CLIENT_FAILURES.most + 1):
        endpoint.fail(1, endpoint.client_id)
        assert endpoint.ask(endpoint.client_id, endpoint.secret).status_code == 200
    for _ in range(ADDRESS_FAILURES.most):
        assert endpoint.ask(endpoint.client_id, endpoint.secret).status_code == 200


def test_a_right_secret_does_not_hide_the_wrong_ones_of_other_clients(endpoint: Endpoint) -> None:
    endpoint.fail(ADDRESS_FAILURES.most - 1)
    assert endpoint.ask(endpoint.client_id, endpoint.secret).status_code == 200
    endpoint.fail(1)
    assert endpoint.is_throttled(endpoint.ask(uuid7(), WRONG))


def test_while_the_database_is_away_no_guess_is_counted(endpoint: Endpoint) -> None:
    def away(statement: str) -> None:
        raise OperationalError(statement, {}, ConnectionError("away"))

    endpoint.fail(1)  # what is done once has been done
    with before_each_statement(endpoint.engine, away):
        assert {endpoint.ask(endpoint.client_id, endpoint.secret).status_code
                for _ in range(CLIENT_FAILURES.most + 1)} == {503}
    assert endpoint.ask(endpoint.client_id, endpoint.secret).status_code == 200


def test_what_a_closed_address_is_refused_does_not_count_against_its_client(endpoint: Endpoint) -> None:
    with moved_clock(seconds=-CLIENT_FAILURES.window / 2):
        endpoint.fail(ADDRESS_FAILURES.most)
    for _ in range(CLIENT_FAILURES.most + 1):
        assert endpoint.is_throttled(endpoint.ask(endpoint.client_id, endpoint.secret))
    with moved_clock(seconds=CLIENT_FAILURES.window / 2 + 1):
        assert endpoint.ask(endpoint.client_id, endpoint.secret).status_code == 200


def test_wrong_secrets_and_the_first_refusal_of_a_throttle_are_security_events(endpoint: Endpoint) -> None:
    unknown = uuid7()
    assert endpoint.ask(endpoint.client_id, endpoint.secret).status_code == 200
    endpoint.fail(1, unknown)
    endpoint.fail(1, "no-uuid\0")
    endpoint.fail(CLIENT_FAILURES.most, endpoint.client_id)
    for _ in range(3):
        assert endpoint.is_throttled(endpoint.ask(endpoint.client_id, WRONG))
    told = [(event.outcome, event.detail["client"], event.address, event.user_id)
            for event in reversed(security_log(endpoint.realm, user_id=None, kind="client", limit=99))
            if event.outcome != "done"]
    assert told == [("refused", unknown, HERE, None), ("refused", None, HERE, None),
                    *[("refused", endpoint.client_id, HERE, None)] * CLIENT_FAILURES.most,
                    ("throttled", endpoint.client_id, HERE, None)]


def test_the_events_of_programs_are_read_from_the_command_line(endpoint: Endpoint) -> None:
    endpoint.fail(1, endpoint.client_id)
    run, realm = CliRunner().invoke, endpoint.realm
    shown = run(flask_security, ["log", "--realm", realm, "--kind", "client", "--json"])
    assert (shown.exit_code, endpoint.client_id in shown.stdout) == (0, True)
    of_anna = run(flask_security, ["log", "--realm", realm, "--user", "anna@example.com"])
    assert of_anna.exit_code == (0 if realm == "marketplace" else 2)
