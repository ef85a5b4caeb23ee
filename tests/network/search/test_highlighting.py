"""Highlights of the network: pieces of rows that the caller is shown, and of no others."""
import pytest

from tests.flow import settle
from tests.network.company.pages import ok
from tests.network.profile.cards import change
from tests.network.search.test_suggesting import ALL, WORD

FIELD = {"people": "headline", "companies": "description", "jobs": "description", "posts": "content"}


@pytest.mark.parametrize("what", ALL)
def test_the_words_are_shown_where_they_stand_when_it_is_asked_for(town, what):
    row = town.one_of(what, **WORD[what])
    assert town.found(town.c, what, q="locksmith", highlight="true")["highlights"] == {
        row["id"]: {FIELD[what]: "<em>Locksmith</em>"}}
    assert "highlights" not in town.found(town.c, what, q="locksmith")
    assert "highlights" not in town.found(town.c, what, highlight="true")


def test_what_is_hidden_a_moment_ago_is_in_no_highlight_even_before_its_event_is_delivered(town):
    row = town.one_of("people", headline="Locksmith")
    settle()
    change(town.a, row, profileVisibility="private")
    answer = ok(town.ask(town.c, "people", q="locksmith", highlight="true"))
    assert (answer["profiles"], answer["highlights"]) == ([], {})


def test_a_text_that_was_changed_a_moment_ago_is_not_told_as_it_was(town):
    row = town.one_of("people", headline="Locksmith")
    settle()
    change(town.a, row, headline="Baker")
    assert ok(town.ask(town.c, "people", q="locksmith", highlight="true"))["highlights"] == {}


def test_what_was_corrected_is_marked(town):
    row = town.one_of("companies", description="Locksmith")
    answer = town.found(town.c, "companies", q="lokcsmith", highlight="true")
    assert (answer["corrected"], answer["highlights"][row["id"]]) == ("locksmith", {
        "description": "<em>Locksmith</em>"})
