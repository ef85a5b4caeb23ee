"""What a service says of its objects that staff moderate: a line a kind, so that moderation knows no tables of others.

The entity types are the contract's (rules-marketplace §1.1) and ours; a kind acts in the realm of the actor."""
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.actor import Actor
from app.data.entity import Entity
from app.data.short_ids import ids_named

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

Restore = Callable[[Actor, str], bool]


@dataclass(frozen=True)
class Subject:
    """One thing as moderation reads it: enough for the queue, the statement of reasons and the evidence."""

    title: str
    """One line that names it to staff; no secret."""
    person_id: str | None
    """Whom it concerns: seller, author, uploader; the person itself."""
    content: Mapping[str, Any]
    """What is judged, as JSON: what the evidence keeps. No reserve, no secret maximum."""
    words: str = ""
    """The text that strangers read in it, for the list of words."""
    parties: frozenset[str] | None = None
    """Who may report it; None: everybody who may see it."""
    held: str | None = None
    """HIDDEN or REMOVED while a hold stands."""
    is_active: bool = True


@dataclass(frozen=True)
class HoldChange:
    """How a thing is held from now on: `kind` HIDDEN, REMOVED or None; by the act with that id.

    `lifted` are the acts whose holds of the thing stand no more: what they set off may be taken back."""

    kind: str | None
    act_id: str
    lifted: frozenset[str] = frozenset()


Read = Callable[[Actor, str], Subject | None]
Decide = Callable[[str | None], HoldChange]
"""Given how the locked thing is held, returns how it is held from now on: holds add up behind its lock (M-2)."""
SetHold = Callable[["UnitOfWork", str, Decide], list[str]]
Lock = Callable[["UnitOfWork", Collection[str]], object]
Edit = Callable[["UnitOfWork", str, Mapping[str, Any]], Mapping[str, Any]]
Named = Callable[[str, str], list[str]]


@dataclass(frozen=True)
class ModeratedKind:
    """One kind of object, the model of its rows, and what can be done to it.

    What can be held is locked in the order of its ids, by the rank of its model, and the terminal finds it by a part of
    an id (app/data/short_ids.py); `lock` and `named` say what a service does otherwise.

    `restore` brings back the soft-deleted object with that id, in the unit of work of its caller; it returns whether it
    was gone, so that a second call changes nothing. It raises NotFound, and RuleViolated for what may not come back.
    `read` returns the thing, held, archived or not, None where there is none. `set_hold` locks the thing, asks how it
    is to be held, and holds it or lets it go, with what follows for offers and auctions; it returns sentences of what
    cannot come back, and raises NotFound. `edit` locks the thing, sets these values and returns what they were before;
    it raises NotFound, InvalidInput. None: cannot be done to this kind. `lock` only takes the locks of things,
    archived or not, before one transaction does several acts. `lock_dependents` locks what holding several of these
    locked things changes besides (open offers), all in the order of its ids: a bulk holds many things of a kind that
    has it in one transaction. `named` returns, in a realm, the ids that a text of the terminal may mean.
    `written` are the dbevents that bring what its people have written: the list of words is looked for in it."""

    entity_type: str
    model: type[Entity] | None = None
    restore: Restore | None = None
    read: Read | None = None
    set_hold: SetHold | None = None
    lock: Lock | None = None
    lock_dependents: Lock | None = None
    edit: Edit | None = None
    named: Named | None = None
    written: tuple[str, ...] = ()

    @property
    def lock_rank(self) -> int:
        """The rank of its locks; 0 where nothing is locked, because nothing of it can be held."""
        return 0 if self.model is None or self.set_hold is None else self.model.__lock_rank__ or 0

    def lock_things(self, work: "UnitOfWork", ids: Collection[str]) -> None:
        """Lock these things where they can be held, archived ones too; raises NotFound."""
        if self.set_hold is None:
            return
        if self.lock is not None:
            self.lock(work, ids)
        elif self.model is not None:
            for id in sorted(ids):
                work.lock(self.model, id, archived_too=True)

    def ids_meant(self, realm: str, text: str) -> list[str] | None:
        """Return the ids that a text of the terminal may mean; None where nothing of it is found so."""
        if self.named is not None:
            return self.named(realm, text)
        return None if self.model is None else ids_named(self.model, text)


Done = Mapping[str, Mapping[str, Any]]
"""Kind of rows → id → what it was before, as JSON."""


@dataclass(frozen=True)
class Sides:
    """What an act takes from a person, or its undo gives back because no other act keeps it: selling, buying, and by a
    ban what stands already."""

    sells: bool
    buys: bool
    bans: bool


@dataclass(frozen=True)
class PersonEffect:
    """What a service does to its own rows when staff suspend or ban somebody, in the transaction that does it.

    `take` does it to the person with that id, by the act with that id, and returns what it did, which the act keeps
    under `name`; `give_back` undoes what these acts did by that, as far as the sides say, and returns sentences for
    what cannot come back. What several acts keep comes back with the last of them. The account is locked by then.
    Services that lock rows of each other have one effect together, so that all are locked in order. `lock` locks what
    acts on these people, or the undo of these acts, change together with the things named (entity type, id), before one
    transaction does several acts. `scopes` are the sides of people that its realm knows: SELLING, BUYING. A suspension
    is limited to one of them, in a realm without any to none."""

    realm: str
    name: str
    lock: Callable[["UnitOfWork", Collection[str], Collection[tuple[str, str]], Collection[str], Done], object]
    take: Callable[["UnitOfWork", str, Sides, str], Done]
    give_back: Callable[["UnitOfWork", str, Sides, Collection[str], Done], list[str]]
    scopes: frozenset[str] = frozenset()


class ModeratedKinds(dict[tuple[str, str], ModeratedKind]):
    """The kinds of one application, by realm and entity type: two realms may each have a MESSAGE of their own."""


class PersonEffects(tuple[PersonEffect, ...]):
    """What the services of one application do to their rows."""

    def scopes_in(self, realm: str) -> frozenset[str]:
        """Return what a suspension in a realm can be limited to."""
        return frozenset(scope for effect in self if effect.realm == realm for scope in effect.scopes)
