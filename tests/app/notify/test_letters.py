"""Letters: facts are filled in, escaped in HTML, and can never break out of the subject line."""
from collections.abc import Callable
from pathlib import Path

import pytest

from app.notify.letter_templates import LetterTemplate
from app.notify.letters import OTP, PLATFORM_TEMPLATES, WELCOME, Letter, spoken_seconds, write_letter
from blueprints.marketplace.notification_management.letters import LETTERS

Written = Callable[[str, str, dict[str, str]], Letter]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Call it with a subject, a text and the facts in them: the letter."""
    def write(subject: str, text: str, facts: dict[str, str]) -> Letter:
        (tmp_path / "en").mkdir(exist_ok=True)
        for ending, said in (("subject", subject), ("txt", text)):
            (tmp_path / "en" / f"NEWS.{ending}").write_text(said)
        return write_letter(LetterTemplate("NEWS", tmp_path), facts)
    return write


def test_facts_are_escaped_in_html_and_literal_in_text(written: Written) -> None:
    letter = written("About {{ title }}", "It is {{ title }}.", {"title": "<script>&"})
    assert "<script>" not in letter.html
    assert "&lt;script&gt;&amp;" in letter.html
    assert letter.text == "It is <script>&."


def test_template_syntax_in_a_fact_is_not_executed(written: Written) -> None:
    letter = written("{{ title }}", "{{ title }}", {"title": "{{ 7 * 7 }}"})
    assert letter.subject == letter.text == "{{ 7 * 7 }}"


def test_a_subject_is_one_line_of_bounded_length(written: Written) -> None:
    letter = written("{{ title }}", "x", {"title": "a\r\nBcc: all@example.com" + "y" * 500})
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert len(letter.subject) == 200


HOSTILE = ("You won!\r\nBcc: all@evil.example\n\n"
           "Guildhall: pay at https://evil.example/\u202etxt\u200b or www.evil.example")


def test_a_strangers_words_are_one_line_of_which_nothing_is_a_link(written: Written) -> None:
    letter = written("New offer: {{ title }}", "Somebody writes: {{ title }}.", {"title": HOSTILE})
    words = "You won! Bcc: all @ evil. example Guildhall: pay at https ://evil. example/ txt or www. evil. example"
    assert (letter.subject, letter.text) == (f"New offer: {words}", f"Somebody writes: {words}.")
    assert letter.html.count("<p>") == 1


@pytest.mark.parametrize("name", sorted(LETTERS))
def test_no_letter_of_the_marketplace_lets_a_strangers_words_out_of_their_line(name: str) -> None:
    template = LETTERS[name]
    facts = ("fullname", "title", "message", "counterMessage", "orderNumber", "carrier", "trackingNumber", "currency")
    ours = {"offerAmount": 1} | dict.fromkeys(template.own, "x")
    plain, hostile = (write_letter(template, dict.fromkeys(facts, said) | ours) for said in ("x", HOSTILE))
    assert "\n" not in hostile.subject
    assert hostile.text.count("\n") == plain.text.count("\n")
    for part in (hostile.subject, hostile.text):
        assert not any(sign in part for sign in ("https://", "all@", "evil.example", "\u202e", "\u200b"))


def test_what_is_our_own_stands_as_it_is() -> None:
    link = "https://shop.example/marketplace/auth-api/verification-page#email=anna%40example.com"
    assert link in write_letter(OTP, {"link": link}).text


@pytest.mark.parametrize("title", ["Gr.49 gasket 55/72/8", "3.5 mm jack, 12V/2A", "Cartier <Tank> & strap",
                                   "\U0001f468\u200d\U0001f373 apron", "Ünïcode – 你好", "A/S Norden: 50% off"])
def test_a_title_as_people_write_it_stands_as_it_is(title: str, written: Written) -> None:
    assert written("{{ title }}", "x", {"title": title}).subject == title


def test_a_missing_fact_is_left_blank() -> None:
    letter = write_letter(WELCOME, {})
    assert letter.subject == "Welcome to Guildhall"
    assert letter.text.startswith("Hello,")


def test_a_code_letter_carries_code_and_number_and_is_secret() -> None:
    letter = write_letter(OTP, {"secretCode": "012345", "codeIndex": 3, "validity": spoken_seconds(86400)})
    assert "no. 3 is 012345" in letter.text
    assert "24 hours" in letter.html
    assert OTP.secret


def test_paragraphs_and_lines_survive_into_html(written: Written) -> None:
    letter = written("s", "one\ntwo\n\nthree", {})
    assert letter.html.count("<p>") == 2
    assert "one<br>two" in letter.html


@pytest.mark.parametrize("name", sorted(PLATFORM_TEMPLATES))
def test_every_platform_template_can_be_written_without_facts(name: str) -> None:
    assert write_letter(PLATFORM_TEMPLATES[name], {}).html.startswith("<!doctype html>")


@pytest.mark.parametrize(("seconds", "words"), [
    (86400, "24 hours"), (3600, "1 hour"), (300, "5 minutes"), (90, "90 seconds"), (1, "1 second"), (0, "0 seconds")])
def test_a_validity_is_said_in_words(seconds: int, words: str) -> None:
    assert spoken_seconds(seconds) == words
