"""Does acts on people by their effects alone, as a case or an act of staff does them."""
from datetime import timedelta
from typing import Any

from app.actor import system_actor
from app.clock import now
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from blueprints.platform.moderation import persons
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.counters import next_number
from blueprints.platform.moderation.rules import NOBODY

DO = {"SUSPEND": persons.suspend, "BAN": persons.ban, "UNBAN": persons.lift}
TAKE_BACK = {"SUSPEND": persons.end_suspension, "BAN": persons.end_suspension, "UNBAN": persons.suspend_again}


def act_on(person: Any, kind: str, *, days: int | None = None, scope: str | None = None, realm: str = "marketplace",
           reason: str = "two fakes") -> Act:
    """Suspend, ban or let in again; returns the act."""
    with unit_of_work(system_actor(realm)) as work:
        act = Act(id=uuid7(), realm=realm, kind=kind, case_id=uuid7(), case_number=1, entity_type="USER",
                  entity_id=person.user_id, person_id=person.user_id, actor_id=NOBODY, reason=reason, scope=scope,
                  until=None if days is None else now() + timedelta(days=days), state="STANDING", by_machine=False)
        DO[kind](work, act)
        act.number = next_number(work, "act")
        work.insert(act)
        work.commit()
    return act


def undo(act: Act) -> list[str]:
    """Take the act back; returns what cannot come back."""
    with unit_of_work(system_actor(act.realm)) as work:
        row = work.lock(Act, act.id)
        work.change(row, state="UNDONE")
        lost = TAKE_BACK[act.kind](work, row, False)
        work.commit()
    return lost
