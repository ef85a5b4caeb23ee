"""A list in a body: each value is checked, one alone is a list, and a PATCH sets, adds or takes out."""
from typing import Any

import pytest
from flask import Flask

from app.data.list_values import merged_list
from app.errors import InvalidInput, RuleViolated
from app.http.schemas import InputSchema, Line, ListOf, WebAddress, list_changes, load


class Shelf(InputSchema):
    """Two lists, one of lines, one of addresses with its changes."""

    words = ListOf(Line(most=5), most=3)
    links, links_append, links_remove = list_changes("links", WebAddress, most=2)


@pytest.mark.once("about values")
@pytest.mark.parametrize("words", [["x" * 6], ["ok", 5], ["ok", None], [["ok"]], {}, 5, ["a", "b", "c", "d"], [""]])
def test_a_wrong_value_of_a_list_is_refused_by_the_name_of_the_list(words: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        load(Shelf(), {"words": words})
    assert list(refused.value.detail) == ["words"]


@pytest.mark.once("about values")
def test_a_refusal_says_which_value_is_wrong(app: Flask) -> None:
    with app.app_context(), pytest.raises(InvalidInput) as refused:
        load(Shelf(), {"links_append": ["https://a.example", "javascript:alert(1)"]})
    assert refused.value.detail["links_append"].startswith("value 2: expected an https address")


@pytest.mark.once("about values")
@pytest.mark.parametrize(("sent", "read"), [
    ([], []), ("one", ["one"]), ([" one ", "two"], ["one", "two"]), (["one", "one"], ["one"])])
def test_a_list_has_none_twice_and_one_alone_is_a_list(sent: Any, read: list[str]) -> None:
    assert load(Shelf(), {"words": sent}) == {"words": read}


@pytest.mark.once("about values")
@pytest.mark.parametrize(("sent", "merged"), [
    ({}, {}), ({"words": []}, {"words": []}), ({"words": ["c"], "words_append": ["d"]}, {"words": ["c"]}),
    ({"words_append": ["b", "c"]}, {"words": ["a", "b", "c"]}), ({"words_remove": ["b", "x"]}, {"words": ["a"]}),
    ({"words_append": ["c"], "words_remove": ["a"]}, {"words": ["b"]}), ({"other": 1}, {"other": 1})])
def test_the_first_way_to_change_a_list_that_was_sent_counts(sent: dict[str, Any], merged: dict[str, Any]) -> None:
    assert merged_list(sent, "words", ["a", "b"], most=3) == merged


@pytest.mark.once("about values")
def test_adding_beyond_the_bound_of_a_list_is_refused() -> None:
    with pytest.raises(RuleViolated, match="At most 3"):
        merged_list({"words_append": ["c", "d"]}, "words", ["a", "b"], most=3)
    assert merged_list({"words_append": ["a"]}, "words", None, most=3) == {"words": ["a"]}
