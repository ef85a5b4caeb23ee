"""Strikes and the ladder (M-15, M-16, decision 30)."""
import pytest
from sqlalchemy import select

from app.actor import Actor, system_actor
from app.clock import moved_clock, now
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.reads.read_request import ReadRequest
from app.data.unit_of_work import unit_of_work
from app.errors import Forbidden, InvalidInput
from blueprints.platform.moderation import ladder, strike_queries, strikes
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.ladder import Proposal
from blueprints.platform.moderation.rules import HEAVINESS
from blueprints.platform.moderation.strike_models import Strike
from tests.platform.moderation.cases import act_in, case_of, struck
from tests.platform.moderation.chains import entries

REALM = "marketplace"
SYSTEM = system_actor(REALM)
PERSON = "22222222-2222-2222-2222-222222222222"


@pytest.mark.parametrize(("kinds", "asked"), [
    (("SHOW_AGAIN",), None), (("UNBAN",), None), (("UNBAN",), True), (("OVERRIDE_FEEDBACK",), None),
    (("REMOVE", "SUSPEND"), False)])
def test_m_15_acts_that_leave_no_strike(app, kinds, asked):
    assert struck(PERSON, *kinds, asked=asked) is None
    assert strike_queries.active_strikes(REALM, PERSON) == 0


def test_m_15_a_case_leaves_one_strike_by_its_heaviest_act(app):
    strike = struck(PERSON, "WARN", "SUSPEND", "REMOVE")
    assert (strike.number, strike.act_kind, strike.person_id) == (1, "SUSPEND", PERSON)
    assert [row.strike_number for row in fetch(select(Act.strike_number))] == [1, 1, 1]
    assert strike_queries.active_strikes(REALM, PERSON) == 1


def test_m_15_an_override_of_feedback_strikes_when_it_is_asked_to(app):
    assert struck(PERSON, "OVERRIDE_FEEDBACK", asked=True).act_kind == "OVERRIDE_FEEDBACK"


def test_m_15_a_second_judgement_of_the_same_case_makes_the_same_strike_heavier(app):
    with unit_of_work(SYSTEM) as work:
        case = case_of(work, PERSON)
        first = strikes.strike_for(work, case, [act_in(work, case, "HIDE")], None, reason="fake", rule=None)
        second = strikes.strike_for(work, case, [act_in(work, case, "BAN")], None, reason="fake", rule=None)
        work.commit()
    assert first.id == second.id
    assert second.act_kind == "BAN"


def test_m_15_a_bulk_strikes_each_person_once(app):
    bulk, other = uuid7(), "33333333-3333-3333-3333-333333333333"
    numbers = [struck(person, kind, parent_id=bulk).number
               for person, kind in ((PERSON, "HIDE"), (other, "HIDE"), (PERSON, "REMOVE"), (PERSON, "HIDE"))]
    assert numbers == [1, 2, 1, 1]
    assert {row.number: row.act_kind for row in fetch(select(Strike.number, Strike.act_kind))} == {
        1: "REMOVE", 2: "HIDE"}


def test_m_15_an_act_on_another_person_is_no_strike_of_this_one(app):
    with unit_of_work(SYSTEM) as work:
        case = case_of(work, PERSON)
        other = act_in(work, case, "SUSPEND", person_id=uuid7())
        assert strikes.strike_for(work, case, [other], None, reason="fake", rule=None) is None
        work.commit()


def test_m_15_a_strike_lapses_by_the_clock(app):
    struck(PERSON, "REMOVE")
    me = Actor(REALM, PERSON, role="user")
    with moved_clock(days=179):
        assert strike_queries.active_strikes(REALM, PERSON) == 1
        assert strike_queries.list_strikes(me, ReadRequest()).rows[0]["state"] == "ACTIVE"
    with moved_clock(days=180, seconds=1):
        assert strike_queries.active_strikes(REALM, PERSON) == 0
        assert strike_queries.list_strikes(me, ReadRequest()).rows[0]["state"] == "LAPSED"


def test_m_15_a_revoked_strike_counts_no_more_and_comes_back_by_no_further_act(app):
    with unit_of_work(SYSTEM) as work:
        case = case_of(work, PERSON)
        strike = strikes.strike_for(work, case, [act_in(work, case, "HIDE")], None, reason="fake", rule=None)
        strikes.revoke(work, strike, reason="a mistake")
        assert strikes.strike_for(work, case, [act_in(work, case, "BAN")], None, reason="fake", rule=None) is None
        work.commit()
    assert strike_queries.active_strikes(REALM, PERSON) == 0
    assert [entry["what"] for entry in entries()] == ["strike.given", "strike.revoked"]


def test_m_15_a_strike_goes_with_the_last_of_its_acts(app, settle):
    with unit_of_work(SYSTEM) as work:
        case = case_of(work, PERSON)
        acts = [act_in(work, case, kind) for kind in ("REMOVE", "SUSPEND")]
        strike = strikes.strike_for(work, case, acts, None, reason="fake", rule=None)
        work.commit()
    for act_id, left in zip([act.id for act in acts], ("ACTIVE", "REVOKED"), strict=True):
        with unit_of_work(SYSTEM) as work:
            work.change(work.lock(Act, act_id), state="UNDONE", undone_at=now())
            work.commit()
        settle()
        [row] = fetch(select(Strike.state).where(Strike.id == strike.id))
        assert row.state == left


def test_own_strikes_are_listed_and_another_persons_by_staff_alone(app, as_user, as_admin):
    ben, eve = as_user("ben"), as_user("eve")
    struck(ben.user_id, "HIDE")
    struck(ben.user_id, "REMOVE")
    struck(eve.user_id, "WARN")
    mine = strike_queries.list_strikes(ben.actor, ReadRequest()).rows
    assert [(row["number"], row["actKind"]) for row in mine] == [(2, "REMOVE"), (1, "HIDE")]
    assert not {"struckBy", "caseId"} & mine[0].keys()
    assert len(strike_queries.list_strikes(as_admin.actor, ReadRequest(), ben.user_id).rows) == 2
    assert strike_queries.list_strikes(as_admin.actor, ReadRequest()).rows == []
    with pytest.raises(Forbidden):
        strike_queries.list_strikes(eve.actor, ReadRequest(), ben.user_id)


def test_m_16_the_ladder_proposes_by_the_active_strikes(app):
    proposed = [ladder.proposal(REALM, number) for number in (0, 1, 2, 3, 4, 9)]
    assert proposed == [Proposal(0, "WARN"), Proposal(1, "HIDE"), Proposal(2, "SUSPEND", 7),
                        Proposal(3, "SUSPEND", 30), Proposal(4, "BAN"), Proposal(4, "BAN")]
    assert all(HEAVINESS[step.kind] for step in ladder.ladder(REALM))


def test_m_16_the_ladder_never_acts(app):
    for _ in range(6):
        struck(PERSON, "WARN")
    assert {row.kind for row in fetch(select(Act.kind))} == {"WARN"}
    assert strike_queries.active_strikes(REALM, PERSON) == 6


def test_m_16_a_realm_writes_its_own_ladder(app, as_super_admin):
    ladder.set_ladder(as_super_admin.actor, [Proposal(3, "BAN"), Proposal(1, "SUSPEND", 3)])
    assert ladder.ladder(REALM) == [Proposal(1, "SUSPEND", 3), Proposal(3, "BAN")]
    assert ladder.proposal(REALM, 0) is None
    assert ladder.proposal(REALM, 2) == Proposal(1, "SUSPEND", 3)
    assert ladder.proposal("network", 2) == Proposal(2, "SUSPEND", 7)
    assert entries()[-1]["what"] == "ladder.written"
    ladder.set_ladder(as_super_admin.actor, [])
    assert ladder.proposal(REALM, 0) == Proposal(0, "WARN")


@pytest.mark.parametrize("steps", [
    [Proposal(1, "UNBAN")], [Proposal(1, "NONSENSE")], [Proposal(1, "SUSPEND")], [Proposal(1, "WARN", 3)],
    [Proposal(-1, "WARN")], [Proposal(1, "WARN"), Proposal(1, "BAN")]])
def test_m_16_an_impossible_ladder_is_refused(app, as_super_admin, steps):
    with pytest.raises(InvalidInput):
        ladder.set_ladder(as_super_admin.actor, steps)
    assert ladder.proposal(REALM, 0) == Proposal(0, "WARN")


def test_m_16_only_a_super_admin_writes_the_ladder(app, as_admin):
    with pytest.raises(Forbidden):
        ladder.set_ladder(as_admin.actor, [])
