"""Letters: facts are filled in, escaped in HTML, and can never break out of the subject line."""
import pytest

from app.notify.letters import OTP, PLATFORM_TEMPLATES, WELCOME, LetterTemplate, spoken_seconds, write_letter


def test_facts_are_escaped_in_html_and_literal_in_text() -> None:
    letter = write_letter(LetterTemplate("About {{ title }}", "It is {{ title }}."), {"title": "<script>&"})
    assert "<script>" not in letter.html
    assert "&lt;script&gt;&amp;" in letter.html
    assert letter.text == "It is <script>&."


def test_template_syntax_in_a_fact_is_not_executed() -> None:
    letter = write_letter(LetterTemplate("{{ title }}", "{{ title }}"), {"title": "{{ 7 * 7 }}"})
    assert letter.subject == letter.text == "{{ 7 * 7 }}"


def test_a_subject_is_one_line_of_bounded_length() -> None:
    letter = write_letter(LetterTemplate("{{ title }}", "x"), {"title": "a\r\nBcc: all@example.com" + "y" * 500})
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert len(letter.subject) == 200


def test_a_missing_fact_is_left_blank() -> None:
    letter = write_letter(WELCOME, {})
    assert letter.subject == "Welcome to Guildhall"
    assert letter.text.startswith("Hello,")


def test_a_code_letter_carries_code_and_number_and_is_secret() -> None:
    letter = write_letter(OTP, {"secretCode": "012345", "codeIndex": 3, "validity": spoken_seconds(86400)})
    assert "no. 3 is 012345" in letter.text
    assert "24 hours" in letter.html
    assert OTP.secret


def test_paragraphs_and_lines_survive_into_html() -> None:
    letter = write_letter(LetterTemplate("s", "one\ntwo\n\nthree"), {})
    assert letter.html.count("<p>") == 2
    assert "one<br>two" in letter.html


@pytest.mark.parametrize("name", sorted(PLATFORM_TEMPLATES))
def test_every_platform_template_can_be_written_without_facts(name: str) -> None:
    assert write_letter(PLATFORM_TEMPLATES[name], {}).html.startswith("<!doctype html>")


@pytest.mark.parametrize(("seconds", "words"), [
    (86400, "24 hours"), (3600, "1 hour"), (300, "5 minutes"), (90, "90 seconds"), (1, "1 second"), (0, "0 seconds")])
def test_a_validity_is_said_in_words(seconds: int, words: str) -> None:
    assert spoken_seconds(seconds) == words
