"""What is walked equals a breadth-first search, whoever rests or is blocked (decision 18, NET-7, NET-8)."""
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from app.actor import Actor, system_actor
from app.data.reads import Page
from app.data.reads.read_request import ReadRequest
from app.data.unit_of_work import unit_of_work
from app.errors import NotFound
from blueprints.network.networking import queries
from blueprints.network.networking.models import Person, Tie
from blueprints.platform.people.models import Block
from tests.passes import examples

SYSTEM = system_actor("network")
PEOPLE = [f"00000000-0000-4000-8000-{number:012}" for number in range(9)]
NUMBERS = range(len(PEOPLE))
PAIRS = list(combinations(NUMBERS, 2))
WHOLE = ReadRequest(joins=False, page=Page(0))


@pytest.fixture
def resting(app, monkeypatch):
    """The people who rest, of a set that the test changes: everybody else has an account."""
    at_rest: set[str] = set()
    for module in ("people_at_rest", "inactive_among"):
        monkeypatch.setattr(queries, module, {
            "people_at_rest": lambda realm: frozenset(at_rest),
            "inactive_among": lambda realm, ids: frozenset(ids) & at_rest}[module])
    return at_rest


def write(ties, blocks):
    """Replace the graph and the blocks."""
    counts = Counter(one for pair in ties for one in pair)
    with unit_of_work(SYSTEM) as work:
        for model in (Tie, Person, Block):
            work.execute(delete(model))
        work.execute(insert(Person).values([
            {"num": number + 1, "user_id": PEOPLE[number], "ties": counts[number]} for number in NUMBERS]))
        if ties:
            work.execute(insert(Tie).values([{"a": a + 1, "b": b + 1} for one in ties for a, b in (one, one[::-1])]))
        for blocker, blocked in blocks:
            work.insert(Block(realm="network", blocker_id=PEOPLE[blocker], blocked_id=PEOPLE[blocked]))
        work.commit()


def walk(ties, start):
    """Return person → hops from the start, at most three."""
    friends = {one: {x for pair in ties if one in pair for x in pair if x != one} for one in NUMBERS}
    found, edge = {start: 0}, {start}
    for hops in (1, 2, 3):
        edge = {next_one for one in edge for next_one in friends[one]} - found.keys()
        found |= dict.fromkeys(edge, hops)
    return found, friends


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ties=st.sets(st.sampled_from(PAIRS), max_size=18), rests=st.sets(st.sampled_from(NUMBERS), max_size=2),
       blocks=st.sets(st.sampled_from(PAIRS), max_size=3), me=st.sampled_from(NUMBERS))
def test_what_is_walked_equals_a_breadth_first_search(resting, ties, rests, blocks, me):
    ties -= blocks  # a block cuts the tie
    write(ties, blocks)
    resting.clear()
    resting.update(PEOPLE[number] for number in rests)
    hops, friends = walk(ties, me)
    hidden = rests | {x for pair in blocks if me in pair for x in pair if x != me}
    actor = Actor("network", PEOPLE[me], role="user")

    assert queries.degrees_from(PEOPLE[me], PEOPLE) == {
        PEOPLE[other]: hops.get(other) for other in NUMBERS if other != me}
    for other in set(NUMBERS) - {me}:
        assert queries.degree_between(PEOPLE[me], PEOPLE[other]) == hops.get(other)
        if other in hidden:
            with pytest.raises(NotFound):
                queries.get_degree(actor, PEOPLE[other])
            with pytest.raises(NotFound):
                queries.list_mutual_connections(actor, WHOLE, PEOPLE[other])
            continue
        assert queries.get_degree(actor, PEOPLE[other])["degree"] == hops.get(other)
        mutual = queries.list_mutual_connections(actor, WHOLE, PEOPLE[other])
        assert {row["userId"] for row in mutual.rows} == {
            PEOPLE[one] for one in (friends[me] & friends[other]) - hidden}
        assert mutual.total == len(mutual.rows)

    shared = {other: len(friends[me] & friends[other]) for other in set(NUMBERS) - friends[me] - hidden - {me}}
    suggested = queries.list_suggestions(actor, WHOLE)
    ranked = sorted((-number, other) for other, number in shared.items() if number)
    assert [(row["userId"], row["mutualConnections"]) for row in suggested.rows] == [
        (PEOPLE[other], -number) for number, other in ranked]
    assert suggested.extras == {"approximate": False}
