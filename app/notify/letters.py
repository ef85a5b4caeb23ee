"""Letters: a template with the facts of one event becomes subject, text and HTML.

Facts are other people's words: HTML is escaped, each is one line, and no address in them is a link."""
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from app.notify.letter_templates import (
    PLATFORM_TEXTS,
    LetterTemplate,
    LetterTemplates,
    TextFile,
    filled,
    texts_of,
    usual_locale,
)
from app.plain_text import seen, unlinked

LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Letter:
    """What is sent: one-line subject, plain text and its HTML twin; of SMS and push there is no HTML."""

    subject: str
    text: str
    html: str


# Nobody has proved the address yet: the letter repeats no word of whoever typed it in (decision 44).
WELCOME = LetterTemplate("WELCOME", PLATFORM_TEXTS)
OTP = LetterTemplate("OTP", PLATFORM_TEXTS, secret=True, own=("link",))
RESETPASSWORD = LetterTemplate("RESETPASSWORD", PLATFORM_TEXTS, secret=True, own=("link",))
PASSWORDREPLACED = LetterTemplate("PASSWORDREPLACED", PLATFORM_TEXTS)
EXPORTREADY = LetterTemplate("EXPORTREADY", PLATFORM_TEXTS)
NONE = LetterTemplate("NONE", PLATFORM_TEXTS)
PLATFORM_TEMPLATES = {one.name: one for one in (WELCOME, OTP, RESETPASSWORD, PASSWORDREPLACED, EXPORTREADY, NONE)}
_GREETING = LetterTemplate("GREETING", PLATFORM_TEXTS)
_LAYOUT = LetterTemplate("LAYOUT", PLATFORM_TEXTS)
FRAME = LetterTemplates((_GREETING, _LAYOUT))
"""What stands around the texts of others."""


def greeted(words: LetterTemplate) -> LetterTemplate:
    """Return the letter of words that greet nobody; `fullname` is a fact of it."""
    return replace(words, is_greeted=True)


def write_letter(template: LetterTemplate, facts: Mapping[str, Any], locale: str = "", realm: str = "") -> Letter:
    """Return the letter of `template` with `facts` filled in; a missing fact is left blank.

    A stranger's text comes as one line without hidden characters, its addresses taken apart (decision 44). The HTML is
    made of the text, unless there is one beside it."""
    locale, said = locale or usual_locale(), _plain(template, facts)
    subject = _subject(template, said, locale, realm)
    text, found = filled(template, ("txt",), said, locale, realm)
    greeting = filled(_GREETING, ("txt",), said, found.locale, realm)[0] if template.is_greeted else ""
    content = _html_of(template, said, found, realm)
    paragraphs = [greeting, *([] if content else text.split("\n\n"))]
    html, _ = filled(_LAYOUT, ("html",), {
        "subject": subject, "locale": found.locale, "paragraphs": [part.splitlines() for part in paragraphs if part],
        "content": content}, found.locale, realm)
    return Letter(subject, f"{greeting}\n\n{text}" if greeting else text, html)


def write_sms(template: LetterTemplate, facts: Mapping[str, Any], locale: str = "", realm: str = "") -> Letter:
    """Return what is sent to a phone: the short text, or that of the letter where there is none."""
    locale, said = locale or usual_locale(), _plain(template, facts)
    return Letter(_subject(template, said, locale, realm), filled(template, ("sms", "txt"), said, locale, realm)[0], "")


def write_push(template: LetterTemplate, facts: Mapping[str, Any], locale: str = "", realm: str = "") -> Letter:
    """Return what a device shows: the first line of the push text is its title; without one, as the app says it."""
    locale, said = locale or usual_locale(), _plain(template, facts)
    text, found = filled(template, ("push", "txt"), said, locale, realm)
    if found.ending == "txt":
        return Letter(*spoken(template, facts, locale, realm), "")
    title, _, body = text.partition("\n")
    return Letter(_one_line(title), body.strip(), "")


def spoken(template: LetterTemplate, facts: Mapping[str, Any], locale: str = "", realm: str = "") -> tuple[str, str]:
    """Return title and text as the app shows them: without greeting and HTML."""
    locale, said = locale or usual_locale(), _plain(template, facts)
    text, _ = filled(template, ("txt",), said, locale, realm)
    return _subject(template, said, locale, realm), text[:1].upper() + text[1:]


def spoken_seconds(seconds: int) -> str:
    """Return a validity in words: 86400 → '24 hours', 300 → '5 minutes'."""
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}{'' if seconds == size else 's'}"
    return f"{seconds} seconds"


def _html_of(template: LetterTemplate, said: Mapping[str, Any], text: TextFile, realm: str) -> Markup:
    """Return the HTML that goes with a text of ours or the operator's; blank where it is made of the text."""
    best = next(texts_of(template, ("html",), text.locale, realm), None)
    is_ours = best is not None and best.path.parent.parent == template.folder
    if best is None or best.locale != text.locale or (is_ours and best.path.parent != text.path.parent):
        return Markup()
    return Markup(filled(template, ("html",), said, text.locale, realm)[0])  # its facts are escaped there


def _plain(template: LetterTemplate, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: unlinked(fact) if isinstance(fact, str) and name not in template.own else fact
            for name, fact in facts.items()}


def _subject(template: LetterTemplate, said: Mapping[str, Any], locale: str, realm: str) -> str:
    return _one_line(filled(template, ("subject",), said, locale, realm)[0])


def _one_line(text: str) -> str:
    return " ".join(seen(text, " ").split())[:LONGEST_SUBJECT]
