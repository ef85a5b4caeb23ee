"""What is done to people: suspended, from everything or one side, banned, let in again (moderation.md M-2 to M-9).

An act stands until it is undone, lapses, or is lifted by a later UNBAN; the account carries what follows of all that
stand. Its row is locked before they are read, so that of two at once the second counts the first."""
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from app.clock import now
from app.data.columns import iso
from app.data.moderated_kinds import PersonEffect, PersonEffects, Sides
from app.data.reads import fetch_one
from app.data.unit_of_work import UnitOfWork
from app.errors import InvalidInput, NotFound, RuleViolated
from app.runtime import runtime
from blueprints.platform.auth.rules import FOREVER, Ends
from blueprints.platform.auth.suspensions import (
    SuspensionFacts,
    address_digest,
    digest_of,
    lock_to_reinstate,
    lock_to_suspend,
    write_ends,
)
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.effect_models import BannedAddress
from blueprints.platform.moderation.rules import Suspension, ends_of

_NOTHING = Sides(sells=False, buys=False, bans=False)
STAYS = "Another suspension stands: what this one ended stays ended"


def suspend(work: UnitOfWork, act: Act) -> None:
    """Suspend the person of the act until `act.until`, from everything or from its scope.

    Raises InvalidInput without an end, NotFound, RuleViolated AHigherUserCantBeSuspended."""
    if act.until is None:
        raise InvalidInput("days: is required", detail={"days": "is required"})
    _take(work, act)


def ban(work: UnitOfWork, act: Act) -> None:
    """Suspend the person of the act for good, and keep a keyed hash of the address (M-12).

    Raises NotFound, RuleViolated AHigherUserCantBeSuspended."""
    _take(work, act)


def lift(work: UnitOfWork, act: Act) -> None:
    """Lift every suspension and ban of the person, which stand as acts and count no more (M-18).

    Raises NotFound, RuleViolated NotSuspended."""
    person_id = _person_of(act)
    before = lock_to_reinstate(work, person_id)
    standing = _standing(work, person_id, but=act.id)
    if not standing:
        raise RuleViolated("NotSuspended", "This person is neither suspended nor banned")
    write_ends(work, person_id, Ends())
    lifted = [one.act_id for one in standing]
    lost = _give_back_all(work, person_id, lifted, _sides_of(standing))
    act.before, act.after = _as_json(before), {**_as_json(Ends()), "lifted": lifted, "lost": lost}


def end_suspension(work: UnitOfWork, act: Act, force: bool = False) -> list[str]:
    """Take back one suspension or ban and nothing of the others; returns sentences for what cannot come back."""
    person_id, taken = _person_of(act), _sides_of([_suspension(act)])
    try:
        lock_to_reinstate(work, person_id)
    except NotFound:
        _forget_address(work, act.id, act.after)
        return ["The account is gone"]
    standing = _standing(work, person_id, but=act.id)
    write_ends(work, person_id, _ends(standing))
    freed = _without(taken, _sides_of(standing))
    lost = _give_back_all(work, person_id, [act.id], freed)
    return lost if freed == taken else [*lost, STAYS]


def suspend_again(work: UnitOfWork, act: Act, force: bool = False) -> list[str]:
    """Take back an UNBAN: what it lifted and has not ended since counts again."""
    person_id = _person_of(act)
    lock_to_suspend(work, person_id)
    work.flush()
    others = _standing(work, person_id)
    lifted = set((act.after or {}).get("lifted", ()))
    again = [one for one in _standing(work, person_id, but=act.id) if one.act_id in lifted]
    write_ends(work, person_id, _ends([*others, *again]))
    for one in again:
        if one.is_ban:
            _ban_address(work, person_id, one.act_id)
        _remember(work, one.act_id, _taken(work, person_id, _without(_sides_of([one]), _sides_of(others)), one.act_id))
        others.append(one)
    return []


def lock_dealings_of(work: UnitOfWork, people: Collection[str], things: Collection[tuple[str, str]]) -> None:
    """Lock what acts on these people, whose accounts are locked, change, or the undo of those that stand, together with
    the things named.

    The counter of acts is locked before: whoever holds one of these waits for no number."""
    rows = work.rows(select(Act.id, Act.after).where(Act.realm == work.actor.realm, Act.person_id.in_(people),
                                                     Act.state == "STANDING", Act.kind.in_(("SUSPEND", "BAN"))))
    for effect in _effects(work):
        effect.lock(work, people, things, [row.id for row in rows], _done_by(effect, rows))


def end_suspensions_by_clock(work: UnitOfWork, person_id: str) -> None:
    """Write down which suspensions of the person have ended, and let the account be as the others leave it."""
    ended = work.all(select(Act).where(*_acts_of(work, person_id), Act.kind == "SUSPEND", Act.until <= now())
                     .order_by(Act.id), lock=True)
    for act in ended:
        work.change(act, state="LAPSED")
    try:
        before = lock_to_reinstate(work, person_id)
    except NotFound:
        return
    ends = _ends(_standing(work, person_id))
    if ends != before:
        write_ends(work, person_id, ends)


def suspension_facts(realm: str, act_id: str) -> SuspensionFacts | None:
    """Return why the act was done and until when it may be appealed, None when there is no such act."""
    row = fetch_one(select(Act.reason, Act.created_at).where(Act.id == act_id, Act.realm == realm))
    return SuspensionFacts(row.reason, row.created_at + timedelta(days=runtime().settings.appeal_days)) if row else None


def is_banned_address(realm: str, email: str) -> bool:
    """Return whether a person with this address, in its one form, is banned, though the account may be gone (M-12)."""
    found = select(BannedAddress.act_id).where(BannedAddress.realm == realm,
                                               BannedAddress.digest == digest_of(realm, email))
    return fetch_one(found.limit(1)) is not None


def _take(work: UnitOfWork, act: Act) -> None:
    person_id, taken = _person_of(act), _sides_of([_suspension(act)])
    before = lock_to_suspend(work, person_id)
    standing = _standing(work, person_id, but=act.id)
    ends = _ends([*standing, _suspension(act)])
    write_ends(work, person_id, ends)
    address = {"address": _ban_address(work, person_id, act.id)} if act.kind == "BAN" else {}
    effects = _taken(work, person_id, _without(taken, _sides_of(standing)), act.id)
    act.before, act.after = _as_json(before), {**_as_json(ends), **address, "effects": effects}


def _taken(work: UnitOfWork, person_id: str, sides: Sides, act_id: str) -> dict[str, Any]:
    if sides == _NOTHING:
        return {}
    return {effect.name: effect.take(work, person_id, sides, act_id) for effect in _effects(work)}


def _remember(work: UnitOfWork, act_id: str, done: dict[str, Any]) -> None:
    """Add what an act has done once more to what it did before: its undo brings back both (M-5)."""
    act = work.get(Act, act_id)
    effects = dict((act.after or {}).get("effects", {}))
    for name, kinds in done.items():
        former = effects.get(name, {})
        effects[name] = {**former, **{kind: {**former.get(kind, {}), **rows} for kind, rows in kinds.items()}}
    work.change(act, after={**(act.after or {}), "effects": effects})


def _give_back_all(work: UnitOfWork, person_id: str, act_ids: list[str], sides: Sides) -> list[str]:
    """Undo what these acts did to the rows of services, as far as nothing else keeps it; returns what is lost."""
    rows = work.rows(select(Act.id, Act.after).where(Act.id.in_(act_ids)).order_by(Act.number))
    for row in rows:
        _forget_address(work, row.id, row.after)
    return [said for effect in _effects(work)
            for said in effect.give_back(work, person_id, sides, act_ids, _done_by(effect, rows))]


def _effects(work: UnitOfWork) -> list[PersonEffect]:
    return [effect for effect in runtime().part(PersonEffects) if effect.realm == work.actor.realm]


def _done_by(effect: PersonEffect, acts: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Return what an effect did by several acts as one: kind of rows → id → what it was before."""
    whole: dict[str, dict[str, Any]] = {}
    for act in acts:
        for name, rows in (act.after or {}).get("effects", {}).get(effect.name, {}).items():
            whole[name] = {**whole.get(name, {}), **rows}
    return whole


def _standing(work: UnitOfWork, person_id: str, *, but: str | None = None) -> list[Suspension]:
    """Return the suspensions and bans of the locked person that stand and have not ended, without the act `but`."""
    work.flush()
    moment = now()
    rows = [row for row in work.rows(select(Act.id, Act.kind, Act.until, Act.scope, Act.after).where(
        *_acts_of(work, person_id)).order_by(Act.number)) if row.id != but]
    lifted = {act_id for row in rows if row.kind == "UNBAN" for act_id in (row.after or {}).get("lifted", ())}
    standing = [_suspension(row) for row in rows
                if row.kind != "UNBAN" and row.id not in lifted]
    return [one for one in standing if one.end > moment]


def _acts_of(work: UnitOfWork, person_id: str) -> tuple[Any, ...]:
    return (Act.realm == work.actor.realm, Act.person_id == person_id, Act.state == "STANDING",
            Act.kind.in_(("SUSPEND", "BAN", "UNBAN")))


def _suspension(act: Any) -> Suspension:
    is_ban = act.kind == "BAN"
    return Suspension(act.id, is_ban, FOREVER if is_ban else act.until, act.scope)


def _ends(suspensions: Iterable[Suspension]) -> Ends:
    return Ends(*ends_of(suspensions, now()))


def _sides_of(suspensions: Iterable[Suspension]) -> Sides:
    known = list(suspensions)
    return Sides(sells=any(one.scope in (None, "SELLING") for one in known),
                 buys=any(one.scope in (None, "BUYING") for one in known),
                 bans=any(one.is_ban for one in known))


def _without(of_act: Sides, of_others: Sides) -> Sides:
    """Return what an act takes, or gives back, that the others do not take too."""
    return Sides(of_act.sells and not of_others.sells, of_act.buys and not of_others.buys,
                 of_act.bans and not of_others.bans)


def _ban_address(work: UnitOfWork, person_id: str, act_id: str) -> str:
    digest = address_digest(work, person_id)
    work.insert(BannedAddress(realm=work.actor.realm, digest=digest, act_id=act_id))
    return digest


def _forget_address(work: UnitOfWork, act_id: str, done: Mapping[str, Any] | None) -> None:
    if done and "address" in done:
        work.execute(delete(BannedAddress).where(
            BannedAddress.realm == work.actor.realm, BannedAddress.act_id == act_id,
            BannedAddress.digest == done["address"]))


def _person_of(act: Act) -> str:
    return str(act.person_id or act.entity_id)


def _as_json(ends: Ends) -> dict[str, Any]:
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in ends._asdict().items()}
