"""The store as one service of the whole application: mounted, listed, commanded, with its own way of refusing."""
import json

import pytest
from flask import Flask

from blueprints.organization import organization_of
from cli.organization import organization as command
from tests.organization.world import ACME, Caller


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


def test_a_trailing_slash_is_forgiven(caller: Caller) -> None:
    assert caller.call("POST", "/", ACME).status_code == 201


def test_tokens_of_a_realm_open_nothing_here(app: Flask, caller: Caller) -> None:
    caller.token = "e30.e30.e30"
    assert caller.search().status_code == 401


def test_the_command_is_found_by_flask(app: Flask) -> None:
    from cli import load_command

    assert load_command("organization") is command
