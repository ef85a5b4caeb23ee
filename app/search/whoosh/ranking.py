"""Runs a query over a snapshot: counts and facets of all matches, and the page in order."""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from app.search.facets import most_frequent
from app.search.fields import IndexSchema
from app.search.port import WINDOW, Hit, InvalidSearch, SearchQuery, SearchResult, Sort
from app.search.synonyms import Synonyms
from app.search.text import SEPARATOR
from app.search.whoosh.finding import find
from app.search.whoosh.matching import Docs
from app.search.whoosh.snapshot import SegmentView, Snapshot


class _Found(NamedTuple):
    key: Any  # None when the document has no value to sort by
    id: str
    view: SegmentView
    doc: int
    score: float


def run(schema: IndexSchema, snapshot: Snapshot, query: SearchQuery, synonyms: Synonyms) -> SearchResult:
    """The page, total and facets of a query. Raises InvalidSearch, SegmentDamaged."""
    check(schema, query)
    window = query.offset + query.limit
    by_relevance = query.sort is None and bool(query.text.strip())
    counters: dict[str, Counter[str]] = {name: Counter() for name in query.facets}
    ends: dict[str, list[float]] = {name: [] for name in query.ranges}
    candidates: list[_Found] = []
    found = find(schema, snapshot, query, synonyms, scored=by_relevance)
    for view, docs, scores in found.parts:
        for name, counter in counters.items():
            _count(counter, view, name, docs)
        for name, held in ends.items():
            held += _ends(view, name, docs)
        if window:
            candidates += _best(schema, view, docs, scores, query.sort, window)
    places = _in_order([one.key for one in candidates], [one.id for one in candidates], query.sort, by_relevance)
    ordered = [candidates[place] for place in places[query.offset : window]]
    return SearchResult(
        total=found.total,
        hits=tuple(Hit(one.id, one.score, one.view.data.document(one.doc)) for one in ordered),
        facets={name: most_frequent(schema.by_name[name], counter) for name, counter in counters.items()},
        ranges={name: (min(held), max(held)) if held else None for name, held in ends.items()},
        relaxed=found.relaxed,
        corrected=found.corrected,
    )


def all_ids(schema: IndexSchema, snapshot: Snapshot, query: SearchQuery, synonyms: Synonyms,
            most: int | None = None) -> list[str]:
    """The ids of all matches in the order of the query, without its page, the first `most` where that is said. Raises
    SegmentDamaged."""
    by_relevance = query.sort is None and bool(query.text.strip())
    keys: list[Any] = []
    names: list[str] = []
    for view, docs, scores in find(schema, snapshot, query, synonyms, scored=by_relevance).parts:
        ids = view.data.ids()
        key, descending = _key(schema, view, scores, query.sort)
        if most is not None and len(docs) > most:
            docs = _within(docs, key, descending, most)
        keys += map(key, docs)
        names += [ids.values[ids.codes[doc]] or "" for doc in docs]
    return [names[place] for place in _in_order(keys, names, query.sort, by_relevance)[:most]]


def check(schema: IndexSchema, query: SearchQuery) -> None:
    """Raises InvalidSearch for what the index does not offer."""
    for name in query.facets:
        field = schema.by_name.get(name)
        if field is None or not field.facet:
            raise InvalidSearch(f"{name} is not a field to count by")
    for name in query.ranges:
        field = schema.by_name.get(name)
        if field is None or field.kind not in ("number", "instant") or not field.has_column:
            raise InvalidSearch(f"{name} is not a field with a least and a highest value")
    if query.sort is not None:
        field = schema.by_name.get(query.sort.field)
        if field is None or not field.sort:
            raise InvalidSearch(f"{query.sort.field} is not a field to sort by")
    if query.offset < 0 or query.limit < 0 or query.offset + query.limit > WINDOW:
        raise InvalidSearch(f"a page must lie within the first {WINDOW} documents")


def _count(counter: "Counter[str]", view: SegmentView, name: str, docs: Docs) -> None:
    rows = view.data.keywords(name)
    for code, times in Counter(map(rows.codes.__getitem__, docs)).items():
        value = rows.values[code]
        if value is not None:
            for item in value.split(SEPARATOR):
                counter[item] += times


def _ends(view: SegmentView, name: str, docs: Docs) -> tuple[float, ...]:
    """The least and the highest value of these documents; empty where none has one."""
    numbers = view.data.numbers(name)
    known = [number for doc in docs if (number := numbers[doc]) == number]  # NaN is missing
    return (min(known), max(known)) if known else ()


def _best(
    schema: IndexSchema, view: SegmentView, docs: Docs, scores: dict[int, float], sort: Sort | None, window: int
) -> list[_Found]:
    """The documents of a segment that may be among the first `window` of all, in no order."""
    ids = view.data.ids()
    key, descending = _key(schema, view, scores, sort)
    if len(docs) > window:
        docs = _within(docs, key, descending, window)
    return [_Found(key(doc), ids.values[ids.codes[doc]] or "", view, doc, scores.get(doc, 0.0)) for doc in docs]


def _within(docs: Docs, key: Callable[[int], Any], descending: bool, window: int) -> Docs:
    keys = [key(doc) for doc in docs]
    known = [value for value in keys if value is not None]
    if len(known) <= window:
        # Some without a value are needed; which of them is decided by id, so all must stay.
        return docs
    take = heapq.nlargest if descending else heapq.nsmallest
    edge = take(window, known)[-1]
    if descending:
        return [doc for doc, value in zip(docs, keys, strict=True) if value is not None and value >= edge]
    return [doc for doc, value in zip(docs, keys, strict=True) if value is not None and value <= edge]


def _key(
    schema: IndexSchema, view: SegmentView, scores: dict[int, float], sort: Sort | None
) -> tuple[Callable[[int], Any], bool]:
    if sort is None:
        if scores:
            return scores.__getitem__, True
        ids = view.data.ids()
        return (lambda doc: ids.values[ids.codes[doc]]), False
    if schema.by_name[sort.field].kind in ("number", "instant"):
        numbers = view.data.numbers(sort.field)
        return (lambda doc: None if math.isnan(numbers[doc]) else numbers[doc]), sort.descending
    rows = view.data.keywords(sort.field)
    return (lambda doc: rows.values[rows.codes[doc]]), sort.descending


def _in_order(keys: Sequence[Any], names: Sequence[str], sort: Sort | None, by_relevance: bool) -> list[int]:
    """Return the places of documents in their order: by their keys, equal ones and those without one by their ids."""
    descending = by_relevance or (sort is not None and sort.descending)
    places = sorted(range(len(names)), key=names.__getitem__)
    valued = [place for place in places if keys[place] is not None]
    valued.sort(key=keys.__getitem__, reverse=descending)
    return valued if len(valued) == len(places) else valued + [place for place in places if keys[place] is None]
