"""Scores documents by the words they hold: one posting list a word, weighted by how rare the word is.

The loops are comprehensions over arrays on purpose: a search of 100,000 documents spends its milliseconds here."""
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate

from app.folding import Way, Ways, other_numbers
from app.search.synonyms import NONE, WORTH, Synonyms, expanded
from app.search.text import ends_open, is_beginning, query_parts
from app.search.whoosh.layout import WORDS
from app.search.whoosh.segments import SegmentData
from app.search.whoosh.snapshot import Snapshot

MAX_EXPANSION = 1000  # words a beginning may stand for, per segment
# A word that only begins as asked, or is the plural of it, counts less than the word itself.
_PREFIX_WORTH, _OTHER_NUMBER_WORTH = 0.7, 0.95
_RARITY = 1.4  # rare words say more of a long question than frequent ones (bench/relevance.py)
# Of a question of which any word may occur: its heaviest words, and how often they may stand in all documents together.
_MOST_SCORED, _MOST_POSTINGS = 64, 300_000
_MOST_LOOKED_UP = 50_000  # look-ups of documents in the lists of words that begin so; more cost what a walk does
FEW_OF = 16  # where fewer than one document in so many is left, the others are looked up
_ALL_WORDS = 1e6  # above every sum: what holds all words comes before what holds some

Scores = dict[int, float]


class QueryWords:
    """The members of one query in one snapshot: how often each stands in the query, and what its words weigh."""

    def __init__(self, snapshot: Snapshot, text: str, *, forgiving: bool, synonyms: Synonyms = NONE,
                 private: bool = False) -> None:
        self._snapshot = snapshot
        self.private = private
        self.forgiving = forgiving
        asked = expanded(query_parts(text), synonyms if forgiving else NONE)
        self._typed = asked.typed
        self.members = Counter(asked.members)
        self.counts = self.members + Counter(asked.parts)
        """How often each member stands in the query, those too that stand together for one with a synonym."""
        self.begun = next(reversed(self.members), None) if ends_open(text) else None
        """The member at the end that may still be being typed: its last word is searched as a beginning."""
        self._frequencies: dict[str, int] = {}
        self.weights = {word: self._weight(word) for ways in self.counts for way in ways for word in way}
        # Who asks does not decide how much is looked at: what few hold leaves little for the others.
        self.rarest_first = sorted(self.members, key=lambda ways: -min(
            max(self.weights[word] for word in way) for way in ways))
        self._segments: dict[str, SegmentScores] = {}

    def only_word(self) -> str | None:
        """Return the one word of the query, when only the whole word counts, as it is."""
        if self.forgiving or len(self.members) != 1:
            return None
        [ways] = self.members
        if len(ways) != 1 or len(ways[0]) != 1 or (ways is self.begun and is_beginning(ways[0][0])):
            return None
        return ways[0][0]

    def single(self) -> list[tuple[str, bool]]:
        """Return the words that have one way to be written, with whether they may still be being typed."""
        return [(ways[0][0], ways is self.begun) for ways in self.members if len(ways) == len(ways[0]) == 1]

    def typed(self, ways: Ways) -> int:
        """Return how many of the ways of a member are as it was typed; the others are synonyms."""
        return self._typed.get(ways, len(ways))

    def worth(self, ways: Ways, place: int) -> float:
        """Return what a document found by one of the ways counts: by a synonym less than by the weakest word."""
        if place < self.typed(ways):
            return 1.0
        weights = [self.weights[word] for word in ways[place]]
        weakest = min(weights + [self.weights[word] for way in ways[:self.typed(ways)] for word in way])
        return WORTH * weakest / sum(weights)

    def in_segment(self, data: SegmentData) -> "SegmentScores":
        """Return the scores of one segment, kept for who asks again in another manner."""
        if data.id not in self._segments:
            self._segments[data.id] = SegmentScores(self, data)
        return self._segments[data.id]

    def frequency(self, word: str) -> int:
        """Return in how many documents a word occurs, of a forgiving query in either number."""
        if word not in self._frequencies:
            self._frequencies[word] = sum(segment.data.frequency(WORDS, form) for segment in self._snapshot.segments
                                          for form in self.forms(word))
        return self._frequencies[word]

    def forms(self, word: str) -> tuple[str, ...]:
        """Return the words that count as this one, itself first."""
        return (word, *other_numbers(word)) if self.forgiving else (word,)

    def telling(self) -> list[Ways]:
        """Return the members that tell documents apart when any of them will do, the heaviest first.

        What more than half of all documents hold does not, unless nothing else is asked."""
        half = self._snapshot.documents / 2
        rare = [ways for ways in self.counts
                if len(ways) > 1 or any(self.frequency(word) <= half for word in ways[0])]
        found = rare or list(self.counts)
        found.sort(key=lambda ways: -self.counts[ways] * max(
            self.weights[word] for way in ways[:self.typed(ways)] for word in way))
        sizes = accumulate(sum(self.frequency(word) for way in ways for word in way) for ways in found)
        return found[:1] + [ways for ways, size in zip(found, sizes, strict=True)
                            if size <= _MOST_POSTINGS][1:_MOST_SCORED]

    def _weight(self, word: str) -> float:
        rarity = _inverse_frequency(self._snapshot.documents, self.frequency(word))
        return rarity ** _RARITY if self.forgiving else rarity


class SegmentScores:
    """The documents of one segment that hold the words of a query, with what they are worth."""

    def __init__(self, words: QueryWords, data: SegmentData) -> None:
        self._words = words
        self._data = data
        self._known: dict[tuple[str, bool], Scores] = {}  # the ways of a member share their words
        self._all: Scores | None = None

    def of_all(self, among: Iterable[int] | None = None) -> Scores:
        """Return the documents that hold every member of the query, in whichever of its ways; of these alone where some
        are named, the same whenever it is asked."""
        if self._all is None:
            scores: Scores | None = None if among is None else dict.fromkeys(among, 0.0)
            for ways in self._words.rarest_first:
                few = None if scores is None or len(scores) * FEW_OF > self._data.size else scores
                found = self._of_member(ways, few)
                scores = found if scores is None else _of_both(scores, found)
                if not scores:
                    break
            self._all = scores or {}
        return self._all

    def of_any(self) -> Scores:
        """Return the documents that hold any member, each with the sum of what it holds; those of all come first."""
        scores: Scores = {}
        for ways in self._words.telling():
            for doc, score in self._of_member(ways).items():
                scores[doc] = scores.get(doc, 0.0) + score
        return scores | {doc: score + _ALL_WORDS for doc, score in self.of_all().items()}

    def _of_member(self, ways: Ways, few: Scores | None = None) -> Scores:
        """Return the documents that hold all words of one of the ways, with the best score among those.

        With `few` only those are asked for: they are looked up, and no list is walked."""
        begun, count = ways is self._words.begun, self._words.counts[ways]
        best = self._of_way(ways[0], begun, few)
        if len(ways) > 1:
            best = dict(best)
        typed = self._words.typed(ways)
        for place, way in enumerate(ways[1:], 1):
            worth = self._words.worth(ways, place)
            for doc, score in self._of_way(way, begun and place < typed, few).items():
                if score * worth > best.get(doc, 0.0):
                    best[doc] = score * worth
        return {doc: score * count for doc, score in best.items()} if self._words.forgiving and count > 1 else best

    def _of_way(self, way: Way, begun: bool, few: Scores | None) -> Scores:
        scores: Scores | None = None
        # The rarest word first: most ways to write a code hold one that stands nowhere.
        for place, word in sorted(enumerate(way, 1), key=lambda placed: -self._words.weights[placed[1]]):
            is_begun = begun and place == len(way) and is_beginning(word)
            known = self._known.get((word, is_begun))
            looked_up = few is not None and known is None and self._costs_less(word, is_begun, few)
            found = self._among(word, is_begun, few) if few is not None and looked_up else self._of_word(word, is_begun)
            scores = found if scores is None else _of_both(scores, found)
            if not scores:
                break
        return scores or {}

    def _costs_less(self, word: str, begun: bool, few: Scores) -> bool:
        """Tell whether to look up few documents costs less than to walk lists: a beginning stands for many words."""
        return not begun or self._words.private or (
            len(few) * len(self._data.beginning_with(WORDS, word, MAX_EXPANSION)) <= _MOST_LOOKED_UP)

    def _among(self, word: str, begun: bool, few: Scores) -> Scores:
        """Return the same as `_of_word` of these documents alone."""
        found = {doc: score for doc, score in self._of_every_beginning(word, begun).items() if doc in few}
        for form, worth in self._forms(word, begun):
            docs, weights = self._data.postings(WORDS, form)
            for doc in few:
                place = bisect_left(docs, doc)
                if place < len(docs) and docs[place] == doc:
                    found[doc] = weights[place] * worth
        return found

    def _of_word(self, word: str, begun: bool) -> Scores:
        known = self._known.get((word, begun))
        if known is None:
            known = self._known[word, begun] = self._of_every_beginning(word, begun) | dict(self._scored(word, begun))
        return known

    def _of_every_beginning(self, word: str, begun: bool) -> Scores:
        """Return of a private query the documents that hold any word that begins so; they are not ordered by it."""
        if not (begun and self._words.private):
            return {}
        return dict.fromkeys(self._data.docs_beginning_with(WORDS, word), self._words.weights[word] * _PREFIX_WORTH)

    def _scored(self, word: str, begun: bool) -> Iterator[tuple[int, float]]:
        """Yield documents with their scores; of what is yielded twice the last counts: the word itself."""
        for form, worth in self._forms(word, begun):
            yield from self._weighted(form, worth)

    def _forms(self, word: str, begun: bool) -> Iterator[tuple[str, float]]:
        """Yield the words that are found by this one and what they count, itself last."""
        weight = self._words.weights[word]
        is_expanded = begun and not self._words.private
        for beginning in self._data.beginning_with(WORDS, word, MAX_EXPANSION) if is_expanded else ():
            yield beginning, weight * _PREFIX_WORTH
        for form in reversed(self._words.forms(word)):
            yield form, weight if form == word else weight * _OTHER_NUMBER_WORTH

    def _weighted(self, word: str, weight: float) -> Iterator[tuple[int, float]]:
        docs, weights = self._data.postings(WORDS, word)
        return zip(docs, [found * weight for found in weights], strict=True)


def _inverse_frequency(documents: int, held: int) -> float:
    """Return how much a word says that so many of the documents hold."""
    total = max(documents, held)
    return math.log(1 + (total - held + 0.5) / (held + 0.5))


def _of_both(some: Scores, others: Scores) -> Scores:
    fewer, more = (some, others) if len(some) < len(others) else (others, some)
    return {doc: score + more[doc] for doc, score in fewer.items() if doc in more}
