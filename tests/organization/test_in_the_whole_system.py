"""The store as one service of the whole application: mounted, listed, commanded, with its own way of refusing."""
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import RSAKey

from app.clock import moved_clock
from app.settings import SettingsError, load_settings
from blueprints.organization import organization_of
from blueprints.organization.checks import check_tenants
from cli.events import events
from cli.organization import organization as command
from tests.organization.world import ACME, Caller
from tests.testbed import PRODUCTION


@pytest.fixture
def caller(app: Flask) -> Caller:
    """A caller of a tenant made by the command line of the whole system."""
    runner = app.test_cli_runner()
    if organization_of(app).ports.tenants.find("acme") is None:
        assert runner.invoke(command, ["tenant", "add", "acme", "--yes"]).exit_code == 0
    made = json.loads(runner.invoke(command, ["client", "add", "acme", "--yes", "--json"]).stdout)
    form = {"grant_type": "client_credentials", "client_id": made["clientId"], "client_secret": made["clientSecret"]}
    answer = app.test_client().post("/organization-api/oauth/token", data=form)
    return Caller(app, "acme", answer.get_json()["access_token"])


def test_it_is_listed_and_documented(app: Flask) -> None:
    client = app.test_client()
    mounted = {service["url"]: service for service in client.get("/").get_json()["services"]}
    assert client.get(mounted["/organization-api"]["openapi"]).status_code == 200
    assert client.get("/organization-api/health").get_json()["status"] == "OK"


def test_it_answers_and_refuses_in_its_own_way(caller: Caller) -> None:
    resource_id = caller.add()
    assert caller.get(resource_id).get_json()["name"] == ACME["name"]
    for path, status in ((f"/{resource_id}x", 400), ("?colour=red", 400)):
        response = caller.call("GET", path)
        assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    response = caller.call("PUT", "", {})
    assert (response.status_code, response.mimetype) == (405, "application/problem+json")


def test_addresses_in_headers_begin_with_the_path_of_public_url(caller: Caller, make_app: Callable[..., Flask]) -> None:
    below = Caller(make_app(PUBLIC_URL="https://example.net/shop"), "acme", caller.token)
    made = below.post(ACME)
    assert made.headers["Location"] == f"/shop/organization-api/acme/organization/{made.get_json()['resourceId']}"
    assert "</shop/organization-api/acme/organization?" in below.search().headers["Link"]


def test_a_trailing_slash_is_forgiven(caller: Caller) -> None:
    assert caller.call("POST", "/", ACME).status_code == 201


def test_tokens_of_a_realm_open_nothing_here(app: Flask, caller: Caller) -> None:
    caller.token = "e30.e30.e30"
    assert caller.search().status_code == 401


@pytest.fixture
def held(app: Flask, caller: Caller) -> Iterator[None]:
    """Another process, which does nothing, has the lease of the tenant's outbox."""
    ports = organization_of(app).ports
    tenant, kind, now = ports.tenants.find("acme"), ports.schemas.kinds["organization"], ports.now()
    assert tenant is not None
    assert ports.outbox.claim(tenant, kind, "another", now, now + timedelta(hours=1))
    yield
    ports.outbox.release(tenant, kind, "another", None)


@pytest.mark.usefixtures("held")
def test_events_status_shows_who_waits_and_the_doctor_who_waits_too_long(app: Flask, caller: Caller) -> None:
    caller.post(ACME, Prefer="respond-async")
    [row] = json.loads(app.test_cli_runner().invoke(events, ["status", "--json"]).stdout)["organization"]
    assert (row["tenantId"], row["undelivered"], row["unprojected"]) == ("acme", 1, 1)
    assert check_tenants()[0] == "ok"
    with moved_clock(minutes=2):
        state, says = check_tenants()
    assert (state, "acme/organization" in says) == ("fail", True)


def test_the_terms_of_the_issuer_are_settings(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    key = RSAKey.generate_key(2048, {"kid": "issuer-1"})
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    app = make_app(ORGANIZATION_JWKS_URL=(tmp_path / "jwks.json").as_uri(), ORGANIZATION_ISSUER="urn:issuer",
                   ORGANIZATION_AUDIENCE="organizations")
    claims = {"iss": "urn:issuer", "aud": "organizations", "sub": "x", "tenantId": "nowhere",
              "scope": "organization:read", "exp": int(time.time()) + 600}
    for changed, status in (({"iss": "urn:other"}, 401), ({"aud": "others"}, 401), ({}, 403)):
        token = jwt.encode({"alg": "RS256", "kid": key.kid}, claims | changed, key)
        assert Caller(app, "nowhere", token).search().status_code == status


FOREIGN = {"GUILDHALL_ENV": "test", "ORGANIZATION_JWKS_URL": "https://issuer.example/jwks.json",
           "ORGANIZATION_ISSUER": "urn:issuer", "ORGANIZATION_AUDIENCE": "organizations"}


@pytest.mark.parametrize("name", ["ORGANIZATION_ISSUER", "ORGANIZATION_AUDIENCE"])
def test_a_foreign_issuer_without_name_or_audience_refuses_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is needed with ORGANIZATION_JWKS_URL"):
        load_settings(FOREIGN | {name: ""})


@pytest.mark.parametrize(("environment", "url"), [
    ("test", "http://issuer.example/jwks.json"), ("demo", "http://10.0.0.1/jwks.json"),
    ("demo", "http://localhost.issuer.example/jwks.json"), ("production", "http://127.0.0.1:9/jwks.json"),
    ("production", "http://issuer.example/jwks.json"), ("production", "file:///srv/jwks.json"),
])
def test_keys_of_a_foreign_issuer_that_do_not_come_by_https_refuse_the_start(environment: str, url: str) -> None:
    with pytest.raises(SettingsError, match="ORGANIZATION_JWKS_URL must begin with https://"):
        load_settings(PRODUCTION | FOREIGN | {"GUILDHALL_ENV": environment, "ORGANIZATION_JWKS_URL": url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/jwks.json", "http://localhost/jwks.json", "http://[::1]:9/jwks.json",
                                 "file:///srv/jwks.json", "https://issuer.example/jwks.json"])
def test_outside_production_keys_may_come_from_this_machine(url: str) -> None:
    assert load_settings(FOREIGN | {"ORGANIZATION_JWKS_URL": url}).organization_jwks_url == url


def test_a_schema_file_in_the_instance_folder_is_served(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    folder = tmp_path / "organization" / "schemas" / "person"
    folder.mkdir(parents=True)
    (folder / "v1.json").write_text(json.dumps({"$id": "urn:test:person:v1", "type": "object", "properties": {}}))
    app = make_app(GUILDHALL_HOME=str(tmp_path))
    assert "Person" in app.test_client().get("/organization-api/openapi.json").get_json()["components"]["schemas"]


def test_the_command_is_found_by_flask(app: Flask) -> None:
    from cli import load_command

    assert load_command("organization") is command
