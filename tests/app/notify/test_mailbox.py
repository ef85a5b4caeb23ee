"""The life of a letter: posted with the event's transaction, tried, tried again, sent or given up."""
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Self

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from app.actor import system_actor
from app.clock import moved_clock
from app.data.unit_of_work import unit_of_work
from app.jobs.worker import run_job
from app.notify.carrier import Away, Delayed, Outgoing, Undeliverable, one_by_one
from app.notify.channels import BACKOFF
from app.notify.delivery import deliver_queued
from app.notify.letters import Letter
from app.notify.mailbox import Recipient, forget_letters, owe, post_letter, purge_letters, read_outbox
from app.notify.models import DIGEST, NOTICE
from tests.app.notify.conftest import CODE, PLAIN
from tests.app.notify.postmaster import Postmaster
from tests.testbed import PRODUCTION

Post = Callable[..., bool]


class Transport:
    """Keeps what it is given, after raising what it was told to."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.sent: list[tuple[str, Letter]] = []
        self.at_once = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send_all(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        return one_by_one(self.send, messages)

    def send(self, message: Outgoing) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.sent.append((message.recipient, message.letter))


@pytest.fixture
def with_smtp(make_app: Callable[..., Flask]) -> Any:
    """The application where letters are handed to a mail server, its context pushed."""
    with make_app(MAIL_TRANSPORT="smtp", SMTP_URL="smtp://127.0.0.1:9").app_context():
        yield


@pytest.fixture
def in_production(make_app: Callable[..., Flask]) -> Any:
    """The application in production with a mail server."""
    with make_app(**PRODUCTION).app_context():
        yield


def statuses() -> list[tuple[str, int]]:
    return [(str(letter["status"]), int(letter["attempts"])) for letter in reversed(read_outbox())]


def test_without_a_mail_server_letters_are_kept_to_be_read(post: Post) -> None:
    """Decision 21"""
    assert post("ben@example.com")
    [letter] = read_outbox("ben@example.com")
    assert (letter["status"], letter["subject"], letter["text"]) == (
        "kept", "About a clock", "Dear Ben, it is about a clock.")
    assert run_job("send-mail").startswith("letters stay in the outbox")


def test_one_cause_writes_to_one_address_once(post: Post) -> None:
    assert post("ben@example.com")
    assert not post("ben@example.com")
    assert post("cleo@example.com")
    assert post("ben@example.com", cause="event-2")
    assert len(read_outbox()) == 3


def test_a_letter_of_a_rolled_back_transaction_was_never_written(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work(system_actor("marketplace")) as work:
        post_letter(work, realm="marketplace", to="ben@example.com", name="TEST", template=PLAIN, facts={}, cause="1")
        raise ZeroDivisionError
    assert read_outbox() == []


def test_a_queued_letter_is_sent_once(with_smtp: None, post: Post) -> None:
    post("ben@example.com")
    transport = Transport()
    assert deliver_queued(transport) == {"sent": 1}
    assert deliver_queued(transport) == {}
    assert [recipient for recipient, _ in transport.sent] == ["ben@example.com"]
    assert statuses() == [("sent", 1)]


def test_a_delayed_letter_waits_longer_each_time(with_smtp: None, post: Post) -> None:
    post("ben@example.com")
    away = Transport(Delayed("server away"), Delayed("server away"))
    assert deliver_queued(away) == {"queued": 1}
    assert deliver_queued(away) == {}
    with moved_clock(minutes=2):
        assert deliver_queued(away) == {"queued": 1}
    with moved_clock(minutes=4):
        assert deliver_queued(away) == {}
    with moved_clock(minutes=7):
        assert deliver_queued(away) == {"sent": 1}
    assert statuses() == [("sent", 3)]


def test_a_server_that_is_away_does_not_cost_every_letter_an_attempt(with_smtp: None, post: Post) -> None:
    post("ben@example.com")
    post("cleo@example.com")
    assert deliver_queued(Transport(Away("server away"))) == {"queued": 1}
    assert sorted(statuses()) == [("queued", 0), ("queued", 1)]


def test_one_delayed_letter_does_not_hold_up_the_others(with_smtp: None, post: Post) -> None:
    """FD-26"""
    for name in ("greylisted", "ben", "cleo"):
        post(f"{name}@example.com")
    transport = Transport(Delayed("451 try later"))
    assert deliver_queued(transport) == {"queued": 1, "sent": 2}
    assert [recipient for recipient, _ in transport.sent] == ["ben@example.com", "cleo@example.com"]


def test_a_code_goes_before_digests_and_notices_that_have_waited_longer(with_smtp: None, post: Post) -> None:
    """FD-26"""
    with unit_of_work(system_actor("marketplace")) as work:
        for kind, name in ((DIGEST, "anna"), (NOTICE, "ben")):
            owe(work, realm="marketplace", channel="email", name="DAY", cause="day-1", kind=kind,
                letters={Recipient(f"{name}@example.com", f"id-{name}"): Letter("Your day", "It was quiet.", "")})
        work.commit()
    with moved_clock(seconds=1):
        post("cleo@example.com", template=CODE)
        transport = Transport()
        assert deliver_queued(transport) == {"sent": 3}
    assert [recipient.partition("@")[0] for recipient, _ in transport.sent] == ["cleo", "ben", "anna"]


def test_an_undeliverable_letter_is_given_up_and_the_next_goes_out(with_smtp: None, post: Post) -> None:
    post("unknown@example.com")
    post("ben@example.com")
    assert deliver_queued(Transport(Undeliverable("550 no such user"))) == {"failed": 1, "sent": 1}
    [letter] = read_outbox("unknown@example.com")
    assert (letter["status"], letter["last_error"]) == ("failed", "550 no such user")


def test_a_letter_is_given_up_after_its_last_attempt(with_smtp: None, post: Post) -> None:
    post("ben@example.com")
    for attempt in range(8):
        with moved_clock(hours=7 * attempt):
            deliver_queued(Transport(Delayed("server away")))
    assert statuses() == [("failed", 8)]


def test_a_letter_that_cannot_be_written_counts_its_attempts_and_the_others_go_out(
        make_app: Callable[..., Flask], post: Post) -> None:
    with make_app(**PRODUCTION).app_context():
        post("ben@example.com", template=CODE)
    with make_app(**PRODUCTION | {"SECRET_KEY": "another " * 5}).app_context():
        post("anna@example.com", cause="event-2")
        transport = Transport()
        assert deliver_queued(transport) == {"queued": 1, "sent": 1}
        for day in range(1, 8):
            with moved_clock(days=day):
                deliver_queued(transport)
        assert statuses() == [("failed", 8), ("sent", 1)]


def test_a_letter_whose_sender_crashed_is_taken_up_again(with_smtp: None, post: Post) -> None:
    post("ben@example.com")
    with pytest.raises(SystemExit):
        deliver_queued(Transport(SystemExit()))  # type: ignore[arg-type]
    assert deliver_queued(Transport()) == {}
    with moved_clock(minutes=6):
        assert deliver_queued(Transport()) == {"sent": 1}


def test_a_sender_slower_than_its_lease_does_not_undo_what_another_sent(with_smtp: None, post: Post) -> None:
    post("ben@example.com")
    swift = Transport()

    class Slow(Transport):
        def send(self, message: Outgoing) -> None:
            with moved_clock(minutes=6):
                assert deliver_queued(swift) == {"sent": 1}
            raise Delayed("server away")

    deliver_queued(Slow())
    assert len(swift.sent) == 1
    assert statuses() == [("sent", 1)]


def test_a_code_is_sealed_while_it_waits_and_gone_once_it_is_sent(
        in_production: None, post: Post) -> None:
    """Decision 21"""
    post("ben@example.com", template=CODE)
    transport = Transport()
    stored = str(raw_letters())
    assert "123456" not in stored
    assert deliver_queued(transport) == {"sent": 1}
    assert transport.sent[0][1].text == "It is 123456."
    assert [(row["text"], row["html"]) for row in raw_letters()] == [("", "")]


def test_production_never_shows_a_secret_letter(in_production: None, post: Post) -> None:
    post("ben@example.com", template=CODE)
    post("ben@example.com", cause="event-2")
    plain, secret = read_outbox()
    assert plain["text"] == "Dear Ben, it is about a clock."
    assert (secret["text"], secret["html"]) == ("(secret)", "(secret)")


def test_production_says_that_nothing_sends_sms(in_production: None, post: Post) -> None:
    post("+905551234567", channel="sms")
    [letter] = read_outbox()
    assert (letter["status"], letter["last_error"]) == ("failed", "nothing is set up to send sms")


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 4), (3, 16), (4, 64), (5, 256), (6, 360), (8, 360)])
def test_the_wait_grows_up_to_six_hours(attempts: int, minutes: int) -> None:
    assert BACKOFF.wait(attempts) == timedelta(minutes=minutes)


def test_the_job_hands_letters_to_the_mail_server(
        make_app: Callable[..., Flask], post: Post, mail_server: Controller, postmaster: Postmaster) -> None:
    settings = {"MAIL_TRANSPORT": "smtp", "SMTP_URL": f"smtp://127.0.0.1:{mail_server.port}",
                "MAIL_FROM": "no-reply@guildhall.example"}
    with make_app(**settings).app_context():
        post("ben@example.com")
        post("unknown@example.com")
        assert run_job("send-mail") == "1 failed, 1 sent"
    [letter] = postmaster.letters
    assert (letter["To"], letter["From"], letter["Subject"]) == (
        "ben@example.com", "no-reply@guildhall.example", "About a clock")


def raw_letters() -> list[dict[str, Any]]:
    from sqlalchemy import select

    from app.data.reads import fetch
    from app.notify.models import MailMessage

    return [dict(row._mapping) for row in fetch(select(*MailMessage.__table__.columns))]


@pytest.mark.usefixtures("with_smtp")
def test_old_letters_are_removed_but_never_one_that_waits(post: Post) -> None:
    for name in ("sent", "waiting"):
        post(f"{name}@example.com")
    deliver_queued(Transport(), limit=1)
    with moved_clock(days=89):
        assert purge_letters(90) == 0
    with moved_clock(days=91):
        post("young@example.com")
        assert purge_letters(90) == 1
    assert {letter["recipient"] for letter in read_outbox()} == {"waiting@example.com", "young@example.com"}


@pytest.mark.usefixtures("with_smtp")
def test_the_letters_to_who_is_gone_for_good_are_forgotten_in_the_own_realm_only(post: Post) -> None:
    for name in ("ben", "ben", "cleo"):
        post(f"{name}@example.com", cause=f"{name}-{len(read_outbox())}")
    for realm, left in (("network", 3), ("marketplace", 1)):
        with unit_of_work(system_actor(realm)) as work:
            forget_letters(work, "ben@example.com", "+905551234567")
            work.commit()
        assert len(read_outbox()) == left
    assert deliver_queued(Transport()) == {"sent": 1}
