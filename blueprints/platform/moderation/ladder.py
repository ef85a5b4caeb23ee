"""The ladder: what is proposed to whoever has so many active strikes (M-16). It is what staff read, and never acts."""
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from app.actor import Actor
from app.data.reads import fetch
from app.errors import InvalidInput
from app.identity.access import require
from blueprints.platform.moderation.ladder_models import LadderStep
from blueprints.platform.moderation.rules import HEAVINESS, LADDER


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the ladder proposes to whoever has `strikes` or more active strikes; `days` of a suspension (M-16)."""

    strikes: int
    kind: str
    days: int | None = None


def ladder(realm: str) -> list[Proposal]:
    """Return the steps of the ladder, lowest first: the realm's own where it has written one, else the default."""
    rows = fetch(select(LadderStep.strikes, LadderStep.kind, LadderStep.days).where(LadderStep.realm == realm)
                 .order_by(LadderStep.strikes))
    return [Proposal(*row) for row in rows or LADDER]


def set_ladder(actor: Actor, steps: Sequence[Proposal]) -> None:
    """Write the ladder of the realm anew; without steps the default counts again.

    Raises Forbidden (not a superAdmin), InvalidInput for a kind that burdens nobody, for days of what has none, for a
    number of strikes that is named twice or below 0."""
    from app.data.unit_of_work import unit_of_work
    from blueprints.platform.moderation import audit
    from blueprints.platform.moderation.moderators import require_moderator

    require(actor.is_super_admin)
    require_moderator(actor)
    numbers = [step.strikes for step in steps]
    wrong = [f"{step.strikes} {step.kind}" for step in steps if step.strikes < 0 or not HEAVINESS.get(step.kind)
             or (step.kind == "SUSPEND") != (step.days is not None and step.days > 0)]
    if wrong or len(set(numbers)) < len(numbers):
        said = f"not possible: {', '.join(wrong)}" if wrong else "each number of strikes stands once"
        raise InvalidInput(f"ladder: {said}", detail={"ladder": said})
    with unit_of_work(actor) as work:
        work.execute(delete(LadderStep).where(LadderStep.realm == actor.realm))
        rows = [{"realm": actor.realm, "strikes": step.strikes, "kind": step.kind, "days": step.days}
                for step in sorted(steps, key=lambda step: step.strikes)]
        if rows:
            work.execute(insert(LadderStep).values(rows))
        audit.note(work, "ladder.written", steps=rows)
        work.commit()


def proposal(realm: str, strikes: int) -> Proposal | None:
    """Return what the ladder proposes to whoever has that many active strikes, None below its lowest step (M-16).

    It is what staff read beside a case: nothing acts on it."""
    return next((step for step in reversed(ladder(realm)) if step.strikes <= strikes), None)
