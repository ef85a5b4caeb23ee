"""Decides what of a snapshot a query finds: as it is typed, and a forgiving one in other ways when that is little.

What is found is counted and put in order elsewhere (ranking.py)."""
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter

from app.folding import words
from app.search.fields import IndexSchema
from app.search.forgiving import forgiven
from app.search.port import SearchQuery
from app.search.synonyms import Synonyms
from app.search.whoosh.layout import WORDS
from app.search.whoosh.matching import Docs, Matcher, fewest, narrowing
from app.search.whoosh.scoring import QueryWords, Scores
from app.search.whoosh.snapshot import SegmentView, Snapshot

_MOST_LOOKED_AT = 8  # words of one query of which it is asked whether they are known
_MOST_CORRECTED, _MOST_TRIED = 3, 5  # unknown ones among them, and known ones that are tried for each
_SHORTEST_CORRECTED = 4  # letters


@dataclass(frozen=True)
class Found:
    """The documents of each segment that holds any, with their scores."""

    parts: list[tuple[SegmentView, Docs, Scores]] = field(default_factory=list)
    relaxed: bool = False
    corrected: str | None = None

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(len(docs) for _, docs, _ in self.parts)


def find(schema: IndexSchema, snapshot: Snapshot, query: SearchQuery, synonyms: Synonyms, *, scored: bool) -> Found:
    """Return what a query finds. Raises InvalidSearch, SegmentDamaged."""
    search = _Search(schema, snapshot, query, synonyms, scored)
    if not query.forgiving or query.any_word is not None or not query.text.strip():
        return search.run(query.text, any_word=bool(query.any_word))
    best = forgiven(query.text, search.run, total=attrgetter("total"), corrected=search.corrected,
                    has_several=lambda text: len(search.words(text).counts) > 1)
    return replace(best.found, relaxed=best.relaxed, corrected=best.corrected)


class _Search:
    def __init__(self, schema: IndexSchema, snapshot: Snapshot, query: SearchQuery, synonyms: Synonyms, scored: bool
                 ) -> None:
        self._schema, self._snapshot = schema, snapshot
        self._synonyms = synonyms
        self._query = query
        self._scored = scored
        self._narrowings = [narrowing(schema, condition) for condition in query.filters]
        self._words: dict[str, QueryWords] = {}

    def words(self, text: str) -> QueryWords:
        if text not in self._words:
            self._words[text] = QueryWords(self._snapshot, text, forgiving=self._query.forgiving,
                                           synonyms=self._synonyms, private=self._query.private)
        return self._words[text]

    def run(self, text: str, *, any_word: bool = False, scored: bool | None = None) -> Found:
        matcher = Matcher(self.words(text), self._narrowings, is_open=not text.strip(), any_word=any_word,
                          fewest=partial(fewest, self._schema, self._query.filters))
        scored = self._scored if scored is None else scored
        parts = ((view, *matcher.docs(view, scored=scored)) for view in self._snapshot.segments)
        return Found([part for part in parts if part[1]])

    def corrected(self) -> str | None:
        """Return the query with each unknown word as it may have been meant; None where there is nothing better.

        A word is unknown, and another is offered, by what the caller of this query sees alone (FD-5)."""
        asked = [(word, begun) for word, begun in self.words(self._query.text).single()
                 if len(word) >= _SHORTEST_CORRECTED][:_MOST_LOOKED_AT]
        unknown = [word for word, begun in asked if not self._finds(word, begun=begun)][:_MOST_CORRECTED]
        meant = {word: better for word in unknown if (better := self._meant(word)) is not None}
        return " ".join(meant.get(word, word) for word in words(self._query.text)) if meant else None

    def _finds(self, word: str, *, begun: bool = False) -> bool:
        return self.run(word if begun else f"{word} ", scored=False).total > 0

    def _meant(self, word: str) -> str | None:
        counts: Counter[str] = Counter()
        for segment in self._snapshot.segments:
            for known in {*segment.data.one_letter_away(WORDS, word), *_swapped(word)}:
                counts[known] += segment.data.frequency(WORDS, known)
        likely = [known for known, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if count]
        return next(filter(self._finds, likely[:_MOST_TRIED]), None)


def _swapped(word: str) -> Iterator[str]:
    """Yield the word with two neighbours in each other's place: the commonest slip of the fingers."""
    for place in range(len(word) - 1):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2:]
