"""Appeals at once: one a strike, decided once (M-14; moderation.md, Locks and races)."""
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.actor import anonymous
from app.clock import now
from app.data.reads import fetch
from app.identity.appeal_tokens import issue
from app.runtime import runtime
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.acts import ActOrder, undo
from blueprints.platform.moderation.appeals import appeal, decide
from blueprints.platform.moderation.cases import act
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.strike_models import Strike
from tests.concurrency.test_moderation import said, things  # noqa: F401 - pytest finds the fixture here
from tests.concurrency.together import together

REALM = "marketplace"


@pytest.fixture
def strike(things, callers):  # noqa: F811
    thing = things.add(callers.user("sid").user_id)
    return act(callers.admin("ada").actor, ActOrder("WARN", "PRODUCT", thing), reason="fake").strike


def appeals(callers, strike):
    return said(lambda: appeal(callers.user("sid").actor, strike_number=strike.number, text="it is real").state)


def decides(caller, granted):
    return said(lambda: decide(caller.actor, 1, granted=granted, reason="so").appeal.state)


def states(model):
    return [row.state for row in fetch(select(model.state).order_by(model.id))]


def test_m_14_of_appeals_at_once_on_one_strike_one_is_made(app, callers, strike):
    outcomes = together(app, *[lambda: appeals(callers, strike)] * 6)
    assert Counter(outcomes) == {"OPEN": 1, "AlreadyAppealed": 5}
    assert states(Appeal) == ["OPEN"]
    assert states(Case) == ["RESOLVED", "OPEN"]
    assert pending_cases(REALM) == 1


def test_m_10_of_appeals_at_once_against_a_suspension_without_a_strike_one_is_made(app, callers, settle):
    sid, ada = callers.user("sid"), callers.admin("ada")
    suspended = act(ada.actor, ActOrder("BAN", "USER", sid.user_id), reason="fake", strike=False).acts[0]
    token = issue(runtime().settings.secret_key, REALM, suspended.id, sid.user_id, now() + timedelta(days=20))
    outcomes = together(app, *[lambda: said(
        lambda: appeal(anonymous(REALM), token=token, text="no").state)] * 4,
        lambda: said(lambda: undo(ada.actor, suspended.number, reason="a mistake").act.state))
    counted = Counter(outcomes)
    assert counted["UNDONE"] == 1
    assert counted["OPEN"] == len(states(Appeal)) <= 1
    assert set(counted) <= {"UNDONE", "OPEN", "AlreadyAppealed", "ActEnded"}
    assert pending_cases(REALM) == counted["OPEN"]


def test_m_14_of_two_decisions_at_once_one_is_made(app, callers, strike):
    eve, max_ = callers.admin("eve"), callers.admin("max")
    appeals(callers, strike)
    outcomes = together(app, *[lambda: decides(eve, True), lambda: decides(max_, False)] * 3)
    [state] = states(Appeal)
    assert Counter(outcomes) == {state: 3, "AppealDecided": 3}
    assert states(Strike) == ["REVOKED" if state == "GRANTED" else "ACTIVE"]
    assert states(Act) == ["UNDONE" if state == "GRANTED" else "STANDING"]
    assert pending_cases(REALM) == 0
    assert audit.verify(REALM).is_intact


def test_m_14_a_grant_and_an_undo_at_once_undo_the_act_once(app, callers, strike, settle):
    ada, eve = callers.admin("ada"), callers.admin("eve")
    appeals(callers, strike)
    together(app, lambda: decides(eve, True), lambda: said(lambda: undo(ada.actor, 1, reason="a mistake")))
    settle()
    assert (states(Appeal), states(Strike), states(Act)) == (["GRANTED"], ["REVOKED"], ["UNDONE"])
    assert audit.verify(REALM).is_intact
