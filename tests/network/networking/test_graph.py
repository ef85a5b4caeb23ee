"""Degrees, mutual connections and suggestions, and who is an end of a path (decision 18, NET-7, NET-8)."""
from datetime import timedelta

import pytest
from sqlalchemy import delete

from app.actor import system_actor
from app.clock import moved_clock, now
from app.data.unit_of_work import unit_of_work
from blueprints.network.networking import queries
from blueprints.network.networking.checks import check_ties, differences
from blueprints.network.networking.models import Tie
from blueprints.network.networking.ties import number_of
from blueprints.platform.auth.commands import archive_profile, delete_user, lock_user
from tests.cli.conftest import plans  # noqa: F401 - pytest finds it here
from tests.network.networking.circle import CONNECTIONS, DEGREES, MUTUAL, REQUESTS, SUGGESTIONS, refused

# ruff: noqa: F811 - that is how pytest hands fixtures over
SYSTEM = system_actor("network")


@pytest.fixture
def chain(circle):
    """Ann - Bob - Cat - Dan."""
    for one, other in ((circle.a, circle.b), (circle.b, circle.c), (circle.c, circle.d)):
        circle.connect(one, other)
    return circle


def lock(person):
    lock_user(SYSTEM, person.user_id, now() + timedelta(days=1))


def test_a_visitor_asks_nothing_of_the_graph(client, circle):
    for path in (f"{DEGREES}/{circle.a.user_id}", f"{MUTUAL}/{circle.a.user_id}", SUGGESTIONS):
        assert client.get(path).status_code == 401


def test_a_degree_is_how_many_hops_away_somebody_is(chain):
    eve = chain.person("eve")
    assert [chain.degree(chain.a, other) for other in (chain.b, chain.c, chain.d, eve)] == [1, 2, 3, None]
    assert chain.degree(chain.d, chain.a) == 3
    others = [person.user_id for person in (chain.b, chain.c, chain.d, eve)]
    assert queries.degrees_from(chain.a.user_id, others) == dict(zip(others, (1, 2, 3, None), strict=True))


def test_four_hops_are_too_far(chain):
    chain.connect(chain.d, chain.person("eve"))
    assert chain.degree(chain.a, chain.person("eve")) is None


def test_mutual_connections_are_those_of_both(chain):
    chain.connect(chain.a, chain.d)
    row = chain.a.get(f"{MUTUAL}/{chain.c.user_id}").json["mutualConnections"][0]
    assert row["user"]["fullname"] in ("Bob", "Dan")
    assert chain.mutual(chain.a, chain.c) == {chain.b.user_id, chain.d.user_id}
    assert chain.mutual(chain.a, chain.b) == set()
    page = chain.a.get(f"{MUTUAL}/{chain.c.user_id}?pageRowCount=1").json
    after = chain.a.get(f"{MUTUAL}/{chain.c.user_id}?after={page['paging']['next']}").json
    assert page["paging"]["totalRowCount"] == 2
    assert {row["userId"] for row in (*page["mutualConnections"], *after["mutualConnections"])} == {
        chain.b.user_id, chain.d.user_id}


def test_suggested_is_who_shares_most_connections_first(chain):
    eve = chain.person("eve")
    chain.connect(chain.b, eve)
    chain.connect(chain.a, chain.person("fay"))
    chain.connect(chain.person("fay"), eve)
    answer = chain.a.get(SUGGESTIONS).json
    assert [(row["userId"], row["mutualConnections"]) for row in answer["suggestions"]] == [
        (eve.user_id, 2), (chain.c.user_id, 1)]
    assert answer["approximate"] is False
    assert answer["suggestions"][0]["user"]["fullname"] == "Eve"
    first = chain.a.get(f"{SUGGESTIONS}?pageRowCount=1").json["paging"]
    rest = chain.a.get(f"{SUGGESTIONS}?after={first['next']}").json["suggestions"]
    assert first["totalRowCount"] == 2
    assert [row["userId"] for row in rest] == [chain.c.user_id]


def test_who_was_invited_rejected_or_withdrawn_is_not_suggested(chain):
    request = chain.invited(chain.c, chain.a)
    assert chain.suggested(chain.a) == chain.suggested(chain.c) == {}
    chain.answer(chain.a, request, "rejected")
    assert chain.suggested(chain.a) == chain.suggested(chain.c) == {}
    chain.c.delete(f"{REQUESTS}/{request}")
    assert chain.suggested(chain.a) == {}
    with moved_clock(days=21):
        rows = queries.list_suggestions(chain.a.actor, queries.ReadRequest()).rows
        assert [row["userId"] for row in rows] == [chain.c.user_id]


def test_a_tie_made_or_cut_shows_at_once(chain):
    assert chain.suggested(chain.a) == {chain.c.user_id: 1}
    chain.b.delete(f"{CONNECTIONS}/{chain.connection(chain.b, chain.c)}")
    assert chain.suggested(chain.a) == {}
    assert chain.degree(chain.a, chain.c) is None
    chain.connect(chain.c, chain.b)
    assert chain.degree(chain.a, chain.c) == 2


def test_net_7_a_block_cuts_tie_and_requests_in_its_transaction(chain, sent):
    connection = chain.connection(chain.a, chain.b)
    chain.invited(chain.d, chain.a)
    chain.block(chain.a, chain.b)
    chain.block(chain.a, chain.d)
    assert chain.connections(chain.a) == []
    assert chain.a.get(REQUESTS).json["connectionRequests"] == []
    assert connection in [event.key for event in sent("linkedin-networking-service-dbevent-connection-deleted")]
    assert check_ties()[0] == "ok"


def test_net_7_blocked_people_are_not_there_for_each_other(chain):
    chain.connect(chain.a, chain.person("eve"))
    chain.connect(chain.person("eve"), chain.c)
    chain.block(chain.c, chain.a)
    for one, other in ((chain.a, chain.c), (chain.c, chain.a)):
        assert one.get(f"{DEGREES}/{other.user_id}").status_code == 404
        assert one.get(f"{MUTUAL}/{other.user_id}").status_code == 404
        assert other.user_id not in chain.suggested(one)
        assert chain.invite(one, other).status_code == 404
    assert chain.mutual(chain.a, chain.b) == set()
    assert chain.degree(chain.a, chain.d) == 3, "who is blocked is still a way between others"


def test_net_7_a_block_in_one_realm_leaves_the_other_alone(chain, callers):
    twin = [callers.user(name) for name in ("ann", "bob")]
    assert twin[0].post("/marketplace/people-api/v1/blocks", json={"userId": twin[1].user_id}).status_code == 201
    assert chain.degree(chain.a, chain.b) == 1


def test_net_8_who_rests_is_no_end_and_still_a_way(chain):
    lock(chain.b)
    assert chain.a.get(f"{DEGREES}/{chain.b.user_id}").status_code == 404
    assert (chain.degree(chain.a, chain.c), chain.degree(chain.a, chain.d)) == (2, 3)
    assert chain.suggested(chain.a) == {chain.c.user_id: 1}
    assert chain.suggested(chain.d) == {}
    assert chain.mutual(chain.a, chain.c) == set()
    lock_user(SYSTEM, chain.b.user_id, None)
    assert chain.degree(chain.a, chain.b) == 1
    assert chain.mutual(chain.a, chain.c) == {chain.b.user_id}


def test_net_8_there_is_no_degree_to_oneself(circle):
    assert refused(circle.a.get(f"{DEGREES}/{circle.a.user_id}")) == (400, "DegreeToOneself")
    assert refused(circle.a.get(f"{MUTUAL}/{circle.a.user_id}")) == (400, "MutualWithOneself")
    assert circle.a.get(f"{DEGREES}/018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e").status_code == 404


def test_net_8_deletion_cuts_ties_and_archiving_does_not(chain, settle):
    archive_profile(chain.b.actor, chain.b.user_id)
    settle()
    assert (chain.degree(chain.a, chain.c), chain.degree(chain.a, chain.d)) == (2, 3)
    delete_user(SYSTEM, chain.c.user_id)
    settle()
    assert chain.degree(chain.a, chain.d) is None
    assert chain.connections(chain.d) == []
    assert check_ties()[0] == "ok"


def test_decision_18_beyond_so_many_ties_suggestions_are_approximate(chain, monkeypatch):
    monkeypatch.setattr(queries.graph, "EXACT_EDGES", 1)
    monkeypatch.setattr(queries.graph, "LEAST_CONNECTED", 1)
    chain.connect(chain.a, chain.person("fay"))
    chain.connect(chain.person("fay"), chain.person("gus"))
    chain.connect(chain.b, chain.person("hal"))
    answer = chain.a.get(SUGGESTIONS).json
    assert answer["approximate"] is True
    assert [row["userId"] for row in answer["suggestions"]] == [chain.person("gus").user_id]


def test_net_32_both_people_stand_beside_a_connection_and_a_request(circle):
    connection = circle.connect(circle.a, circle.b)
    row = circle.a.get(f"{CONNECTIONS}/{connection}").json["connection"]
    assert {row["user1"]["fullname"], row["user2"]["fullname"]} == {"Ann", "Bob"}
    circle.invited(circle.a, circle.c)
    [asked] = circle.a.get(f"{REQUESTS}?status=pending").json["connectionRequests"]
    assert (asked["sender"]["fullname"], asked["receiver"]["fullname"]) == ("Ann", "Cat")


def test_net_31_others_see_nothing_of_a_connection_superadmin_does(circle, callers):
    path = f"{CONNECTIONS}/{circle.connect(circle.a, circle.b)}"
    assert circle.c.get(path).status_code == 403
    assert callers.admin(realm="network").get(path).status_code == 403
    assert callers.super_admin(realm="network").get(path).status_code == 200


def test_ties_are_connections_in_both_directions_and_counters_a_recount(chain):
    assert check_ties()[0] == "ok"
    assert queries.connection_count(chain.b.user_id) == 2
    assert queries.are_connected(chain.b.user_id, chain.c.user_id)
    assert not queries.are_connected(chain.a.user_id, chain.c.user_id)
    assert differences(10) == []


def test_what_is_asked_of_the_graph_stands_on_indexes(chain, plans):
    chain.block(chain.d, chain.person("eve"))
    plans.clear()
    chain.suggested(chain.a)
    chain.mutual(chain.a, chain.c)
    chain.degree(chain.a, chain.c)
    chain.a.get(REQUESTS)
    chain.a.get(CONNECTIONS)
    tables = ("network_", "people_block", "mine", "friend", "known", "x", "y", "z")
    assert [step for step in plans if step.removeprefix("SCAN ").startswith(tables) and step.startswith("SCAN")] == []
    assert [step for step in plans if step.endswith("(realm=?)")] == []


def test_the_doctor_finds_what_is_tied_and_not_connected(chain):
    ann, bob = number_of(chain.a.user_id), number_of(chain.b.user_id)
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(Tie).where(Tie.a == ann))
        work.commit()
    state, wrong = check_ties()
    assert state == "fail"
    assert f"{ann} is connected with {bob} and not tied" in wrong
    assert f"person {chain.a.user_id} counts 1 connections and has 0" in wrong
