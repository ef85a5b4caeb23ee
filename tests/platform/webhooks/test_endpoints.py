"""Webhooks as people have them: what is refused, what is theirs alone, what a secret is (FD-17, FD-20, decision 46)."""
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from app.data.reads import fetch
from app.errors import RuleViolated
from blueprints.platform.webhooks import commands
from blueprints.platform.webhooks.commands import MOST_ENDPOINTS
from blueprints.platform.webhooks.models import WebhookEndpoint
from tests.clients import ApiClient, Callers
from tests.platform.webhooks.conftest import CREATED, HOOKS, UPDATED, Post, Webhook
from tests.platform.webhooks.receivers import Receiver

Hook = Callable[..., Webhook]
GOOD = "https://hooks.example/in"


def _made(client: ApiClient, **changed: object) -> object:
    return client.post(HOOKS, json={"url": GOOD, "topics": [CREATED], **changed})


@pytest.mark.parametrize("url", [
    "http://hooks.example/", "https://hooks.example:8443/", "https://me:word@hooks.example/", "https://hooks.example/#x",
    "https://hooks.example./", "https://a b/", "ftp://hooks.example/", "hooks.example", "https://", "//hooks.example/",
    "https://[fe80::1%25lo]/", "https://hooks.example/é"])
def test_an_address_of_bad_form_is_refused_by_name(as_user: Callable[..., ApiClient], url: str) -> None:
    refused = _made(as_user("ben"), url=url)
    assert refused.status_code == 400
    assert set(refused.json["detail"]) == {"url"}


@pytest.mark.parametrize("topics", [
    ["nothing"], [CREATED, "nothing"], [f"{CREATED}:no-id"], [], [CREATED] * 51, "", None,
    ["ebaycclone-user-service-email-verification-start"], ["category/018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"]])
def test_topics_that_lead_nowhere_are_refused_by_name(as_user: Callable[..., ApiClient], topics: object) -> None:
    refused = _made(as_user("ben"), topics=topics)
    assert refused.status_code == 400
    assert set(refused.json["detail"]) == {"topics"}


@pytest.mark.parametrize("version", [0, 2, -1, "1", 1.5])
def test_a_version_of_payloads_that_there_is_not_is_refused(as_user: Callable[..., ApiClient], version: object) -> None:
    assert set(_made(as_user("ben"), payloadVersion=version).json["detail"]) == {"payloadVersion"}


def test_a_person_has_twenty_webhooks_and_never_one_more(as_user: Callable[..., ApiClient]) -> None:
    ben = as_user("ben")
    for _ in range(MOST_ENDPOINTS):
        assert _made(ben).status_code == 201
    refused = _made(ben)
    assert (refused.status_code, refused.json["errCode"]) == (400, "TooManyWebhooks")


def test_of_those_who_register_at_once_none_gets_one_too_many(app: Flask, as_user: Callable[..., ApiClient],
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_ENDPOINTS", 1)
    ben, together = as_user("ben"), Barrier(4)

    def register(_: int) -> bool:
        with app.app_context(), suppress(RuleViolated):
            together.wait()
            return bool(commands.create_endpoint(ben.actor, url=GOOD, topics=[CREATED]))
        return False

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(register, range(4)))
    assert made.count(True) == 1


@pytest.mark.parametrize(("method", "part"), [
    ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotations"), ("POST", "/tests"), ("GET", "/dryrun"),
    ("GET", "/deliveries"), ("POST", "/replays"), ("GET", "/events")])
def test_somebody_elses_webhook_is_not_found(hook: Hook, people: Callers, method: str, part: str) -> None:
    webhook = hook(GOOD)
    body = {"firstPosition": 0} if part == "/replays" else {}
    for other in (people.user("cleo"), people.admin()):
        answer = other.request(method, f"{HOOKS}/{webhook.id}{part}", json=None if method == "GET" else body)
        assert answer.status_code == 404
    assert people.user("cleo").get(HOOKS).json["webhookEndpoints"] == []


def test_a_webhook_is_registered_listed_changed_and_ended(hook: Hook) -> None:
    webhook = hook("https://Bücher.example/in?x=1", description="shop")
    assert webhook.row["url"] == "https://xn--bcher-kva.example/in?x=1"
    assert (webhook.row["state"], webhook.row["payloadVersion"]) == ("active", 1)
    assert webhook.change(url=GOOD, topics=[UPDATED], description="till").status_code == 200
    assert (webhook.row["url"], webhook.row["topics"], webhook.row["description"]) == (GOOD, [UPDATED], "till")
    assert [one["id"] for one in webhook.client.get(HOOKS).json["webhookEndpoints"]] == [webhook.id]
    assert webhook.client.delete(f"{HOOKS}/{webhook.id}").status_code == 200
    assert webhook.client.get(f"{HOOKS}/{webhook.id}").status_code == 404


def test_a_change_to_a_bad_address_changes_nothing(hook: Hook) -> None:
    webhook = hook(GOOD)
    refused = webhook.change(url="ftp://hooks.example/", description="x")
    assert set(refused.json["detail"]) == {"url"}
    assert (webhook.row["url"], webhook.row["description"]) == (GOOD, None)


def test_a_secret_is_shown_once_and_stored_sealed(app: Flask, hook: Hook, sent: Callable[[str], list[object]]) -> None:
    webhook = hook(GOOD)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", webhook.secret)
    second = webhook.post("rotations").json["secret"]
    [row] = fetch(select(*WebhookEndpoint.__table__.columns))
    shown = [webhook.client.get(HOOKS).text, webhook.client.get(f"{HOOKS}/{webhook.id}").text, str(row),
             str(sent("ebaycclone-webhooks-service-webhookendpoint-created")),
             str(sent("ebaycclone-webhooks-service-webhooksecret-rotated"))]
    for secret in (webhook.secret, second):
        assert not any(secret in text or secret[6:-1] in text for text in shown)
    assert webhook.row["formerSecretUntil"] is not None


def test_a_rotation_without_overlap_ends_the_former_secret_at_once(hook: Hook) -> None:
    webhook = hook(GOOD)
    assert webhook.post("rotations", overlapHours=0).status_code == 201
    assert webhook.row["formerSecretUntil"] is None
    assert set(webhook.post("rotations", overlapHours=25).json["detail"]) == {"overlapHours"}


def test_a_paused_webhook_takes_no_test(hook: Hook) -> None:
    webhook = hook(GOOD)
    webhook.change(state="paused")
    assert webhook.post("tests").json["errCode"] == "WebhookNotActive"


@pytest.mark.parametrize("body", [{}, {"deliveryId": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", "firstPosition": 1}])
def test_a_replay_names_one_delivery_or_a_range(hook: Hook, body: dict[str, object]) -> None:
    assert set(hook(GOOD).post("replays", **body).json["detail"]) == {"deliveryId"}


def test_a_delivery_that_is_not_there_is_not_replayed(hook: Hook) -> None:
    assert hook(GOOD).post("replays", deliveryId="018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e").status_code == 404


@pytest.mark.parametrize("after", ["x", "-1", "1e3", "²", "9" * 19])
def test_a_position_that_is_none_is_refused(hook: Hook, after: str) -> None:
    webhook = hook(GOOD)
    for part in ("events", "dryrun"):
        assert set(webhook.client.get(f"{HOOKS}/{webhook.id}/{part}?after={after}").json["detail"]) == {"after"}


def test_a_position_that_was_never_given_is_refused(hook: Hook, post: Post) -> None:
    webhook = hook(GOOD)
    refused = webhook.client.get(f"{HOOKS}/{webhook.id}/events?after=5")
    assert (refused.status_code, refused.json["errCode"]) == (400, "PositionUnknown")


def test_the_events_and_the_dry_run_say_what_is_sent(hook: Hook, post: Post, receiver: Receiver) -> None:
    """FD-21."""
    webhook = hook(receiver)
    post.retitle(post.category("Watches"), "Clocks")  # of one object, so they come in order
    post.go()
    listed = webhook.client.get(f"{HOOKS}/{webhook.id}/events").json["webhookEvents"]
    assert [one["id"] for one in listed["events"]] == receiver.ids
    assert [{name: one[name] for name in ("type", "timestamp", "data")} for one in listed["events"]] == [
        came.body for came in receiver.taken]
    first = listed["events"][0]["position"]
    rest = webhook.client.get(f"{HOOKS}/{webhook.id}/events?after={first}").json["webhookEvents"]
    assert [one["data"]["title"] for one in rest["events"]] == ["Clocks"]
    rehearsed = webhook.client.get(f"{HOOKS}/{webhook.id}/dryrun?after={first}").json["webhookDryRun"]
    assert [(one["headers"]["webhook-id"], one["body"]) for one in rehearsed["requests"]] == [
        (receiver.ids[1], receiver.taken[1].text)]
    assert len(receiver.taken) == 2
    end = webhook.client.get(f"{HOOKS}/{webhook.id}/events?after={rest['next']}").json["webhookEvents"]
    assert (end["events"], end["next"]) == ([], rest["next"])


def test_deliveries_are_paged_and_narrowed(hook: Hook, post: Post, receiver: Receiver) -> None:
    webhook = hook(receiver)
    for title in ("1", "2", "3"):
        post.category(title)
    post.go()
    path = f"{HOOKS}/{webhook.id}/deliveries"
    page = webhook.client.get(f"{path}?pageRowCount=2").json
    behind = webhook.client.get(f"{path}?pageRowCount=2&after={page['paging']['next']}").json
    assert len(page["webhookDeliveries"] + behind["webhookDeliveries"]) == 3
    assert webhook.client.get(f"{path}?state=parked").json["webhookDeliveries"] == []
