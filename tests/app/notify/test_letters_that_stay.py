"""Mail that does not leave is noticed: the doctor and the figures say so, and `flask notify` tests, lists, retries."""
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from click.testing import Result
from flask import Flask
from sqlalchemy import update

from app.actor import kernel_actor
from app.clock import moved_clock
from app.data.unit_of_work import unit_of_work
from app.notify.channels import BACKOFF
from app.notify.delivery import deliver_queued
from app.notify.mailbox import read_outbox
from app.notify.models import FAILED, MailMessage
from app.notify.report import mail_figures
from app.notify.smtp import SmtpAccount, SmtpTransport
from app.ops.checks import FAIL, OK, WARN, examine
from app.runtime import runtime
from cli.notify import notify
from tests.app.notify.conftest import CODE
from tests.app.notify.postmaster import Postmaster
from tests.components import free_port
from tests.flow import statements

Terminal = Callable[..., Result]


@pytest.fixture
def mailing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Call it with SMTP_URL: from now on letters go there."""
    def go(url: str) -> None:
        monkeypatch.setattr(runtime(), "settings", replace(runtime().settings, mail_transport="smtp", smtp_url=url))
    return go


@pytest.fixture
def terminal(app: Flask) -> Terminal:
    return lambda *words: app.test_cli_runner().invoke(notify, words)


def doctor() -> tuple[str, str]:
    return next((one.state, one.says) for one in examine() if one.check == "letters")


def deliver_to(port: int) -> None:
    with SmtpTransport(SmtpAccount.of(f"smtp://127.0.0.1:{port}", "no-reply@guildhall.example")) as transport:
        deliver_queued(transport)


def give_up_all() -> None:
    with unit_of_work(kernel_actor()) as work:
        work.execute(update(MailMessage).values(status=FAILED, attempts=BACKOFF.most, next_attempt_at=None,
                                                last_error="MailDelayed: <ben@example.com>: 451 try later"))
        work.commit()


def test_letters_that_wait_too_long_fail_the_doctor_with_the_last_error_masked(
        mailing: Callable[[str], None], post: Callable[..., bool], mail_server: Controller) -> None:
    mailing("smtp://127.0.0.1:9")
    post("greylisted@example.com")
    deliver_to(mail_server.port)
    assert doctor()[0] == OK
    with moved_clock(minutes=16):
        state, says = doctor()
    assert state == FAIL
    assert "1 letters wait" in says
    assert "try later" in says
    assert "greylisted@" not in says
    assert "g…@example.com" in says


def test_letters_that_were_given_up_fail_the_doctor(mailing: Callable[[str], None], post: Callable[..., bool]) -> None:
    mailing("smtp://127.0.0.1:9")
    post("ben@example.com")
    give_up_all()
    state, says = doctor()
    assert state == FAIL
    assert "1 letters were given up" in says
    assert "flask notify retry" in says
    assert "ben@" not in says


def test_a_letter_that_the_server_refused_warns_for_a_day(
        mailing: Callable[[str], None], post: Callable[..., bool], mail_server: Controller) -> None:
    mailing("smtp://127.0.0.1:9")
    post("unknown@example.com")
    deliver_to(mail_server.port)
    assert doctor()[0] == WARN
    with moved_clock(days=2):
        assert doctor()[0] == OK


def test_the_figures_cost_as_many_statements_however_many_letters_there_are(
        mailing: Callable[[str], None], post: Callable[..., bool]) -> None:
    mailing("smtp://127.0.0.1:9")
    post("ben@example.com")
    with statements() as few:
        assert mail_figures().waiting == 1
    for number in range(5):
        post(f"ben{number}@example.com")
    with statements() as many:
        assert mail_figures().waiting == 6
    assert len(many) == len(few)


def test_the_last_letter_that_left_is_known(
        mailing: Callable[[str], None], post: Callable[..., bool], mail_server: Controller) -> None:
    assert mail_figures().last_sent is None
    mailing("smtp://127.0.0.1:9")
    post("ben@example.com")
    deliver_to(mail_server.port)
    assert mail_figures().last_sent is not None
    assert mail_figures().waiting == 0


def test_letters_that_were_given_up_go_again_with_all_their_attempts(
        mailing: Callable[[str], None], post: Callable[..., bool], terminal: Terminal, mail_server: Controller,
        postmaster: Postmaster) -> None:
    mailing("smtp://127.0.0.1:9")
    post("ben@example.com")
    give_up_all()
    rehearsed = terminal("retry", "--dry-run")
    assert rehearsed.exit_code == 0
    assert "1 letters are sent again" in rehearsed.output
    assert mail_figures().parked == 1
    assert json.loads(terminal("retry", "--yes", "--json").stdout) == {"retried": 1}
    assert [(one["status"], one["attempts"]) for one in read_outbox()] == [("queued", 0)]
    deliver_to(mail_server.port)
    assert len(postmaster.letters) == 1
    assert "no letter was given up" in terminal("retry", "--yes").output


def test_one_letter_goes_again_by_the_end_of_its_id_which_the_list_shows(
        mailing: Callable[[str], None], post: Callable[..., bool], terminal: Terminal) -> None:
    mailing("smtp://127.0.0.1:9")
    post("ben@example.com")
    post("cleo@example.com")
    give_up_all()
    letter = next(one for one in read_outbox() if one["recipient"] == "ben@example.com")
    shown = terminal("list", "--state", "parked").output
    assert letter["id"][-8:] in shown
    assert letter["id"] not in shown
    assert "b…@example.com" in shown
    assert "ben@" not in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert terminal("retry", letter["id"][-8:], "--yes").exit_code == 0
    assert mail_figures().parked == 1
    refused = terminal("retry", letter["id"], "--yes")
    assert refused.exit_code == 1
    assert "waits already" in refused.output


@pytest.mark.parametrize("letter", ["nosuch", "ffffffff", "0195f00d-0000-7000-8000-0000c0ffee07"])
def test_an_unknown_letter_to_send_again_is_wrong_usage(app: Flask, terminal: Terminal, letter: str) -> None:
    refused = terminal("retry", letter, "--yes")
    assert refused.exit_code == 2
    assert f"there is no letter {letter}" in refused.output


def test_the_letter_of_a_code_that_was_given_up_does_not_go_again(
        mailing: Callable[[str], None], post: Callable[..., bool], terminal: Terminal) -> None:
    mailing("smtp://127.0.0.1:9")
    post("ben@example.com", template=CODE)
    give_up_all()
    with unit_of_work(kernel_actor()) as work:
        work.execute(update(MailMessage).values(text="", html=""))
        work.commit()
    assert "no letter was given up" in terminal("retry", "--yes").output
    refused = terminal("retry", read_outbox()[0]["id"], "--yes")
    assert refused.exit_code == 1
    assert "carried a code" in refused.output


def test_what_the_server_refused_goes_again_only_when_that_is_said(
        mailing: Callable[[str], None], post: Callable[..., bool], terminal: Terminal, mail_server: Controller) -> None:
    mailing("smtp://127.0.0.1:9")
    post("unknown@example.com")
    deliver_to(mail_server.port)
    assert "no letter was given up" in terminal("retry", "--yes").output
    assert json.loads(terminal("retry", "--refused", "--yes", "--json").stdout) == {"retried": 1}


def test_addresses_are_masked_unless_a_member_of_staff_reveals_them(
        app: Flask, post: Callable[..., bool], terminal: Terminal, callers: Any) -> None:
    callers.user("ben")
    admin = callers.admin()
    post("ben@guildhall.test")
    for form in ([], ["--json"]):
        assert "ben@" not in terminal("outbox", *form).stdout
        assert "b…@guildhall.test" in terminal("outbox", *form).stdout
    assert terminal("outbox", "--reveal").exit_code == 2
    assert "ben@guildhall.test" in terminal("outbox", "--reveal", "--as", admin.user_id).stdout


# What `flask notify test` says.

def test_a_test_letter_is_sent_and_the_servers_answer_told(
        mailing: Callable[[str], None], terminal: Terminal, mail_server: Controller, postmaster: Postmaster) -> None:
    mailing(f"smtp://127.0.0.1:{mail_server.port}")
    assert terminal("test", "ops@example.org", "--dry-run").exit_code == 0
    assert postmaster.letters == []
    told = terminal("test", "ops@example.org", "--yes", "--json")
    assert json.loads(told.stdout) == {"host": "127.0.0.1", "to": "ops@example.org", "answer": "250 OK"}
    assert [letter["To"] for letter in postmaster.letters] == ["ops@example.org"]


def test_a_test_letter_without_a_mail_server_says_so(app: Flask, terminal: Terminal) -> None:
    refused = terminal("test", "ops@example.org", "--yes")
    assert refused.exit_code == 1
    assert "MAIL_TRANSPORT is outbox" in refused.output


def test_a_test_letter_to_no_address_is_wrong_usage(app: Flask, terminal: Terminal) -> None:
    assert terminal("test", "nobody", "--yes").exit_code == 2


def test_a_test_letter_that_the_server_refuses_says_at_which_step(
        mailing: Callable[[str], None], terminal: Terminal, mail_server: Controller) -> None:
    mailing(f"smtp://127.0.0.1:{mail_server.port}")
    refused = terminal("test", "unknown@example.org", "--yes")
    assert refused.exit_code == 1
    assert "refuses its recipient: 550 no such user" in refused.output


def test_a_port_without_a_mail_server_is_a_sentence(mailing: Callable[[str], None], terminal: Terminal) -> None:
    mailing(f"smtp://127.0.0.1:{free_port()}")
    refused = terminal("test", "ops@example.org", "--yes")
    assert refused.exit_code == 1
    assert "no mail server listens on this port" in refused.output


def test_an_unknown_host_is_a_sentence(
        mailing: Callable[[str], None], terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    mailing("smtps://mail.nowhere.example")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "the host mail.nowhere.example is unknown" in terminal("test", "ops@example.org", "--yes").output


def test_a_server_that_does_not_speak_tls_is_a_sentence(
        mailing: Callable[[str], None], terminal: Terminal, mail_server: Controller) -> None:
    mailing(f"smtps://127.0.0.1:{mail_server.port}")
    refused = terminal("test", "ops@example.org", "--yes")
    assert refused.exit_code == 1
    assert "smtp:// for STARTTLS (587)" in refused.output


def test_a_server_that_is_too_slow_is_a_sentence(
        mailing: Callable[[str], None], terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any, **__: Any) -> Any:
        raise TimeoutError("timed out")

    mailing("smtp://127.0.0.1:25")
    monkeypatch.setattr(socket, "create_connection", slow)
    assert "does not answer: a firewall" in terminal("test", "ops@example.org", "--yes").output


def test_a_certificate_that_is_not_good_is_a_sentence(
        mailing: Callable[[str], None], terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def distrust(*_: Any, **__: Any) -> Any:
        raise ssl.SSLCertVerificationError("certificate verify failed: hostname mismatch")

    mailing("smtp://mail.far.example")
    monkeypatch.setattr(socket, "create_connection", distrust)
    assert "the certificate is not good" in terminal("test", "ops@example.org", "--yes").output


@pytest.fixture
def closed_server(postmaster: Postmaster) -> Iterator[Controller]:
    """A mail server that lets nobody log in."""
    def refuse(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str,
               _data: LoginPassword) -> AuthResult:
        return AuthResult(success=False, handled=False)

    controller = Controller(postmaster, hostname="127.0.0.1", port=free_port(), auth_require_tls=False,
                            authenticator=refuse)
    controller.start()
    yield controller
    controller.stop()


def test_a_login_that_is_refused_is_a_sentence_without_the_password(
        mailing: Callable[[str], None], terminal: Terminal, closed_server: Controller) -> None:
    mailing(f"smtp://user:pa55word@127.0.0.1:{closed_server.port}")
    refused = terminal("test", "ops@example.org", "--yes")
    assert refused.exit_code == 1
    assert "refuses the login: 535" in refused.output
    assert "pa55word" not in refused.output
