"""Resolving a case: one transaction, one moderator, the same again changes nothing (M-17, M-24, M-29)."""
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.clock import moved_clock
from app.data.reads import fetch
from app.errors import Forbidden, InvalidInput, NotFound, RuleViolated
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder, undo
from blueprints.platform.moderation.cases import act, dismiss, resolve, take
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.queries import get_case
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.reports import report


@pytest.fixture
def seller(people):
    return people.user("sid")


@pytest.fixture
def listing(things, seller):
    return things.add(seller.user_id)


@pytest.fixture
def case(people, listing):
    report(people.user("ben").actor, entity_type="PRODUCT", entity_id=listing, reason="COUNTERFEIT")
    return fetch(select(*Case.__table__.columns))[0]


def warning(thing_id):
    return ActOrder("WARN", "PRODUCT", thing_id)


def all_of(model):
    return fetch(select(*model.__table__.columns).order_by(model.id))


def test_m_14_nobody_judges_what_concerns_themselves(things, people):
    ada, bob = people.admin("ada"), people.admin("bob")
    listing = things.add(ada.user_id)
    done = act(bob.actor, warning(listing), reason="fake")
    report(people.user("ben").actor, entity_type="PRODUCT", entity_id=listing, reason="FRAUD")
    number = done.case.number + 1
    for judged in (lambda: undo(ada.actor, done.acts[0].number, reason="no"),
                   lambda: dismiss(ada.actor, number, reason="no"), lambda: take(ada.actor, number),
                   lambda: resolve(ada.actor, number, acts=[warning(listing)], reason="r"),
                   lambda: act(ada.actor, warning(things.add(ada.user_id)), reason="r")):
        with pytest.raises(RuleViolated, match="concerns themselves"):
            judged()
    assert get_case(ada.actor, number)[1]["reports"] == []
    assert len(get_case(bob.actor, number)[1]["reports"]) == 1


def test_an_act_on_nobody_is_not_found(things, people):
    ada = people.admin("ada")
    with pytest.raises(NotFound):
        act(ada.actor, ActOrder("WARN", "USER", str(uuid4())), reason="r")


def test_only_staff_resolves_acts_and_undoes(people, case, listing):
    ben = people.user("ben").actor
    for refused in (lambda: resolve(ben, case.number, acts=[warning(listing)], reason="r"),
                    lambda: act(ben, warning(listing), reason="r"), lambda: undo(ben, 1, reason="r")):
        with pytest.raises(Forbidden):
            refused()
    assert all_of(Act) == []


def test_a_case_and_an_act_that_are_not_there(people):
    ada = people.admin().actor
    with pytest.raises(NotFound):
        resolve(ada, 7, acts=[warning(str(uuid4()))], reason="r")
    with pytest.raises(NotFound):
        undo(ada, 7, reason="r")


@pytest.mark.parametrize("order", [
    {"kind": "WARN", "days": 3}, {"kind": "WARN", "scope": "SELLING"}, {"kind": "WARN", "changes": {"rating": 1}},
    {"kind": "BAN"}, {"kind": "OVERRIDE_FEEDBACK", "changes": {"rating": 1}}, {"kind": "NONSENSE"}])
def test_an_act_that_the_thing_or_its_kind_does_not_know_is_refused(people, case, listing, order):
    with pytest.raises(InvalidInput):
        resolve(people.admin().actor, case.number, reason="r",
                acts=[ActOrder(**{"entity_type": "PRODUCT", "entity_id": listing} | order)])
    assert all_of(Act) == []


def test_a_case_is_not_resolved_by_nothing(people, case):
    with pytest.raises(InvalidInput):
        resolve(people.admin().actor, case.number, acts=[], reason="r")


def test_resolving_warns_upholds_the_reports_and_closes_the_case(people, case, listing, seller, realm):
    ada = people.admin()
    done = resolve(ada.actor, case.number, acts=[warning(listing)], reason="a fake", rule="counterfeit")
    assert [(one.number, one.kind, one.case_number, one.person_id, one.rule) for one in done.acts] == [
        (1, "WARN", 1, seller.user_id, "counterfeit")]
    assert (done.case.state, done.case.is_pending, done.case.closed_by) == ("RESOLVED", False, ada.user_id)
    assert [(one.state, one.is_open) for one in all_of(Report)] == [("UPHELD", False)]
    assert [(one.upheld, one.declined) for one in fetch(select(ReporterRecord.upheld, ReporterRecord.declined))] == [
        (1, 0)]
    assert pending_cases(realm) == 0


def test_the_same_again_returns_what_stands(people, case, listing):
    ada = people.admin().actor
    first = resolve(ada, case.number, acts=[warning(listing)], reason="r")
    again = resolve(ada, case.number, acts=[warning(listing)], reason="r")
    assert [one.number for one in again.acts] == [one.number for one in first.acts] == [1]
    assert len(all_of(Act)) == 1


def test_another_moderator_is_told_who_closed_the_case(people, case, listing):
    resolve(people.admin("ada").actor, case.number, acts=[warning(listing)], reason="r")
    with pytest.raises(RuleViolated, match="Ada") as refused:
        resolve(people.admin("bob").actor, case.number, acts=[warning(listing)], reason="r")
    assert (refused.value.err_code, refused.value.detail) == ("CaseTaken", {"by": "Ada"})


def test_m_17_an_act_without_a_case_opens_one_and_resolves_it(people, listing, realm):
    done = act(people.admin().actor, warning(listing), reason="seen by chance")
    assert (done.case.kind, done.case.state, done.case.number) == ("OWN", "RESOLVED", 1)
    assert [one.case_number for one in done.acts] == [1]
    assert pending_cases(realm) == 0


def test_m_17_an_act_on_a_thing_whose_case_waits_resolves_that(people, case, listing, realm):
    done = act(people.admin().actor, warning(listing), reason="r")
    assert (done.case.id, done.case.state, pending_cases(realm)) == (case.id, "RESOLVED", 0)
    assert [one.state for one in all_of(Report)] == ["UPHELD"]


def test_the_same_act_again_returns_the_one_that_stands(people, listing):
    first = act(people.admin("ada").actor, warning(listing), reason="r")
    again = act(people.admin("bob").actor, warning(listing), reason="r")
    assert again.acts[0].number == first.acts[0].number
    assert again.case.number == first.case.number
    assert [len(all_of(model)) for model in (Act, Case)] == [1, 1]
    with moved_clock(hours=25):
        assert act(people.admin("bob").actor, warning(listing), reason="again").acts[0].number == 2


def test_undoing_twice_changes_nothing_more(people, listing):
    ada = people.admin()
    act(ada.actor, warning(listing), reason="r")
    undone = undo(ada.actor, 1, reason="a mistake")
    assert undone.lost == ["The letter that was sent stays sent."]
    assert (undone.act.state, undone.act.undone_by, undone.act.undone_reason) == ("UNDONE", ada.user_id, "a mistake")
    version = undone.act.record_version
    again = undo(ada.actor, 1, reason="again")
    assert (again.lost, again.act.record_version) == ([], version)


def test_what_was_undone_can_be_done_again(people, listing):
    ada = people.admin().actor
    act(ada, warning(listing), reason="r")
    undo(ada, 1, reason="r")
    assert act(ada, warning(listing), reason="r").acts[0].number == 2


def test_m_24_each_act_and_its_undoing_is_a_row_of_the_contracts_record(people, listing, realm, callers):
    from blueprints.marketplace.admin_moderation.models import ModerationAction

    ada = people.admin().actor
    act(ada, warning(listing), reason="a fake")
    undo(ada, 1, reason="a mistake")
    rows = fetch(select(ModerationAction.action_type, ModerationAction.reason, ModerationAction.entity_id).order_by(
        ModerationAction.id))
    wanted = [("ADMIN_NOTE", "a fake", listing), ("ADMIN_NOTE", "undo a1: a mistake", listing)]
    assert [tuple(row) for row in rows] == (wanted if realm == "marketplace" else [])


def test_m_24_a_message_stands_in_the_record_as_its_person(people, things, seller, realm):
    from blueprints.marketplace.admin_moderation.models import ModerationAction

    message = things.add(seller.user_id, "MESSAGE")
    act(people.admin().actor, ActOrder("WARN", "MESSAGE", message), reason="rude")
    rows = fetch(select(ModerationAction.entity_type, ModerationAction.entity_id, ModerationAction.reason))
    wanted = [("USER", seller.user_id, f"MESSAGE {message}: rude")]
    assert [tuple(row) for row in rows] == (wanted if realm == "marketplace" else [])


def test_m_29_numbers_count_from_one_in_each_realm(people, things, seller, callers):
    for number in (1, 2, 3):
        done = act(people.admin().actor, warning(things.add(seller.user_id)), reason="r")
        assert (done.case.number, done.acts[0].number) == (number, number)
    assert fetch(select(func.count()).select_from(Case))[0][0] == 3
