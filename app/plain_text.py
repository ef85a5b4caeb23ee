"""What people type as one line: what may not hide in it, and how what identifies is compared (decision 34).

It is on the ground, so that the API, the terminal and the services with a JSON Schema keep one rule. What people search
is compared by app/folding.py."""
import re
from typing import Literal
from unicodedata import category, combining, normalize

import idna

# What is not seen or turns the line around: control and direction characters, all of no width, line breaks, halves,
# fillers that look like nothing, and tags. Selectors of an emoji's form are seen, but make no second identifier.
_UNSEEN = ("\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
           "\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3"
           "\U0001d173-\U0001d17a\U000e0000-\U000e0fff")
_HIDDEN = re.compile(f"[{_UNSEEN}]")
_HIDDEN_IN_IDENTIFIER = re.compile(f"[{_UNSEEN}\ufe00-\ufe0f]")
_JOINERS = "\u200c\u200d"
_EMOJI_FORM = "\ufe0f"

# What can be a mark that belongs to the letter before it, more of them than any language has.
_MANY_MARKS = re.compile(r"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f]){31,}")
_MOST_MARKS = 30

# Names have no use for these; `example.com` alone may be a name, and is taken apart in letters.
_ADDRESS = re.compile(r"[@<>]|:/|//|\bwww\.|\w\.[^\W\d_]{2,}/", re.IGNORECASE)
# Where mail programs see a link: behind a scheme, around an @, at a dot that a letter follows.
_LINKED = re.compile(r"(?<=\w)[:：](?=[/／])|(?<=\S)[@＠]|[@＠](?=\S)|(?<=[\w-])[.．](?=[^\W\d_])")
_APART = {":": " :", "@": " @ ", ".": ". "}


def normal_form(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return a text of any length in a normal form of Unicode; marks on one letter after the 30th go.

    Without that bound (UAX #15 §13, Stream-Safe Text Format) Python sorts a long run of marks in quadratic time: 64 KB
    of them hold a process for seconds, 1 MB for half an hour."""
    return normalize(form, _MANY_MARKS.sub(_with_few_marks, text))


def hidden_sign(text: str) -> str | None:
    """Return the first character of a shown line that nobody sees, as `U+200B`; None without one.

    The joiners that a script needs between its letters, or an emoji between its parts, are none."""
    return next((_named(found[0]) for found in _HIDDEN.finditer(text) if not _is_needed(text, found.start())), None)


def hidden_in_identifier(text: str) -> str | None:
    """Return the first character of an identifier that nobody sees, joiners and selectors too; None without one."""
    found = _HIDDEN_IN_IDENTIFIER.search(text)
    return _named(found[0]) if found else None


def seen(text: str, instead: str = "") -> str:
    """Return a shown text without the characters of it that nobody sees (`hidden_sign`)."""
    return _HIDDEN.sub(lambda found: found[0] if _is_needed(text, found.start()) else instead, text)


def identifier_key(identifier: str) -> str:
    """Return what an identifier is compared by: NFKC, case folded, white space outside gone, inside one blank."""
    return " ".join(normal_form("NFKC", normal_form("NFKC", identifier).casefold()).split())


def has_address(name: str) -> bool:
    """Tell whether a name carries an e-mail or a web address."""
    return bool(_ADDRESS.search(normal_form("NFKC", name)))


def unlinked(text: str) -> str:
    """Return a stranger's words as one line of which no mail program makes a link; all that is seen is still there."""
    return " ".join(_LINKED.sub(lambda found: _APART[normalize("NFKC", found[0])], seen(text, " ")).split())


def _with_few_marks(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for sign in run[0]:
        marks = marks + 1 if combining(normalize("NFKD", sign)[0]) else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _is_needed(line: str, at: int) -> bool:
    before, behind = line[at - 1:at], line[at + 1:at + 2]
    if line[at] not in _JOINERS or not before or not behind:
        return False
    if line[at] == "\u200d" and category(behind) == "So":
        return category(before) in ("So", "Sk") or before == _EMOJI_FORM
    try:
        return idna.valid_contextj(line, at)
    except ValueError:  # a character that is none
        return False


def _named(sign: str) -> str:
    return f"U+{ord(sign):04X}"
