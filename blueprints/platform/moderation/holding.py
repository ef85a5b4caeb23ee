"""What HIDE, REMOVE, SHOW_AGAIN and OVERRIDE_FEEDBACK do to a thing, and how each is taken back (M-1, M-2, M-28).

Holds add up: a thing is held while any stands. They are read and written in the decision that the kind's `set_hold`
asks for, behind the lock of the thing."""
from typing import Any, cast

from sqlalchemy import or_, select, update

from app.actor import system_actor
from app.clock import now
from app.data.held import HIDDEN, REMOVED
from app.data.moderated_kinds import Decide, Edit, HoldChange, ModeratedKind, ModeratedKinds, SetHold
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import NotFound, RuleViolated
from app.runtime import runtime
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.effect_models import Hold

LAPSED_AT_ONCE = 500


def hide(work: UnitOfWork, act: Act) -> None:
    """Hide a thing: its owner still sees it, marked. Raises NotFound."""
    _hold(work, act, HIDDEN)


def remove(work: UnitOfWork, act: Act) -> None:
    """Remove a thing: staff alone see it. Raises NotFound."""
    _hold(work, act, REMOVED)


def release(work: UnitOfWork, act: Act, force: bool) -> list[str]:
    """Lift the hold of this act alone (M-2); returns sentences of what cannot come back."""
    def decide(held: str | None) -> HoldChange:
        _lift(work, act, Hold.act_id == act.id)
        return _standing(work, act)

    try:
        with work.attempt():
            return _set_hold(work, act, decide)
    except NotFound:
        _lift(work, act, Hold.act_id == act.id)
        return ["It is gone for good"]


def show_again(work: UnitOfWork, act: Act) -> None:
    """Lift all holds of a thing; `after` says what cannot come back. Raises NotFound, RuleViolated NotHeld."""
    def decide(held: str | None) -> HoldChange:
        if held is None:
            raise RuleViolated("NotHeld", "Nothing holds it")
        lifted = [row.act_id for row in _holds(work, act) if row.lifted_at is None]
        act.before = {"held": held, "lifted": lifted}
        _lift(work, act, Hold.act_id.in_(lifted))
        return _standing(work, act)

    act.after = {"held": None, "lost": _set_hold(work, act, decide)}


def hold_again(work: UnitOfWork, act: Act, force: bool) -> list[str]:
    """Put back the holds that showing it again has lifted, but of acts that were undone or have ended since."""
    lifted = (act.before or {}).get("lifted", [])
    lost = []

    def decide(held: str | None) -> HoldChange:
        standing = [row.id for row in work.rows(select(Act.id).where(Act.id.in_(lifted), Act.state == "STANDING"))]
        put_back = work.execute(update(Hold).where(
            *_of_thing(act), Hold.act_id.in_(standing), or_(Hold.until.is_(None), Hold.until > now())).values(
            lifted_at=None)).rowcount
        if put_back < len(lifted):
            lost.append(f"{len(lifted) - put_back} holds were undone or have ended since; they do not come back")
        return _standing(work, act)

    return _set_hold(work, act, decide) + lost


def override_feedback(work: UnitOfWork, act: Act) -> None:
    """Write what `after` says into a feedback. Raises NotFound, InvalidInput."""
    terms = act.after or {}
    act.before = dict(_edit(act)(work, act.entity_id, terms))


def undo_override(work: UnitOfWork, act: Act, force: bool) -> list[str]:
    """Write back what the feedback said; raises RuleViolated ChangedSince when it was changed since, unless forced.

    One that was deleted since stays as it is (M-28)."""
    try:
        present = dict(_edit(act)(work, act.entity_id, act.before or {}))
    except NotFound:
        return ["The feedback was deleted since; its words stay as they are"]
    if present == act.after:
        return []
    if not force:
        raise RuleViolated("ChangedSince", "The feedback was changed since it was corrected")
    return ["What the feedback said since is overwritten"]


def stands(work: UnitOfWork, act: Act) -> bool:
    """Return whether an act that holds its thing still does: showing the thing again lifts holds, not acts."""
    return bool(work.rows(select(Hold.act_id).where(Hold.act_id == act.id, Hold.lifted_at.is_(None))))


def lapse_holds(realm: str) -> int:
    """Lift the holds whose time is up, each in a transaction of its own with its act; returns how many."""
    due = fetch(select(Hold.act_id).where(Hold.realm == realm, Hold.until <= now(), Hold.lifted_at.is_(None))
                .order_by(Hold.until).limit(LAPSED_AT_ONCE))
    for row in due:
        with unit_of_work(system_actor(realm)) as work:
            _lapse(work, work.lock(Act, row.act_id))
            work.commit()
    return len(due)


def _lapse(work: UnitOfWork, act: Act) -> None:
    lost = release(work, act, force=False)
    if act.state == "STANDING":
        work.change(act, state="LAPSED")
        audit.note(work, "act.lapsed", number=act.number, kind=act.kind, lost=lost)


def _hold(work: UnitOfWork, act: Act, kind: str) -> None:
    def decide(held: str | None) -> HoldChange:
        work.insert(Hold(act_id=act.id, entity_type=act.entity_type, entity_id=act.entity_id, realm=act.realm,
                         kind=kind, until=act.until, lifted_at=None))
        work.flush()
        change = _standing(work, act)
        act.before, act.after = {"held": held}, {"held": change.kind}
        return change

    _set_hold(work, act, decide)


def _standing(work: UnitOfWork, act: Act) -> HoldChange:
    """Return how the thing is held by what stands, the strongest, by the latest act of it."""
    holds = _holds(work, act)
    standing = sorted((hold.kind == REMOVED, hold.act_id, hold.kind) for hold in holds if hold.lifted_at is None)
    lifted = frozenset(hold.act_id for hold in holds if hold.lifted_at is not None)
    if not standing:
        return HoldChange(None, act.id, lifted)
    _, act_id, kind = standing[-1]
    return HoldChange(kind, act_id, lifted)


def _holds(work: UnitOfWork, act: Act) -> list[Any]:
    return work.rows(select(Hold.act_id, Hold.kind, Hold.lifted_at).where(*_of_thing(act)))


def _lift(work: UnitOfWork, act: Act, which: Any) -> None:
    work.execute(update(Hold).where(*_of_thing(act), which, Hold.lifted_at.is_(None)).values(lifted_at=now()))


def _of_thing(act: Act) -> tuple[Any, ...]:
    return Hold.realm == act.realm, Hold.entity_type == act.entity_type, Hold.entity_id == act.entity_id


def _set_hold(work: UnitOfWork, act: Act, decide: Decide) -> list[str]:
    return cast(SetHold, _kind(act).set_hold)(work, act.entity_id, decide)


def _edit(act: Act) -> Edit:
    return cast(Edit, _kind(act).edit)


def _kind(act: Act) -> ModeratedKind:
    return runtime().part(ModeratedKinds)[act.realm, act.entity_type]
