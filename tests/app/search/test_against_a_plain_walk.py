"""Filtered, counted, sorted search gives what a walk through all documents gives, however they lie in segments."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from app.folding import indexed_words
from app.search import Document, Filter, Removal, SearchQuery, Sort, WhooshIndex
from app.search.text import MIN_PREFIX, query_words
from tests.app.search.conftest import SCHEMA

WORDS = ["red", "read", "ready", "blue", "phone", "phones", "case", "ärger", "東京"]
CODES = ["Gr.49", "gr 49", "55/72/8", "55728", "A4"]
TYPES = ["FIXED", "AUCTION", None]

sentence = st.lists(st.sampled_from(WORDS + CODES), max_size=4).map(" ".join)
document = st.fixed_dictionaries(
    {
        "title": sentence,
        "description": sentence,
        "type": st.sampled_from(TYPES),
        "tags": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3, unique=True),
        "price": st.one_of(st.none(), st.integers(0, 10)),
    }
)
change = st.tuples(st.integers(0, 15).map("p{:02}".format), st.integers(1, 5), st.one_of(st.none(), document))
parts = ["re", "pho", "b", "gr49", "557", "49", "%"]
typed = st.lists(st.sampled_from([*WORDS, *CODES, *parts]), max_size=2).map(" ".join)
condition = st.one_of(
    st.sampled_from(["FIXED", "AUCTION", "GIFT"]).map(lambda value: Filter("type", "eq", value)),
    st.sampled_from(["x", "y", "w"]).map(lambda value: Filter("tags", "noteq", value)),
    st.tuples(st.integers(0, 10), st.one_of(st.none(), st.integers(0, 10))).map(lambda v: Filter("price", "range", v)),
    st.just(Filter("type", "missing")),
)


@settings(max_examples=60)
@given(
    batches=st.lists(st.lists(change, max_size=8), max_size=5),
    text=typed,
    filters=st.lists(condition, max_size=2),
    descending=st.booleans(),
)
def test_search_equals_the_plain_walk(
    batches: list[list[tuple[str, int, dict | None]]], text: str, filters: list[Filter], descending: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = WhooshIndex(Path(folder), SCHEMA)
        index.create()
        truth: dict[str, tuple[int, dict | None]] = {}
        for batch in batches:
            index.apply(Removal(id, v) if fields is None else Document(id, v, fields) for id, v, fields in batch)
            for id, version, fields in batch:
                _note(truth, id, version, fields)
        expected = {
            id: fields for id, (_, fields) in truth.items() if fields is not None and _fits(fields, text, filters)
        }
        result = index.search(SearchQuery(text, filters, ["type", "tags"], Sort("price", descending), limit=7))
        assert result.total == len(expected)
        assert [hit.id for hit in result.hits] == _ordered(expected, descending)[:7]
        assert result.facets["type"] == _counts([fields["type"]] for fields in expected.values())
        assert result.facets["tags"] == _counts(fields["tags"] for fields in expected.values())
        assert {hit.id for hit in index.search(SearchQuery(text, filters)).hits} == set(expected)


def _note(truth: dict[str, tuple[int, dict | None]], id: str, version: int, fields: dict | None) -> None:
    stored_version, stored = truth.get(id, (0, None))
    equal_removal = fields is None and version == stored_version and stored is not None
    if version > stored_version or equal_removal:
        truth[id] = (version, fields)


def _fits(fields: dict, text: str, filters: list[Filter]) -> bool:
    held = [word for name in ("title", "description") for word in indexed_words(fields[name])]
    wanted = query_words(text)
    if text and not wanted:
        return False
    for place, ways in enumerate(wanted, 1):
        if not any(_has_all(held, way, open_end=place == len(wanted)) for way in ways):
            return False
    return all(_holds(fields, one) for one in filters)


def _has_all(held: list[str], way: tuple[str, ...], open_end: bool) -> bool:
    *whole, last = way
    begun = open_end and len(last) >= MIN_PREFIX
    return set(whole) <= set(held) and any(one == last or (begun and one.startswith(last)) for one in held)


def _holds(fields: dict, one: Filter) -> bool:
    value = fields[one.field]
    if one.operator == "eq":
        return bool(value == one.value)
    if one.operator == "noteq":
        return one.value not in value
    if one.operator == "missing":
        return value is None
    low, high = one.value
    return value is not None and low <= value and (high is None or value <= high)


def _ordered(expected: dict[str, dict], descending: bool) -> list[str]:
    sign = -1 if descending else 1
    with_price = [id for id in expected if expected[id]["price"] is not None]
    return sorted(with_price, key=lambda id: (sign * expected[id]["price"], id)) + sorted(
        set(expected) - set(with_price)
    )


def _counts(values: object) -> dict[str, int]:
    counted: dict[str, int] = {}
    for several in values:  # type: ignore[attr-defined]
        for value in several:
            if value is not None:
                counted[value] = counted.get(value, 0) + 1
    return counted
