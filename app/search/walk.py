"""The answer of a search without its index: a walk over documents, for the time in which it is being rebuilt.

It knows what lists of rows ask (app/search/rows.py): words, values of keywords, facets, an order by one instant."""
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from app.folding import Ways, fold, indexed_words
from app.search.facets import most_frequent
from app.search.fields import Field, IndexSchema
from app.search.port import AllOf, Condition, Document, Filter, Hit, SearchQuery, SearchResult, Sort
from app.search.text import SEPARATOR, as_instant, as_text, column_value, ends_open, is_beginning, query_words, value_of

Test = Callable[[Document], bool]


def walk(schema: IndexSchema, documents: Iterable[Document], query: SearchQuery) -> SearchResult:
    """Return what the index would find among these documents; not `ready`, and words do not order it.

    Without `sort` the documents come as they are given. Raises ValueError for conditions that are none of values."""
    tests = [_test(schema, one) for one in query.filters]
    found = [document for document in holding(schema, documents, query.text) if all(test(document) for test in tests)]
    facets = {name: most_frequent(schema.by_name[name], Counter(
        item for document in found for item in _items(schema.by_name[name], document))) for name in query.facets}
    if query.sort is not None:
        found = _sorted(found, query.sort)
    page = found[query.offset:query.offset + query.limit]
    return SearchResult(len(found), tuple(Hit(one.id, 0.0, dict(one.fields)) for one in page), facets, ready=False)


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
    if field.kind != "keyword" or condition.operator not in ("in", "not_in"):
        raise ValueError(f"{condition.field}: a walk knows no {condition.operator}")
    form: Callable[[str], str] = fold if field.folded else str
    named, is_wanted = set(map(form, condition.value)), condition.operator == "in"
    return lambda document: is_wanted is not named.isdisjoint(map(form, _items(field, document)))


def _items(field: Field, document: Document) -> Sequence[str]:
    value = column_value(field, value_of(document.fields, field.name))
    return value.split(SEPARATOR) if isinstance(value, str) else ()


def _sorted(documents: Sequence[Document], sort: Sort) -> list[Document]:
    """Return them in the order of one instant, equal ones by their ids."""
    by_id = sorted(documents, key=lambda one: one.id)
    return sorted(by_id, key=lambda one: as_instant(value_of(one.fields, sort.field)) or 0.0, reverse=sort.descending)
