"""The texts of what is sent: which one is taken, and what one of the operator may do (front-door.md FD-24)."""
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.notify.letter_templates import LetterTemplate, known_locales
from app.notify.letters import OTP, WELCOME, greeted, write_letter, write_push, write_sms
from app.ops.checks import Finding, examine
from tests.app.notify.conftest import PLAIN

FACTS = {"title": "a <clock>", "fullname": "Ben"}
Put = Callable[[str, str], None]


@pytest.fixture
def put(tmp_path: Path, make_app: Callable[..., Flask]) -> Put:
    """Call it with a name and a text: it stands in the operator's folder of the application that is made here."""
    folder = tmp_path / "texts"
    folder.mkdir()

    def write(name: str, text: str) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    application = make_app(NOTICE_TEMPLATES=str(folder))
    with application.app_context():
        yield write


def finding() -> Finding:
    return next(found for found in examine() if found.check == "letter texts")


def test_a_text_that_cannot_be_filled_in_gives_way_to_ours_and_is_told(
        put: Put, caplog: pytest.LogCaptureFixture) -> None:
    put("en/PLAIN.txt", "{{ title")
    put("en/WELCOME.txt", "Welcome, {{ fulname }}!")
    with caplog.at_level(logging.WARNING):
        assert write_letter(PLAIN, FACTS).text == "Dear Ben, it is about a <clock>."
    assert "PLAIN.txt is passed over" in caplog.text
    assert write_letter(WELCOME, {}).text == "Welcome, !"
    assert finding().state == "fail"
    assert "'fulname' is undefined" in finding().says


@pytest.mark.parametrize("text", ["{{ ''.__class__.__mro__ }}", "{{ title.__init__.__globals__ }}",
                                  "{% include 'en/WELCOME.txt' %}", "{% for one in range(10 ** 9) %}x{% endfor %}",
                                  "{{ 1 // 0 }}", "{{ cycler.__init__.__globals__.os }}"])
def test_a_text_reaches_nothing_but_its_facts(put: Put, text: str) -> None:
    put("en/PLAIN.txt", text)
    assert write_letter(PLAIN, FACTS).text in ("Dear Ben, it is about a <clock>.", "")


def test_a_text_for_something_that_is_not_sent_is_told_by_the_doctor(put: Put) -> None:
    put("en/WELCOM.txt", "Welcome!")
    assert (finding().state, "nothing is sent as WELCOM" in finding().says) == ("fail", True)


def test_the_operators_text_stands_before_ours_as_soon_as_it_is_there(put: Put) -> None:
    assert write_letter(WELCOME, {}).subject == "Welcome to Guildhall"
    put("en/WELCOME.subject", "Welcome to our shop")
    assert write_letter(WELCOME, {}).subject == "Welcome to our shop"
    assert finding().state == "ok"


def test_the_text_of_a_realm_stands_before_that_of_all(put: Put) -> None:
    put("en/WELCOME.subject", "Of all")
    put("network/en/WELCOME.subject", "Of the network")
    assert [write_letter(WELCOME, {}, realm=realm).subject for realm in ("marketplace", "network")] == [
        "Of all", "Of the network"]


def test_a_locale_gives_way_to_its_language_and_that_to_english(put: Put) -> None:
    put("de/WELCOME.subject", "Willkommen")
    put("de-CH/WELCOME.txt", "Grüezi")
    letter = write_letter(WELCOME, {}, "de-CH")
    assert (letter.subject, letter.text) == ("Willkommen", "Grüezi")
    assert '<html lang="de-CH">' in letter.html
    assert write_letter(WELCOME, {}, "fr").subject == "Welcome to Guildhall"
    assert known_locales() == ["de", "de-CH", "en"]


def test_the_html_is_made_of_the_text_unless_one_stands_beside_it(put: Put) -> None:
    put("en/PLAIN.html", "<h1>{{ title }}</h1>")
    html = write_letter(greeted(PLAIN), FACTS).html
    assert "<h1>a &lt;clock&gt;</h1>" in html
    assert "<p>Hello Ben,</p>" in html
    assert "it is about" not in html


def test_the_html_of_ours_does_not_go_with_another_text(put: Put, tmp_path: Path) -> None:
    for name, text in (("NEWS.subject", "News"), ("NEWS.txt", "Ours"), ("NEWS.html", "<b>Ours</b>")):
        (tmp_path / "en").mkdir(exist_ok=True)
        (tmp_path / "en" / name).write_text(text)
    news = LetterTemplate("NEWS", tmp_path)
    assert "<b>Ours</b>" in write_letter(news, {}).html
    put("en/NEWS.txt", "Theirs")
    assert "Ours" not in write_letter(news, {}).html


def test_a_phone_is_sent_the_short_text_and_a_device_a_title() -> None:
    code = {"secretCode": "012345", "codeIndex": 3, "validity": "5 minutes"}
    assert write_sms(OTP, code).text == "Guildhall: your code no. 3 is 012345, valid for 5 minutes."
    assert write_sms(PLAIN, FACTS).text == "Dear Ben, it is about a <clock>."
    assert write_push(PLAIN, FACTS).subject == "About a <clock>"


def test_the_first_line_of_a_push_text_is_its_title(put: Put) -> None:
    put("en/PLAIN.push", "A clock\nIt is {{ title }}.")
    shown = write_push(PLAIN, FACTS)
    assert (shown.subject, shown.text, shown.html) == ("A clock", "It is a <clock>.", "")
