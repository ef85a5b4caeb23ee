"""Suggestions of the network: words of what a stranger finds, and of nothing else (FD-5)."""
from datetime import timedelta

import pytest

from app.clock import now
from blueprints.platform.auth.commands import lock_user
from tests.clients import ApiClient
from tests.flow import settle
from tests.network.company.pages import ok
from tests.network.search.test_visibility import VISIBILITY, edit
from tests.network.search.town import LISTS, SEARCH

ALL = list(LISTS)
WORD = {"people": {"headline": "Locksmith"}, "companies": {"description": "Locksmith"},
        "jobs": {"description": "Locksmith"}, "posts": {"content": "Locksmith"}}


def suggested(town, what, typed="locks", caller=None):
    """Return what is suggested of one index, everything settled before."""
    settle()
    answer = ok((caller or town.c).get(f"{SEARCH}/suggestions", query_string={"q": typed, "indexes": what}))
    return answer["suggestions"][what]


@pytest.mark.once("arguments")
@pytest.mark.parametrize("arguments", [{"q": "lo", "indexes": "secrets"}, {"q": "lo", "indexes": "people,"},
                                       {"q": "a\x00b"}, {"q": "x" * 256}])
def test_what_is_no_question_is_refused_and_names_its_fault(town, arguments):
    answer = town.c.get(f"{SEARCH}/suggestions", query_string=arguments)
    assert answer.status_code == 400
    assert ("indexes" if "indexes" in arguments else "q") in answer.json["message"]


@pytest.mark.once("who calls")
def test_who_is_not_logged_in_is_told_nothing(app):
    assert ApiClient(app).get(f"{SEARCH}/suggestions?q=lo").status_code == 401


@pytest.mark.parametrize("what", ALL)
def test_what_is_private_or_held_suggests_nothing_to_anybody(town, what):
    row = town.one_of(what, **WORD[what])
    assert suggested(town, what) == ["locksmith"]
    edit(town, what, row, **{VISIBILITY[what]: "private"})
    assert [suggested(town, what, caller=caller) for caller in (town.a, town.c, town.s)] == [[], [], []]
    edit(town, what, row, **{VISIBILITY[what]: "public"})
    town.act(what, row, "HIDE")
    assert suggested(town, what) == []


@pytest.mark.parametrize("what", ["people", "jobs", "posts"])
def test_words_of_whoever_is_blocked_or_at_rest_are_not_suggested(town, what):
    town.one_of(what, **WORD[what])
    town.block(town.a, town.c)
    assert (suggested(town, what), suggested(town, what, caller=town.d)) == ([], ["locksmith"])
    lock_user(town.s.actor, town.a.user_id, now() + timedelta(days=1))
    assert suggested(town, what, caller=town.d) == []


def test_each_index_answers_for_itself(town):
    for what in ALL:
        town.one_of(what, **WORD[what])
    settle()
    answer = ok(town.c.get(f"{SEARCH}/suggestions?q=LOCKS"))
    assert answer["suggestions"] == {what: ["locksmith"] for what in ALL}
