"""Cases and acts as rows, for tests of what follows from them."""
from app.actor import system_actor
from app.clock import now
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from blueprints.platform.moderation import strikes
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.counters import next_number
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.rules import NOBODY


def case_of(work, person_id):
    """A resolved case about a listing of the person."""
    return work.insert(Case(
        realm=work.actor.realm, number=next_number(work, "case"), kind="OWN", entity_type="PRODUCT", entity_id=uuid7(),
        person_id=person_id, state="RESOLVED", is_pending=False, priority=0, urgency=0, worst=0, report_count=0,
        opened_at=now()))


def act_in(work, case, kind, parent_id=None, person_id=None):
    """An act of the case, on its own or on another person."""
    return work.insert(Act(
        realm=case.realm, number=next_number(work, "act"), kind=kind, case_id=case.id, case_number=case.number,
        parent_id=parent_id, entity_type=case.entity_type, entity_id=case.entity_id,
        person_id=person_id or case.person_id, actor_id=work.actor.user_id or NOBODY, by_machine=False, reason="fake",
        state="STANDING"))


def struck(person_id, *kinds, asked=None, actor=None, parent_id=None):
    """Judge a new case of the person by acts of these kinds; returns the strike they left, or None."""
    with unit_of_work(actor or system_actor("marketplace")) as work:
        case = case_of(work, person_id)
        acts = [act_in(work, case, kind, parent_id) for kind in kinds]
        strike = strikes.strike_for(work, case, acts, asked, reason="fake", rule="counterfeit")
        work.commit()
    return strike
