"""How text is compared when somebody searches: the one fold, and how codes are found with and without their separators.

The search index, the folded columns of SQL and the organization store use it, so that all find the same. What
identifies is not compared so: app/plain_text.py."""
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from app.plain_text import normal_form

MAX_WORD = 64  # characters; longer words are cut, on both sides alike

# Letters that Unicode does not take apart into a letter and its accent.
_LETTERS = {"æ": "ae", "œ": "oe", "þ": "th", "ø": "o", "ł": "l", "ƚ": "l", "đ": "d", "ð": "d", "ɖ": "d", "ɗ": "d",
            "ħ": "h", "ı": "i", "ɨ": "i", "ŧ": "t", "ŋ": "n", "ɲ": "n", "ƀ": "b", "ɓ": "b", "ƙ": "k", "ĸ": "k",
            "ƒ": "f", "ɠ": "g", "ƴ": "y", "ґ": "г", "ʼ": "'", "ʻ": "'"}
# Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic, and what is not seen at all. In Indic scripts marks
# are vowels: they stay.
_DROPPED = ((0x300, 0x36F), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5), (0x5C7, 0x5C7),
            (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0xAD, 0xAD), (0x200B, 0x200F), (0x202A, 0x202E),
            (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF))
_TABLE = {ord(letter): plain for letter, plain in _LETTERS.items()} | {
    code: None for first, last in _DROPPED for code in range(first, last + 1)}

INVISIBLE = "".join(f"{chr(first)}-{chr(last)}" for first, last in _DROPPED)
"""What the fold drops, as a class of a pattern."""

# Scripts written without spaces are taken sign by sign, so that any part of a sentence is found.
SPACELESS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
LETTERS = "\u0900-\u0963\u0966-\u0dff"  # their vowel signs are no \w
_PLAIN_WORD = re.compile(r"[a-z0-9]+")
_DIGIT = re.compile(r"\d")
_LONG_WORD_AND_NUMBER = re.compile(r"([^\W\d]{4,})(\d+)|(\d+)([^\W\d]{4,})")
_GAP_AT_DIGIT = re.compile(r"(?<=\d) | (?=\d)")

_PLAIN_LETTERS = re.compile(r"[a-z]+")
_SHORTEST_NUMBERED = 3  # letters of a word that has a plural; of a plural one more
_NO_PLURALS = frozenset({"always", "does", "has", "its", "lens", "news", "perhaps", "series", "species", "was", "yes"})

_LONGEST_RUN = 8  # groups of a code that are looked at together
_WINDOW = 4  # groups of a code that are also written together without the others
_SHORT = 3  # letters beside a number that are written together with it over a space: `gr 49`, `15 kg`
_MOST_JOINED = 6  # words of a query of which any neighbours may be written together: 32 ways at most

Way = tuple[str, ...]
Ways = tuple[Way, ...]


def fold(text: str) -> str:
    """Return the text as it is compared: NFKC, without case, accents and invisible signs; folding twice adds nothing.

    `Лев` is `лев`, `Ærø` is `aero`, `Straße` is `strasse`."""
    if text.isascii():
        return text.lower()
    plain = normal_form("NFKD", normal_form("NFD", text).casefold())
    return normal_form("NFC", normal_form("NFKD", plain.casefold()).translate(_TABLE))


def words(text: str) -> list[str]:
    """Return the folded words of a text in order, repeated as often as they occur; signs are none."""
    return [word[:MAX_WORD] for word in _pattern(text).findall(fold(text))]


def words_and_codes(text: str) -> tuple[list[str], list[str]]:
    """Return the words of a text, and its codes without their separators: `Gr.49` is also `gr49`.

    The groups of a code stand beside each other with a sign between them; a number and its unit or short name, and
    numbers in a row, may also have a space between them."""
    folded = fold(text)
    found = list(_pattern(text).finditer(folded))
    plain = [match.group()[:MAX_WORD] for match in found]
    return plain, list(_codes(folded, found)) if _DIGIT.search(folded) else []


def indexed_words(text: str) -> list[str]:
    """Return everything that a text is found by: its words, then its codes without their separators."""
    plain, codes = words_and_codes(text)
    return plain + codes


def query_ways(query: str, most_words: int) -> list[Ways]:
    """Return what a text must hold for a query: one of the ways of each member, all words of that way.

    A word has one way. Neighbours, one of which has digits, may be written together: `gr 49` is (gr, 49) or (gr49).
    A longer word with a number is both, too: `iphone15` is (iphone, 15) or (iphone15).
    Words after the first `most_words` are left out. Of nothing but signs there is no member: it finds nothing."""
    return list(dict.fromkeys(query_members(query, most_words)))


def query_members(query: str, most_words: int) -> list[Ways]:
    """Return the same with each member as often as it stands in the query."""
    folded = fold(query)
    found = list(_pattern(query).finditer(folded))[:most_words]
    members: list[Ways] = []
    for stretch in _stretches(folded, found):
        if any(map(_DIGIT.search, stretch)):
            members.append(tuple(_written_together(stretch)))
        else:
            members += [((word,),) for word in stretch]
    return members


def other_numbers(word: str) -> tuple[str, ...]:
    """Return the plurals that an English word may have and, of what looks like one, the words it may be the plural of.

    `toys` gives toy, `toy` gives toys and toyes, `berries` gives berry and berrie: what is no word stands nowhere."""
    if len(word) < _SHORTEST_NUMBERED or not _PLAIN_LETTERS.fullmatch(word) or word in _NO_PLURALS:
        return ()
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if len(word) == _SHORTEST_NUMBERED:
            return ()
        ends = ((3, "ies", "y"), (2, "es", ""), (1, "s", ""))
        return tuple(word[:-cut] + put for cut, end, put in ends
                     if word.endswith(end) and len(word) - cut + len(put) >= _SHORTEST_NUMBERED - 1)
    forms = (word + "es",) if word.endswith("s") else (word + "s", word + "es")
    return (*forms, word[:-1] + "ies") if word.endswith("y") else forms


def compact(text: str) -> str:
    """Return the form in which any part of a text is looked for: folded, a space between words, none at a digit.

    `Gr.49 gasket 55/72/8` is `gr49gasket55728`, in which `gr-49` (gr49), `GR 49 gas` and `55728` are found. Of nothing
    but signs it is empty."""
    return _GAP_AT_DIGIT.sub("", " ".join(_pattern(text).findall(fold(text))))


def stored_words(texts: Iterable[str]) -> str:
    """Return what texts are found by, a space before and after each word: SQL finds ` acm` and ` acme ` in it."""
    return "".join(f" {' '.join(found)} " for text in texts if (found := indexed_words(text)))


def compact_all(texts: Iterable[str]) -> str:
    """Return the compact forms of texts, a line each, so that no part reaches from one into the next."""
    return "\n".join(map(compact, texts))


def _pattern(text: str) -> re.Pattern[str]:
    return _PLAIN_WORD if text.isascii() else _word()


@cache
def _word() -> re.Pattern[str]:
    """Return the pattern of a word of any script; 3 ms to compile, which most commands of the terminal need not."""
    return re.compile(f"[{SPACELESS}]|(?:[^\\W_{SPACELESS}]|[{LETTERS}])+")


def _codes(folded: str, found: Sequence[re.Match[str]]) -> Iterator[str]:
    run: list[str] = []
    for left, right in pairwise(found):
        run = run or [left.group()]
        if len(run) < _LONGEST_RUN and _are_one_code(folded, left, right):
            run.append(right.group())
            continue
        yield from _joined(run)
        run = []
        if _are_neighbours(folded, left, right):
            yield from _joined([left.group(), right.group()])
    yield from _joined(run)


def _are_one_code(folded: str, left: re.Match[str], right: re.Match[str]) -> bool:
    gap = folded[left.end():right.start()]
    if left.group().isdecimal() and right.group().isdecimal():
        return 0 < len(gap) <= 3
    return 0 < len(gap) <= 2 and not any(map(str.isspace, gap))


def _are_neighbours(folded: str, left: re.Match[str], right: re.Match[str]) -> bool:
    """Tell whether a number stands before or behind a word: `15 kg`, `No. 5`."""
    if right.start() - left.end() > 2 or folded[left.end() - 1].isdecimal() == folded[right.start()].isdecimal():
        return False
    return any(group.isalpha() and len(group) <= _SHORT for group in (left.group(), right.group()))


def _joined(run: Sequence[str]) -> Iterator[str]:
    for size in (*range(2, min(len(run), _WINDOW) + 1), *([len(run)] if len(run) > _WINDOW else [])):
        for start in range(len(run) - size + 1):
            joined = "".join(run[start:start + size])
            if len(joined) <= MAX_WORD and _DIGIT.search(joined):
                yield joined


def _stretches(folded: str, found: Sequence[re.Match[str]]) -> Iterator[list[str]]:
    """Yield the words of a query, in one list those of which neighbours may be written together."""
    stretch: list[str] = []
    for place, match in enumerate(found):
        word = match.group()[:MAX_WORD]
        apart = _LONG_WORD_AND_NUMBER.fullmatch(word)
        groups = [group for group in apart.groups() if group] if apart else [word]
        if stretch and (len(stretch + groups) > _MOST_JOINED or not _may_join(folded, found[place - 1], match)):
            yield stretch
            stretch = []
        stretch += groups
    if stretch:
        yield stretch


def _may_join(folded: str, left: re.Match[str], right: re.Match[str]) -> bool:
    if _DIGIT.search(left.group()) or _DIGIT.search(right.group()):
        return True
    return _are_one_code(folded, left, right)


def _written_together(stretch: Sequence[str]) -> Iterator[Way]:
    """Yield every way to write a stretch of words, as it is first; only what has digits is written together."""
    if not stretch:
        yield ()
        return
    for size in range(1, len(stretch) + 1):
        head = "".join(stretch[:size])
        if size == 1 or (len(head) <= MAX_WORD and _DIGIT.search(head)):
            for rest in _written_together(stretch[size:]):
                yield head, *rest
