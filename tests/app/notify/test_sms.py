"""SMS by a gateway of Twilio's shape, which a stand-in has here (front-door.md FD-27)."""
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask

from app.clock import now
from app.jobs.worker import run_job
from app.notify.letters import PLATFORM_TEMPLATES
from app.notify.mailbox import read_outbox, sends_sms
from app.settings import SettingsError, load_settings
from tests.app.notify.conftest import CODE
from tests.app.notify.push_services import Service, serving
from tests.testbed import PRODUCTION

Post = Callable[..., bool]
ACCOUNT = {"SMS_PROVIDER": "twilio", "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "pa55word",
           "TWILIO_FROM": "+15005550006"}
PATH = "/2010-04-01/Accounts/AC1/Messages.json"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Service]:
    with serving() as found:
        yield found


@pytest.fixture
def sending(make_app: Callable[..., Flask], gateway: Service) -> Iterator[Service]:
    """The gateway of an application that sends SMS."""
    gateway.given.clear()
    gateway.answers.clear()
    gateway.retry_after = ""
    gateway.answers[PATH] = (201, {"sid": "SM1", "status": "queued"})
    with make_app(**ACCOUNT, TWILIO_API_BASE=gateway.url, OUTWARD_LOCAL="1").app_context():
        yield gateway


def test_a_code_goes_to_the_phone_as_the_account(sending: Service, post: Post) -> None:
    assert sends_sms()
    post("+905551234567", template=CODE, channel="sms")
    assert run_job("send-sms") == "1 sent"
    [given] = sending.given
    assert given.path == PATH
    assert parse_qs(given.body.decode()) == {
        "To": ["+905551234567"], "From": ["+15005550006"], "Body": ["It is 123456."]}
    assert b64decode(given.headers["authorization"].removeprefix("Basic ")) == b"AC1:pa55word"


@pytest.mark.parametrize(("status", "answer", "ends", "called"), [
    (400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}, "2 failed", 2),
    (429, {"code": 20429, "message": "Too Many Requests"}, "2 queued", 2), (500, {}, "2 queued", 2),
    (401, {"code": 20003, "message": "Authenticate"}, "1 queued", 1), (302, {}, "2 failed", 2)])
def test_a_refusal_is_final_an_overload_passes_and_a_wrong_account_costs_one_attempt(
        sending: Service, post: Post, status: int, answer: dict[str, Any], ends: str, called: int) -> None:
    sending.answers[PATH] = (status, answer)
    for number in range(2):
        post(f"+90555123456{number}", channel="sms")
    assert run_job("send-sms") == ends
    assert (len(sending.given), {given.path for given in sending.given}) == (called, {PATH})
    if answer:
        assert any(str(answer["code"]) in str(one["last_error"]) for one in read_outbox())
    assert "pa55word" not in str(read_outbox())


@pytest.mark.parametrize(("asks", "waits"), [
    ("7200", timedelta(hours=2)), ("2", timedelta(minutes=1)), ("soon", timedelta(minutes=1)),
    ("999999999", timedelta(days=1))])
def test_an_overloaded_gateway_is_left_alone_for_as_long_as_it_asks_a_day_at_most(
        sending: Service, post: Post, asks: str, waits: timedelta) -> None:
    sending.answers[PATH], sending.retry_after = (429, {"code": 20429}), asks
    post("+905551234567", channel="sms")
    begun, second = now(), timedelta(seconds=1)
    assert run_job("send-sms") == "1 queued"
    [message] = read_outbox()
    assert begun + waits - second <= message["next_attempt_at"] <= now() + waits + second


def test_a_letters_run_leaves_sms_alone_and_the_other_way_round(sending: Service, post: Post) -> None:
    post("+905551234567", channel="sms")
    post("ben@example.com")
    assert run_job("send-mail").startswith("letters stay")
    assert run_job("send-sms") == "1 sent"
    assert {one["channel"]: one["status"] for one in read_outbox()} == {"sms": "sent", "email": "kept"}


def test_production_without_a_gateway_promises_no_sms(make_app: Callable[..., Flask]) -> None:
    with make_app(**PRODUCTION).app_context():
        assert not sends_sms()
    with make_app(**PRODUCTION, **ACCOUNT).app_context():
        assert sends_sms()


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_a_gateway_without_its_account_refuses_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is needed when SMS_PROVIDER=twilio"):
        load_settings({one: value for one, value in ACCOUNT.items() if one != name})


def test_a_secret_sms_is_never_shown_in_production(make_app: Callable[..., Flask], post: Post) -> None:
    with make_app(**PRODUCTION, **ACCOUNT).app_context():
        post("+905551234567", template=PLATFORM_TEMPLATES["OTP"], channel="sms")
        assert [one["text"] for one in read_outbox()] == ["(secret)"]
