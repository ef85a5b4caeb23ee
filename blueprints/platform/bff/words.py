"""Words, checked row by row: the answer while no index of words has the object (FD-8).

As many rows are looked at as pages reach, the newest, of those that fulfil everything else that is asked."""
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

from app.folding import LETTERS, MAX_WORD, SPACELESS, Way, Ways, fold, indexed_words
from app.folding import words as words_of
from app.search.port import Document
from app.search.text import as_text, ends_open, is_beginning, query_words
from blueprints.platform.bff.rules import FieldCondition

MOST_WORDS = 50
"""How many words the values of one condition have, all together, and how many of `q` are looked for: each is in
thousands of texts."""
FEWEST_LETTERS = 2
NAMES_NOTHING = f"expected at least {FEWEST_LETTERS} letters of a name, or a filter on id with eq"
"""What is said to who asks for rows that only who names them finds."""
_CLOSED = " "
"""Behind the last word: it is whole, and no beginning."""
_SIGNS = {code: None for code in range(128) if not chr(code).isalnum()}
_OF_A_WORD = re.compile(f"[^\\W_{SPACELESS}]|[{LETTERS}]")


def asks_too_much(one: FieldCondition) -> bool:
    """Return whether a condition asks for more words than are looked for."""
    return one.asks_words and sum(len(words_of(text)) for text in one.values) > MOST_WORDS


def names_rows(typed: str, conditions: Sequence[FieldCondition] = ()) -> bool:
    """Return whether it is said which rows are meant: by words of two letters or more in all, or by their ids."""
    return sum(map(len, words_of(typed))) >= FEWEST_LETTERS or any(
        one.of.name == "id" and one.operator in ("eq", "match") for one in conditions)


def holding_words(documents: Sequence[Document], names: Sequence[str], words: str) -> list[Document]:
    """Return the documents that hold all of these words somewhere in these fields; the last may be a beginning.

    What stands behind the first 50 words is not looked for."""
    return _holding_any(documents, names, [words])


def fulfilling(documents: Sequence[Document], one: FieldCondition) -> list[Document]:
    """Return the documents that fulfil a condition that asks for words."""
    name = one.of.name
    if one.operator == "match":
        return _holding_any(documents, [name], [words.rstrip() + _CLOSED for words in one.values])
    is_open = one.operator == "match_phrase_prefix"
    wanted = [phrase for phrase in map(words_of, dict.fromkeys(one.values)) if phrase]
    return [document for document in documents if any(
        _holds_a_phrase(as_text(text), wanted, is_open) for text in _texts(document.fields.get(name)))]


def _holding_any(documents: Sequence[Document], names: Sequence[str], asked: Sequence[str]) -> list[Document]:
    wanted = [(members[:MOST_WORDS], ends_open(words) and len(members) <= MOST_WORDS)
              for words in dict.fromkeys(asked) if (members := query_words(words))]

    def holds(document: Document) -> bool:
        said = _Said([as_text(document.fields.get(name)) for name in names])
        return any(said.holds_all(members, is_open) for members, is_open in wanted)
    return list(filter(holds, documents))


class _Said:
    """What a document says. To cut its texts into words takes far longer than to look for letters in them, so it is
    done once at most, however much is asked, and where the letters leave it open."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._folded = fold(" ".join(texts))
        self._standing: dict[tuple[str, bool], bool] = {}

    def holds_all(self, members: Sequence[Ways], is_open: bool) -> bool:
        """Return whether it holds one of the ways of each member; where it is open the last word may be a beginning."""
        last = len(members) - 1
        return all(self._holds(ways, is_open and place == last) for place, ways in enumerate(members))

    def _holds(self, ways: Ways, is_open: bool) -> bool:
        if any(self._shows(way, is_open) for way in ways):
            return True
        if len(ways) == 1 and _is_plain(ways[0]):
            return False
        likely = [way for way in ways if self._may_have(way, is_open)]
        return any(self._has(way, is_open) for way in likely)

    def _shows(self, way: Way, is_open: bool) -> bool:
        """Tell whether the words of a way can be seen in the text as they are: codes may have signs within."""
        *whole, last = way
        return all(map(self._stands, whole)) and self._stands(last, is_open and is_beginning(last))

    def _stands(self, word: str, is_open: bool = False) -> bool:
        if (word, is_open) not in self._standing:
            self._standing[word, is_open] = (word.isascii() and len(word) < MAX_WORD
                                             and _stands(word, self._folded, is_open))
        return self._standing[word, is_open]

    def _may_have(self, way: Way, is_open: bool) -> bool:
        """Tell whether its words are written somewhere, from where a word begins to where one ends, signs aside."""
        *whole, last = way
        return all(map(self._is_written, whole)) and self._is_written(last, is_open and is_beginning(last))

    def _is_written(self, word: str, is_open: bool = False) -> bool:
        if self._letters is not None and word not in self._letters:
            return False
        joined, edges = self._joined
        start = joined.find(word)
        while start >= 0:
            if start in edges and (is_open or start + len(word) in edges):
                return True
            start = joined.find(word, start + 1)
        return False

    def _has(self, way: Way, is_open: bool) -> bool:
        *whole, last = way
        return set(whole) <= self._words and (last in self._words or (
            is_open and is_beginning(last) and any(word.startswith(last) for word in self._words)))

    @cached_property
    def _letters(self) -> str | None:
        """What is written, without signs: what is no part of it is written nowhere; None where signs are many."""
        return self._folded.translate(_SIGNS) if self._folded.isascii() else None

    @cached_property
    def _joined(self) -> tuple[str, frozenset[int]]:
        """All words beside each other, and where one ends and the next begins."""
        words = [word for text in self._texts for word in words_of(text)]
        return "".join(words), frozenset(accumulate(map(len, words), initial=0))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for text in self._texts for word in indexed_words(text))


def _is_plain(way: Way) -> bool:
    """Tell whether a way is one word that stands as it is in whatever holds it."""
    return len(way) == 1 and len(way[0]) < MAX_WORD and way[0].isascii() and way[0].isalpha()


def _stands(word: str, text: str, is_open: bool = False) -> bool:
    """Tell whether a word stands in a folded text, of an open one a word that begins so."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not _OF_A_WORD.match(text[start - 1:start]) and (is_open or not _OF_A_WORD.match(text[end:end + 1])):
            return True
        start = text.find(word, start + 1)
    return False


def _texts(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _holds_a_phrase(text: str, wanted: Sequence[Sequence[str]], is_open: bool) -> bool:
    folded = fold(text)
    likely = [phrase for phrase in wanted if all(word in folded for word in phrase)]
    held = words_of(text) if likely else []
    return any(_holds_phrase(held, phrase, is_open) for phrase in likely)


def _holds_phrase(held: Sequence[str], phrase: Sequence[str], is_open: bool) -> bool:
    """Tell whether words stand beside each other in this order; of an open phrase the last is a beginning."""
    *whole, last = phrase
    same: Callable[[str], bool] = (lambda word: word.startswith(last)) if is_open else (lambda word: word == last)
    return any(list(held[start:start + len(whole)]) == whole and same(held[start + len(whole)])
               for start in range(len(held) - len(whole)))
