"""API clients with the scope `webhooks`: what they may do, and that nothing is sent once they are gone."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.identity.passwords import ChosenPassword
from app.jobs.worker import run_job
from app.notify.device_tokens import devices_of
from blueprints.platform.auth import credentials
from blueprints.platform.notification.commands import register_device
from tests.clients import PASSWORD, ApiClient, Callers
from tests.platform.webhooks.conftest import CREATED, HOOKS, Post, Webhook
from tests.platform.webhooks.receivers import Receiver

AUTH = "/marketplace/auth-api"
_ACTS = (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotations"), ("POST", "/tests"), ("GET", "/dryrun"),
         ("GET", "/deliveries"), ("POST", "/replays"), ("GET", "/events"))


@pytest.fixture
def program(local_app: Flask, people: Callers) -> Callable[..., tuple[ApiClient, str]]:
    """Call it with scopes: a program of ben's, and its id."""
    def made(*scopes: str) -> tuple[ApiClient, str]:
        answer = people.user("ben").post(f"{AUTH}/v1/apiclients", json={
            "name": "till", "scopes": list(scopes), "currentPassword": PASSWORD})
        assert answer.status_code == 201, answer.text
        client_id = answer.json["apiClient"]["id"]
        token: Any = ApiClient(local_app).post(f"{AUTH}/oauth/token", data={
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": answer.json["clientSecret"]})
        return ApiClient(local_app, token=token.json["access_token"]), client_id

    return made


def test_a_program_without_the_scope_is_refused(program: Callable[..., tuple[ApiClient, str]]) -> None:
    client, _ = program("notices")
    assert client.get(HOOKS).status_code == 403
    assert client.post(HOOKS, json={"url": "https://hooks.example/", "topics": [CREATED]}).status_code == 403


def test_a_program_has_webhooks_for_its_person_until_it_is_revoked(
        program: Callable[..., tuple[ApiClient, str]], people: Callers, hook: Callable[..., Webhook], post: Post,
        receiver: Receiver) -> None:
    client, client_id = program("webhooks")
    webhook = hook(receiver, client=client)
    assert (webhook.row["clientId"], webhook.row["userId"]) == (client_id, people.user("ben").user_id)
    post.category("Watches")
    post.go()
    assert receiver.names == ["Watches"]
    assert people.user("ben").delete(f"{AUTH}/v1/apiclients/{client_id}").status_code == 200
    assert client.get(HOOKS).status_code == 401
    post.category("Clocks")
    assert post.go() == 0
    assert receiver.names == ["Watches"]
    run_job("suspend-webhooks")
    shown = people.user("ben").get(f"{HOOKS}/{webhook.id}").json["webhookEndpoint"]
    assert (shown["state"], shown["stateReason"]) == ("suspended", "the API client that made it was revoked")


def test_a_replaced_password_suspends_webhooks_and_forgets_devices(
        people: Callers, hook: Callable[..., Webhook], post: Post, receiver: Receiver) -> None:
    webhook, ben = hook(receiver), people.user("ben")
    register_device(ben.actor, notification_token="token", platform="android")
    credentials.set_password_by_admin(people.admin().actor, ben.user_id, chosen=ChosenPassword("a hash", None))
    assert devices_of("marketplace", [ben.user_id]) == []
    post.category("Watches")
    assert post.go() == 0
    webhook.client = people.super_admin()
    assert (webhook.row["state"], webhook.row["stateReason"][:25]) == ("suspended", "the password was replaced")
    assert webhook.change(state="active").status_code == 200
    post.go()
    assert receiver.names == ["Watches"]


def test_a_program_reaches_no_webhook_that_it_did_not_make(
        program: Callable[..., tuple[ApiClient, str]], hook: Callable[..., Webhook]) -> None:
    of_person = hook("https://hooks.example/")
    of_another = hook("https://hooks.example/", client=program("webhooks")[0])
    client, _ = program("webhooks")
    for webhook in (of_person, of_another):
        for method, part in _ACTS:
            body = {"url": "https://elsewhere.example/"} if method == "PATCH" else {}
            body |= {"firstPosition": 0} if part == "/replays" else {}
            answer = client.request(method, f"{HOOKS}/{webhook.id}{part}", json=None if method == "GET" else body)
            assert (answer.status_code, method, part) == (404, method, part)
        assert webhook.row["url"] == "https://hooks.example/"
    assert client.get(HOOKS).json["webhookEndpoints"] == []


def test_a_program_is_not_answered_what_its_person_was_under_the_same_key(
        program: Callable[..., tuple[ApiClient, str]], people: Callers) -> None:
    client, client_id = program("webhooks")
    asked: Any = {"json": {"url": "https://hooks.example/", "topics": [CREATED]}, "headers": {"Idempotency-Key": "1"}}
    of_person, of_program = (who.post(HOOKS, **asked).json for who in (people.user("ben"), client))
    assert of_program["webhookEndpoint"]["clientId"] == client_id
    assert of_program["secret"] != of_person["secret"]
    assert client.post(HOOKS, **asked).json["secret"] == of_program["secret"]
