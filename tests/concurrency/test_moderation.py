"""Moderation at once: one case a thing, one moderator a case, nothing done twice (moderation.md, Locks and races)."""
from collections import Counter

import pytest
from sqlalchemy import select

from app.data.moderated_kinds import ModeratedKind, ModeratedKinds
from app.data.reads import fetch
from app.errors import ApiError
from app.runtime import runtime
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder, undo
from blueprints.platform.moderation.case_file_models import Evidence
from blueprints.platform.moderation.cases import act, resolve
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.reports import report
from tests.concurrency.together import together
from tests.platform.moderation.things import Things

CLIENTS = 8


@pytest.fixture
def things(app):
    made, former = Things(), runtime().part(ModeratedKinds)
    kind = ModeratedKind("PRODUCT", read=made.read_as("PRODUCT"))
    runtime().keep(ModeratedKinds(former | {("marketplace", "PRODUCT"): kind}))
    yield made
    runtime().keep(former)


@pytest.fixture
def listing(things, callers):
    return things.add(callers.user("sid").user_id)


def said(action):
    try:
        return action()
    except ApiError as refused:
        return refused.err_code


def reports(caller, listing):
    return said(lambda: report(caller.actor, entity_type="PRODUCT", entity_id=listing, reason="FRAUD"))


def resolves(caller, number, listing):
    return said(lambda: resolve(caller.actor, number, acts=[ActOrder("WARN", "PRODUCT", listing)], reason="r"))


def all_of(model):
    return fetch(select(*model.__table__.columns).order_by(model.id))


def test_reports_of_one_thing_at_once_make_one_case(app, callers, listing):
    people = [callers.user(f"reporter{number}") for number in range(CLIENTS)]
    together(app, *(lambda caller=caller: reports(caller, listing) for caller in people))
    [case] = all_of(Case)
    assert (case.report_count, case.priority, len(all_of(Report)), len(all_of(Evidence))) == (
        CLIENTS, 90 + 5 * (CLIENTS - 1), CLIENTS, 1)
    assert pending_cases("marketplace") == 1


def test_of_many_reports_of_one_person_at_once_one_is_taken(app, callers, listing):
    ben = callers.user("ben")
    answers = together(app, *[lambda: reports(ben, listing)] * CLIENTS)
    assert Counter(isinstance(one, Report) for one in answers) == {True: 1, False: CLIENTS - 1}
    assert {one for one in answers if isinstance(one, str)} == {"AlreadyReported"}
    assert [case.report_count for case in all_of(Case)] == [1]


def test_reports_of_many_things_at_once_have_numbers_of_their_own(app, callers, things):
    sid = callers.user("sid").user_id
    listings = [things.add(sid) for _ in range(CLIENTS)]
    people = [callers.user(f"reporter{number}") for number in range(CLIENTS)]
    together(app, *(lambda caller=caller, listing=listing: reports(caller, listing)
                    for caller, listing in zip(people, listings, strict=True)))
    assert sorted(case.number for case in all_of(Case)) == list(range(1, CLIENTS + 1))
    assert pending_cases("marketplace") == CLIENTS


def test_of_two_moderators_on_one_case_one_resolves_it(app, callers, listing):
    reports(callers.user("ben"), listing)
    ada, bob = callers.admin("ada"), callers.admin("bob")
    answers = together(app, lambda: resolves(ada, 1, listing), lambda: resolves(bob, 1, listing))
    assert [one for one in answers if isinstance(one, str)] == ["CaseTaken"]
    assert (len(all_of(Act)), pending_cases("marketplace")) == (1, 0)


def test_one_moderator_who_resolves_twice_at_once_gets_the_same_act(app, callers, listing):
    reports(callers.user("ben"), listing)
    ada = callers.admin("ada")
    answers = together(app, *[lambda: resolves(ada, 1, listing)] * 4)
    assert {one.acts[0].number for one in answers} == {1}
    assert (len(all_of(Act)), pending_cases("marketplace")) == (1, 0)


def test_the_same_act_of_many_moderators_at_once_is_done_once(app, callers, listing):
    staff = [callers.admin(f"admin{number}") for number in range(4)]
    answers = together(app, *(lambda one=one: said(
        lambda: act(one.actor, ActOrder("WARN", "PRODUCT", listing), reason="r")) for one in staff))
    assert {one.acts[0].number for one in answers} == {1}
    assert [(case.number, case.state) for case in all_of(Case)] == [(1, "RESOLVED")]
    assert pending_cases("marketplace") == 0


def test_a_report_against_a_resolution_is_judged_with_it_or_opens_the_next_case(app, callers, listing):
    reports(callers.user("ben"), listing)
    together(app, lambda: resolves(callers.admin(), 1, listing), lambda: reports(callers.user("eve"), listing))
    waiting = {case.id: case.report_count for case in all_of(Case) if case.is_pending}
    assert all(one.is_open == (one.case_id in waiting) for one in all_of(Report))
    assert pending_cases("marketplace") == len(waiting) <= 1
    assert all(count == 1 for count in waiting.values())


def test_reports_acts_and_undoings_at_once_end(app, callers, things):
    sid = callers.user("sid").user_id
    listings = [things.add(sid) for _ in range(3)]
    staff = [callers.admin(f"admin{number}") for number in range(2)]
    people = [callers.user(f"reporter{number}") for number in range(2)]
    answers = together(app, *(
        action for listing in listings for action in (
            lambda listing=listing: reports(people[0], listing), lambda listing=listing: reports(people[1], listing),
            lambda listing=listing: said(lambda: act(
                staff[0].actor, ActOrder("WARN", "PRODUCT", listing), reason="r")),
            lambda listing=listing: said(lambda: act(
                staff[1].actor, ActOrder("WARN", "PRODUCT", listing), reason="r")),
            lambda: said(lambda: undo(staff[1].actor, 1, reason="r")))))
    assert {one for one in answers if isinstance(one, str)} <= {"AlreadyReported", "RecordNotFound"}
    assert pending_cases("marketplace") == sum(case.is_pending for case in all_of(Case))
