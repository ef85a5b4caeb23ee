"""Acts: one thing done to a thing or its person, and its undo; which change each kind is stands in effects.py."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.ids import uuid7
from app.data.moderated_kinds import PersonEffects
from app.data.reads import fetch_one
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import InvalidInput, NotFound, RuleViolated
from app.runtime import runtime
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_locks import in_lock_order
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.counters import count
from blueprints.platform.moderation.effects import EFFECTS
from blueprints.platform.moderation.holding import stands as holds_still
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.moderators import refuse_own, require_moderator
from blueprints.platform.moderation.record import record_act, record_undoing
from blueprints.platform.moderation.rules import ACTS_ON_PEOPLE, NOBODY, OUTDONE_BY, is_repeated, traces_of
from blueprints.platform.moderation.subjects import find_subject, kind_of, subject_of

_TIMED = frozenset({"HIDE", "REMOVE", "SUSPEND"})


@dataclass(frozen=True)
class ActOrder:
    """What is to be done: an act on people names the person as USER, every other its thing.

    `days` limits HIDE, REMOVE and SUSPEND, `scope` SUSPEND; `changes` is what OVERRIDE_FEEDBACK writes."""

    kind: str
    entity_type: str
    entity_id: str
    days: int | None = None
    scope: str | None = None
    changes: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Undoing:
    """An act that does not stand any more, and a sentence for each thing that cannot come back."""

    act: Act
    lost: list[str]


def perform_all(work: UnitOfWork, judged: Sequence[tuple[Case, Sequence[ActOrder]]], *, reason: str, rule: str | None,
                parent_id: str | None = None) -> list[Act]:
    """Do the acts of one case or several in one transaction, in the order of act_locks.in_lock_order.

    Raises NotFound for a person who has no account, InvalidInput for a BAN or UNBAN beside another act on people and
    for what cannot be done to a kind, RuleViolated as the effects do."""
    case_of = {id(order): case for case, ordered in judged for order in ordered}
    orders = [order for _, ordered in judged for order in ordered]
    on_people = [order.kind for order in orders if order.kind in ACTS_ON_PEOPLE]
    if len(on_people) > 1 and not {"BAN", "UNBAN"}.isdisjoint(on_people):
        said = "expected BAN or UNBAN as the only act on people"  # each locks bids and orders, then offers
        raise InvalidInput(f"acts: {said}", detail={"acts": said})
    last = count(work, "act", len(orders))  # nobody holds a thing and waits for a number
    return [_perform(work, case_of[id(order)], order, number, reason=reason, rule=rule, parent_id=parent_id)
            for number, order in enumerate(in_lock_order(work, orders), last + 1 - len(orders))]


def _perform(work: UnitOfWork, case: Case, order: ActOrder, number: int, *, reason: str, rule: str | None,
             parent_id: str | None) -> Act:
    _refuse_impossible(work.actor.realm, order)
    moment, actor = now(), work.actor
    act = Act(
        id=uuid7(), realm=actor.realm, number=number, kind=order.kind, case_id=case.id,
        case_number=case.number, parent_id=parent_id, entity_type=order.entity_type, entity_id=order.entity_id,
        person_id=_person_of(actor, case, order), actor_id=actor.user_id or NOBODY, operator=actor.operator,
        by_machine=actor.user_id is None and actor.operator is None, reason=reason, rule=rule, scope=order.scope,
        until=None if order.days is None else moment + timedelta(days=order.days), state="STANDING",
        after=None if order.changes is None else dict(order.changes), created_at=moment)
    refuse_own(actor, act.person_id)
    EFFECTS[order.kind].apply(work, act)
    work.insert(act)
    record_act(actor, act)
    _note(work, "act.done", act, until=act.until, scope=act.scope, rule=rule, reason=reason)
    return act


def undo(actor: Actor, number: int, *, reason: str, force: bool = False) -> Undoing:
    """Undo an act; one that was undone already changes nothing. Only what this act did is taken back (M-2).

    Raises NotFound, Forbidden (not staff), RuleViolated (ActLapsed; what its effect refuses unless forced)."""
    require_moderator(actor)
    with unit_of_work(actor) as work:
        act = lock_act(work, number)
        refuse_own(actor, act.person_id)
        lost = [said for one in in_lock_order(work, [act], undone=True)
                for said in undo_within(work, one, reason=reason, force=force)]
        work.commit()
    return Undoing(act, lost)


def undo_within(work: UnitOfWork, act: Act, *, reason: str, force: bool = False) -> list[str]:
    """The same for an act whose lock is held; returns sentences of what cannot come back."""
    if act.state == "UNDONE":
        return []
    if act.state == "LAPSED":
        raise RuleViolated("ActLapsed", f"a{act.number} has ended by itself")
    lost = [*EFFECTS[act.kind].revert(work, act, force), *traces_of(act.kind, act.scope, act.person_id)]
    work.change(act, state="UNDONE", undone_at=now(), undone_by=work.actor.user_id or NOBODY, undone_reason=reason)
    record_undoing(work.actor, act, reason)
    _note(work, "act.undone", act, reason=reason, lost=lost)
    return lost


def undo_all(work: UnitOfWork, acts: Sequence[Act], *, reason: str) -> list[str]:
    """Undo several acts whose locks are held, in one transaction; returns sentences of what cannot come back.

    An act whose undo is refused stands, and its sentence says why."""
    lost: list[str] = []
    for act in in_lock_order(work, acts, undone=True):
        try:
            with work.attempt():
                lost += undo_within(work, act, reason=reason)
        except RuleViolated as refused:
            lost.append(f"a{act.number} stands: {refused.message}")
    return list(dict.fromkeys(lost))


def lock_act(work: UnitOfWork, number: int) -> Act:
    """Return the act with that number, locked; raises NotFound."""
    act = work.first(select(Act).where(Act.realm == work.actor.realm, Act.number == number), lock=True)
    if act is None:
        raise NotFound
    return act


def known_act(realm: str, number: int) -> tuple[str, str]:
    """Return kind and state of the act with that number; raises NotFound."""
    row = fetch_one(select(Act.kind, Act.state).where(Act.realm == realm, Act.number == number))
    if row is None:
        raise NotFound
    return row.kind, row.state


def does(act: Act, order: ActOrder) -> bool:
    """Return whether an act is what was ordered."""
    days = None if act.until is None else (act.until - act.created_at).days
    return ((act.kind, act.entity_type, act.entity_id, act.scope, days)
            == (order.kind, order.entity_type, order.entity_id, order.scope, order.days)
            and (order.changes or {}).items() <= (act.after or {}).items())


def standing_act(work: UnitOfWork, order: ActOrder) -> Act | None:
    """Return the latest act that is what is ordered and stands, if doing it again would be a repetition."""
    acts = work.all(select(Act).where(
        Act.realm == work.actor.realm, Act.entity_type == order.entity_type, Act.entity_id == order.entity_id,
        Act.kind == order.kind, Act.state == "STANDING").order_by(Act.number.desc()).limit(1))
    return next((act for act in acts if does(act, order) and is_repeated(act.kind, act.created_at, now())
                 and counts_still(work, act)), None)


def counts_still(work: UnitOfWork, act: Act) -> bool:
    """Return whether nothing has outdone an act that stands: UNBAN and SHOW_AGAIN lift effects, not acts; a feedback
    that was corrected may be written anew by its buyer."""
    if act.kind in ("HIDE", "REMOVE"):
        return holds_still(work, act)
    if act.kind == "OVERRIDE_FEEDBACK":
        subject = find_subject(work.actor, act.entity_type, act.entity_id)
        return subject is not None and (act.after or {}).items() <= subject.content.items()
    return not work.rows(select(Act.id).where(
        Act.realm == act.realm, Act.entity_type == act.entity_type, Act.entity_id == act.entity_id,
        Act.kind.in_(OUTDONE_BY.get(act.kind, ())), Act.number > act.number, Act.state == "STANDING").limit(1))


def _person_of(actor: Actor, case: Case, order: ActOrder) -> str | None:
    if order.entity_type == "USER":
        return order.entity_id
    if (order.entity_type, order.entity_id) == (case.entity_type, case.entity_id):
        return case.person_id
    return subject_of(actor, order.entity_type, order.entity_id).person_id


def _refuse_impossible(realm: str, order: ActOrder) -> None:
    """Raise InvalidInput for an act that this kind of thing does not know, or terms that the act does not."""
    kind, is_user = kind_of(realm, order.entity_type), order.entity_type == "USER"
    holds = order.kind in ("HIDE", "REMOVE", "SHOW_AGAIN")
    wrong = {
        "kind": order.kind not in EFFECTS or (order.kind != "WARN" and is_user != (order.kind in ACTS_ON_PEOPLE)),
        "entityType": (holds and (kind is None or kind.set_hold is None))
        or (order.kind == "OVERRIDE_FEEDBACK" and order.entity_type != "FEEDBACK"),
        "days": order.days is not None and order.kind not in _TIMED,
        "scope": order.scope is not None and order.kind != "SUSPEND",
        "changes": (order.changes is not None) != (order.kind == "OVERRIDE_FEEDBACK"),
    }
    said = {name: f"{order.kind} of {order.entity_type} does not go" for name, is_wrong in wrong.items() if is_wrong}
    if order.scope is not None and order.scope not in runtime().part(PersonEffects).scopes_in(realm):
        said.setdefault("scope", f"a suspension in {realm} is not limited to {order.scope}")
    if said:
        raise InvalidInput("; ".join(f"{name}: {what}" for name, what in said.items()), detail=said)


def _note(work: UnitOfWork, what: str, act: Act, **facts: Any) -> None:
    audit.note(work, what, number=act.number, kind=act.kind, caseNumber=act.case_number, entityType=act.entity_type,
               entityId=act.entity_id, personId=act.person_id, before=act.before, after=act.after, **facts)
