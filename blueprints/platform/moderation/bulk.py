"""Many things judged at once (moderation.md, Bulk): their ids are frozen when it begins, and each is judged once.

AT_ONCE things are one transaction, their acts and items together (docs/decisions/077): others write in between, and a
killed process leaves nothing half done. Who runs it again goes on with what is pending, one process at a time."""
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from app.actor import Actor
from app.clock import now
from app.data.batches import yield_write_lock
from app.data.columns import iso
from app.data.ids import uuid7
from app.data.reads import fetch, fetch_one
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import ApiError, InvalidInput, NotFound, RuleViolated
from blueprints.platform.moderation import acts, audit, cases
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.bulk_letters import DONE, UNDONE, owe_letters
from blueprints.platform.moderation.bulk_models import Bulk, BulkItem
from blueprints.platform.moderation.counters import next_number
from blueprints.platform.moderation.moderators import require_moderator
from blueprints.platform.moderation.rehearsals import rehearse, rehearse_one_of_many
from blueprints.platform.moderation.rules import LETTER_STAYS, NOBODY
from blueprints.platform.moderation.subjects import kind_of

KINDS = ("HIDE", "REMOVE", "SHOW_AGAIN")
AT_ONCE = 25
"""How many things one transaction judges, and for how many the lease is taken anew."""
_LEASE = timedelta(minutes=2)
_PENDING, _DONE, _REFUSED, _UNDONE = "pending", DONE, "refused", UNDONE

Progress = Callable[[int, int], None]
Said = tuple[str, str]
"""The id of a thing, and a sentence about it."""


@dataclass(frozen=True, slots=True)
class BulkReport:
    """How a bulk stands: how many of its things are in each state, and what was said of those that were refused or
    could not come back wholly: (entity id, sentence)."""

    number: int
    kind: str
    is_undoing: bool
    pending: int
    done: int
    refused: int
    undone: int
    said: tuple[Said, ...]


def begin(actor: Actor, kind: str, entity_type: str, entity_ids: Sequence[str], *, reason: str,
          rule: str | None = None, strikes: bool = True, days: int | None = None) -> BulkReport:
    """Freeze what is to be done to which things; nothing is done to them until `run`.

    `days` limits HIDE and REMOVE. Raises Forbidden (not staff), InvalidInput for another kind and for no things."""
    require_moderator(actor)
    wanted = list(dict.fromkeys(entity_ids))
    wrong = {"kind": f"expected one of {', '.join(KINDS)}"} if kind not in KINDS else {}
    if not wanted:
        wrong["entityIds"] = "expected at least one"
    if wrong:
        raise InvalidInput("; ".join(f"{name}: {said}" for name, said in wrong.items()), detail=wrong)
    with unit_of_work(actor) as work:
        bulk = work.insert(Bulk(
            id=uuid7(), realm=actor.realm, number=next_number(work, "bulk"), kind=kind,
            actor_id=actor.user_id or NOBODY, operator=actor.operator, reason=reason, rule=rule, strikes=strikes,
            days=days, begun_at=now(), leased_until=None, undoing=False))
        for position, entity_id in enumerate(wanted):
            work.insert(BulkItem(bulk_id=bulk.id, entity_type=entity_type, entity_id=entity_id, position=position,
                                 state=_PENDING))
        audit.note(work, "bulk.begun", number=bulk.number, kind=kind, entityType=entity_type, things=len(wanted))
        work.flush()  # the report below reads it, in a rehearsal, too
        work.commit()
        number = bulk.number
    return report(actor.realm, number)


def run(actor: Actor, number: int, progress: Progress = lambda done, total: None) -> BulkReport:
    """Judge what is pending of a bulk, or go on with its undo; again, when it broke off. What is refused is noted.

    Raises NotFound, Forbidden (not staff), RuleViolated BulkRunning while another process runs it."""
    require_moderator(actor)
    bulk = _bulk(actor.realm, number)
    state = _DONE if bulk.undoing else _PENDING
    _lease(actor, bulk.id, first=True)
    is_through = False
    try:
        total, ended, after = _count(bulk.id, state), 0, None
        while items := _items(bulk.id, state, backwards=bulk.undoing, after=after):
            for some in _together(actor.realm, bulk.kind, items, undoing=bulk.undoing):
                _step(actor, bulk, some)
                ended += len(some)
                progress(ended, total)
                yield_write_lock()
            after = items[-1].position
            _lease(actor, bulk.id)
        is_through = True
    finally:
        _release(actor, bulk.id, is_through=is_through)
    return report(actor.realm, number)


def undo(actor: Actor, number: int, *, reason: str, progress: Progress = lambda done, total: None) -> BulkReport:
    """Undo what a bulk did, the last thing first; what is pending stays undone for good.

    `run` goes on with it when it breaks off. Raises as `run`."""
    require_moderator(actor)
    bulk = _bulk(actor.realm, number)
    _lease(actor, bulk.id, first=True)
    with unit_of_work(actor) as work:
        if not bulk.undoing:
            work.execute(update(Bulk).where(Bulk.id == bulk.id).values(undoing=True, undo_reason=reason))
            work.execute(update(BulkItem).where(BulkItem.bulk_id == bulk.id, BulkItem.state == _PENDING)
                         .values(state=_UNDONE))
            audit.note(work, "bulk.undone", number=number, reason=reason)
        work.commit()
    _release(actor, bulk.id, is_through=False)
    return run(actor, number, progress)


def refused_of(actor: Actor, kind: str, entity_type: str, entity_ids: Sequence[str], *, reason: str,
               rule: str | None = None, strikes: bool = True, days: int | None = None) -> list[Said]:
    """Return which things of a bulk that is not begun would be refused, and why: each is judged, and that taken back.

    Raises as `begin`."""
    plan = Bulk(id=uuid7(), realm=actor.realm, kind=kind, reason=reason, rule=rule, strikes=strikes, days=days)
    rehearse(actor, lambda: begin(actor, kind, entity_type, entity_ids, reason=reason, rule=rule, strikes=strikes,
                                  days=days))
    items = [BulkItem(entity_type=entity_type, entity_id=one) for one in dict.fromkeys(entity_ids)]
    refused: list[Said] = []
    for first in range(0, len(items), AT_ONCE):
        for some in _together(actor.realm, kind, items[first:first + AT_ONCE], undoing=False):
            refused += _refused_among(actor, plan, some)
    return refused


def refused_of_rest(actor: Actor, number: int, *, undo_reason: str | None = None) -> list[Said]:
    """The same of what is pending of a bulk that is begun, or of its undo: of one that is under way, or by this reason.

    Raises as `run`."""
    require_moderator(actor)
    bulk = _bulk(actor.realm, number)
    undoing = bulk.undoing or undo_reason is not None
    rehearse(actor, lambda: _lease(actor, bulk.id, first=True))
    refused: list[Said] = []
    after: int | None = None
    while items := _items(bulk.id, _DONE if undoing else _PENDING, backwards=undoing, after=after):
        for some in _together(actor.realm, bulk.kind, items, undoing=undoing):
            refused += _refused_among(actor, bulk, some, undo_reason=undo_reason or bulk.undo_reason)
        after = items[-1].position
    return refused


def report(realm: str, number: int) -> BulkReport:
    """Return how a bulk stands; raises NotFound."""
    bulk = _bulk(realm, number)
    said = fetch(select(BulkItem.entity_id, BulkItem.said).where(
        BulkItem.bulk_id == bulk.id, BulkItem.said.is_not(None)).order_by(BulkItem.position))
    [stands] = _standing([bulk])
    return replace(stands, said=tuple((row.entity_id, row.said) for row in said))


def bulk_facts(realm: str, number: int) -> dict[str, Any]:
    """Return who began a bulk, when and why, and what it does for how long; raises NotFound."""
    bulk = _bulk(realm, number)
    return {"begunAt": iso(bulk.begun_at), "begunBy": bulk.actor_id, "operator": bulk.operator, "reason": bulk.reason,
            "rule": bulk.rule, "days": bulk.days, "strikes": bulk.strikes, "undoReason": bulk.undo_reason}


def list_bulks(realm: str, limit: int) -> list[BulkReport]:
    """Return the latest bulks of a realm and how they stand, without what was said of their things."""
    return _standing(fetch(select(*Bulk.__table__.columns).where(Bulk.realm == realm).order_by(
        Bulk.number.desc()).limit(limit)))


def _standing(bulks: Sequence[Any]) -> list[BulkReport]:
    """Return how many things of each bulk are in which state, in one statement."""
    counted: dict[tuple[str, str], int] = {(row.bulk_id, row.state): row.things for row in fetch(
        select(BulkItem.bulk_id, BulkItem.state, func.count().label("things")).where(
            BulkItem.bulk_id.in_([bulk.id for bulk in bulks])).group_by(BulkItem.bulk_id, BulkItem.state))}
    return [BulkReport(bulk.number, bulk.kind, bool(bulk.undoing), *(
        counted.get((bulk.id, state), 0) for state in (_PENDING, _DONE, _REFUSED, _UNDONE)), said=()) for bulk in bulks]


def _together(realm: str, kind: str, items: Sequence[Any], *, undoing: bool) -> Iterator[Sequence[Any]]:
    """Yield the items in groups that one transaction judges: all at once where things are held whose dependents can be
    locked at once. What is shown again may close auctions, whose bids come after the offers of the next listing."""
    known = kind_of(realm, items[0].entity_type)
    if kind in ("HIDE", "REMOVE") and not undoing and known is not None and known.lock_dependents is not None:
        yield items
    else:
        yield from ([item] for item in items)


def _step(actor: Actor, bulk: Any, items: Sequence[Any]) -> None:
    if bulk.undoing:
        for item in items:
            _undo_one(actor, bulk, item)
        return
    try:
        with unit_of_work(actor) as work:
            mine = [item for item in items if _move(work, item, _PENDING, _DONE)]
            for item, number in zip(mine, _judge(actor, bulk, mine), strict=True):
                _write(work, item, act_number=number)
            work.commit()
    except ApiError as refusal:
        if len(items) > 1:  # who of them was refused shows one by one
            for item in items:
                _step(actor, bulk, [item])
            return
        with unit_of_work(actor) as work:
            _move(work, items[0], _PENDING, _REFUSED)
            _write(work, items[0], said=refusal.message)
            work.commit()


def _judge(actor: Actor, bulk: Any, items: Sequence[Any]) -> list[int]:
    """Judge things in one transaction, and return the numbers of the acts. An act that somebody else did before is left
    to him: undoing the bulk does not undo it. Raises as cases.act_on_each."""
    orders = [ActOrder(bulk.kind, item.entity_type, item.entity_id, days=bulk.days) for item in items]
    given: dict[str, Any] = {"reason": bulk.reason, "rule": bulk.rule, "strike": None if bulk.strikes else False,
                             "parent_id": bulk.id}
    if len(orders) != 1:
        return [done.acts[0].number for done in cases.act_on_each(actor, orders, **given)]
    act = cases.act(actor, orders[0], **given).acts[0]
    if act.parent_id != bulk.id:
        raise RuleViolated("ActStands", f"a{act.number} does this already")
    return [act.number]


def _refused_among(actor: Actor, bulk: Any, items: Sequence[Any], *, undo_reason: str | None = None) -> list[Said]:
    """Return which of these would be refused, of an undo where that has a reason."""
    def judged() -> None:
        if undo_reason is None:
            _judge(actor, bulk, items)
        else:
            acts.undo(actor, items[0].act_number, reason=undo_reason)

    try:
        rehearse_one_of_many(actor, judged)
    except ApiError as refusal:
        if len(items) == 1:
            return [(items[0].entity_id, refusal.message)]
        return [said for item in items for said in _refused_among(actor, bulk, [item], undo_reason=undo_reason)]
    return []


def _undo_one(actor: Actor, bulk: Any, item: Any) -> None:
    """Undo what was done to one thing; what cannot be undone stays done, and why is noted."""
    try:
        with unit_of_work(actor) as work:
            if _move(work, item, _DONE, _UNDONE):
                lost = acts.undo(actor, item.act_number, reason=bulk.undo_reason or bulk.reason).lost
                _write(work, item, said="; ".join(one for one in lost if one != LETTER_STAYS) or None)
            work.commit()
    except ApiError as refusal:
        with unit_of_work(actor) as work:
            _write(work, item, said=refusal.message)
            work.commit()


def _move(work: UnitOfWork, item: Any, before: str, after: str) -> bool:
    """Take an item from one state to another, and return whether it was in it: it is judged once."""
    moved = work.execute(update(BulkItem).where(*_is(item), BulkItem.state == before).values(state=after))
    return bool(moved.rowcount)


def _write(work: UnitOfWork, item: Any, **values: Any) -> None:
    work.execute(update(BulkItem).where(*_is(item)).values(**values))


def _is(item: Any) -> tuple[Any, ...]:
    return (BulkItem.bulk_id == item.bulk_id, BulkItem.entity_type == item.entity_type,
            BulkItem.entity_id == item.entity_id)


def _bulk(realm: str, number: int) -> Any:
    row = fetch_one(select(*Bulk.__table__.columns).where(Bulk.realm == realm, Bulk.number == number))
    if row is None:
        raise NotFound
    return row


def _items(bulk_id: str, state: str, *, backwards: bool, after: int | None) -> Sequence[Any]:
    place = BulkItem.position
    behind = [] if after is None else [place < after if backwards else place > after]
    return fetch(select(*BulkItem.__table__.columns).where(
        BulkItem.bulk_id == bulk_id, BulkItem.state == state, *behind)
        .order_by(place.desc() if backwards else place).limit(AT_ONCE))


def _count(bulk_id: str, state: str) -> int:
    return int(fetch(select(func.count()).where(BulkItem.bulk_id == bulk_id, BulkItem.state == state))[0][0])


def _lease(actor: Actor, bulk_id: str, *, first: bool = False) -> None:
    """Keep others from running the bulk for a while; a process that was killed keeps it until the lease has ended.

    The letters of what is done by then are owed all the same (bulk_letters.py)."""
    free = [or_(Bulk.leased_until.is_(None), Bulk.leased_until <= now())] if first else []
    with unit_of_work(actor) as work:
        taken = work.execute(update(Bulk).where(Bulk.id == bulk_id, *free).values(leased_until=now() + _LEASE))
        if not taken.rowcount:
            raise RuleViolated("BulkRunning", "Another process runs it; if that was killed, try again in two minutes")
        owe_letters(work, bulk_id, is_through=False)
        work.commit()


def _release(actor: Actor, bulk_id: str, *, is_through: bool) -> None:
    with unit_of_work(actor) as work:
        work.execute(update(Bulk).where(Bulk.id == bulk_id).values(leased_until=None))
        owe_letters(work, bulk_id, is_through=is_through)
        work.commit()
