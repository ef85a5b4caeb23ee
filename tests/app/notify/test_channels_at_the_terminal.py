"""What the doctor and `flask notify` say of SMS and push messages, as of letters (test_letters_that_stay.py)."""
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import update

from app.actor import kernel_actor, system_actor
from app.clock import moved_clock
from app.data.unit_of_work import unit_of_work
from app.notify.channels import BACKOFF
from app.notify.device_tokens import WEB, devices_of, register_device
from app.notify.letters import Letter
from app.notify.mailbox import Recipient, owe, read_outbox
from app.notify.models import FAILED, NOTICE, PUSH, MailMessage
from app.notify.push_keys import ensure_push_key
from app.ops.checks import FAIL, OK, examine
from app.runtime import runtime
from cli.notify import notify
from tests.app.notify.push_services import Browser, Service, serving
from tests.clients import Callers

Terminal = Callable[..., Result]
ACCOUNT = {"sms_provider": "twilio", "twilio_account_sid": "AC1", "twilio_auth_token": "pa55word",
           "twilio_from": "+15005550006"}
PATH = "/2010-04-01/Accounts/AC1/Messages.json"


@pytest.fixture(scope="module")
def services() -> Iterator[Service]:
    with serving() as found:
        yield found


@pytest.fixture
def sending(app: Flask, monkeypatch: pytest.MonkeyPatch, services: Service) -> Service:
    """The gateway and push service that messages go to from now on."""
    services.given.clear()
    services.answers.clear()
    services.answers[PATH] = (201, {"sid": "SM1"})
    monkeypatch.setattr(runtime(), "settings", replace(
        runtime().settings, push_transport="send", outward_local=True, twilio_api_base=services.url, **ACCOUNT))
    return services


@pytest.fixture
def terminal(app: Flask) -> Terminal:
    return lambda *words: app.test_cli_runner().invoke(notify, words)


def doctor(check: str) -> tuple[str, str]:
    return next((one.state, one.says) for one in examine() if one.check == check)


def pushed(user_id: str, token: str) -> str:
    """Owe a message to a new device; return the id of its row."""
    with unit_of_work(system_actor("marketplace")) as work:
        register_device(work, user_id, token=token, platform=WEB)
        work.commit()
    [device] = devices_of("marketplace", [user_id])
    with unit_of_work(system_actor("marketplace")) as work:
        owe(work, realm="marketplace", channel=PUSH, name="TEST", cause="event-1", kind=NOTICE,
            letters={Recipient(device.id, user_id): Letter("Outbid", "You were outbid.", "")})
        work.commit()
    return str(device.id)


def give_up_all() -> None:
    with unit_of_work(kernel_actor()) as work:
        work.execute(update(MailMessage).values(status=FAILED, attempts=BACKOFF.most, next_attempt_at=None,
                                                last_error="503 away"))
        work.commit()


def test_the_doctor_says_what_stays_in_the_outbox(app: Flask) -> None:
    assert doctor("sms") == (OK, "SMS stay in the outbox")
    assert doctor("push") == (OK, "push messages stay in the outbox")


def test_push_messages_that_wait_or_were_given_up_fail_the_doctor(sending: Service, callers: Callers) -> None:
    ensure_push_key()
    pushed(str(callers.user("ben").user_id), Browser(f"{sending.url}/push").subscription)
    assert doctor("push") == (OK, "1 push messages wait; to browsers alone")
    with moved_clock(minutes=16):
        assert doctor("push")[0] == FAIL
    give_up_all()
    state, says = doctor("push")
    assert (state, "1 push messages were given up (503 away)" in says, "--channel push" in says) == (FAIL, True, True)
    assert doctor("letters")[0] == doctor("sms")[0] == OK


def test_a_key_file_that_is_none_fails_the_doctor(sending: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime(), "settings", replace(
        runtime().settings, fcm_credentials_file=runtime().settings.home / "nothing.json"))
    state, says = doctor("push")
    assert (state, says.startswith("FCM_CREDENTIALS_FILE: ")) == (FAIL, True)


def test_messages_of_one_channel_are_listed_shown_and_sent_again(
        sending: Service, terminal: Terminal, callers: Callers) -> None:
    device = pushed(str(callers.user("ben").user_id), Browser(f"{sending.url}/push").subscription)
    give_up_all()
    assert json.loads(terminal("list", "--channel", "sms", "--json").stdout) == []
    [row] = json.loads(terminal("list", "--channel", "push", "--state", "parked", "--json").stdout)
    assert (row["channel"], row["to"]) == ("push", f"device …{device[-8:]}")
    shown = terminal("show", row["id"]).output
    assert ("push" in shown, device not in shown, "You were outbid" not in shown) == (True, True, True)
    assert json.loads(terminal("retry", row["id"][-8:], "--yes", "--json").stdout) == {"retried": 1}
    assert [one["status"] for one in read_outbox(device)] == ["queued"]


def test_a_trial_sms_is_sent_and_the_gateways_answer_shown(sending: Service, terminal: Terminal) -> None:
    assert terminal("test", "+44 1632 960000", "--channel", "sms", "--dry-run").exit_code == 0
    assert sending.given == []
    sent = terminal("test", "+44 1632 960000", "--channel", "sms", "--yes", "--json")
    assert json.loads(sent.stdout) == {"gateway": sending.url, "to": "+441632960000", "answer": "SM1"}
    sending.answers[PATH] = (401, {"code": 20003, "message": "Authenticate"})
    refused = terminal("test", "+441632960000", "--channel", "sms", "--yes")
    assert (refused.exit_code, "refuses the account: 20003 Authenticate" in refused.output) == (1, True)
    assert "pa55word" not in refused.output


def test_a_trial_push_goes_to_each_device_of_a_person(sending: Service, terminal: Terminal, callers: Callers) -> None:
    ben, browser = callers.user("ben"), Browser(f"{sending.url}/push")
    assert terminal("test", ben.email, "--channel", "push", "--yes").exit_code == 1  # no device yet
    pushed(str(ben.user_id), browser.subscription)
    sent = terminal("test", ben.email, "--channel", "push", "--yes", "--json")
    assert json.loads(sent.stdout) == {"to": "b…@guildhall.test", "devices": 1, "answer": "taken"}
    assert "flask notify test" in browser.opened(sending.given[0].body)["body"]
    sending.answers["/push"] = (410, {})
    refused = terminal("test", ben.email, "--channel", "push", "--yes")
    assert (refused.exit_code, "knows this browser no more: 410" in refused.output) == (1, True)


@pytest.mark.parametrize(("words", "exit_code", "says"), [
    (("+441632960000", "--channel", "sms"), 1, "SMS_PROVIDER is outbox"), (("anna", "--channel", "sms"), 2, "ADDRESS"),
    (("anna@example.com", "--channel", "push"), 1, "PUSH_TRANSPORT is outbox")])
def test_a_channel_that_nothing_sends_says_which_setting(
        app: Flask, terminal: Terminal, words: tuple[str, ...], exit_code: int, says: str) -> None:
    refused = terminal("test", *words, "--yes")
    assert (refused.exit_code, says in refused.output) == (exit_code, True)
