"""The SMTP adapter against a real (local) mail server: what arrives, and which refusals are final."""
import smtplib
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.notify.carrier import Away, Delayed, Undeliverable
from app.notify.letters import Letter
from app.notify.smtp import MOST_BROKEN, SmtpAccount, SmtpTransport
from app.settings import SettingsError, load_settings
from tests.app.notify.conftest import outgoing
from tests.app.notify.postmaster import Postmaster
from tests.components import free_port

LETTER = Letter("Ünïcode subject", "plain text", "<p>html</p>")


def transport_to(server: Controller) -> SmtpTransport:
    return SmtpTransport(SmtpAccount.of(f"smtp://127.0.0.1:{server.port}", "Guildhall <no-reply@guildhall.example>"))


def test_a_letter_arrives_in_both_forms_with_a_stable_message_id(
        mail_server: Controller, postmaster: Postmaster) -> None:
    with transport_to(mail_server) as transport:
        transport.send(outgoing("id-1", "anna@example.com", LETTER))
    [message] = postmaster.letters
    assert message["Message-ID"] == "<id-1@guildhall.example>"
    assert (message["To"], message["Subject"]) == ("anna@example.com", "Ünïcode subject")
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]


def test_a_run_of_letters_shares_one_connection(mail_server: Controller, postmaster: Postmaster) -> None:
    with transport_to(mail_server) as transport:
        for number in range(3):
            transport.send(outgoing(f"id-{number}", "anna@example.com", LETTER))
        greeted = postmaster.connections
    assert len(postmaster.letters) == 3
    with transport_to(mail_server) as transport:
        transport.send(outgoing("id-4", "anna@example.com", LETTER))
    assert postmaster.connections == 2 * greeted


def test_an_unknown_recipient_is_final(mail_server: Controller) -> None:
    with transport_to(mail_server) as transport, pytest.raises(Undeliverable):
        transport.send(outgoing("id-1", "unknown@example.com", LETTER))


@pytest.mark.parametrize("local", ["=?utf-8?q?=6d=69=61?=", "=?utf-8?q?mia=40bank.example=2c?=", "=?utf-8?q??="])
def test_a_stored_address_that_would_be_decoded_to_another_gets_no_letter(
        mail_server: Controller, postmaster: Postmaster, local: str) -> None:
    with transport_to(mail_server) as transport, pytest.raises(Undeliverable):
        transport.send(outgoing("id-1", f"{local}@example.com", LETTER))
    assert postmaster.letters == []


def test_a_greylisted_recipient_may_be_tried_again(mail_server: Controller) -> None:
    with transport_to(mail_server) as transport, pytest.raises(Delayed):
        transport.send(outgoing("id-1", "greylisted@example.com", LETTER))


def test_the_next_letter_goes_out_after_a_refused_one(mail_server: Controller, postmaster: Postmaster) -> None:
    with transport_to(mail_server) as transport:
        with pytest.raises(Undeliverable):
            transport.send(outgoing("id-1", "unknown@example.com", LETTER))
        transport.send(outgoing("id-2", "anna@example.com", LETTER))
    assert len(postmaster.letters) == 1


def test_a_server_that_is_away_is_a_delay() -> None:
    account = SmtpAccount.of(f"smtp://127.0.0.1:{free_port()}", "no-reply@guildhall.example")
    with SmtpTransport(account) as transport, pytest.raises(Delayed):
        transport.send(outgoing("id-1", "anna@example.com", LETTER))


def test_an_address_that_smuggles_a_header_is_final(mail_server: Controller, postmaster: Postmaster) -> None:
    with transport_to(mail_server) as transport, pytest.raises(Undeliverable):
        transport.send(outgoing("id-1", "anna@example.com\r\nBcc: all@example.com", LETTER))
    assert postmaster.letters == []


def test_the_account_logs_in_with_user_and_password(postmaster: Postmaster) -> None:
    seen: list[tuple[bytes, bytes]] = []

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=True)

    controller = Controller(postmaster, hostname="127.0.0.1", port=free_port(), auth_require_tls=False,
                            authenticator=check)
    controller.start()
    try:
        account = SmtpAccount.of(f"smtp://user%40mail:p%40ss@127.0.0.1:{controller.port}", "no-reply@guildhall.example")
        with SmtpTransport(account) as transport:
            transport.send(outgoing("id-1", "anna@example.com", LETTER))
    finally:
        controller.stop()
    assert seen == [(b"user@mail", b"p@ss")]


@pytest.mark.parametrize("sender", ["", "guildhall", "a@x.example, b@x.example", "a@x.example\nBcc: b@x.example",
                                    "müller@x.example", "Guildhall <>"])
def test_a_sender_that_is_not_one_address_is_refused_at_the_start(sender: str) -> None:
    with pytest.raises(ValueError):
        SmtpAccount.of("smtp://127.0.0.1", sender)
    if sender:
        with pytest.raises(SettingsError, match=r"^MAIL_FROM\b"):
            load_settings({"MAIL_FROM": sender})


@pytest.mark.parametrize("url", [
    "smtp://far.example:465", "smtp://far.example/?starttls=off", "smtp://far.example:587?tls=none",
    "smtps://far.example#verify=0"])
def test_a_url_that_would_go_without_tls_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^SMTP_URL\b"):
        load_settings({"SMTP_URL": url})


def test_the_sender_stands_in_its_one_form(mail_server: Controller, postmaster: Postmaster) -> None:
    account = SmtpAccount.of(f"smtp://127.0.0.1:{mail_server.port}", "Gildenhäuser <post@bücher.example>")
    with SmtpTransport(account) as transport:
        transport.send(outgoing("id-1", "anna@bücher.example", LETTER))
    [message] = postmaster.letters
    assert (message["From"], message["To"]) == (
        "Gildenhäuser <post@xn--bcher-kva.example>", "anna@xn--bcher-kva.example")
    assert message["Message-ID"] == "<id-1@xn--bcher-kva.example>"


def test_an_address_of_other_letters_before_the_at_is_reached_by_smtputf8(
        mail_server: Controller, postmaster: Postmaster) -> None:
    with transport_to(mail_server) as transport:
        transport.send(outgoing("id-1", "müller@example.com", LETTER))
    assert [message["To"] for message in postmaster.letters] == ["müller@example.com"]


@pytest.mark.parametrize("url", ["", "mail.example:25", "http://mail.example", "smtp://"])
def test_an_account_without_scheme_or_host_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpAccount.of(url, "no-reply@guildhall.example")


def test_a_server_that_hangs_up_within_a_letter_is_asked_again_for_the_next(
        mail_server: Controller, postmaster: Postmaster, monkeypatch: pytest.MonkeyPatch) -> None:
    """FD-26"""
    hang_up = [True, False]
    sending = smtplib.SMTP.send_message

    def send(server: smtplib.SMTP, *words: Any, **options: Any) -> Any:
        if hang_up.pop(0):
            raise smtplib.SMTPServerDisconnected("gone")
        return sending(server, *words, **options)

    monkeypatch.setattr(smtplib.SMTP, "send_message", send)
    with transport_to(mail_server) as transport:
        with pytest.raises(Delayed) as told:
            transport.send(outgoing("id-1", "anna@example.com", LETTER))
        assert not isinstance(told.value, Away)
        transport.send(outgoing("id-2", "ben@example.com", LETTER))
    assert [letter["To"] for letter in postmaster.letters] == ["ben@example.com"]


def test_a_server_that_hangs_up_on_letter_after_letter_is_away(
        mail_server: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang_up(*_: Any, **__: Any) -> Any:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(smtplib.SMTP, "send_message", hang_up)
    told = []
    with transport_to(mail_server) as transport:
        for number in range(MOST_BROKEN):
            with pytest.raises(Delayed) as broken:
                transport.send(outgoing(f"id-{number}", "anna@example.com", LETTER))
            told.append(isinstance(broken.value, Away))
    assert told == [False] * (MOST_BROKEN - 1) + [True]


@pytest.mark.parametrize(("name", "is_away"), [("closing", True), ("greylisted", False)])
def test_a_server_that_says_that_it_closes_is_away(mail_server: Controller, name: str, is_away: bool) -> None:
    with transport_to(mail_server) as transport, pytest.raises(Delayed) as told:
        transport.send(outgoing("id-1", f"{name}@example.com", LETTER))
    assert isinstance(told.value, Away) is is_away
