"""Words by an index of words, for objects that have one: it knows what every login sees, SQL decides who sees it.

What it does not have of the caller's own, such as his private rows, is looked through row by row beside it."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_

from app.data.visibility import EVERYONE
from app.identity.access import public_read
from app.search.catalogue import search_index
from app.search.forgiving import forgiven
from app.search.port import WINDOW, Condition, SearchIndex, SearchQuery
from app.search.rows import NEWEST_FIRST, IndexedRows
from app.search.text import query_words
from blueprints.platform.bff.indexes import CallersIndex, indexed_rows
from blueprints.platform.bff.rules import FieldCondition

EVERYWHERE = "everywhere"
"""The name under which a search of many objects is listed when nothing is found in any."""

Seen = Callable[[Sequence[str]], list[str]]
"""Returns those of the ids, in their order, whose rows the caller sees and that fulfil all else that is asked."""


@dataclass(frozen=True)
class Manner:
    """How words were looked for: `relaxed` by any of them, `corrected` by others than were typed; `cut`: more rows hold
    them than are looked at."""

    relaxed: bool = False
    corrected: str | None = None
    cut: bool = False


def suggested(index: CallersIndex, text: str) -> list[str]:
    """Return what a text that is being typed may become for the caller; nothing where words are masked for him."""
    rows = indexed_rows(index.model)
    return rows.suggested(index.actor, text) if rows and len(index.words) == len(index.object.words) else []


def is_for_everybody(index: CallersIndex) -> bool:
    """Return whether the rows of an object are there for everybody: what one does not find there, others miss, too."""
    rows, one = indexed_rows(index.model), index.object
    return one.who is public_read or one.visibility.rule == EVERYONE or (rows is not None and rows.every_login_reads)


def searched_as(index: CallersIndex) -> str:
    """Return under which name the operator is told of a search without hits: that of the index of words, if any."""
    rows = indexed_rows(index.model)
    return index.object.name if rows is None else rows.schema.name


def is_not_indexed(rows: IndexedRows) -> ColumnElement[bool]:
    """Return the condition of the rows that do not belong in the index."""
    if not rows.where:
        return false()
    found: Any = func.coalesce(and_(*rows.where), false())
    return not_(found)


def ranked_by_index(rows: IndexedRows, words: str, seen: Seen, rule: Condition | None, *, beside: int,
                    manner: Manner | None) -> tuple[list[str], Manner] | None:
    """Return the ids of the rows that hold the words, best match first, and the manner in which they were found: they
    are among the best WINDOW of the index. None while the index cannot be read.

    `rule` is what the caller sees as the index knows it, so a word of others is no word, and corrects none; None where
    the index cannot tell: then nothing is corrected. So many rows `beside` the index hold the words, too. With a
    `manner` they are looked for in that one.

    Private rows come newest first, all words must occur, and none is corrected: how rare a word is, and which are
    known, would tell of what others wrote (docs/decisions/118)."""
    index = search_index(rows.schema.name)
    index.refresh()
    is_public = rows.every_login_reads
    query = SearchQuery(words, () if rule is None else (rule,), forgiving=True, limit=0,
                        sort=None if is_public else NEWEST_FIRST, private=not is_public)

    def look(text: str, *, any_word: bool = False) -> tuple[list[str], bool]:
        ids = index.ids(replace(query, text=text, any_word=any_word), WINDOW + 1)
        if ids is None:
            raise _CannotBeReadError
        return seen(ids[:WINDOW]), len(ids) > WINDOW

    try:
        if manner is not None:
            return look(manner.corrected or words, any_word=manner.relaxed)[0], manner
        best = forgiven(words, look, total=lambda found: len(found[0]) + beside,
                        corrected=lambda: index.search(query).corrected if is_public and rule is not None else None,
                        has_several=lambda text: is_public and len(query_words(text)) > 1)
    except _CannotBeReadError:
        return None
    ids, is_cut = best.found
    return ids, Manner(best.relaxed, best.corrected, is_cut)


def may_hold_by_index(rows: IndexedRows, words: str, worded: Sequence[FieldCondition], rule: Condition | None, *,
                      every: bool) -> list[str] | None:
    """Return the ids of the rows of an index among which are all that hold the words that are typed; where none are,
    that fulfil every condition that asks for words, or any of them. An index knows of a word that a row holds it, and
    not where.

    None where the index cannot tell: it cannot be read, or does not have one of the properties, or more than WINDOW
    would have to be looked at."""
    index = search_index(rows.schema.name)
    if not {one.of.name for one in worded} <= {one.name for one in rows.schema.worded}:
        return None
    index.refresh()
    query = SearchQuery(filters=() if rule is None else (rule,), limit=0, private=not rows.every_login_reads)
    found: list[set[str] | None] = []
    for texts in _texts_of(words, worded, every=every):
        ids = _any_of(index, query, texts)
        if ids is None:
            return None
        found.append(ids if len(ids) <= WINDOW else None)
    known = [ids for ids in found if ids is not None]
    if not known or (not every and len(known) < len(found)):
        return None
    ids = set.intersection(*known) if every else set.union(*known)
    return sorted(ids) if len(ids) <= WINDOW else None


def _texts_of(words: str, worded: Sequence[FieldCondition], *, every: bool) -> list[list[str]]:
    """Return texts of which one has to be held, for each thing that is asked; each text once, however often it is
    said. Where everything is asked, what has one text is asked together: an index looks the rarest word up first."""
    if words:
        return [[words]]
    asked = [list(dict.fromkeys(
        text if one.operator == "match_phrase_prefix" else f"{text.rstrip()} "
        for text in one.values if query_words(text))) for one in worded]
    if not every:
        return asked
    single = [texts[0] for texts in asked if len(texts) == 1 and texts[0].endswith(" ")]
    return [*([["".join(single)]] if single else []), *(
        texts for texts in asked if len(texts) != 1 or not texts[0].endswith(" "))]


def _any_of(index: SearchIndex, query: SearchQuery, texts: Sequence[str]) -> set[str] | None:
    """Return the ids of what holds one of the texts, of more than WINDOW some; None while the index cannot be read."""
    found: set[str] = set()
    for text in texts:
        ids = index.ids(replace(query, text=text), WINDOW + 1)
        if ids is None:
            return None
        found.update(ids)
        if len(found) > WINDOW:
            break
    return found


class _CannotBeReadError(Exception):
    """The index has to be rebuilt."""
