"""Completes what is being typed: the most frequent words that begin so and have a hit for whoever asks (FD-5).

A word is told only when a document is found by it, under the conditions of the caller and with the words before it."""
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from app.folding import words
from app.search.fields import IndexSchema
from app.search.port import Condition
from app.search.text import MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS, ends_open, is_beginning
from app.search.whoosh.layout import WORDS
from app.search.whoosh.matching import Docs, narrowing
from app.search.whoosh.scoring import QueryWords
from app.search.whoosh.segments import SegmentData
from app.search.whoosh.snapshot import SegmentView, Snapshot

_PER_SEGMENT = 50  # words that begin so, the most frequent ones
_FIRST = 64  # documents of a word that are looked at before all of them are read
_MOST_LOOKED_AT = 5_000  # documents for one answer: whoever asks does not decide how long it takes


def suggest(schema: IndexSchema, snapshot: Snapshot, text: str, conditions: Sequence[Condition], most: int
            ) -> list[str]:
    """Return at most so many texts that `text` may become, the most frequent word first; folded.

    Nothing where the last word is whole already or shorter than two letters. Raises InvalidSearch, SegmentDamaged."""
    found = words(text[:MAX_QUERY_CHARACTERS])[:MAX_QUERY_WORDS]
    if not found or not ends_open(text) or not is_beginning(found[-1]):
        return []
    *before, begun = found
    hits = _Hits(schema, snapshot, before, conditions)
    counts: Counter[str] = Counter()
    holding: dict[str, list[SegmentView]] = {}
    for view in snapshot.segments:
        for word, count in view.data.most_frequent(WORDS, begun, _PER_SEGMENT):
            counts[word] += count
            holding.setdefault(word, []).append(view)
    told: list[str] = []
    for word, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        if len(told) == most or hits.are_too_many:
            break
        if any(hits.has_one(view, word) for view in holding[word]):
            told.append(" ".join([*before, word]))
    return told


class _Hits:
    """Whether a word has a hit for the caller; looks at a bounded number of documents."""

    def __init__(self, schema: IndexSchema, snapshot: Snapshot, before: list[str], conditions: Sequence[Condition]
                 ) -> None:
        self._narrowings = [narrowing(schema, condition) for condition in conditions]
        self._before = QueryWords(snapshot, " ".join([*before, ""]), forgiving=True)
        self._left = _MOST_LOOKED_AT

    @property
    def are_too_many(self) -> bool:
        """Whether enough documents have been looked at for one answer."""
        return self._left <= 0

    def has_one(self, view: SegmentView, word: str) -> bool:
        """Return whether a document of the segment that holds the word is the caller's to find."""
        first = view.data.first_docs(WORDS, word, _FIRST)
        if self._any(view, first):
            return True
        if len(first) < _FIRST or self.are_too_many:
            return False
        return self._any(view, view.data.postings(WORDS, word).docs[_FIRST:][:self._left])

    def _any(self, view: SegmentView, docs: Docs) -> bool:
        self._left -= len(docs)
        if view.alive is not None:
            docs = [doc for doc in docs if view.alive[doc]]
        for narrow in self._narrowings:
            docs = narrow(view, docs)
        return any(self._holds_those_before(view.data, doc) for doc in docs)

    def _holds_those_before(self, data: SegmentData, doc: int) -> bool:
        return all(any(all(self._holds(data, doc, word) for word in way) for way in ways)
                   for ways in self._before.members)

    def _holds(self, data: SegmentData, doc: int, word: str) -> bool:
        for form in self._before.forms(word):
            docs = data.postings(WORDS, form).docs
            place = bisect_left(docs, doc)
            if place < len(docs) and docs[place] == doc:
                return True
        return False
