"""Letters that come back: which count, when an address is muted, and what undoes it (front-door.md FD-25)."""
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from click.testing import Result
from flask import Flask

from app.actor import system_actor
from app.clock import moved_clock
from app.data.columns import iso
from app.data.unit_of_work import unit_of_work
from app.jobs.worker import run_job
from app.notify.bounces import Bounce, bounced_addresses, means_nobody, note_bounces, return_path
from app.notify.carrier import Outgoing, Undeliverable
from app.notify.delivery import deliver_queued
from app.notify.dsn import read_dsn
from app.notify.letters import PLATFORM_TEMPLATES
from app.notify.mailbox import forget_letters, post_letter, read_outbox
from app.notify.smtp import SmtpAccount, SmtpTransport
from app.runtime import runtime
from app.settings import SettingsError, load_settings
from cli.notify import notify
from tests.app.notify.postmaster import Postmaster
from tests.app.notify.returned import dsn, mute, posted
from tests.clients import Callers

ADDRESS = "gone@example.com"
SENDER = {"MAIL_TRANSPORT": "smtp",
          "SMTP_URL": "smtp://127.0.0.1:9",
          "MAIL_BOUNCE_ADDRESS": "bounces@mail.guildhall.example"}


def muted() -> list[tuple[str, str]]:
    return [(row.realm, row.address) for row in bounced_addresses(None, 10) if row.muted_at is not None]


@pytest.mark.parametrize("status", ["5.7.1", "5.7.26", "5.2.2", "5.2.3", "5.3.4", "5.6.0", "4.1.1", "2.1.5", "5.1", "",
                                    "5.1.1 "])
def test_policy_full_mailboxes_and_what_may_pass_do_not_count(app: Flask, status: str) -> None:
    assert not means_nobody(status)
    letter = posted(ADDRESS, "event-1")
    assert note_bounces([Bounce(letter, status, "so it is")]) == 0
    assert bounced_addresses(None, 10) == []


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.10", "5.0.0", "5.2.1", "5.4.4"])
def test_what_says_that_nobody_is_there_counts(status: str) -> None:
    assert means_nobody(status)


def test_a_letter_counts_once_however_often_it_is_told(app: Flask) -> None:
    letter = posted(ADDRESS, "event-1")
    for new in (1, 0, 0):
        assert note_bounces([Bounce(letter, "5.1.1", "no such user")]) == new
    [row] = bounced_addresses(None, 10)
    assert (row.bounces, row.muted_at, row.last_error) == (1, None, "5.1.1 no such user")


def test_a_letter_that_is_not_ours_or_of_another_realm_counts_nothing(app: Flask) -> None:
    letter = posted(ADDRESS, "event-1")
    assert note_bounces([Bounce("0195f00d-0000-7000-8000-0000c0ffee07", "5.1.1", "")]) == 0
    assert note_bounces([Bounce(letter, "5.1.1", "")], realm="network") == 0
    assert note_bounces([Bounce(letter, "5.1.1", "", recipient="ben@example.com")]) == 0
    assert bounced_addresses(None, 10) == []


def test_three_returned_letters_mute_an_address_for_all_but_codes(app: Flask) -> None:
    mute(ADDRESS, 2)
    assert muted() == []
    letter = posted(ADDRESS, "event-3")
    note_bounces([Bounce(letter, "5.1.1", "")])
    assert muted() == [("marketplace", ADDRESS)]
    assert posted(ADDRESS, "event-4") == ""
    assert posted("ben@example.com", "event-4") != ""
    assert posted(ADDRESS, "event-4", realm="network") != ""  # another realm's accounts are others
    with unit_of_work(system_actor("marketplace")) as work:
        assert post_letter(work, realm="marketplace", to=ADDRESS, name="OTP", template=PLATFORM_TEMPLATES["OTP"],
                           facts={"secretCode": "123456"}, cause="event-5")
        work.commit()


def test_a_bounce_long_after_the_last_is_the_first_again(app: Flask) -> None:
    letters = [posted(ADDRESS, f"event-{number}") for number in range(3)]
    for months, letter in enumerate(letters):
        with moved_clock(days=100 * months):
            note_bounces([Bounce(letter, "5.1.1", "")])
    [row] = bounced_addresses(None, 10)
    assert (row.bounces, row.muted_at) == (1, None)


def test_an_address_whose_bounces_count_no_more_is_removed_unless_it_is_muted(app: Flask) -> None:
    mute("muted@example.com", 3)
    mute(ADDRESS, 1)
    with moved_clock(days=89):
        run_job("purge-letters")
    assert len(bounced_addresses(None, 10)) == 2
    with moved_clock(days=91):
        run_job("purge-letters")
    assert [row.address for row in bounced_addresses(None, 10)] == ["muted@example.com"]


class Refusing(SmtpTransport):
    """Refuses every letter as it was told."""

    def __init__(self, status: str) -> None:
        self.status = status

    def send(self, message: Outgoing) -> None:
        raise Undeliverable(f"550 {self.status} no", self.status)


@pytest.mark.parametrize(("status", "bounces"), [("5.1.1", [1]), ("5.7.1", []), ("5.2.1", []), ("", [])])
def test_at_sending_only_an_unknown_address_counts(
        make_app: Callable[..., Flask], status: str, bounces: list[int]) -> None:
    with make_app(**SENDER).app_context():
        posted(ADDRESS, "event-1")
        assert deliver_queued(Refusing(status)) == {"failed": 1}
        assert [row.bounces for row in bounced_addresses(None, 10)] == bounces
        assert read_outbox(ADDRESS)[0]["last_error"] == f"550 {status} no"


def test_a_server_that_refuses_by_an_enhanced_code_counts_and_a_letter_names_its_return_path(
        make_app: Callable[..., Flask], mail_server: Controller, postmaster: Postmaster) -> None:
    with make_app(**SENDER).app_context():
        posted("nobody@example.com", "event-1")
        letter = posted("ben@example.com", "event-2")
        with SmtpTransport(SmtpAccount.of(f"smtp://127.0.0.1:{mail_server.port}", "no-reply@guildhall.example")) as one:
            assert deliver_queued(one) == {"failed": 1, "sent": 1}
        assert [row.address for row in bounced_addresses(None, 10)] == ["nobody@example.com"]
        assert postmaster.senders == [return_path(letter, runtime().settings)]
        local, _, host = postmaster.senders[0].partition("@")
        assert local.startswith(f"bounces+{letter.replace('-', '')}-")
        assert (host, len(local) <= 64) == ("mail.guildhall.example", True)


def test_a_notification_that_came_back_to_the_letters_own_address_counts_whoever_it_names(
        make_app: Callable[..., Flask]) -> None:
    with make_app(**SENDER).app_context():
        letter = posted(ADDRESS, "event-1")
        told = dsn("0195f00d-0000-7000-8000-0000c0ffee07", "forwarded@elsewhere.example",
                   to=return_path(letter, runtime().settings).upper())
        assert note_bounces(read_dsn(told, runtime().settings)) == 1


def test_a_forged_return_path_names_no_letter(make_app: Callable[..., Flask]) -> None:
    with make_app(**SENDER).app_context():
        letter = posted(ADDRESS, "event-1")
        forged = f"bounces+{letter.replace('-', '')}-{'0' * 12}@mail.guildhall.example"
        told = dsn("0195f00d-0000-7000-8000-0000c0ffee07", ADDRESS, to=forged)
        assert note_bounces(read_dsn(told, runtime().settings)) == 0


def test_a_notification_without_such_an_address_counts_for_the_letters_own_recipient_alone(app: Flask) -> None:
    letter = posted(ADDRESS, "event-1")
    assert note_bounces(read_dsn(dsn(letter, "ben@example.com"), runtime().settings)) == 0
    assert note_bounces(read_dsn(dsn(letter, ADDRESS, action="delayed"), runtime().settings)) == 0
    assert note_bounces(read_dsn(dsn(letter, ADDRESS, status="5.7.1"), runtime().settings)) == 0
    assert note_bounces(read_dsn(dsn(letter, ADDRESS), runtime().settings)) == 1


@pytest.mark.both("PostgreSQL keeps no NUL")
def test_signs_that_no_database_keeps_in_what_the_other_server_said_are_left_out(app: Flask) -> None:
    letter = posted(ADDRESS, "event-1")
    told = dsn(letter, ADDRESS).replace(b"Diagnostic-Code: smtp; ", b"Diagnostic-Code: smtp; no\x00such\x1b\xff ")
    assert b"\x00" in told
    assert note_bounces(read_dsn(told, runtime().settings)) == 1
    [row] = bounced_addresses(None, 10)
    assert row.last_error.startswith("5.1.1 no such \ufffd ")


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 50, b"Content-Type: multipart/report\n\n", dsn("x", "y")[:700],
                                 dsn("x", "y").replace(b"message/delivery-status", b"text/plain"),
                                 b"Content-Type: message/rfc822\n\n" * 5000,
                                 dsn("x", "y").replace(b"Final-Recipient: rfc822; y", b"Final-Recipient: ;;<<\xff")])
def test_what_is_no_such_notification_says_nothing(app: Flask, raw: bytes) -> None:
    assert read_dsn(raw, runtime().settings) == []


# What undoes it.

def test_who_proves_the_address_gets_letters_again(
        app: Flask, settle: Callable[[], object], callers: Callers) -> None:
    ben = callers.user("ben", email_verified=False)
    mute(ben.email)
    auth = "/marketplace/auth-api/verification-services/email-verification"
    started = ben.post(f"{auth}/start", json={"email": ben.email})
    assert started.status_code == 200, started.text
    done = ben.post(f"{auth}/complete", json={"email": ben.email, "secretCode": started.json["secretCode"]})
    assert done.status_code == 200, done.text
    settle()
    assert muted() == []
    assert posted(ben.email, "event-9") != ""


def test_who_is_gone_for_good_leaves_no_bounce(app: Flask) -> None:
    mute(ADDRESS)
    for realm, left in (("network", 1), ("marketplace", 0)):
        with unit_of_work(system_actor(realm)) as work:
            forget_letters(work, ADDRESS)
            work.commit()
        assert len(bounced_addresses(None, 10)) == left


@pytest.fixture
def terminal(app: Flask) -> Callable[..., Result]:
    return lambda *words, **how: app.test_cli_runner().invoke(notify, words, **how)


def test_the_operator_sees_muted_addresses_masked_and_hears_them_again(terminal: Callable[..., Result]) -> None:
    mute(ADDRESS)
    assert "g…@" in terminal("muted").output
    shown = terminal("muted", "--json").output
    assert ("g…@example.com" in shown, "gone@" in shown, "5.1.1 no such user" in shown) == (True, False, True)
    assert json.loads(shown)[0]["mutedAt"] == iso(bounced_addresses(None, 1)[0].muted_at)
    assert terminal("unmute", ADDRESS, "--dry-run").exit_code == 0
    assert muted() != []
    assert json.loads(terminal("unmute", ADDRESS, "--yes", "--json").stdout) == {"unmuted": 1}
    assert muted() == []
    assert "no letter came back" in terminal("unmute", ADDRESS, "--yes").output


def test_a_mail_servers_pipe_counts_a_returned_letter(terminal: Callable[..., Result], tmp_path: Path) -> None:
    letter = posted(ADDRESS, "event-1")
    told = terminal("bounce", "--yes", "--json", input=dsn(letter, ADDRESS))
    assert (told.exit_code, json.loads(told.stdout)) == (0, {"counted": 1})
    again = terminal("bounce", "--yes", "--json", input=dsn(letter, ADDRESS))
    assert (again.exit_code, json.loads(again.stdout)) == (0, {"counted": 0})
    unknown = terminal("bounce", "--yes", input=b"Subject: hello\n\nhello")
    assert (unknown.exit_code, "no letter of ours" in unknown.output) == (0, True)


@pytest.mark.parametrize(("name", "value", "says"), [
    ("MAIL_BOUNCE_ADDRESS", "a-much-too-long-name@example.com", "at most 18 characters"),
    ("MAIL_BOUNCE_ADDRESS", "nobody", "MAIL_BOUNCE_ADDRESS: expected an e-mail address"),
    ("MAIL_BOUNCE_SECRET", "whsec_c2hvcnQ=", "MAIL_BOUNCE_SECRET must be whsec_"),
    ("MAIL_BOUNCE_SECRET", "secret", "MAIL_BOUNCE_SECRET must be whsec_")])
def test_wrong_settings_of_bounces_refuse_the_start(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load_settings({name: value})
