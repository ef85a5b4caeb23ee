"""Words, checked row by row: the answer while no index of words has the object (FD-8).

As many rows are looked at as pages reach, the newest, of those that fulfil everything else that is asked."""
from collections.abc import Callable, Sequence
from typing import Any

from app.folding import fold
from app.folding import words as words_of
from app.search.fields import IndexSchema, prose
from app.search.port import Document
from app.search.text import as_text, query_words
from app.search.walk import holding
from blueprints.platform.bff.rules import FieldCondition

_CLOSED = " "
"""Behind the last word: it is whole, and no beginning."""


def holding_words(documents: Sequence[Document], names: Sequence[str], words: str) -> list[Document]:
    """Return the documents that hold all of these words somewhere in these fields; the last may be a beginning."""
    letters = _words_of_letters(words)
    likely = [one for one in documents if _may_hold(one, names, letters)] if letters else documents
    return holding(IndexSchema("walk", tuple(prose(name) for name in names)), likely, words)


def fulfilling(documents: Sequence[Document], one: FieldCondition) -> list[Document]:
    """Return the documents that fulfil a condition that asks for words."""
    name = one.of.name
    if one.operator == "match":
        held = {found.id for words in one.values
                for found in holding_words(documents, [name], words.rstrip() + _CLOSED)}
        return [document for document in documents if document.id in held]
    is_open = one.operator == "match_phrase_prefix"
    wanted = [phrase for phrase in map(words_of, one.values) if phrase]
    return [document for document in documents if any(
        _holds_phrase(words_of(as_text(text)), phrase, is_open)
        for text in _texts(document.fields.get(name)) for phrase in wanted)]


def _words_of_letters(words: str) -> list[str]:
    """Return the words of a query that stand as they are in whatever holds them: codes may have signs within."""
    return [ways[0][0] for ways in query_words(words) if len(ways) == len(ways[0]) == 1 and ways[0][0].isalpha()]


def _may_hold(document: Document, names: Sequence[str], letters: Sequence[str]) -> bool:
    """Tell whether each of these words stands somewhere in the text: cutting all texts into words takes far longer."""
    text = fold(" ".join(as_text(document.fields.get(name)) for name in names))
    return all(word in text for word in letters)


def _texts(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _holds_phrase(held: Sequence[str], phrase: Sequence[str], is_open: bool) -> bool:
    """Tell whether words stand beside each other in this order; of an open phrase the last is a beginning."""
    *whole, last = phrase
    same: Callable[[str], bool] = (lambda word: word.startswith(last)) if is_open else (lambda word: word == last)
    return any(list(held[start:start + len(whole)]) == whole and same(held[start + len(whole)])
               for start in range(len(held) - len(whole)))
