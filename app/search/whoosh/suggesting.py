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
_FIRST = 16  # documents of a word that are looked at before all of them are read
_A_LIST = 50  # documents of which reading costs as much as finding where those of a word stand
_FEW = 500  # documents of a word before, of which it is worth while to know all
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
        self._beside: dict[str, _Beside] = {}
        self._left = _MOST_LOOKED_AT

    @property
    def are_too_many(self) -> bool:
        """Whether enough documents have been looked at for one answer."""
        return self._left <= 0

    def has_one(self, view: SegmentView, word: str) -> bool:
        """Return whether a document of the segment that holds the word is the caller's to find."""
        beside = self._beside.get(view.data.id)
        if beside is None:
            beside = self._beside[view.data.id] = _Beside(self._before, view.data)
        if beside.is_nowhere or self.are_too_many:
            return False
        self._left -= _A_LIST + _FIRST
        first = view.data.postings(WORDS, word, _FIRST).docs
        if self._any(view, first, beside):
            return True
        if len(first) < _FIRST or self.are_too_many:
            return False
        more = view.data.postings(WORDS, word).docs[_FIRST:][:self._left]
        self._left -= len(more)
        return self._any(view, more, beside)

    def _any(self, view: SegmentView, docs: Docs, beside: "_Beside") -> bool:
        docs = beside.among(docs)
        if view.alive is not None:
            docs = [doc for doc in docs if view.alive[doc]]
        for narrow in self._narrowings:
            docs = narrow(view, docs) if docs else docs
        return bool(docs)


class _Beside:
    """The documents of one segment that hold the words before the one that is being typed."""

    def __init__(self, before: QueryWords, data: SegmentData) -> None:
        def where(word: str) -> list[Docs]:
            return [docs for form in before.forms(word) if (docs := data.postings(WORDS, form).docs)]

        self._members = [[way for way in ([where(word) for word in way] for way in ways) if all(way)]
                         for ways in before.members]
        self._few: set[int] | None = None
        for ways in self._members:
            if len(ways) == len(ways[0:1]) == 1 and sum(map(len, ways[0][0])) <= _FEW:
                rare = sorted({doc for docs in ways[0][0] for doc in docs})
                self._few = set(self._holding(rare))
                break
        self.is_nowhere = not all(self._members) or self._few == set()

    def among(self, docs: Docs) -> Docs:
        """Return those of the documents that hold the words."""
        if self._few is not None:
            return [doc for doc in docs if doc in self._few]
        return self._holding(docs)

    def _holding(self, docs: Docs) -> Docs:
        for ways in self._members:
            docs = [doc for doc in docs if any(all(any(_stands(doc, held) for held in word) for word in way)
                                               for way in ways)]
        return docs


def _stands(doc: int, docs: Docs) -> bool:
    place = bisect_left(docs, doc)
    return place < len(docs) and docs[place] == doc
