"""What happens to accounts and clients is a row of the table and one JSON line of the log, in the same words."""
import json
import logging

import pytest

from app.actor import system_actor
from app.data.unit_of_work import unit_of_work
from app.identity.security_events import record_security, security_log
from app.ops.logs import JsonFormatter
from blueprints.equipment import registry, tokens
from blueprints.platform.auth import commands
from cli.organization import organization
from cli.security import security as security_group
from tests.clients import PASSWORD, ApiClient
from tests.components import unique_name

pytestmark = pytest.mark.parametrize("realm", ["marketplace"])

WRONG = "not-the-password-1"
WHENCE = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}, "headers": {"User-Agent": "Otter/1.0"}}


@pytest.fixture
def lines(caplog):
    """Call it: the lines of the security log so far, as a collector reads them."""
    caplog.set_level(logging.INFO, "guildhall.security")
    formatter = JsonFormatter("web")
    return lambda: [json.loads(formatter.format(record)) for record in caplog.records
                    if record.name == "guildhall.security"]


def rows(realm, **which):
    """The events, oldest first, as (kind, outcome, detail)."""
    found = security_log(realm, **({"user_id": None, "kind": None, "limit": 100} | which))
    return [(event.kind, event.outcome, event.detail or {}) for event in reversed(found)]


def test_every_event_is_a_line_and_a_row_that_say_the_same(auth, people, realm, lines):
    one = people.user("u1")
    auth.call("POST", "/login", json={"username": one.email, "password": WRONG}, **WHENCE)
    auth.call("POST", "/login", json={"username": one.email, "password": PASSWORD}, **WHENCE)
    told = lines()
    assert [(line["kind"], line["outcome"]) for line in told] == [("login", "refused"), ("login", "done")]
    for line, row in zip(told, reversed(security_log(realm, user_id=one.user_id, kind=None, limit=9)), strict=True):
        assert {"message": "security event", "logger": "guildhall.security", "realm": realm, "id": row.id,
                "user_id": one.user_id, "address": "203.0.113.9", "device": "Otter/1.0",
                "request_id": row.request_id, "detail": row.detail}.items() <= line.items()
    assert WRONG not in str(told)
    assert PASSWORD not in str(told)


def test_what_is_not_committed_is_no_line(app, realm, lines):
    with unit_of_work(system_actor(realm)) as work:
        record_security(work, "role", None, role="admin")
        work.rollback()
    assert lines() == rows(realm) == []


def test_a_rank_that_refuses_staff_is_an_event(auth, people, realm, lines):
    admin, other, boss = people.admin(), people.admin("bea"), people.super_admin()
    for method, path, body, kind in (
            ("PATCH", f"/v1/userrole/{other.user_id}", {"roleId": "user"}, "role"),
            ("PATCH", f"/v1/userpasswordbyadmin/{boss.user_id}", {"password": "another-fine-horse-2"}, "password"),
            ("DELETE", f"/v1/users/{boss.user_id}", None, "account")):
        about = path.rpartition("/")[2]
        assert auth.call(method, path, token=admin.token, json=body).status_code == 400
        [event] = security_log(realm, user_id=about, kind=kind, limit=9)
        assert (event.outcome, event.actor_id) == ("refused", admin.user_id)
        assert event.detail["reason"]
    assert [line["outcome"] for line in lines()] == ["refused"] * 3


def test_a_user_who_may_not_call_at_all_fills_no_table(auth, people, realm):
    one = people.user("u1")
    refused = auth.call("PATCH", f"/v1/userrole/{one.user_id}", token=one.token, json={"roleId": "admin"})
    assert refused.status_code == 403
    assert rows(realm, kind="role") == []


def test_accounts_are_events_from_their_beginning_with_their_role(auth, people, realm):
    auth.register("new@example.com")
    [made] = security_log(realm, user_id=None, kind="account", limit=9)
    assert (made.detail, made.address, made.actor_id) == ({"made": True, "role": "user"}, "127.0.0.1", None)
    account = commands.enrol_user(system_actor(realm, operator="root"), email="boss@example.com", password_hash="x",
                                  fullname="Boss", role_id="admin", email_verified=True)
    [enrolled] = security_log(realm, user_id=account.id, kind="account", limit=9)
    assert (enrolled.detail, enrolled.operator) == ({"made": True, "role": "admin"}, "root")


def test_relogin_lock_return_and_second_factor_are_events(auth, people, realm):
    one = people.user("u1")
    again = auth.call("GET", "/relogin", token=one.token).json
    assert rows(realm, user_id=one.user_id) == [
        ("login", "done", {"session": again["sessionId"], "replaces": one.actor.session_id})]
    two = people.user("u2", needs_email_2fa=True)
    login = auth.login(two.email).json
    asked = {"userId": two.user_id, "sessionId": login["sessionId"]}
    code = auth.start("email-2factor-verification", **asked).json["secretCode"]
    assert auth.complete("email-2factor-verification", **asked, secretCode=code).status_code == 200
    assert rows(realm, user_id=two.user_id, kind="second-factor") == [
        ("second-factor", "done", {"proved": "email", "session": login["sessionId"]})]
    three = people.user("u3")
    auth.call("DELETE", f"/v1/archiveprofile/{three.user_id}", token=three.token)
    assert auth.login(three.email).status_code == 200
    assert [detail for kind, _, detail in rows(realm, user_id=three.user_id) if kind == "account"] == [
        {"is_active": False}, {"is_active": True}]


def test_making_and_revoking_clients_of_the_registry_are_events(app, realm):
    entity = registry.create_legal_entity(tokens.console(), {"name": "City Hospital", "type": "MSP"})
    client_id, secret = registry.create_client(tokens.console(), {
        "legal_entity_id": entity, "user_id": tokens.NOBODY, "role": "NHS ADMIN",
        "scopes": ["client:write", "client:read"]})
    by_hand = security_log("equipment", user_id=None, kind="client", limit=9)
    assert [(event.detail["client"], event.actor_id, bool(event.operator)) for event in by_hand] == [
        (client_id, None, True)]
    token = ApiClient(app).post("/equipment-api/oauth/token", data={
        "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}).json["access_token"]
    answer = ApiClient(app, token=token).patch(f"/equipment-api/api/clients/{client_id}/actions/deactivate", **WHENCE)
    assert answer.status_code == 200, answer.text
    [revoked, _] = security_log("equipment", user_id=None, kind="client", limit=9)
    assert (revoked.detail, revoked.address, revoked.device) == (
        {"client": client_id, "revoked": True}, "203.0.113.9", "Otter/1.0")
    assert secret not in str([tuple(event) for event in by_hand])


def test_making_and_revoking_clients_of_the_store_are_events(app, realm):
    run, tenant = app.test_cli_runner().invoke, unique_name("t")
    assert run(organization, ["tenant", "add", tenant, "--yes"]).exit_code == 0
    made = json.loads(run(organization, ["client", "add", tenant, "--yes", "--json"]).stdout)
    assert run(organization, ["client", "revoke", made["clientId"], "--yes"]).exit_code == 0
    assert run(organization, ["tenant", "drop", tenant, "--yes"]).exit_code == 0
    assert [(kind, outcome, *sorted(detail)) for kind, outcome, detail in rows("organization")] == [
        ("client", "done", "client", "made", "scopes", "tenant"), ("client", "done", "client", "revoked"),
        ("client", "done", "clients", "dropped", "tenant")]
    shown = run(security_group, ["log", "--realm", "organization", "--json"]).stdout
    assert made["clientId"] in shown
    assert made["clientSecret"] not in shown
