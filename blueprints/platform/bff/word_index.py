"""Words by an index of words, for objects that have one: it knows what every login sees, SQL decides who sees it.

What it does not have of the caller's own, such as his private rows, is looked through row by row beside it."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_

from app.data.entity import Entity
from app.runtime import runtime
from app.search.catalogue import Indexes, search_index
from app.search.port import WINDOW, SearchQuery
from app.search.rows import SearchedRows

FEW = 10
"""With fewer than so many any of the words are enough (FD-4)."""

Seen = Callable[[Sequence[str]], list[str]]
"""Returns those of the ids, in their order, whose rows the caller sees and that fulfil all else that is asked."""


@dataclass(frozen=True)
class Manner:
    """How words were looked for: `relaxed` by any of them, `corrected` by others than were typed; `cut`: more rows hold
    them than are looked at."""

    relaxed: bool = False
    corrected: str | None = None
    cut: bool = False


def indexed_rows(model: type[Entity]) -> SearchedRows | None:
    """Return what is indexed of a data object, None where no index of words has it."""
    for index in runtime().part(Indexes).values():
        if index.rows is not None and index.rows.model is model:
            return index.rows
    return None


def is_not_indexed(rows: SearchedRows) -> ColumnElement[bool]:
    """Return the condition of the rows that do not belong in the index."""
    found: Any = func.coalesce(and_(*rows.where), false())
    return not_(found)


def ranked_by_index(rows: SearchedRows, words: str, seen: Seen, manner: Manner | None
                    ) -> tuple[list[str], Manner] | None:
    """Return the ids of the rows that hold the words, best match first, and the manner in which they were found: they
    are among the best WINDOW of the index.

    What is forgiven is decided by what the caller sees: nothing is corrected to words that find him nothing. With a
    `manner` they are looked for in that one. None while the index cannot be read."""
    index = search_index(rows.schema.name)
    index.refresh()

    def found(text: str, *, any_word: bool = False) -> tuple[list[str], bool] | None:
        ids = index.ids(SearchQuery(text, forgiving=True, any_word=any_word))
        return None if ids is None else (seen(ids[:WINDOW]), len(ids) > WINDOW)

    if manner is not None:
        again = found(manner.corrected or words, any_word=manner.relaxed)
        return None if again is None else (again[0], manner)
    text, corrected, first = words, None, found(words)
    if first is None:
        return None
    ids, cut = first
    if not ids:
        better = index.search(SearchQuery(words, forgiving=True, limit=0)).corrected
        if better is not None and (those := found(better)) and those[0]:
            text, corrected, (ids, cut) = better, better, those
    if len(ids) < FEW:
        more, more_cut = found(text, any_word=True) or ([], False)
        if len(more) > len(ids):
            return more, Manner(True, corrected, more_cut)
    return ids, Manner(False, corrected, cut)
