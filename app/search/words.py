"""Cuts text into the words that are indexed and searched, the same way on both sides.

There is no query syntax: whatever a visitor types is words, so nothing can be injected.
"""

import re
import unicodedata

MAX_WORD = 64  # characters; longer words are cut, on both sides alike
MAX_QUERY_CHARACTERS = 500
MAX_QUERY_WORDS = 16

# Scripts written without spaces are taken sign by sign, so that any part of a sentence is found.
_SPACELESS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_SPACELESS}]|[^\\W_{_SPACELESS}]+")
_PLAIN_WORD = re.compile(r"[a-z0-9]+")


def words(value: str) -> list[str]:
    """The words of a text: lower case, without accents, in order, repeated as often as they occur."""
    if value.isascii():
        return [word[:MAX_WORD] for word in _PLAIN_WORD.findall(value.lower())]
    return [word[:MAX_WORD] for word in _WORD.findall(fold(value))]


def fold(value: str) -> str:
    """The text as it is compared: case folded, compatibility forms unified, accents dropped."""
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return unicodedata.normalize("NFC", "".join(sign for sign in decomposed if not _is_accent(sign))).casefold()


def query_words(value: str) -> list[str]:
    """The distinct words of what a visitor typed, in order; overlong input is cut, never refused."""
    return list(dict.fromkeys(words(value[:MAX_QUERY_CHARACTERS])))[:MAX_QUERY_WORDS]


def ends_open(value: str) -> bool:
    """Whether the last word may still be being typed: then it is searched as a beginning."""
    return not value[:MAX_QUERY_CHARACTERS].endswith((" ", "\t", "\n"))


def _is_accent(sign: str) -> bool:
    # Only the marks of Latin, Greek and Cyrillic; in Indic scripts marks are vowels.
    return "\u0300" <= sign <= "\u036f"
