"""Which locks acts and their undoing take, and in which order: the one place for it (app/data/lock_order.py).

Two transactions that took them in different orders would wait for each other for ever on PostgreSQL."""
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from app.data.moderated_kinds import ModeratedKind, ModeratedKinds
from app.data.unit_of_work import UnitOfWork
from app.errors import NotFound
from app.runtime import runtime
from blueprints.platform.auth.lending import lock_accounts
from blueprints.platform.moderation.persons import lock_dealings_of
from blueprints.platform.moderation.rules import ACTS_ON_PEOPLE

_LISTING_RANK = 40
_PEOPLE_RANK = 55
"""Where acts on people come among those on things: their effects lock offers, bids and orders."""


class Judged(Protocol):
    """An act that is ordered, or one that is undone: what is done to which thing."""

    @property
    def kind(self) -> str: ...
    @property
    def entity_type(self) -> str: ...
    @property
    def entity_id(self) -> str: ...


J = TypeVar("J", bound=Judged)


def in_lock_order(work: UnitOfWork, acts: Sequence[J], *, undone: bool = False) -> Iterator[J]:
    """Yield acts in the order in which they are done or undone; what each changes is locked by then.

    The whole order of a transaction that judges:

    1. the case, its reports, the acts that are undone, strike, appeal: by their commands, before they come here;
    2. the counter of acts, by acts.perform_all: who holds one of the rows below waits for no number;
    3. the accounts of all people named, in order of their ids;
    4. the things of all acts that come before listings (categories), a kind after the other;
    5. the listings on which people who are suspended, banned or let in again have dealings, with those that are named,
       in order of their ids: unless the one act is a suspension, which writes its account alone (M-3);
    6. the other things below _PEOPLE_RANK (listings, media), because the effects of acts lock offers, bids and orders
       behind them; and where several things of a kind are held, what is changed with them (open offers), all of it in
       the order of its ids: a suspension locks the offers of its person so, and no listing;
    7. then act by act, in the order of the ranks of their things; what comes after orders (feedback, messages) is
       locked when the first act on such a thing begins.

    Raises NotFound for a person or a thing that is gone; what is `undone` goes on without it."""
    people = {act.entity_id for act in acts if act.entity_type == "USER"}
    if people and people - lock_accounts(work, people) and not undone:
        raise NotFound
    kinds = _kinds_of(work.actor.realm, acts)
    for kind in kinds:
        if kind.lock_rank < _LISTING_RANK:
            _lock_things(work, kind, acts, undone=undone)
    judged = {act.entity_id for act in acts if act.kind in ACTS_ON_PEOPLE}
    if judged and (len(acts) > 1 or acts[0].kind != "SUSPEND"):
        lock_dealings_of(work, judged, [(act.entity_type, act.entity_id) for act in acts])
    ranks = {kind.entity_type: kind.lock_rank for kind in kinds}
    early = [kind for kind in kinds if _LISTING_RANK <= kind.lock_rank < _PEOPLE_RANK]
    for kind in early:
        _lock_things(work, kind, acts, undone=undone)
    for kind in early:
        held = _held_things(kind, acts)
        if kind.lock_dependents is not None and len(held) > 1 and not undone:
            kind.lock_dependents(work, held)
    waiting = [kind for kind in kinds if kind.lock_rank >= _PEOPLE_RANK]
    for rank, act in sorted(((_rank(act, ranks), act) for act in acts), key=lambda one: (
            one[0], one[1].entity_type, one[1].entity_id)):
        while waiting and waiting[0].lock_rank <= rank:
            _lock_things(work, waiting.pop(0), acts, undone=undone)
        yield act


def _lock_things(work: UnitOfWork, kind: ModeratedKind, acts: Sequence[Judged], *, undone: bool) -> None:
    """Lock the things of this kind that the acts change: a warning changes none, and its thing may be gone."""
    things = {act.entity_id for act in acts if act.entity_type == kind.entity_type and act.kind != "WARN"}
    if undone and kind.read is not None:
        things = {thing for thing in things if kind.read(work.actor, thing) is not None}
    if things:
        kind.lock_things(work, things)


def _held_things(kind: ModeratedKind, acts: Sequence[Judged]) -> set[str]:
    return {act.entity_id for act in acts if act.entity_type == kind.entity_type and act.kind in ("HIDE", "REMOVE")}


def _kinds_of(realm: str, acts: Sequence[Judged]) -> list[ModeratedKind]:
    """Return the kinds of the things that are judged, the lowest rank first."""
    known = runtime().part(ModeratedKinds)
    kinds = [kind for entity_type in {act.entity_type for act in acts} if (kind := known.get((realm, entity_type)))]
    return sorted(kinds, key=lambda kind: (kind.lock_rank, kind.entity_type))


def _rank(act: Judged, ranks: dict[str, int]) -> int:
    return _PEOPLE_RANK if act.kind in ACTS_ON_PEOPLE else ranks.get(act.entity_type, _PEOPLE_RANK)
