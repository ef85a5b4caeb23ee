"""Letters: a template with the facts of one event becomes subject, text and HTML.

Facts are other people's words: HTML is escaped, each is one line, and no address in them is a link. Services keep their
own templates."""
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from jinja2 import ChainableUndefined, Environment, Template

from app.data.money import FACTORS
from app.plain_text import seen, unlinked

LONGEST_SUBJECT = 200


def spoken_amount(amount: Any, currency: Any) -> str:
    """Return an amount of major units with its currency's decimals: 70.5, 'USD' → '70.50 USD'; blank without one."""
    if not isinstance(amount, int | float):
        return ""
    decimals = len(str(FACTORS.get(str(currency), 100))) - 1
    return f"{amount:,.{decimals}f} {currency}"


_plain = Environment(undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
_plain.filters["amount"] = spoken_amount
_escaping = Environment(undefined=ChainableUndefined, autoescape=True)
_layout = _escaping.from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body style="font-family: sans-serif; line-height: 1.5">
{% for paragraph in paragraphs %}<p>{% for line in paragraph %}{{ line }}{% if not loop.last %}<br>{% endif %}\
{% endfor %}</p>
{% endfor %}</body></html>
""")


@dataclass(frozen=True)
class LetterTemplate:
    """Jinja sources of a letter; `secret` marks one whose text must not outlive its sending in production.

    `own` names the facts that are our words or the staff's, such as the link of a code: they stand as they are."""

    subject: str
    text: str
    secret: bool = False
    own: tuple[str, ...] = ()


@dataclass(frozen=True)
class Letter:
    """What is sent: one-line subject, plain text and its HTML twin."""

    subject: str
    text: str
    html: str


# Nobody has proved the address yet: the letter repeats no word of whoever typed it in (decision 44).
WELCOME = LetterTemplate(
    "Welcome to Guildhall",
    "Hello,\n\nan account for this address is ready. Verify the address to log in.\n\n"
    "If it was not you who opened it, do nothing: it stays closed and expires.")
OTP = LetterTemplate(
    "Your verification code",
    "Your code no. {{ codeIndex }} is {{ secretCode }}.\n\n{{ 'Or open this link, once: ' ~ link ~ '\n\n' if link }}"
    "It is valid for {{ validity }}. "
    "If you did not ask for it, ignore this message.", secret=True, own=("link",))
RESETPASSWORD = LetterTemplate(
    "Reset your password",
    "Your password reset code no. {{ codeIndex }} is {{ secretCode }}.\n\n"
    "{{ 'Or open this link, once: ' ~ link ~ '\n\n' if link }}It is valid for {{ validity }}. "
    "If you did not ask for it, your password stays as it is.", secret=True, own=("link",))
PASSWORDREPLACED = LetterTemplate(
    "Your password was replaced",
    "Hello,\n\nour staff have given your account another password, and all your logins have ended.\n\n"
    "If you did not ask for that, reset the password now by the letter that “forgot password” sends, and write to us.")
EXPORTREADY = LetterTemplate(
    "Your data are ready",
    "Hello,\n\nwhat we keep of you is in one file now, as you asked. Log in and open your exports to read it; it is "
    "there for a week.\n\nIf you did not ask for it, change your password now.")
NONE = LetterTemplate("{{ title }}", "{{ body }}")
PLATFORM_TEMPLATES = {"WELCOME": WELCOME, "OTP": OTP, "RESETPASSWORD": RESETPASSWORD,
                      "PASSWORDREPLACED": PASSWORDREPLACED, "EXPORTREADY": EXPORTREADY, "NONE": NONE}


@cache
def _compiled(source: str) -> Template:
    return _plain.from_string(source)


@cache
def greeted(words: LetterTemplate) -> LetterTemplate:
    """Return the letter of words that greet nobody; `fullname` is a fact of it."""
    return replace(words, text=f"Hello{{{{ ' ' ~ fullname if fullname }}}},\n\n{words.text}")


def write_letter(template: LetterTemplate, facts: Mapping[str, Any]) -> Letter:
    """Return the letter of `template` with `facts` filled in; a missing fact is left blank.

    A stranger's text comes as one line without hidden characters, its addresses taken apart (decision 44)."""
    subject, text = spoken(template, facts)
    paragraphs = [part.splitlines() for part in text.split("\n\n")]
    return Letter(subject, text, _layout.render(subject=subject, paragraphs=paragraphs))


def spoken(template: LetterTemplate, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return subject and text of the same, without the HTML: a notice in the app has no more."""
    said = {name: unlinked(fact) if isinstance(fact, str) and name not in template.own else fact
            for name, fact in facts.items()}
    subject = " ".join(seen(_compiled(template.subject).render(said), " ").split())[:LONGEST_SUBJECT]
    return subject, _compiled(template.text).render(said).strip()


def spoken_seconds(seconds: int) -> str:
    """Return a validity in words: 86400 → '24 hours', 300 → '5 minutes'."""
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}{'' if seconds == size else 's'}"
    return f"{seconds} seconds"
