"""Appeals: who may appeal, until when, who decides, and what follows (M-10, M-14, decision 30)."""
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.actor import anonymous, system_actor
from app.clock import moved_clock, now
from app.data.reads import fetch
from app.data.reads.read_request import ReadRequest
from app.errors import DuplicateRecord, Forbidden, InvalidInput, LoginRequired, NotFound, RuleViolated
from app.identity.appeal_tokens import issue
from app.notify.mailbox import read_outbox
from app.runtime import runtime
from blueprints.platform.auth import commands as accounts
from blueprints.platform.moderation import acts, appeals, cases, counters, strike_queries
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.case_file_models import Evidence
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.reports import report
from blueprints.platform.moderation.strike_models import Strike
from tests.platform.moderation.chains import entries


class Court:
    """A person, two moderators, and strikes by warnings on his listings."""

    def __init__(self, realm, people, things):
        self.realm, self.things = realm, things
        self.ben, self.ada, self.eve = people.user("ben"), people.admin("ada"), people.admin("eve")
        things.add(self.ben.user_id, "USER", id=self.ben.user_id)

    def struck(self, by=None, person=None):
        thing = self.things.add((person or self.ben).user_id)
        resolution = cases.act((by or self.ada).actor, ActOrder("WARN", "PRODUCT", thing), reason="fake")
        return resolution.strike

    def appealed(self, strike=None, **more):
        return appeals.appeal(self.ben.actor, strike_number=(strike or self.struck()).number, text="it is real",
                              **more)

    def suspended(self, kind, days=None):
        order = ActOrder(kind, "USER", self.ben.user_id, days=days)
        return cases.act(self.ada.actor, order, reason="two fakes", strike=False).acts[0]

    def token_of(self, act):
        return issue(runtime().settings.secret_key, self.realm, act.id, self.ben.user_id, now() + timedelta(days=20))

    def token(self, strike, until=timedelta(days=20)):
        [act] = fetch(select(Act.id).where(Act.strike_number == strike.number, Act.realm == self.realm))
        return issue(runtime().settings.secret_key, self.realm, act.id, strike.person_id, now() + until)


@pytest.fixture
def court(app, realm, people, things):
    return Court(realm, people, things)


def state_of(model, number):
    [row] = fetch(select(model.state).where(model.number == number))
    return row.state


def letters_on_appeals(person):
    return [letter for letter in read_outbox(person.email) if letter["template"] == "APPEAL_DECIDED"]


def test_m_10_whoever_is_struck_appeals_with_a_login(court):
    strike = court.struck()
    appeal = court.appealed(strike)
    assert (appeal.number, appeal.state, appeal.strike_number) == (1, "OPEN", strike.number)
    assert appeal.owner == appeal.person_id == court.ben.user_id
    [case] = fetch(select(Case.kind, Case.state, Case.previous, Case.person_id).where(Case.kind == "APPEAL"))
    assert case == ("APPEAL", "OPEN", strike.case_number, court.ben.user_id)
    assert counters.pending_cases(court.realm) == 1
    [kept] = fetch(select(Evidence.content).where(Evidence.case_id == appeal.case_id))
    assert kept.content == {"strike": strike.number, "text": "it is real"}


def test_m_10_the_signed_token_stands_for_a_login(court):
    strike = court.struck()
    appeal = appeals.appeal(anonymous(court.realm), strike_number=strike.number, text="it is real",
                            token=court.token(strike))
    assert appeal.person_id == court.ben.user_id


def test_m_10_the_token_names_the_strike_by_itself(court):
    strike = court.struck()
    appeal = appeals.appeal(anonymous(court.realm), text="it is real", token=court.token(strike))
    assert (appeal.strike_number, appeal.person_id) == (strike.number, court.ben.user_id)
    with pytest.raises(InvalidInput, match="strikeNumber"):
        appeals.appeal(court.ben.actor, text="which one?")


def test_m_10_what_left_no_strike_cannot_be_appealed_against(court):
    thing = court.things.add(court.ben.user_id)
    done = cases.act(court.ada.actor, ActOrder("WARN", "PRODUCT", thing), reason="fake", strike=False)
    with pytest.raises(RuleViolated, match="left no strike"):
        appeals.appeal(anonymous(court.realm), text="it is real", token=court.token_of(done.acts[0]))


@pytest.mark.parametrize(("kind", "days"), [("SUSPEND", 7), ("BAN", None)])
def test_m_10_a_suspension_without_a_strike_is_appealed_once_by_its_token(court, settle, kind, days):
    act = court.suspended(kind, days)
    appeal = appeals.appeal(anonymous(court.realm), text="it was not me", token=court.token_of(act))
    assert (appeal.strike_number, appeal.act_number, appeal.person_id) == (None, act.number, court.ben.user_id)
    with pytest.raises(DuplicateRecord) as refused:
        appeals.appeal(anonymous(court.realm), text="again", token=court.token_of(act))
    assert refused.value.err_code == "AlreadyAppealed"
    with pytest.raises(RuleViolated, match="Who struck does not decide"):
        appeals.decide(court.ada.actor, appeal.number, granted=True, reason="yes")
    decision = appeals.decide(court.eve.actor, appeal.number, granted=True, reason="it was another")
    assert [undone.number for undone in decision.undone] == [act.number]
    assert decision.lost == ["The letter that was sent stays sent.", "The sessions that it ended stay ended."]
    assert entries(court.realm)[-1]["facts"]["act"] == act.number
    settle()
    [letter] = letters_on_appeals(court.ben)
    assert "your appeal p1 against case 1 was granted" in letter["text"]
    assert "strike" not in letter["text"]


def test_m_10_one_appeal_is_against_all_that_its_case_did_without_a_strike(court):
    thing = court.things.add(court.ben.user_id)
    cases.act(court.ada.actor, ActOrder("WARN", "PRODUCT", thing), reason="fake", strike=False)
    report(court.eve.actor, entity_type="PRODUCT", entity_id=thing, reason="FRAUD")
    done = cases.resolve(court.ada.actor, 2, reason="fake", strike=False, acts=[
        ActOrder("WARN", "PRODUCT", thing), ActOrder("SUSPEND", "USER", court.ben.user_id, days=7),
        ActOrder("SUSPEND", "USER", court.ben.user_id, days=9)])
    tokens = [court.token_of(act) for act in done.acts]
    appeal = appeals.appeal(anonymous(court.realm), text="no", token=tokens[2])
    for token in tokens:
        with pytest.raises(DuplicateRecord):
            appeals.appeal(anonymous(court.realm), text="no", token=token)
    decision = appeals.decide(court.eve.actor, appeal.number, granted=True, reason="yes")
    assert sorted(act.number for act in decision.undone) == sorted(act.number for act in done.acts)
    assert state_of(Act, 1) == "STANDING"


def test_m_10_a_suspension_without_a_strike_is_appealed_in_time_and_while_it_stands(court):
    act = court.suspended("BAN")
    with moved_clock(days=20, seconds=1), pytest.raises(RuleViolated) as refused:
        appeals.appeal(anonymous(court.realm), text="no", token=court.token_of(act))
    assert refused.value.err_code == "AppealTooLate"
    acts.undo(court.ada.actor, act.number, reason="a mistake")
    with pytest.raises(RuleViolated) as refused:
        appeals.appeal(anonymous(court.realm), text="no", token=court.token_of(act))
    assert refused.value.err_code == "ActEnded"


def test_m_10_a_denied_appeal_leaves_a_suspension_without_a_strike_as_it_is(court, settle):
    act = court.suspended("SUSPEND", 7)
    appeal = appeals.appeal(anonymous(court.realm), text="no", token=court.token_of(act))
    appeals.decide(court.eve.actor, appeal.number, granted=False, reason="it was you")
    assert (state_of(Act, act.number), state_of(Appeal, 1)) == ("STANDING", "DENIED")
    settle()
    [letter] = letters_on_appeals(court.ben)
    assert "What was decided stays" in letter["text"]


def test_m_14_the_case_of_an_appeal_is_closed_by_its_decision_alone(court):
    case = fetch(select(Case.number).where(Case.id == court.appealed().case_id))[0].number
    thing = court.things.add(court.ben.user_id)
    with pytest.raises(RuleViolated, match="is an appeal"):
        cases.dismiss(court.ada.actor, case, reason="I was right")
    with pytest.raises(RuleViolated, match="is an appeal"):
        cases.resolve(court.ada.actor, case, acts=[ActOrder("WARN", "PRODUCT", thing)], reason="again")
    assert state_of(Appeal, 1) == "OPEN"
    assert appeals.decide(court.eve.actor, 1, granted=False, reason="no").appeal.state == "DENIED"


def test_m_10_a_token_of_another_strike_another_realm_or_none_appeals_nothing(court):
    first, second = court.struck(), court.struck()
    visitor, token = anonymous(court.realm), court.token(first)
    other = "network" if court.realm == "marketplace" else "marketplace"
    with pytest.raises(NotFound):
        appeals.appeal(visitor, strike_number=second.number, text="x", token=token)
    for bad in ("x", token[:-2], token + "x"):
        with pytest.raises(RuleViolated, match="none of ours"):
            appeals.appeal(visitor, strike_number=first.number, text="x", token=bad)
    with pytest.raises(RuleViolated, match="none of ours"):
        appeals.appeal(anonymous(other), strike_number=first.number, text="x", token=token)
    with pytest.raises(LoginRequired):
        appeals.appeal(visitor, strike_number=first.number, text="x")
    assert fetch(select(Appeal.id)) == []


def test_m_10_a_token_ends_with_the_time_to_appeal(court):
    strike = court.struck()
    token = court.token(strike)
    with moved_clock(days=20, seconds=1), pytest.raises(RuleViolated, match="time to appeal is over"):
        appeals.appeal(anonymous(court.realm), strike_number=strike.number, text="x", token=token)


def test_a_foreign_strike_is_not_found(court, people):
    strike = court.struck()
    for other in (people.user("max"), court.ada):
        with pytest.raises(NotFound):
            appeals.appeal(other.actor, strike_number=strike.number, text="x")
    with pytest.raises(NotFound):
        appeals.appeal(court.ben.actor, strike_number=99, text="x")


def test_a_strike_is_appealed_once(court):
    strike = court.struck()
    appeal = court.appealed(strike)
    with pytest.raises(DuplicateRecord) as refused:
        court.appealed(strike)
    assert refused.value.err_code == "AlreadyAppealed"
    appeals.decide(court.eve.actor, appeal.number, granted=False, reason="it is fake")
    with pytest.raises(DuplicateRecord):
        court.appealed(strike)


def test_a_strike_is_appealed_within_appeal_days(court):
    strike = court.struck()
    with moved_clock(days=20, seconds=1), pytest.raises(RuleViolated) as refused:
        court.appealed(strike)
    assert refused.value.err_code == "AppealTooLate"
    with moved_clock(days=19):
        court.appealed(strike)


def test_a_revoked_strike_is_not_appealed(court, settle):
    strike = court.struck()
    [act] = fetch(select(Act.number))
    acts.undo(court.ada.actor, act.number, reason="a mistake")
    settle()
    assert state_of(Strike, strike.number) == "REVOKED"
    with pytest.raises(RuleViolated) as refused:
        court.appealed(strike)
    assert refused.value.err_code == "StrikeRevoked"


def test_m_14_another_moderator_denies_and_the_strike_stays(court, settle):
    appeal = court.appealed()
    decision = appeals.decide(court.eve.actor, appeal.number, granted=False, reason="it is fake")
    assert (decision.appeal.state, decision.appeal.is_own_strike) == ("DENIED", False)
    assert state_of(Strike, 1) == "ACTIVE"
    assert state_of(Act, 1) == "STANDING"
    assert state_of(Case, 2) == "DISMISSED"
    assert counters.pending_cases(court.realm) == 0
    assert entries(court.realm)[-1]["what"] == "appeal.denied"
    settle()
    [letter] = letters_on_appeals(court.ben)
    assert letter["subject"] == "Your appeal p1 was denied"
    assert "it is fake" in letter["text"]


def test_m_14_a_granted_appeal_undoes_every_act_of_the_strike_and_revokes_it(court, settle):
    thing = court.things.add(court.ben.user_id)
    case = cases.act(court.ada.actor, ActOrder("WARN", "PRODUCT", thing), reason="fake").case
    strike = court.struck()
    assert case.number == 1
    appeal = court.appealed(strike)
    decision = appeals.decide(court.eve.actor, appeal.number, granted=True, reason="it is real")
    assert [act.number for act in decision.undone] == [2]
    assert decision.lost == ["The letter that was sent stays sent."]
    assert (state_of(Strike, 1), state_of(Strike, 2)) == ("ACTIVE", "REVOKED")
    assert (state_of(Act, 1), state_of(Act, 2)) == ("STANDING", "UNDONE")
    assert strike_queries.active_strikes(court.realm, court.ben.user_id) == 1
    assert state_of(Case, 3) == "RESOLVED"
    settle()
    [letter] = letters_on_appeals(court.ben)
    assert letter["subject"] == "Your appeal p1 was granted"
    noted = entries(court.realm)
    assert [entry["what"] for entry in noted if entry["what"] in ("strike.revoked", "act.undone")] == [
        "strike.revoked", "act.undone"]


def test_m_14_who_struck_does_not_decide_while_another_can(court):
    appeal = court.appealed()
    with pytest.raises(RuleViolated) as refused:
        appeals.decide(court.ada.actor, appeal.number, granted=False, reason="no")
    assert refused.value.err_code == "OwnStrike"
    assert state_of(Appeal, 1) == "OPEN"


def test_m_14_who_struck_decides_where_there_is_no_other_and_it_is_flagged(court):
    appeal = court.appealed()
    accounts.lock_user(system_actor(court.realm), court.eve.user_id, now() + timedelta(hours=1))
    decision = appeals.decide(court.ada.actor, appeal.number, granted=True, reason="yes")
    assert decision.appeal.is_own_strike
    assert entries(court.realm)[-1]["facts"]["isOwnStrike"] is True
    [row] = appeals.list_appeals(court.ada.actor, ReadRequest()).rows
    assert (row["isOwnStrike"], row["decidedBy"]) == (True, court.ada.user_id)


def test_m_14_the_built_in_super_admin_may_decide_and_does_not_count(court, people):
    root, appeal = people.super_admin(), court.appealed()
    accounts.lock_user(system_actor(court.realm), court.eve.user_id, now() + timedelta(hours=1))
    second = court.appealed()
    assert not appeals.decide(root.actor, appeal.number, granted=False, reason="no").appeal.is_own_strike
    assert appeals.decide(court.ada.actor, second.number, granted=False, reason="no").appeal.is_own_strike


def test_m_14_nobody_decides_an_own_appeal(court):
    strike = court.struck(by=court.ada, person=court.eve)
    appeal = appeals.appeal(court.eve.actor, strike_number=strike.number, text="x")
    with pytest.raises(RuleViolated) as refused:
        appeals.decide(court.eve.actor, appeal.number, granted=True, reason="x")
    assert refused.value.err_code == "OwnAppeal"


def test_m_14_only_an_active_member_of_staff_decides(court):
    appeal = court.appealed()
    accounts.lock_user(system_actor(court.realm), court.eve.user_id, now() + timedelta(hours=1))
    for actor in (court.ben.actor, court.eve.actor):
        with pytest.raises(Forbidden):
            appeals.decide(actor, appeal.number, granted=True, reason="x")
    with pytest.raises(NotFound):
        appeals.decide(court.ada.actor, 99, granted=True, reason="x")


def test_a_decision_is_made_once_and_the_same_again_returns_it(court, people, settle):
    appeal, max_ = court.appealed(), people.admin("max")
    first = appeals.decide(court.eve.actor, appeal.number, granted=True, reason="yes")
    again = appeals.decide(court.eve.actor, appeal.number, granted=True, reason="yes")
    assert again.appeal.id == first.appeal.id
    for actor, granted in ((court.eve.actor, False), (max_.actor, True)):
        with pytest.raises(RuleViolated) as refused:
            appeals.decide(actor, appeal.number, granted=granted, reason="x")
        assert refused.value.err_code == "AppealDecided"
    settle()
    assert len(letters_on_appeals(court.ben)) == 1
    assert counters.pending_cases(court.realm) == 0


def test_a_person_lists_own_appeals_and_staff_all_with_who_decided(court, people):
    max_, mine = people.user("max"), court.appealed()
    foreign = appeals.appeal(max_.actor, strike_number=court.struck(person=max_).number, text="x")
    appeals.decide(court.eve.actor, mine.number, granted=False, reason="no")
    [row] = appeals.list_appeals(court.ben.actor, ReadRequest()).rows
    assert (row["number"], row["state"], row["reason"]) == (mine.number, "DENIED", "no")
    assert not {"decidedBy", "isOwnStrike", "strikeId", "caseId"} & row.keys()
    rows = appeals.list_appeals(court.ada.actor, ReadRequest()).rows
    assert [(row["number"], row["decidedBy"]) for row in rows] == [
        (foreign.number, None), (mine.number, court.eve.user_id)]
