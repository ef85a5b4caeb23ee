"""The answer of a search without its index: a walk over documents, for the time in which it is being rebuilt.

It knows what lists ask: words, values of keywords, ranges, facets, an order by one number or instant."""
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from app.folding import Ways, fold, indexed_words
from app.search.facets import most_frequent
from app.search.fields import Field, IndexSchema
from app.search.port import AllOf, Condition, Document, Filter, Hit, SearchQuery, SearchResult, Sort
from app.search.text import (
    SEPARATOR,
    as_instant,
    as_number,
    as_text,
    column_value,
    ends_open,
    is_beginning,
    query_words,
    value_of,
)

Test = Callable[[Document], bool]


def walk(schema: IndexSchema, documents: Iterable[Document], query: SearchQuery) -> SearchResult:
    """Return what the index would find among these documents; not `ready`, and words do not order it.

    Without `sort` the documents come as they are given. Raises ValueError for conditions that are none of values."""
    tests = [_test(schema, one) for one in query.filters]
    found = [document for document in holding(schema, documents, query.text) if all(test(document) for test in tests)]
    facets = {name: most_frequent(schema.by_name[name], Counter(
        item for document in found for item in _items(schema.by_name[name], document))) for name in query.facets}
    if query.sort is not None:
        found = _sorted(schema.by_name[query.sort.field], found, query.sort)
    page = found[query.offset:query.offset + query.limit]
    ranges = {name: _ends(schema.by_name[name], found) for name in query.ranges}
    return SearchResult(len(found), tuple(Hit(one.id, 0.0, dict(one.fields)) for one in page), facets, ready=False,
                        ranges=ranges)


def holding(schema: IndexSchema, documents: Iterable[Document], text: str) -> list[Document]:
    """Return those that hold the words of a query; all where nothing is typed."""
    if not text.strip():
        return list(documents)
    wanted, is_open = query_words(text), ends_open(text)

    def holds(document: Document) -> bool:
        held = {word for field in schema.worded for word in indexed_words(as_text(value_of(document.fields,
                                                                                            field.name)))}
        return bool(wanted) and all(_any_way(held, ways, is_open and place == len(wanted))
                                    for place, ways in enumerate(wanted, 1))
    return list(filter(holds, documents))


def _any_way(held: set[str], ways: Ways, open_end: bool) -> bool:
    return any(set(whole) <= held and (last in held or (
        open_end and is_beginning(last) and any(word.startswith(last) for word in held))) for *whole, last in ways)


def _test(schema: IndexSchema, condition: Condition) -> Test:
    if isinstance(condition, Filter):
        return _fulfils(schema.by_name[condition.field], condition)
    tests, holds = [_test(schema, part) for part in condition.parts], all if isinstance(condition, AllOf) else any
    return lambda document: holds(test(document) for test in tests)


def _fulfils(field: Field, condition: Filter) -> Test:
    if field.kind in ("number", "instant") and condition.operator == "in":
        values = {_number(field, value) for value in condition.value}
        return lambda document: (held := _held(field, document)) is not None and held in values
    if field.kind in ("number", "instant") and condition.operator == "range":
        low, high = (None if end is None else _number(field, end) for end in condition.value)
        return lambda document: (held := _held(field, document)) is not None and (
            (low is None or held >= low) and (high is None or held <= high))
    if field.kind != "keyword" or condition.operator not in ("in", "not_in"):
        raise ValueError(f"{condition.field}: a walk knows no {condition.operator}")
    form: Callable[[str], str] = fold if field.folded else str
    named, is_wanted = set(map(form, condition.value)), condition.operator == "in"
    return lambda document: is_wanted is not named.isdisjoint(map(form, _items(field, document)))


def _items(field: Field, document: Document) -> Sequence[str]:
    value = column_value(field, value_of(document.fields, field.name))
    return value.split(SEPARATOR) if isinstance(value, str) else ()


def _sorted(field: Field, documents: Sequence[Document], sort: Sort) -> list[Document]:
    """Return them in the order of one number or instant, those without one last, equal ones by their ids."""
    by_id = sorted(documents, key=lambda one: one.id)
    known = [one for one in by_id if _held(field, one) is not None]
    known.sort(key=lambda one: _held(field, one) or 0.0, reverse=sort.descending)
    return known + [one for one in by_id if _held(field, one) is None]


def _ends(field: Field, documents: Sequence[Document]) -> tuple[float, float] | None:
    held = [value for one in documents if (value := _held(field, one)) is not None]
    return (min(held), max(held)) if held else None


def _held(field: Field, document: Document) -> float | None:
    return _number(field, value_of(document.fields, field.name))


def _number(field: Field, value: object) -> float | None:
    return as_number(value) if field.kind == "number" else as_instant(value)
