"""What is suggested while somebody types: words that have a hit for him, the most frequent first (FD-5)."""
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.search import Filter, InvalidSearch, Removal, SearchQuery, WhooshIndex
from app.search.whoosh import suggesting
from tests.app.search.conftest import SCHEMA, listing

SEEN = Filter("type", "eq", "FIXED")


# What is not suggested -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", " ", "l", "loc ", "loc\n", "*", "title:*", "%", "\x00", "☃", "\ud800",
                                   "' OR 1", "x" * 5000, "lo " * 3000])
def test_what_is_no_beginning_of_a_word_suggests_nothing(index: WhooshIndex, typed: str) -> None:
    index.apply([listing("a", title="locomotive", description="")])
    assert index.suggest(typed) == []


def test_a_field_that_is_none_is_refused(index: WhooshIndex) -> None:
    index.apply([listing("a", title="locomotive")])
    with pytest.raises(InvalidSearch):
        index.suggest("loc", [Filter("secret", "eq", "x")])


def test_words_of_what_the_caller_does_not_see_are_not_suggested(index: WhooshIndex) -> None:
    index.apply([listing("hidden", title="locksmith", type="SECRET"), listing("seen", title="locomotive")])
    assert index.suggest("loc", [SEEN]) == ["locomotive"]
    assert set(index.suggest("loc")) == {"locksmith", "locomotive"}


def test_a_word_that_only_very_many_hidden_documents_hold_is_not_suggested(index: WhooshIndex) -> None:
    index.apply([listing(f"{n:04}", title="locksmith", type="SECRET") for n in range(300)])
    index.apply([listing("seen", title="locomotive"), listing("z", title="locksmith", type="SECRET")])
    assert index.suggest("loc", [SEEN]) == ["locomotive"]


def test_the_one_document_the_caller_sees_among_very_many_is_enough(index: WhooshIndex) -> None:
    index.apply([listing(f"{n:04}", title="locksmith", type="SECRET" if n < 299 else "FIXED") for n in range(300)])
    assert index.suggest("loc", [SEEN]) == ["locksmith"]


def test_what_is_removed_is_not_suggested(index: WhooshIndex) -> None:
    index.apply([listing("a", title="locomotive"), listing("b", title="phone")])
    index.apply([Removal("a")])
    assert index.suggest("loc") == []


def test_a_word_that_does_not_stand_beside_those_before_it_is_not_suggested(index: WhooshIndex) -> None:
    index.apply([listing("a", title="red phone", description=""), listing("b", title="green photo", description="")])
    assert index.suggest("green ph") == ["green photo"]


def test_an_index_that_is_away_suggests_nothing(tmp_path: Path) -> None:
    assert WhooshIndex(tmp_path, SCHEMA).suggest("loc") == []


def test_no_more_documents_are_looked_at_than_the_bound(index: WhooshIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "_MOST_LOOKED_AT", 100)
    index.apply([listing(f"{n:03}", title=f"loc{n:03} common", type="SECRET") for n in range(200)])
    index.apply([listing("z", title="locz", type="FIXED")])
    assert index.suggest("loc", [SEEN]) == []


# What is -------------------------------------------------------------------------------------------------------------


def test_the_most_frequent_word_comes_first_and_equal_ones_by_letters(index: WhooshIndex) -> None:
    index.apply([listing(str(n), title=title, description="") for n, title in enumerate(
        ["locket", "lock lorry", "lock", "locomotive", "other"])])
    assert index.suggest("lo") == ["lock", "locket", "locomotive", "lorry"]


def test_no_more_are_told_than_asked_for(index: WhooshIndex) -> None:
    index.apply([listing(f"{n:02}", title=f"word{n:02}", description="") for n in range(30)])
    assert index.suggest("wo", most=3) == ["word00", "word01", "word02"]
    assert len(index.suggest("wo")) == 10


def test_case_and_accents_do_not_count_and_words_come_folded(index: WhooshIndex) -> None:
    index.apply([listing("a", title="Ærodrome Лев", description="")])
    assert (index.suggest("ÆRO"), index.suggest("Ле")) == (["aerodrome"], ["лев"])


def test_words_before_are_kept_and_may_stand_in_the_other_number(index: WhooshIndex) -> None:
    index.apply([listing("a", title="red toys from Lyon", description="")])
    assert index.suggest("Red  toy fr") == ["red toy from"]


def test_a_code_is_suggested_in_either_form(index: WhooshIndex) -> None:
    index.apply([listing("a", title="Gasket GR-49", description="")])
    assert (index.suggest("gr4"), index.suggest("gasket gr")) == (["gr49"], ["gasket gr", "gasket gr49"])


TITLES = st.lists(st.sampled_from(("lock", "locket", "lorry", "look", "red")), min_size=1, max_size=3)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a loaded machine draws slowly, too
@given(held=st.lists(st.tuples(TITLES, st.booleans()), min_size=1, max_size=6),
       typed=st.sampled_from(("lo", "loc", "lock", "red lo", "re", "xy")))
def test_suggestions_are_what_a_walk_finds(held: list[tuple[list[str], bool]], typed: str) -> None:
    """Every word of a visible document that begins so, and what is suggested finds something."""
    with tempfile.TemporaryDirectory() as folder:
        made = WhooshIndex(Path(folder), SCHEMA)
        made.create()
        for place in (0, 1):  # two segments
            made.apply([listing(f"{place}-{n}", title=" ".join(title), description="",
                                type="FIXED" if seen else "SECRET") for n, (title, seen) in enumerate(held[place::2])])
        told = made.suggest(typed, [SEEN])
        *before, begun = typed.split()
        assert set(told) == {" ".join([*before, word]) for title, seen in held if seen and set(before) <= set(title)
                             for word in title if word.startswith(begun)}
        assert all(made.search(SearchQuery(f"{one} ", [SEEN])).total for one in told)
