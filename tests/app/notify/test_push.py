"""Push messages: to browsers, which really decrypt them, and to apps, by a stand-in of Firebase (FD-27)."""
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from time import time
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from py_vapid import Vapid02
from sqlalchemy import insert, update

from app.actor import kernel_actor, system_actor
from app.clock import now
from app.data.restored_copy import RestoredCopy
from app.data.unit_of_work import unit_of_work
from app.jobs.worker import run_job
from app.notify import fcm
from app.notify.delivery import deliver_queued
from app.notify.device_tokens import ANDROID, WEB, DeviceToken, devices_of, register_device
from app.notify.fcm_account import FcmAccount, read_account
from app.notify.letters import Letter
from app.notify.mailbox import Recipient, owe, read_outbox
from app.notify.models import NOTICE, PUSH
from app.notify.push import PushCarrier
from app.notify.push_keys import ensure_push_key, public_push_key
from app.notify.web_push import MOST_BYTES, WebPush, page_text
from app.outward.addresses import OutwardRules
from app.outward.client import OutwardClient
from tests.app.notify.push_services import Browser, Service, serving
from tests.app.outward.test_guarded_client import ANSWERED, STRICT, WRITTEN, Listener

BEN, CLEO = "0195f00d-0000-7000-8000-00000000000b", "0195f00d-0000-7000-8000-00000000000c"
SAID = Letter("You were outbid", "A clock: 70.50 USD.", "")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def quiet(service: Service) -> None:
    service.given.clear()
    service.answers.clear()
    service.retry_after = ""


@pytest.fixture
def sending(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The application that sends push messages, also to this machine."""
    app = make_app(PUSH_TRANSPORT="send", OUTWARD_LOCAL="1", MAIL_FROM="Guildhall <mail@guildhall.example>")
    with app.app_context():
        yield app


def registered(user_id: str, token: str, platform: str = WEB) -> str:
    """Register a device; return the id of its row."""
    with unit_of_work(system_actor("marketplace")) as work:
        register_device(work, user_id, token=token, platform=platform)
        work.commit()
    return str(next(row.id for row in devices_of("marketplace", [user_id]) if row.token == token))


def pushed(*devices: tuple[str, str], cause: str = "event-1", letter: Letter = SAID) -> int:
    """Owe a message to each device (row, person); return how many are new."""
    with unit_of_work(system_actor("marketplace")) as work:
        new = owe(work, realm="marketplace", channel=PUSH, name="BID_OUTBID", cause=cause, kind=NOTICE,
                  letters={Recipient(*device): letter for device in devices}, data={"productId": "p1"})
        work.commit()
    return new


def ended(address: str) -> list[tuple[str, str | None]]:
    return [(row["status"], row["last_error"]) for row in read_outbox(address)]


def test_a_browser_decrypts_its_message_and_knows_who_sends(sending: Flask, service: Service) -> None:
    """FD-27"""
    browser = Browser(f"{service.url}/push/ben")
    device = registered(BEN, browser.subscription)
    assert pushed((device, BEN)) == 1
    assert run_job("send-push") == "1 sent"
    [given] = service.given
    assert browser.opened(given.body) == {
        "title": "You were outbid", "body": "A clock: 70.50 USD.", "data": {"productId": "p1"}}
    assert (given.path, given.headers["content-encoding"], given.headers["ttl"]) == (
        "/push/ben", "aes128gcm", "86400")
    proof = given.headers["authorization"]
    assert Vapid02.verify(proof)
    token, key = (part.partition("=")[2] for part in proof.removeprefix("vapid ").split(","))
    assert key == public_push_key()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["aud"], claims["sub"]) == (service.url, "mailto:mail@guildhall.example")
    assert 0 < claims["exp"] - time() <= 86_400  # RFC 8292 §2


def test_the_same_event_is_pushed_to_each_device_of_a_person_once(sending: Flask, service: Service) -> None:
    browsers = [Browser(f"{service.url}/push/{number}") for number in range(3)]
    devices = [(registered(BEN, one.subscription), BEN) for one in browsers]
    assert pushed(*devices) == 3
    assert pushed(*devices) == 0
    assert run_job("send-push") == "3 sent"
    assert {given.path for given in service.given} == {"/push/0", "/push/1", "/push/2"}


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_its_service_knows_no_more_is_removed(sending: Flask, service: Service, status: int) -> None:
    gone, stays = (Browser(f"{service.url}/push/{name}") for name in ("gone", "stays"))
    devices = [(registered(BEN, one.subscription), BEN) for one in (gone, stays)]
    service.answers["/push/gone"] = (status, {})
    pushed(*devices)
    assert run_job("send-push") == "1 failed, 1 sent"
    assert [row.id for row in devices_of("marketplace", [BEN])] == [devices[1][0]]


@pytest.mark.parametrize(("status", "becomes"), [
    (429, "queued"), (500, "queued"), (503, "queued"), (401, "queued"), (403, "queued"), (400, "failed"),
    (413, "failed"), (301, "failed"), (307, "failed")])
def test_other_answers_remove_no_device_and_no_redirect_is_followed(
        sending: Flask, service: Service, status: int, becomes: str) -> None:
    device = registered(BEN, Browser(f"{service.url}/push/ben").subscription)
    service.answers["/push/ben"] = (status, {"message": "so it is"})
    pushed((device, BEN))
    assert run_job("send-push") == f"1 {becomes}"
    assert [given.path for given in service.given] == ["/push/ben"]
    [(state, error)] = ended(device)
    assert (state, str(error)[:3], len(devices_of("marketplace", [BEN]))) == (becomes, str(status), 1)


def test_a_push_service_that_is_overloaded_says_until_when_and_the_others_go_on(
        sending: Flask, service: Service) -> None:
    until = (now() + timedelta(hours=3)).replace(microsecond=0)
    devices = [registered(BEN, Browser(f"{service.url}/push/{name}").subscription) for name in ("busy", "free")]
    service.answers["/push/busy"], service.retry_after = (503, {}), format_datetime(until, usegmt=True)
    pushed(*((device, BEN) for device in devices))
    begun, second = now(), timedelta(seconds=1)
    assert run_job("send-push") == "1 queued, 1 sent"
    [message] = [one for one in read_outbox() if one["status"] == "queued"]
    assert until - second <= message["next_attempt_at"] <= until + (now() - begun) + second


@pytest.mark.both("PostgreSQL keeps no NUL")
@pytest.mark.parametrize("status", [500, 400])
def test_signs_that_no_database_keeps_in_an_answer_hold_up_nobody(
        sending: Flask, service: Service, status: int) -> None:
    devices = [registered(BEN, Browser(f"{service.url}/push/{name}").subscription) for name in ("evil", "free")]
    service.answers["/push/evil"] = (status, b"no\x00thing\x1b[2J of \xff that")
    pushed(*((device, BEN) for device in devices))
    assert run_job("send-push") == f"1 {'queued' if status == 500 else 'failed'}, 1 sent"
    assert [one["last_error"] for one in read_outbox(devices[0])] == [f"{status} no thing [2J of \ufffd that"]


def test_a_device_that_moved_to_somebody_else_gets_nothing_of_the_first(sending: Flask, service: Service) -> None:
    token = Browser(f"{service.url}/push/shared").subscription
    device = registered(BEN, token)
    pushed((device, BEN))
    assert registered(CLEO, token) == device  # the row is the same: whom it belongs to is not
    assert run_job("send-push") == "1 failed"
    assert service.given == []
    assert ended(device) == [("failed", "the device is not this person's any more")]


def test_a_device_that_was_unregistered_gets_nothing(sending: Flask, service: Service) -> None:
    pushed(("0195f00d-0000-7000-8000-0000c0ffee07", BEN))
    assert run_job("send-push") == "1 failed"
    assert service.given == []


def test_messages_wait_while_a_restored_copy_is_not_live(sending: Flask, service: Service) -> None:
    pushed((registered(BEN, Browser(f"{service.url}/push/ben").subscription), BEN))
    with unit_of_work(kernel_actor()) as work:
        work.execute(insert(RestoredCopy).values(backup="b", restored_at="now"))
        work.commit()
    assert "has not gone live" in run_job("send-push")
    assert service.given == []


def test_in_demo_and_test_messages_are_read_in_the_outbox(app: Flask, service: Service) -> None:
    """Decision 21"""
    device = registered(BEN, Browser(f"{service.url}/push/ben").subscription)
    pushed((device, BEN))
    assert run_job("send-push").startswith("push messages stay in the outbox")
    [row] = read_outbox(device)
    assert (row["status"], row["subject"], row["text"], row["data"]) == (
        "kept", "You were outbid", "A clock: 70.50 USD.", {"productId": "p1"})


def test_the_key_pair_is_made_once(app: Flask) -> None:
    first = ensure_push_key()
    assert ensure_push_key() == first == public_push_key()
    assert len(first) == 87


@pytest.mark.once("no database is asked")
@pytest.mark.parametrize("text", ["x" * 5000, "ü" * 4000, "🕰" * 3000, ""])
def test_a_long_message_is_cut_to_what_push_services_take(text: str) -> None:
    said = page_text(Letter("A title", text, ""), {"a": "b"})
    assert len(said) <= MOST_BYTES
    assert text.startswith(json.loads(said)["body"])


# Hostile addresses: whoever registers a device names where a message goes (FD-20).

@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.socket.close()


def test_no_hostile_push_address_reaches_anything_on_this_machine(sending: Flask, listener: Listener) -> None:
    """FD-20, in the shape in which such rows could stand in the table; registering refuses many of them before."""
    async def answer(host: str, port: int) -> list[str]:
        return ANSWERED[host] if host in ANSWERED else await OutwardClient(STRICT).resolve(host, port)

    client = OutwardClient(STRICT, resolve=answer, connect=listener.connect)
    carrier = PushCarrier(client, WebPush("mailto:a@b.example"), None)
    urls = [*WRITTEN, *(f"https://{host}/" for host in ANSWERED)]
    device = registered(BEN, Browser("https://push.example/x").subscription)
    for number, url in enumerate(urls):
        with unit_of_work(kernel_actor()) as work:
            work.execute(update(DeviceToken).values(token=Browser(url).subscription))
            work.commit()
        pushed((device, BEN), cause=f"event-{number}")
        assert deliver_queued(carrier, PUSH) == {"failed": 1}, url
    assert len(urls) > 140
    assert listener.dialled == []
    assert not listener.was_reached()


# Apps.

@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def firebase(sending: Flask, service: Service, key: rsa.RSAPrivateKey) -> PushCarrier:
    """A carrier that takes the stand-in for Google."""
    service.answers["/token"] = (200, {"access_token": "ya29.x", "expires_in": 3599})
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption()).decode()
    account = FcmAccount("guildhall-1", "push@guildhall-1.example", pem, f"{service.url}/token")
    return PushCarrier(OutwardClient(OutwardRules(is_local_fine=True)), WebPush("mailto:a@b.example"), account,
                       service.url)


SEND = "/v1/projects/guildhall-1/messages:send"


def test_an_app_gets_its_message_for_an_access_token_that_a_signed_assertion_bought(
        firebase: PushCarrier, service: Service, key: rsa.RSAPrivateKey) -> None:
    devices = [(registered(BEN, f"app-{number}", ANDROID), BEN) for number in range(2)]
    pushed(*devices)
    assert deliver_queued(firebase, PUSH) == {"sent": 2}
    bought, *sent = service.given
    assert [given.path for given in service.given] == ["/token", SEND, SEND]  # one token for both
    asked = parse_qs(bought.body.decode())
    assert asked["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = jwt.decode(asked["assertion"][0], key.public_key(), algorithms=["RS256"], audience=f"{service.url}/token")
    assert (claims["iss"], claims["scope"]) == ("push@guildhall-1.example", fcm.SCOPE)
    assert {given.headers["authorization"] for given in sent} == {"Bearer ya29.x"}
    assert sorted((json.loads(given.body) for given in sent), key=lambda one: one["message"]["token"]) == [
        {"message": {"token": f"app-{number}", "data": {"productId": "p1"}, "notification": {
            "title": "You were outbid", "body": "A clock: 70.50 USD."}}} for number in range(2)]


@pytest.mark.parametrize(("status", "code", "becomes", "left"), [
    (404, "UNREGISTERED", "failed", 0), (403, "SENDER_ID_MISMATCH", "failed", 0),
    (400, "INVALID_ARGUMENT", "failed", 1), (429, "QUOTA_EXCEEDED", "queued", 1), (503, "UNAVAILABLE", "queued", 1),
    (401, "THIRD_PARTY_AUTH_ERROR", "queued", 1)])
def test_what_firebase_answers_decides_about_message_and_device(
        firebase: PushCarrier, service: Service, status: int, code: str, becomes: str, left: int) -> None:
    device = registered(BEN, "app-1", ANDROID)
    service.answers[SEND] = (status, {"error": {"code": status, "message": "so it is", "status": "X", "details": [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]}})
    pushed((device, BEN))
    assert deliver_queued(firebase, PUSH) == {becomes: 1}
    assert len(devices_of("marketplace", [BEN])) == left
    assert code in str(ended(device)[0][1])


def test_without_an_access_token_apps_wait_and_browsers_do_not(firebase: PushCarrier, service: Service) -> None:
    service.answers["/token"] = (400, {"error": "invalid_grant"})
    browser = Browser(f"{service.url}/push/ben")
    app_device, web_device = registered(BEN, "app-1", ANDROID), registered(BEN, browser.subscription)
    pushed((app_device, BEN), (web_device, BEN))
    assert deliver_queued(firebase, PUSH) == {"queued": 1, "sent": 1}
    assert "Google gives no access token: 400" in str(ended(app_device)[0][1])


def test_apps_need_an_account_of_firebase(sending: Flask) -> None:
    device = registered(BEN, "app-1", ANDROID)
    pushed((device, BEN))
    assert run_job("send-push") == "1 failed"
    assert "FCM_CREDENTIALS_FILE" in str(ended(device)[0][1])


@pytest.mark.parametrize(("written", "says"), [
    ("nothing", "no key file of a service account"), ("{}", "no key file"), ("[]", "no key file"),
    (json.dumps({"project_id": "p", "client_email": "e", "private_key": "-----BEGIN PRIVATE KEY-----",
                 "token_uri": "http://x"}), "token_uri must begin with https"),
    (json.dumps({"project_id": "p", "client_email": "e", "private_key": "k", "token_uri": "https://x"}), "is no PEM")])
def test_a_wrong_key_file_is_a_sentence(tmp_path: Any, written: str, says: str) -> None:
    file = tmp_path / "key.json"
    with pytest.raises(ValueError, match="cannot be read"):
        read_account(file)
    file.write_text(written)
    with pytest.raises(ValueError, match=says):
        read_account(file)
