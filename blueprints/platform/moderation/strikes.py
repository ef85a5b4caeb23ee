"""Strikes: what stands against a person, one a case, until it lapses or is revoked.

A strike lapses by the clock alone: nothing has to run for it."""
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select

from app.clock import now
from app.data.reads import fetch_one
from app.errors import NotFound
from app.runtime import runtime
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.rules import (
    HEAVINESS,
    NOBODY,
    STRIKE_DAYS,
    heaviest,
    makes_strike,
)
from blueprints.platform.moderation.strike_models import Strike

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork
    from blueprints.platform.moderation.models import Case


def strike_for(work: "UnitOfWork", case: "Case", acts: Sequence[Act], asked: bool | None, *, reason: str,
               rule: str | None) -> Strike | None:
    """Return the strike that the acts of a case leave on its person, None where they leave none (M-15).

    `asked`: None lets the acts decide. There is one for each person and case, by its heaviest act, and one for all
    cases of a bulk. The case is locked; the acts get the number of the strike."""
    from blueprints.platform.moderation.counters import next_number

    person_id = case.person_id
    burdens = [act for act in acts if act.person_id == person_id and HEAVINESS[act.kind]]
    kinds = [act.kind for act in burdens]
    if person_id is None or not makes_strike(kinds, asked):
        return None
    strike = _standing_strike(work, case, burdens)
    if strike is None:
        moment = now()
        strike = work.insert(Strike(
            realm=case.realm, number=next_number(work, "strike"), person_id=person_id, case_id=case.id,
            case_number=case.number, act_kind=heaviest(kinds), reason=reason, rule=rule,
            struck_by=work.actor.user_id or NOBODY, state="ACTIVE", lapses_at=moment + timedelta(days=STRIKE_DAYS),
            appeal_until=moment + timedelta(days=runtime().settings.appeal_days), revoked_at=None))
        _note(work, "strike.given", strike, reason=reason)
    elif strike.state == "ACTIVE":
        work.change(strike, act_kind=heaviest([strike.act_kind, *kinds]))
    else:
        return None
    for act in burdens:
        work.change(act, strike_number=strike.number)
    return strike


def strike_left_by(work: "UnitOfWork", acts: Sequence[Act]) -> Strike | None:
    """Return the strike that acts on one person left; of a bulk it may belong to another case than theirs."""
    numbers = {act.strike_number for act in acts if act.strike_number is not None}
    return work.find(Strike, Strike.realm == work.actor.realm, Strike.number.in_(numbers)) if numbers else None


def revoke(work: "UnitOfWork", strike: Strike, *, reason: str) -> None:
    """Take a locked strike back: it counts no more. One that was revoked already stays as it is."""
    if strike.state != "ACTIVE":
        return
    work.change(strike, state="REVOKED", revoked_at=now())
    _note(work, "strike.revoked", strike, reason=reason)


def revoke_without_acts(work: "UnitOfWork", number: int) -> None:
    """Take back the strike with that number once none of the acts that left it stands."""
    strike = work.lock(Strike, find_strike(work.actor.realm, number))
    if not work.rows(select(Act.id).where(bears(strike), Act.state != "UNDONE").limit(1)):
        revoke(work, strike, reason="everything it was for is undone")


def bears(strike: Strike) -> ColumnElement[bool]:
    """Return the condition that an act is one of those that left this strike."""
    return ((Act.realm == strike.realm) & (Act.person_id == strike.person_id)
            & (Act.strike_number == strike.number))


def without_strike(realm: str, person_id: str, case_number: int) -> ColumnElement[bool]:
    """Return the condition that an act is one of those that a case did to this person, and that left no strike."""
    return ((Act.realm == realm) & (Act.person_id == person_id) & (Act.case_number == case_number)
            & Act.strike_number.is_(None) & Act.kind.in_([kind for kind, weight in HEAVINESS.items() if weight]))


def appeal_end(act: Act) -> datetime:
    """Return until when an act can be appealed against that left no strike (APPEAL_DAYS)."""
    return act.created_at + timedelta(days=runtime().settings.appeal_days)


def find_strike(realm: str, number: int) -> str:
    """Return the id of the strike with that number; raises NotFound."""
    row = fetch_one(select(Strike.id).where(Strike.realm == realm, Strike.number == number))
    if row is None:
        raise NotFound
    return str(row.id)


def _standing_strike(work: "UnitOfWork", case: "Case", acts: Sequence[Act]) -> Strike | None:
    """Return the strike that the person has for this case, or for the bulk that its acts belong to."""
    work.flush()  # what the same transaction struck counts, too
    parents = {act.parent_id for act in acts if act.parent_id}
    belongs = Strike.case_id == case.id
    if parents:
        numbers = select(Act.strike_number).where(Act.parent_id.in_(parents), Act.person_id == case.person_id,
                                                  Act.strike_number.is_not(None))
        belongs = or_(belongs, Strike.number.in_(numbers))
    return work.find(Strike, Strike.realm == case.realm, Strike.person_id == case.person_id, belongs)


def _note(work: "UnitOfWork", what: str, strike: Strike, *, reason: str) -> None:
    from blueprints.platform.moderation import audit

    audit.note(work, what, number=strike.number, personId=strike.person_id, caseNumber=strike.case_number,
               actKind=strike.act_kind, rule=strike.rule, reason=reason)
