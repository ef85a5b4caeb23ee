"""Two at once on one pair: one wins, nobody gets a 5xx, and the counters equal a recount (issue 18)."""
import pytest

from blueprints.network.networking.checks import check_ties
from tests.concurrency.test_orders import together
from tests.network.networking.circle import BLOCKS, CONNECTIONS, REQUESTS
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


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def assert_counts_are_true():
    assert check_ties()[0] == "ok"


def test_of_two_crossing_invitations_one_stands(app, circle, strangers):
    for number in range(ROUNDS):
        one, two = strangers(number)
        answers = together(app, lambda one=one, two=two: circle.invite(one, two),
                           lambda one=one, two=two: circle.invite(two, one))
        assert statuses(answers) == [201, 400]
        assert len(one.get(REQUESTS).json["connectionRequests"]) == 1


def test_an_acceptance_against_a_withdrawal_has_one_end(app, circle, strangers):
    for number in range(ROUNDS):
        one, two = strangers(number)
        request = circle.invited(one, two)
        accepted, withdrawn = together(
            app, lambda two=two, request=request: circle.answer(two, request),
            lambda one=one, request=request: one.delete(f"{REQUESTS}/{request}"))
        assert withdrawn.status_code == 200  # a request is removed in any state
        assert accepted.status_code in (200, 404)
        assert len(circle.connections(one)) == (accepted.status_code == 200)
    assert_counts_are_true()


def test_an_acceptance_against_a_block_leaves_no_connection(app, circle, strangers):
    for number in range(ROUNDS):
        one, two = strangers(number)
        request = circle.invited(one, two)
        blocked, accepted = together(
            app, lambda one=one, two=two: one.post(BLOCKS, json={"userId": two.user_id}),
            lambda two=two, request=request: circle.answer(two, request))
        assert blocked.status_code == 201
        assert accepted.status_code in (200, 404)
        assert circle.connections(one) == circle.connections(two) == []
        assert one.get(REQUESTS).json["connectionRequests"] == []
    assert_counts_are_true()


def test_an_invitation_against_a_block_leaves_no_request(app, circle, strangers):
    for number in range(ROUNDS):
        one, two = strangers(number)
        blocked, invited = together(
            app, lambda one=one, two=two: two.post(BLOCKS, json={"userId": one.user_id}),
            lambda one=one, two=two: circle.invite(one, two))
        assert blocked.status_code == 201
        assert invited.status_code in (201, 404)
        assert one.get(REQUESTS).json["connectionRequests"] == []


def test_of_two_acceptances_at_the_limit_one_connects(app, circle, strangers, limits):
    limits(connections_per_person=1)
    for number in range(ROUNDS):
        one, two = strangers(number)
        middle = circle.person(f"middle{number}")
        requests = [circle.invited(other, middle) for other in (one, two)]
        answers = together(app, *(lambda request=request, middle=middle: circle.answer(middle, request)
                                  for request in requests))
        assert statuses(answers) == [200, 400]
        assert len(circle.connections(middle)) == 1
    assert_counts_are_true()


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
