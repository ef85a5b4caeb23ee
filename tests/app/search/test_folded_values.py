"""Spellings are one value, values are left out, and a walk answers as the index does."""
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.folding import fold
from app.search import Document, Field, Filter, IndexSchema, SearchQuery, Sort, WhooshIndex, instant, keyword, prose
from app.search.walk import walk

TOWNS = IndexSchema("towns", (prose("name"), keyword("skills", facet=True, many=True, folded=True),
                              keyword("place", facet=True, folded=True), keyword("person"), instant("createdAt")))
PLACES = [None, "Zürich", "ZURICH", "Oslo", "oslo"]
town = st.fixed_dictionaries({
    "name": st.sampled_from(["Årud bakery", "arud", "rye gr.49", ""]), "place": st.sampled_from(PLACES),
    "skills": st.lists(st.sampled_from(["Go", "go", "SQL", "Café", "cafe"]), max_size=3),
    "person": st.sampled_from(["a", "b", None]), "createdAt": st.integers(0, 3)})
asked = st.one_of(
    st.tuples(st.just("skills"), st.sampled_from(["in", "not_in"]), st.lists(st.sampled_from(["GO", "café", "x"]))),
    st.tuples(st.just("place"), st.sampled_from(["in", "not_in"]), st.lists(st.sampled_from(["zurich", "OSLO"]))),
    st.tuples(st.just("person"), st.sampled_from(["in", "not_in"]), st.lists(st.sampled_from(["a", "c"]))))


@settings(max_examples=60)
@given(towns=st.lists(town, max_size=12), conditions=st.lists(asked, max_size=2),
       text=st.sampled_from(["", "aru", "bakery arud", "gr49", "-"]))
def test_a_walk_over_the_documents_finds_and_counts_what_the_index_does(
    towns: list[dict], conditions: list[tuple[str, Any, list[str]]], text: str
) -> None:
    documents = [Document(f"t{number:02}", 1, fields) for number, fields in enumerate(towns)]
    query = SearchQuery(text, [Filter(*one) for one in conditions], ["skills", "place"],
                        Sort("createdAt", descending=True), limit=5)
    with tempfile.TemporaryDirectory() as folder:
        index = WhooshIndex(Path(folder), TOWNS)
        index.create()
        for start in range(0, len(documents), 5):
            index.apply(documents[start:start + 5])
        found = index.search(query)
    walked = walk(TOWNS, documents, query)
    assert (walked.total, [hit.id for hit in walked.hits]) == (found.total, [hit.id for hit in found.hits])
    assert {name: list(counts.items()) for name, counts in walked.facets.items()} == {
        name: list(counts.items()) for name, counts in found.facets.items()}
    wanted = [one for one in towns if all(_folded_fits(one, *condition) for condition in conditions)]
    if not text:
        assert found.total == len(wanted)
        assert sum(found.facets["place"].values()) == sum(one["place"] is not None for one in wanted)


def _folded_fits(fields: dict, name: str, operator: str, values: list[str]) -> bool:
    held = fields[name] if name == "skills" else [fields[name]]
    meets = not {fold(one) for one in held if one is not None}.isdisjoint(map(fold, values))
    return meets is (operator == "in")


def test_spellings_are_one_value_counted_under_the_most_frequent(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path, TOWNS)
    index.create()
    index.apply(Document(str(number), 1, {"place": place, "skills": ["go", "Go"]})
                for number, place in enumerate(["Oslo", "oslo", "OSLO", "oslo"]))
    found = index.search(SearchQuery(facets=["place", "skills"]))
    assert found.facets == {"place": {"oslo": 4}, "skills": {"go": 4}}


def test_only_keywords_are_folded() -> None:
    with pytest.raises(ValueError, match="only keywords are compared folded"):
        Field("name", "text", folded=True)


def test_a_description_that_folds_a_field_is_another_one() -> None:
    plain, folded = (IndexSchema("x", (keyword("place", folded=folds),)) for folds in (False, True))
    assert plain.fingerprint != folded.fingerprint
