"""Two at once on one pair: one wins, nobody gets a 5xx, and the counters equal a recount (issue 18)."""
import pytest

from blueprints.network.networking import commands
from blueprints.network.networking.checks import check_ties
from blueprints.platform.people import commands as people
from tests.concurrency.in_between import meet, places
from tests.concurrency.together import together
from tests.network.networking.circle import BLOCKS, CONNECTIONS, REQUESTS, refused
from tests.network.networking.test_invitation_rules import limits  # noqa: F401 - pytest finds it here
from tests.passes import rounds

# ruff: noqa: F811 - that is how pytest hands fixtures over
ROUNDS = rounds(30)


@pytest.fixture
def strangers(circle):
    """Call it for two people who have never met."""
    def meet(number):
        return circle.person(f"one{number}"), circle.person(f"two{number}")
    return meet


def requests_of(person):
    return [row["id"] for row in person.get(REQUESTS).json["connectionRequests"]]


def withdraw(person, request):
    return person.delete(f"{REQUESTS}/{request}")


def block(person, other):
    return person.post(BLOCKS, json={"userId": other.user_id})


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def assert_counts_are_true():
    assert check_ties()[0] == "ok"


@places(before=(commands, "share_accounts"), locked=(commands, "_refuse_second_request"))
def test_of_two_crossing_invitations_one_stands(app, monkeypatch, circle, place):
    one, two = circle.a, circle.b
    met = meet(app, monkeypatch, place, lambda: circle.invite(one, two), lambda: circle.invite(two, one))
    assert (met.winner.status_code, refused(met.loser)) == (201, (400, "ConnectionRequestExists"))
    assert requests_of(one) == requests_of(two) == [met.winner.json["connectionRequest"]["id"]]
    assert_counts_are_true()


@places(read=(commands, "_lock_pair"))
def test_an_acceptance_is_before_the_withdrawal_or_finds_no_request(app, monkeypatch, circle, place):
    request = circle.invited(circle.a, circle.b)
    met = meet(app, monkeypatch, place, lambda: circle.answer(circle.b, request), lambda: withdraw(circle.a, request))
    assert_withdrawn(circle, met.rival, met.first, is_connected=met.rival_waited)


@places(read=(commands, "lock_people"))
def test_a_withdrawal_is_before_the_acceptance_or_leaves_the_connection(app, monkeypatch, circle, place):
    request = circle.invited(circle.a, circle.b)
    met = meet(app, monkeypatch, place, lambda: withdraw(circle.a, request), lambda: circle.answer(circle.b, request))
    assert_withdrawn(circle, met.first, met.rival, is_connected=not met.rival_waited)


def assert_withdrawn(circle, withdrawn, accepted, *, is_connected):
    """A request is removed in any state (scenario 12): who answers it behind that finds none."""
    assert (withdrawn.status_code, accepted.status_code) == (200, 200 if is_connected else 404)
    assert requests_of(circle.a) == requests_of(circle.b) == []
    assert len(circle.connections(circle.a)) == len(circle.connections(circle.b)) == is_connected
    assert_counts_are_true()


@places(read=(commands, "_lock_pair"))
def test_an_acceptance_is_cut_by_the_block_or_refused(app, monkeypatch, circle, place):
    request = circle.invited(circle.a, circle.b)
    met = meet(app, monkeypatch, place, lambda: circle.answer(circle.b, request), lambda: block(circle.a, circle.b))
    assert_blocked(circle, met.rival, met.first, was_connected=met.rival_waited)


@places(before=(people, "lock_accounts"))
def test_a_block_cuts_what_was_accepted_before_it_and_refuses_the_rest(app, monkeypatch, circle, place):
    request = circle.invited(circle.a, circle.b)
    met = meet(app, monkeypatch, place, lambda: block(circle.a, circle.b), lambda: circle.answer(circle.b, request))
    assert_blocked(circle, met.first, met.rival, was_connected=not met.rival_waited)


def assert_blocked(circle, blocked, accepted, *, was_connected):
    assert (blocked.status_code, accepted.status_code) == (201, 200 if was_connected else 404)
    assert circle.connections(circle.a) == circle.connections(circle.b) == []
    assert requests_of(circle.a) == requests_of(circle.b) == []
    assert_counts_are_true()


@places(read=(commands, "_lock_pair"))
def test_of_two_acceptances_at_the_limit_one_connects(app, monkeypatch, circle, limits, place):
    limits(connections_per_person=1)
    requests = [circle.invited(other, circle.c) for other in (circle.a, circle.b)]
    met = meet(app, monkeypatch, place, *(lambda one=one: circle.answer(circle.c, one) for one in requests))
    assert (met.winner.status_code, refused(met.loser)) == (200, (400, "TooManyConnections"))
    assert len(circle.connections(circle.c)) == 1
    assert sorted(row["status"] for row in circle.c.get(REQUESTS).json["connectionRequests"]) == ["accepted", "pending"]
    assert_counts_are_true()


def test_an_invitation_against_a_block_leaves_no_request(app, circle, strangers):
    for number in range(ROUNDS):
        one, two = strangers(number)
        blocked, invited = together(
            app, lambda one=one, two=two: block(two, one),
            lambda one=one, two=two: circle.invite(one, two))
        assert blocked.status_code == 201
        assert invited.status_code in (201, 404)
        assert requests_of(one) == []


def test_of_two_answers_and_two_disconnections_one_of_each_is_first(app, circle, strangers):
    for number in range(ROUNDS):
        one, two = strangers(number)
        request = circle.invited(one, two)
        answers = together(app, *(lambda two=two, request=request, status=status: circle.answer(two, request, status)
                                  for status in ("accepted", "rejected")))
        assert statuses(answers) == [200, 400]
        if answers[0].status_code != 200:
            continue
        path = f"{CONNECTIONS}/{circle.connection(one, two)}"
        cut = together(app, lambda one=one, path=path: one.delete(path), lambda two=two, path=path: two.delete(path))
        assert statuses(cut) == [200, 404]
    assert_counts_are_true()


def test_invitations_at_once_do_not_pass_the_limit_of_a_week(app, circle, limits):
    limits(invitations_per_week=3)
    for number in range(ROUNDS // 5):
        sender = circle.person(f"sender{number}")
        others = [circle.person(f"other{number}-{place}") for place in range(5)]
        answers = together(app, *(lambda other=other, sender=sender: circle.invite(sender, other)
                                  for other in others))
        assert statuses(answers) == [201, 201, 201, 429, 429]
