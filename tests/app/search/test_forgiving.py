"""What a forgiving query forgives: the other number of a word, a letter, a word that nothing holds (FD-4, FD-5)."""
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.folding import other_numbers
from app.search import AllOf, AnyOf, Filter, SearchQuery, SearchResult, WhooshIndex
from bench.relevance import ndcg
from tests.app.search.conftest import listing

WORDS = ("red", "phone", "toy", "box", "berry", "glass")


def ask(index: WhooshIndex, text: str, *filters: object, limit: int = 50) -> SearchResult:
    return index.search(SearchQuery(f"{text} ", filters, limit=limit, forgiving=True))  # type: ignore[arg-type]


def ids(result: SearchResult) -> list[str]:
    return [hit.id for hit in result.hits]


# What is not forgiven ------------------------------------------------------------------------------------------------


def test_any_of_the_words_is_not_enough_when_ten_hold_all(index: WhooshIndex) -> None:
    index.apply([listing(f"{n:02}", title="red phone", description="") for n in range(10)])
    index.apply([listing("other", title="red car", description="")])
    found = ask(index, "red phone")
    assert (found.total, found.relaxed, found.corrected) == (10, False, None)


def test_a_word_that_is_known_is_not_corrected(index: WhooshIndex) -> None:
    index.apply([listing("a", title="form"), listing("b", title="farm")])
    assert (ids(ask(index, "form")), ask(index, "form").corrected) == (["a"], None)


def test_a_short_word_is_not_corrected(index: WhooshIndex) -> None:
    index.apply([listing("a", title="cat")])
    assert ask(index, "cut").total == 0


def test_two_wrong_letters_are_not_corrected(index: WhooshIndex) -> None:
    index.apply([listing("a", title="locomotive")])
    assert ask(index, "lokomotife").total == 0


def test_a_query_that_is_not_forgiving_takes_words_as_they_are(index: WhooshIndex) -> None:
    index.apply([listing("a", title="red toy")])
    assert [index.search(SearchQuery(f"{text} ")).total for text in ("toys", "red car", "tay")] == [0, 0, 0]


def test_what_the_caller_does_not_see_corrects_nothing(index: WhooshIndex) -> None:
    index.apply([listing("hidden", title="locomotive", type="SECRET")])
    seen = Filter("type", "eq", "FIXED")
    assert ask(index, "locomotivo", seen) == ask(index, "nowhereatall", seen)


def test_a_word_only_others_may_see_is_unknown_to_the_caller(index: WhooshIndex) -> None:
    index.apply([listing("hidden", title="locomotiva", type="SECRET"), listing("seen", title="locomotive")])
    found = ask(index, "locomotiva", Filter("type", "eq", "FIXED"))
    assert (ids(found), found.corrected) == (["seen"], "locomotive")


# What is -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "title"), [
    ("toys", "toy"), ("toy", "toys"), ("boxes", "box"), ("box", "boxes"), ("berries", "berry"), ("berry", "berries"),
    ("glasses", "glass"), ("glass", "glasses"), ("houses", "house"), ("potatoes", "potato")])
def test_a_word_is_found_in_its_other_number(index: WhooshIndex, asked: str, title: str) -> None:
    index.apply([listing("a", title=title, description="")])
    assert ids(ask(index, asked)) == ["a"]


@pytest.mark.parametrize("word", ["news", "bus", "gas", "analysis", "glass", "series", "gr49", "лес", "as"])
def test_what_only_looks_like_a_plural_is_none(word: str) -> None:
    assert word[:-1] not in other_numbers(word)


def test_the_word_itself_comes_before_its_other_number(index: WhooshIndex) -> None:
    index.apply([listing("a", title="toys", description=""), listing("b", title="toy", description="")])
    assert (ids(ask(index, "toy")), ids(ask(index, "toys"))) == (["b", "a"], ["a", "b"])


@pytest.mark.parametrize("typed", ["locomotve", "locomottive", "locomotivo", "locomotiev", "lcoomotive"])
def test_one_slip_is_forgiven_and_said(index: WhooshIndex, typed: str) -> None:
    index.apply([listing("a", title="red locomotive"), listing("b", title="red car")])
    found = ask(index, f"red {typed}", limit=1)
    assert (ids(found), found.corrected) == (["a"], "red locomotive")


def test_with_few_of_all_words_any_of_them_do_and_all_come_first(index: WhooshIndex) -> None:
    index.apply([listing("some", title="rare rare rare", description=""),
                 listing("all", title="a common and rare thing", description="long " * 60),
                 listing("common", title="common", description=""), listing("none", title="other", description="")])
    found = ask(index, "common rare")
    assert (ids(found)[0], set(ids(found)), found.total, found.relaxed) == ("all", {"all", "some", "common"}, 3, True)


def test_filters_and_facets_hold_for_what_is_forgiven(index: WhooshIndex) -> None:
    index.apply([listing("a", title="red car"), listing("b", title="red", type="AUCTION"), listing("c", title="car")])
    query = SearchQuery("red car ", [Filter("type", "eq", "FIXED")], ["type"], forgiving=True)
    found = index.search(query)
    assert (set(ids(found)), found.total, found.facets) == ({"a", "c"}, 2, {"type": {"FIXED": 2}})
    assert set(index.ids(query) or ()) == {"a", "c"}


def test_the_last_word_may_still_be_being_typed(index: WhooshIndex) -> None:
    index.apply([listing("a", title="locomotive")])
    assert index.search(SearchQuery("locom", forgiving=True)).total == 1


@settings(suppress_health_check=[HealthCheck.too_slow])  # a loaded machine draws slowly, too
@given(st.data())
def test_a_relaxed_answer_is_what_holds_any_word(data: st.DataObject) -> None:
    """Compared with a walk: the same ids, those that hold all first."""
    import tempfile
    from pathlib import Path

    from tests.app.search.conftest import SCHEMA

    titles = data.draw(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), min_size=1, max_size=8))
    asked = data.draw(st.lists(st.sampled_from(WORDS), min_size=2, max_size=4, unique=True))
    with tempfile.TemporaryDirectory() as folder:
        made = WhooshIndex(Path(folder), SCHEMA)
        made.create()
        made.apply([listing(str(n), title=" ".join(held), description="") for n, held in enumerate(titles)])
        found = ids(ask(made, " ".join(asked)))
    all_of, any_of = ({str(n) for n, held in enumerate(titles) if test(word in held for word in asked)}
                      for test in (all, any))
    half = len(titles) / 2
    rare = [word for word in asked if sum(word in held for held in titles) <= half] or asked
    telling = {str(n) for n, held in enumerate(titles) if any(word in held for word in rare)}
    assert set(found) <= any_of
    assert telling <= set(found)
    assert set(found[:len(all_of)]) == all_of


# Conditions of conditions --------------------------------------------------------------------------------------------


def test_conditions_are_joined_by_and_and_by_or(index: WhooshIndex) -> None:
    index.apply([listing("a", price=1, type="FIXED"), listing("b", price=2, type="FIXED"),
                 listing("c", price=2, type="AUCTION"), listing("d", price=3, type="AUCTION")])
    cheap, auction = Filter("price", "range", (None, 2)), Filter("type", "eq", "AUCTION")
    asked = {"any": AnyOf([cheap, auction]), "all": AllOf([cheap, auction]), "none": AnyOf([]), "every": AllOf([]),
             "nested": AnyOf([AllOf([cheap, auction]), Filter("price", "eq", 1)])}
    answers = {name: ids(index.search(SearchQuery(filters=[one]))) for name, one in asked.items()}
    assert answers == {"any": ["a", "b", "c", "d"], "all": ["c"], "none": [], "every": ["a", "b", "c", "d"],
                       "nested": ["a", "c"]}


# As good as others ---------------------------------------------------------------------------------------------------


@pytest.mark.once("a SQLite of its own, beside which nothing of ours is asked")
def test_what_is_relevant_comes_first_as_in_fts5(index: WhooshIndex) -> None:
    """A few of CISI's abstracts in our own words; bench/relevance.py measures the whole collection."""
    texts = {"1": "automatic retrieval of articles from their titles", "2": "the history of libraries in towns",
             "3": "titles of articles and what they say of the content", "4": "cataloguing of books by hand",
             "5": "how readers use a library", "6": "retrieval of data by machines"}
    index.apply([listing(id, title=text, description="") for id, text in texts.items()])
    question, relevant = "what do titles of articles say of their content, in retrieval?", frozenset({"1", "3"})
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE held USING fts5(id UNINDEXED, text, tokenize='porter unicode61')")
    database.executemany("INSERT INTO held VALUES (?, ?)", texts.items())
    theirs = [row[0] for row in database.execute(
        "SELECT id FROM held WHERE held MATCH ? ORDER BY rank", ("titles OR articles OR say OR content OR retrieval",))]
    assert ndcg(ids(ask(index, question)), relevant) >= ndcg(theirs, relevant) > 0.9
