"""What a search finds, refuses, counts and in which order it answers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.search import Document, Filter, InvalidSearch, Removal, SearchQuery, Sort, WhooshIndex
from tests.app.search.conftest import document_of, listing


def found(index: WhooshIndex, text: str = "", *filters: Filter, sort: Sort | None = None, limit: int = 50) -> list[str]:
    return [hit.id for hit in index.search(SearchQuery(text, filters, sort=sort, limit=limit)).hits]


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery(filters=[Filter("nope", "eq", "x")]),
        SearchQuery(filters=[Filter("description", "match", "x")]),
        SearchQuery(filters=[Filter("price", "prefix", "1")]),
        SearchQuery(filters=[Filter("price", "eq", "cheap")]),
        SearchQuery(filters=[Filter("price", "range", (1, 2, 3))]),
        SearchQuery(filters=[Filter("price", "range", 5)]),
        SearchQuery(filters=[Filter("createdAt", "eq", "yesterday")]),
        SearchQuery(filters=[Filter("type", "range", ("A", "B"))]),
        SearchQuery(filters=[Filter("type", "eq", None)]),
        SearchQuery(filters=[Filter("type", "in", "FIXED")]),
        SearchQuery(filters=[Filter("type", "regexp", ".*")]),  # type: ignore[arg-type]
        SearchQuery(facets=["price"]),
        SearchQuery(facets=["nope"]),
        SearchQuery(sort=Sort("tags")),
        SearchQuery(sort=Sort("nope")),
        SearchQuery(offset=-1),
        SearchQuery(offset=10_000, limit=1),
    ],
)
def test_what_the_index_does_not_offer_is_an_invalid_search(index: WhooshIndex, query: SearchQuery) -> None:
    index.apply([listing("a")])
    with pytest.raises(InvalidSearch):
        index.search(query)


@pytest.mark.parametrize("text", ["*", "***", "?", '"', "[", "\x00", "\ud800", "()", "~", "- + ! &&"])
def test_signs_without_a_word_find_nothing_and_never_everything(index: WhooshIndex, text: str) -> None:
    index.apply([listing("a")])
    result = index.search(SearchQuery(text))
    assert result.ready
    assert result.total == 0


@pytest.mark.parametrize(
    "text",
    ["ph*", "ph*ne", "title:laptop", "[a TO z]", "phone OR laptop", "phone~2", "NOT laptop", "id:a", "words:phone^9"],
)
def test_query_syntax_is_only_words(index: WhooshIndex, text: str) -> None:
    index.apply([listing("a", title="laptop"), listing("b", title="zebra", description="or not")])
    assert index.search(SearchQuery(text)).ready
    assert found(index, text) == []


def test_very_long_and_strange_input_is_answered(index: WhooshIndex) -> None:
    index.apply([listing("a", title="phone " + "x" * 300)])
    for text in ("phone " * 10_000, "x" * 100_000, "phone\x00", "\U0001f600 phone", "e\u0301" * 5000, "\ud800phone"):
        assert index.search(SearchQuery(text)).ready
    assert found(index, "phone " * 10_000) == ["a"]
    assert found(index, "x" * 300) == ["a"]


# Words ---------------------------------------------------------------------------------------------------------------


def test_all_words_must_occur_in_any_of_the_worded_fields(index: WhooshIndex) -> None:
    index.apply(
        [listing("a", title="Red phone", description="with case"), listing("b", title="Red car", description="fast")]
    )
    assert sorted(found(index, "red")) == ["a", "b"]
    assert found(index, "CASE red ") == ["a"]
    assert found(index, "red boat") == []


def test_the_last_word_is_a_beginning_unless_a_space_follows(index: WhooshIndex) -> None:
    index.apply([listing("a", title="telescope"), listing("b", title="tea", description="cup")])
    assert found(index, "tel") == ["a"]
    assert sorted(found(index, "te")) == ["a", "b"]
    assert found(index, "tel ") == []
    assert found(index, "te tea") == []
    assert found(index, "t") == []


def test_accents_case_and_width_do_not_matter(index: WhooshIndex) -> None:
    index.apply([listing("a", title="Crème Brûlée"), listing("b", title="東京タワー")])
    assert found(index, "creme BRULEE") == ["a"]
    assert found(index, "京タ") == ["b"]


@pytest.mark.parametrize(
    "text", ["gr49", "GR-49", "gr 49", "Gr.49", "55728", "55/72/8", "55 72 8", "gasket 55728", "gr49 gasket", "5572"]
)
def test_a_code_is_found_with_and_without_its_separators(index: WhooshIndex, text: str) -> None:
    index.apply([listing("gasket", title="Gr.49 gasket 55/72/8"), listing("other", title="gr 4 gasket 55/7")])
    assert found(index, text) == ["gasket"]
    assert found(index, "", Filter("title", "match", text)) == ["gasket"]


def test_a_code_without_separators_is_found_with_them(index: WhooshIndex) -> None:
    index.apply([listing("gasket", title="GR49 gasket 55728"), listing("other", title="GR 4 gasket 9")])
    for text in ("gr-49", "gr 49 ", "55/72/8", "gasket gr.49 55 72 8"):
        assert found(index, text) == ["gasket"], text


@pytest.mark.parametrize(("text", "title"), [("aero", "Ærø"), ("ÆRØ", "aero"), ("лев", "Лев"), ("lodz", "Łódź")])
def test_letters_with_strokes_and_of_other_alphabets_are_folded(index: WhooshIndex, text: str, title: str) -> None:
    index.apply([listing("a", title=title), listing("b")])
    assert found(index, text) == ["a"]
    assert found(index, "", Filter("title", "eq", text)) == ["a"]


def test_the_title_counts_more_than_the_description(index: WhooshIndex) -> None:
    index.apply(
        [listing("a", title="lamp", description="for a violin"), listing("b", title="violin", description="old lamp")]
    )
    assert found(index, "violin ") == ["b", "a"]


def test_the_word_itself_comes_before_words_that_only_begin_so(index: WhooshIndex) -> None:
    index.apply([listing("a", title="carpet"), listing("b", title="car")])
    assert found(index, "car") == ["b", "a"]


# Conditions ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(index: WhooshIndex) -> WhooshIndex:
    index.apply(
        [
            Document(
                "a", 1, {"title": "Red phone", "type": "FIXED", "price": 5, "tags": ["x", "y"], "seller": {"id": "s1"}}
            ),
            Document(
                "b", 1, {"title": "Blue phone", "type": "AUCTION", "price": 10.5, "createdAt": "2025-01-01T00:00:00Z"}
            ),
            Document("c", 1, {"title": "Red Phone case", "price": "20", "createdAt": "2025-06-01T02:00:00+02:00"}),
            Document("d", 1, {"title": "phone", "type": "fixed", "tags": ["y"], "price": None, "categoryId": "C*?"}),
        ]
    )
    return index


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Filter("type", "eq", "FIXED"), "a"),
        (Filter("type", "noteq", "FIXED"), "bcd"),
        (Filter("type", "in", ["FIXED", "AUCTION", "GIFT"]), "ab"),
        (Filter("type", "in", []), ""),
        (Filter("type", "prefix", "F"), "a"),
        (Filter("type", "wildcard", "*I?N"), "b"),
        (Filter("type", "wildcard", "*" * 100 + "X"), ""),
        (Filter("type", "exists"), "abd"),
        (Filter("type", "missing"), "c"),
        (Filter("categoryId", "eq", "C*?"), "d"),
        (Filter("tags", "eq", "y"), "ad"),
        (Filter("tags", "noteq", "x"), "bcd"),
        (Filter("seller.id", "eq", "s1"), "a"),
        (Filter("price", "range", (5, 10.5)), "ab"),
        (Filter("price", "range", (None, 9)), "a"),
        (Filter("price", "range", ("10.5", None)), "bc"),
        (Filter("price", "eq", 20), "c"),
        (Filter("price", "noteq", 20), "abd"),
        (Filter("price", "in", [5, 20]), "ac"),
        (Filter("price", "exists"), "abc"),
        (Filter("price", "missing"), "d"),
        (Filter("createdAt", "range", ("2025-01-01T00:00:00Z", datetime(2025, 5, 31, 23, tzinfo=UTC))), "b"),
        (Filter("createdAt", "eq", "2025-06-01T00:00:00.000Z"), "c"),
        (Filter("title", "match", "phone RED"), "ac"),
        (Filter("title", "phrase", "red phone"), "ac"),
        (Filter("title", "phrase", "phone red"), ""),
        (Filter("title", "phrase_prefix", "phone ca"), "c"),
        (Filter("title", "phrase", "*"), ""),
        (Filter("title", "eq", "RED PHONE"), "a"),
        (Filter("title", "prefix", "Red"), "ac"),
        (Filter("title", "wildcard", "*phone"), "abd"),
    ],
)
def test_a_condition_narrows_with_and_without_words(shop: WhooshIndex, condition: Filter, expected: str) -> None:
    assert sorted(found(shop, "", condition)) == list(expected)
    assert sorted(found(shop, "phone", condition)) == list(expected)
    assert shop.search(SearchQuery("phone", [condition])).total == len(expected)


def test_all_conditions_must_hold(shop: WhooshIndex) -> None:
    assert found(shop, "red", Filter("price", "range", (0, 50)), Filter("type", "missing")) == ["c"]


def test_facets_count_what_was_found(shop: WhooshIndex) -> None:
    result = shop.search(SearchQuery("phone", [Filter("price", "missing")], ["type", "tags"]))
    assert result.facets == {"type": {"fixed": 1}, "tags": {"y": 1}}
    assert shop.search(SearchQuery("phone", facets=["tags"])).facets == {"tags": {"y": 2, "x": 1}}
    assert shop.search(SearchQuery("nothing", facets=["tags"])).facets == {"tags": {}}


# Order and pages -----------------------------------------------------------------------------------------------------


def test_documents_without_a_value_come_last_in_both_directions(shop: WhooshIndex) -> None:
    assert found(shop, "phone", sort=Sort("price")) == ["a", "b", "c", "d"]
    assert found(shop, "phone", sort=Sort("price", descending=True)) == ["c", "b", "a", "d"]
    assert found(shop, "", sort=Sort("createdAt", descending=True)) == ["c", "b", "a", "d"]
    assert found(shop, "", sort=Sort("title")) == ["b", "d", "a", "c"]


def test_ties_are_ordered_by_id_and_pages_do_not_overlap(index: WhooshIndex) -> None:
    ids = [f"{number:03}" for number in range(60)]
    for start in (40, 0, 20):  # three segments, out of order
        index.apply([listing(id, title="same phone", price=1) for id in ids[start : start + 20]])
    for query in (SearchQuery("phone"), SearchQuery("phone", sort=Sort("price")), SearchQuery("")):
        paged = []
        for offset in range(0, 60, 25):
            page = index.search(SearchQuery(query.text, sort=query.sort, offset=offset, limit=25))
            assert page.total == 60
            paged += [hit.id for hit in page.hits]
        assert paged == ids == index.ids(query)


def test_a_hit_carries_the_whole_document(index: WhooshIndex) -> None:
    fields = {"title": "phone", "extra": {"deep": [1, None, "x"]}, "big": 2**70, "odd": "\ud800"}
    index.apply([Document("a", 3, fields)])
    [hit] = index.search(SearchQuery("phone")).hits
    assert hit.fields["extra"] == {"deep": [1, None, "x"]}
    assert hit.fields["odd"] == "?"
    assert hit.score > 0
    assert document_of(index, "a").fields == hit.fields  # type: ignore[union-attr]
    assert document_of(index, "b") is None


def bytes_of_segments(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*.seg"))


def test_after_compacting_no_byte_is_left_of_what_was_taken_out(index: WhooshIndex, tmp_path: Path) -> None:
    index.apply([listing(str(number), title=f"Violin number{number}") for number in range(5)])
    index.apply([Removal("3")])
    assert b"number3" in bytes_of_segments(tmp_path)
    assert index.compact() == 1
    assert b"number3" not in bytes_of_segments(tmp_path)
    assert (sorted(found(index, "violin ")), index.compact()) == (["0", "1", "2", "4"], 0)


def test_compacting_drops_a_segment_of_which_everything_was_taken_out(index: WhooshIndex, tmp_path: Path) -> None:
    index.apply([listing("1", title="Violin")])
    index.apply([listing("2", title="Viola")])
    index.apply([Removal("1"), Removal("2")])
    index.compact()
    assert (found(index), b"Viol" in bytes_of_segments(tmp_path)) == ([], False)


# Ranges --------------------------------------------------------------------------------------------------------------


def test_a_range_is_of_what_is_found_and_none_where_nothing_has_a_value(index: WhooshIndex) -> None:
    index.apply([listing("a", price=5), listing("b", price=2.5, type="AUCTION")])
    index.apply([listing("c", price=None), listing("d", price=90, title="other", description="")])
    asked = SearchQuery("phone ", ranges=("price", "createdAt"))
    assert index.search(asked).ranges == {"price": (2.5, 5.0), "createdAt": None}
    assert index.search(SearchQuery("", [Filter("type", "eq", "AUCTION")], ranges=("price",))).ranges == {
        "price": (2.5, 2.5)}
    assert index.search(SearchQuery("nowhere ", ranges=("price",))).ranges == {"price": None}


@pytest.mark.parametrize("name", ["title", "nowhere", "type"])
def test_a_range_of_what_is_no_number_is_refused(index: WhooshIndex, name: str) -> None:
    with pytest.raises(InvalidSearch):
        index.search(SearchQuery(ranges=(name,)))
