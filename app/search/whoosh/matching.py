"""Finds the documents of a query in one segment: words first, conditions on the columns after.

The loops are comprehensions over arrays on purpose: a search of 100,000 documents spends its milliseconds here.
"""

import math
import re
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

from app.folding import Way, fold, words
from app.search.fields import Field, IndexSchema
from app.search.port import AllOf, AnyOf, Condition, Filter, InvalidSearch
from app.search.text import SEPARATOR, as_instant, as_keyword, as_number, as_text, query_words, value_of
from app.search.whoosh.layout import WORDS, own_words
from app.search.whoosh.scoring import FEW_OF, MAX_EXPANSION, QueryWords, Scores
from app.search.whoosh.snapshot import SegmentView

_WILDCARD_LIMIT = 200

Docs = Sequence[int]
Narrow = Callable[[SegmentView, Docs], Docs]


class Matcher:
    """A checked query, ready to be run on each segment of a snapshot; with `any_word` one of its words is enough."""

    def __init__(self, words: QueryWords, narrowings: Sequence[Narrow], *, is_open: bool, any_word: bool = False,
                 fewest: Callable[[SegmentView], set[int] | None] = lambda view: None) -> None:
        self.words = words
        self._fewest = fewest
        self._narrowings = narrowings
        self._is_open = is_open
        self._any_word = any_word

    def docs(self, segment: SegmentView, scored: bool) -> tuple[Docs, Scores]:
        """The matching documents of a segment, ascending, and their scores when asked for."""
        scores: Scores = {}
        docs: Docs = range(segment.data.size) if self._is_open else ()
        if (word := self.words.only_word()) is not None and not scored:
            docs = segment.data.postings(WORDS, word).docs
        elif self.words.members:
            found = self.words.in_segment(segment.data)
            scores = found.of_any() if self._any_word else found.of_all(self._fewest(segment))
            docs = sorted(scores)
        if docs and segment.alive is not None:
            docs = list(compress(docs, map(segment.alive.__getitem__, docs)))
        for narrow in self._narrowings:
            if not docs:
                break
            docs = narrow(segment, docs)
        return docs, scores


# Conditions ----------------------------------------------------------------------------------------------------------


def fewest(schema: IndexSchema, conditions: Sequence[Condition], view: SegmentView) -> set[int] | None:
    """The documents among which are all that fulfil some conditions, where an id that one names is of few of them: a
    person's own are found by whose they are, however many hold a word. None else."""
    known = [docs for one in conditions if (docs := _known(schema, one, view)) is not None]
    return min(known, key=len, default=None)


def _known(schema: IndexSchema, condition: Condition, view: SegmentView) -> set[int] | None:
    if isinstance(condition, AllOf):
        return fewest(schema, condition.parts, view)
    if isinstance(condition, AnyOf):
        parts = [_known(schema, part, view) for part in condition.parts]
        return None if None in parts else set[int]().union(*filter(None, parts))
    field = schema.by_name[condition.field]
    if condition.operator != "in" or field.kind != "keyword" or field.many or field.folded or field.facet:
        return None  # what is a facet has few values, each of many documents
    rows = view.data.keywords(field.name)
    lists = [rows.docs_of(code) for value in _values(field, condition) if (code := rows.code_of(value)) is not None]
    return set().union(*lists) if sum(map(len, lists)) * FEW_OF <= view.data.size else None


def narrowing(schema: IndexSchema, condition: Condition) -> Narrow:
    """The function that keeps the documents fulfilling a condition. Raises InvalidSearch."""
    if isinstance(condition, AllOf):
        return _by_all([narrowing(schema, part) for part in condition.parts])
    if isinstance(condition, AnyOf):
        return _by_any([narrowing(schema, part) for part in condition.parts])
    field = schema.by_name.get(condition.field)
    if field is None or not field.filter:
        raise InvalidSearch(f"{condition.field} is not a field to filter by")
    if field.kind in ("number", "instant"):
        return _number_narrowing(field, condition)
    if condition.operator in ("match", "phrase", "phrase_prefix") and field.kind == "text":
        return _word_narrowing(field, condition)
    return _keyword_narrowing(field, condition)


def _by_all(parts: list[Narrow]) -> Narrow:
    def narrow(view: SegmentView, docs: Docs) -> Docs:
        for part in parts:
            docs = part(view, docs)
        return docs
    return narrow


def _by_any(parts: list[Narrow]) -> Narrow:
    def narrow(view: SegmentView, docs: Docs) -> Docs:
        kept: set[int] = set()
        left = docs
        for part in parts:
            kept.update(part(view, left))
            left = [doc for doc in docs if doc not in kept] if kept else docs
        return [doc for doc in docs if doc in kept]
    return narrow


def _number_narrowing(field: Field, condition: Filter) -> Narrow:
    read = as_number if field.kind == "number" else as_instant
    operator, value = condition.operator, condition.value
    if operator in ("exists", "missing"):
        wanted = operator == "exists"
        return lambda view, docs: _where(docs, view.data.numbers(field.name), lambda x: (x == x) is wanted)
    if operator == "range":
        low, high = _bounds(condition, read)
        return lambda view, docs: _between(docs, view.data.numbers(field.name), low, high)
    if operator in ("eq", "noteq", "in", "not_in"):
        several = operator in ("in", "not_in")
        values = {_required(condition, read, item) for item in (_items(condition) if several else [value])}
        if operator in ("noteq", "not_in"):
            return lambda view, docs: _where(docs, view.data.numbers(field.name), lambda x: x not in values)
        return lambda view, docs: _where(docs, view.data.numbers(field.name), values.__contains__)
    raise InvalidSearch(f"{field.name} cannot be filtered by {operator}")


def _between(docs: Docs, rows: Any, low: float, high: float) -> Docs:
    return [doc for doc in docs if low <= rows[doc] <= high]


def _where(docs: Docs, rows: Any, test: Callable[[float], bool]) -> Docs:
    return [doc for doc in docs if test(rows[doc])]


def _bounds(condition: Filter, read: Callable[[Any], float | None]) -> tuple[float, float]:
    pair = _items(condition)
    if len(pair) != 2:
        raise InvalidSearch(f"{condition.field}: a range has two ends")
    low, high = (None if end in (None, "") else _required(condition, read, end) for end in pair)
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def _required(condition: Filter, read: Callable[[Any], float | None], value: Any) -> float:
    found = read(value)
    if found is None:
        raise InvalidSearch(f"{condition.field}: {value!r} is not a value of it")
    return found


def _items(condition: Filter) -> list[Any]:
    if isinstance(condition.value, list | tuple | set | frozenset):
        return list(condition.value)
    raise InvalidSearch(f"{condition.field}: {condition.operator} takes a list of values")


def _keyword_narrowing(field: Field, condition: Filter) -> Narrow:
    if condition.operator in ("exists", "missing"):
        wanted = condition.operator == "exists"

        def by_presence(view: SegmentView, docs: Docs) -> Docs:
            codes = view.data.keywords(field.name).codes
            return [doc for doc in docs if (codes[doc] != 0) is wanted]

        return by_presence
    if condition.operator == "not_in" or (condition.operator in ("eq", "in") and (field.folded or not field.many)):
        values = _values(field, condition)
        return lambda view, docs: _equal(view, field, docs, values, condition.operator != "not_in")
    accepts = _acceptance(field, condition)

    def by_value(view: SegmentView, docs: Docs) -> Docs:
        rows = view.data.keywords(field.name)
        codes = rows.codes
        allowed = bytearray(accepts(value) for value in rows.values)
        return list(compress(docs, map(allowed.__getitem__, map(codes.__getitem__, docs))))

    return by_value


def _values(field: Field, condition: Filter) -> set[str]:
    several = condition.operator in ("in", "not_in")
    return {_text(field, item) for item in (_items(condition) if several else [condition.value])}


def _equal(view: SegmentView, field: Field, docs: Docs, values: set[str], is_wanted: bool) -> Docs:
    rows = view.data.keywords(field.name)
    codes = rows.codes
    if field.many or field.folded:
        named = {code for value in values for code in rows.codes_holding(value, field.folded)}
    else:
        named = {code for value in values if (code := rows.code_of(value)) is not None}
    if not is_wanted:
        return [doc for doc in docs if codes[doc] not in named] if named else docs
    if len(named) == 1:
        [only] = named
        return [doc for doc in docs if codes[doc] == only]
    return [doc for doc in docs if codes[doc] in named]


def _acceptance(field: Field, condition: Filter) -> Callable[[str | None], bool]:
    """Whether a column value (None when missing) fulfils a condition on one of its items."""
    operator = condition.operator
    if operator in ("eq", "in", "noteq"):
        test: Callable[[str], bool] = _values(field, condition).__contains__
    elif operator in ("prefix", "phrase_prefix"):
        test = _beginning(_text(field, condition.value))
    elif operator == "wildcard":
        test = _wildcard(_text(field, condition.value))
    elif operator in ("match", "phrase"):
        wanted = fold(_text(field, condition.value))
        return lambda value: value is not None and wanted in map(fold, value.split(SEPARATOR))
    else:
        raise InvalidSearch(f"{field.name} cannot be filtered by {operator}")
    if operator == "noteq":
        return lambda value: value is None or not any(map(test, value.split(SEPARATOR)))
    return lambda value: value is not None and any(map(test, value.split(SEPARATOR)))


def _beginning(wanted: str) -> Callable[[str], bool]:
    return lambda value: value.startswith(wanted)


def _wildcard(pattern: str) -> Callable[[str], bool]:
    # Piece by piece between the stars: linear, where one pattern with many stars could backtrack for ever.
    pieces = re.sub(r"\*+", "*", pattern[:_WILDCARD_LIMIT]).split("*")
    first, *middle = [re.compile("".join("[\\s\\S]" if sign == "?" else re.escape(sign) for sign in p)) for p in pieces]
    if not middle:
        return lambda value: first.fullmatch(value) is not None
    last, last_size = middle.pop(), len(pieces[-1])

    def matches(value: str) -> bool:
        found = first.match(value)
        for piece in middle:
            found = found and piece.search(value, found.end())
        start = len(value) - last_size
        return found is not None and start >= found.end() and last.fullmatch(value, start) is not None

    return matches


def _text(field: Field, value: Any) -> str:
    found = as_keyword(value)
    if found is None:
        raise InvalidSearch(f"{field.name}: {value!r} is not a value of it")
    return fold(found) if field.kind == "text" or field.folded else found


def _word_narrowing(field: Field, condition: Filter) -> Narrow:
    asked = _text(field, condition.value)
    wanted = query_words(asked)
    open_end = condition.operator == "phrase_prefix"
    phrase = None if condition.operator == "match" else words(asked)

    def by_words(view: SegmentView, docs: Docs) -> Docs:
        if not wanted:
            return ()
        found = set(docs)
        for place, ways in enumerate(wanted, 1):
            at_end = open_end and place == len(wanted)
            found &= {doc for way in ways for doc in _holding(view, own_words(field.name), way, at_end)}
        kept = sorted(found)
        if phrase is None:
            return kept
        return [doc for doc in kept if _has_phrase(view.data.document(doc), field.name, phrase, open_end)]

    return by_words


def _holding(view: SegmentView, name: str, way: Way, open_end: bool) -> set[int]:
    """The documents that hold all words of a way; with an open end the last may be a beginning."""
    found: list[set[int]] = []
    for place, word in enumerate(way, 1):
        begun = open_end and place == len(way)
        alike = view.data.beginning_with(name, word, MAX_EXPANSION) if begun else [word]
        found.append({doc for known in alike for doc in view.data.postings(name, known).docs})
    return set.intersection(*found)


def _has_phrase(fields: dict[str, Any], name: str, phrase: list[str], open_end: bool) -> bool:
    found = words(as_text(value_of(fields, name)))
    size = len(phrase)
    for start in range(len(found) - size + 1):
        if found[start : start + size - 1] == phrase[:-1]:
            last = found[start + size - 1]
            if last == phrase[-1] or (open_end and last.startswith(phrase[-1])):
                return True
    return False
