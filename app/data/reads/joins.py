"""The relations of data objects, declared once, and the readable targets that `getJoins` adds to rows (decision 49).

A service declares what its objects point at and what it shows of its own objects; nobody imports another's models."""
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import orjson

from app.actor import Actor
from app.data.connections import transaction
from app.data.entity import Entity
from app.data.holdings import holdings
from app.data.list_cache import CacheVersions, VersionedCache
from app.data.reads.read_request import ReadRequest
from app.data.reads.seen_rows import SeenRows
from app.data.serialization import Wire, row_serializer

Lender = Callable[[Actor, frozenset[str]], Mapping[str, Wire]]
"""Returns id → wire row of the active objects among the ids that the actor may see, in one statement."""
Wanted = Sequence[tuple["JoinTarget", frozenset[str]]]
Copies = Callable[[Wanted], Mapping[str, Mapping[str, Wire | None]]]
"""Returns object → id → what is shown of it to the caller now, None where it is nothing, as far as copies have it."""
_REMEMBERED = 20_000  # targets, some 700 bytes each


@dataclass(frozen=True, slots=True)
class Hiding:
    """Which targets a realm hides from some of those who look; `among` is asked anew each time, behind what is
    remembered, and returns the ids to leave out. `depends_on` are the version keys behind its answer."""

    among: Callable[[Actor, frozenset[str]], Collection[str]]
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JoinTarget:
    """What a service shows of one of its objects beside the rows that point at it: these fields and no others.

    `personal`: what is shown depends on who looks, so it is never remembered. `depends_on` are the version keys behind
    it besides its own rows'. `added` are the fields that others add to it in a realm, `hiding` whom a realm hides.
    `seen` says the rule of a lender that is none itself: by it copies are proved (docs/decisions/121)."""

    object: str
    fields: tuple[str, ...]
    lend: Lender
    seen: SeenRows | None = None
    personal: bool = False
    depends_on: tuple[str, ...] = ()
    added: Callable[[str], Iterable[str]] = lambda realm: ()
    hiding: Callable[[str], Hiding | None] = lambda realm: None

    @property
    def proof(self) -> SeenRows | None:
        """What tells which of its rows an actor may see now, and in which version; None where nothing does."""
        return self.seen or (self.lend if isinstance(self.lend, SeenRows) else None)

    def shown(self, actor: Actor, ids: frozenset[str]) -> dict[str, Wire]:
        """Return id → what is shown of it to an actor now, as the lender has it."""
        fields = self.fields_in(actor.realm)
        return {object_id: {name: row[name] for name in fields} for object_id, row in self.lend(actor, ids).items()}

    def fields_in(self, realm: str) -> tuple[str, ...]:
        """All fields that are shown in a realm."""
        return (*self.fields, *self.added(realm))

    @property
    def version_keys(self) -> tuple[str, ...]:
        """The version keys of whatever it is made of."""
        return (f"rows:{self.object}", *self.depends_on)


@dataclass(frozen=True, slots=True)
class Relation:
    """A property that holds the id of another object (with `many`, a list of ids), and the name its target is shown by.

    `visitors=False`: null for who is not logged in. `by_query`: the object's own query adds it, by rules of its own."""

    id_name: str
    target: str
    name: str = ""
    many: bool = False
    visitors: bool = True
    by_query: bool = False

    @property
    def shown_as(self) -> str:
        """The member of the row: `buyerId` is shown as `buyer`."""
        return self.name or self.id_name.removesuffix("Id")


@dataclass(frozen=True, slots=True)
class ObjectRelations:
    """The relations of one data object; made by `relations_of`."""

    model: type[Entity]
    relations: tuple[Relation, ...]


def relations_of(model: type[Entity], *relations: Relation) -> ObjectRelations:
    """Return the declaration of an object's relations."""
    return ObjectRelations(model, relations)


@dataclass(frozen=True, slots=True)
class _Join:
    """One relation with its target; `local` when both objects are of one service."""

    relation: Relation
    target: JoinTarget
    local: bool


@dataclass(frozen=True, slots=True)
class PointedAt:
    """What rows point at of one kind of target: of each relation what each row names, an id or a list of ids."""

    target: JoinTarget
    named: tuple[tuple[Relation, list[Any]], ...]
    ids: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Note the ids once."""
        object.__setattr__(self, "ids", frozenset(chain.from_iterable(_ids(*one) for one in self.named)))


_Groups = tuple[tuple[JoinTarget, tuple[Relation, ...]], ...]


def _by_target(joins: Iterable[_Join]) -> _Groups:
    """Return each target with the relations that point at it, without those that the object's own query adds; first the
    targets that are remembered for everybody."""
    found: dict[str, list[_Join]] = defaultdict(list)
    for join in joins:
        if not join.relation.by_query:
            found[join.target.object].append(join)
    return tuple((same[0].target, tuple(join.relation for join in same))
                 for same in sorted(found.values(), key=lambda same: same[0].target.personal))


class Joins:
    """All relations and targets of one application; held by the data floor, filled by the factory."""

    def __init__(self, versions: CacheVersions) -> None:
        self._versions = versions
        self._remembered = VersionedCache(versions, _REMEMBERED, weigh=lambda found: 1 + len(found))
        self._joins: dict[type[Entity], tuple[_Join, ...]] = {}
        # What requests follow, by model and `local_only`: made once, because each list asks for it.
        self._groups: dict[tuple[type[Entity], bool], _Groups] = {}

    def declare(self, targets: Iterable[tuple[str, JoinTarget]], objects: Iterable[ObjectRelations]) -> None:
        """Take what the services declare, targets with the name of their service.

        Raises ValueError for a target named twice, an unknown one, and relations declared twice."""
        known: dict[str, tuple[str, JoinTarget]] = {}
        for service, target in targets:
            if known.setdefault(target.object, (service, target)) != (service, target):
                raise ValueError(f"the join target {target.object} is declared twice")
            if not all(isinstance(key, str) for key in target.depends_on):
                raise ValueError(f"the join target {target.object} depends on what is no version key")
        for declared in objects:
            if self._joins.get(declared.model):
                raise ValueError(f"the relations of {declared.model.__object__} are declared twice")
            unknown = [one.target for one in declared.relations if one.target not in known]
            if unknown:
                raise ValueError(f"{declared.model.__object__}: nobody declares the join target {unknown[0]}")
            joins = self._joins[declared.model] = tuple(
                _Join(one, known[one.target][1], known[one.target][0] == declared.model.__service__)
                for one in declared.relations)
            self._groups[declared.model, False] = _by_target(joins)
            self._groups[declared.model, True] = _by_target(join for join in joins if join.local)

    def check(self) -> None:
        """Raise ValueError for a relation whose names do not fit the rows of its object.

        It compiles their serializers: who serves or forks for each piece of work calls it first, a listing never."""
        for model, joins in self._joins.items():
            names = {field.name for field in row_serializer(model).fields}
            for relation in (join.relation for join in joins):
                if relation.id_name not in names or relation.shown_as in names:
                    raise ValueError(f"{model.__object__}: no relation can be made of {relation}")

    def of(self, model: type[Entity] | None) -> tuple[tuple[Relation, JoinTarget], ...]:
        """Return the relations of an object with their targets."""
        return tuple((join.relation, join.target) for join in self._found(model))

    def version_keys(self, model: type[Entity] | None) -> tuple[str, ...]:
        """Return the version keys of everything that is joined to rows of the model."""
        targets = [target for _, target in self.of(model)]
        hidings = filter(None, (_hiding(target, model) for target in targets))
        return (*chain.from_iterable(target.version_keys for target in targets),
                *chain.from_iterable(hiding.depends_on for hiding in hidings))

    def is_personal(self, model: type[Entity] | None) -> bool:
        """Return whether what is joined to rows of the model depends on who looks."""
        return any(target.personal or _hiding(target, model) for _, target in self.of(model))

    def models(self) -> tuple[type[Entity], ...]:
        """Return the objects that point at something."""
        return tuple(self._joins)

    def pointed_at(self, actor: Actor, model: type[Entity], rows: list[Wire], *, local_only: bool = False
                   ) -> list[PointedAt]:
        """Return what rows point at, of each kind of target once (_by_target)."""
        groups = self._groups.get((model, local_only), ())
        return [PointedAt(target, tuple((relation, _named(actor, relation, rows)) for relation in relations))
                for target, relations in groups]

    def add(self, actor: Actor, asked: ReadRequest, model: type[Entity] | None, rows: list[Wire],
            copies: Copies | None = None) -> None:
        """Add its target to every row under the relation's name: one statement for each kind of target.

        What is not active, or not for the actor's eyes, is null, or left out of a list. `copies` are asked once, for
        all kinds that are not remembered; what they do not have is read."""
        if not asked.joins or not rows or model is None:
            return
        groups = self.pointed_at(actor, model, rows, local_only=asked.local_only)
        known: dict[str, Mapping[str, Wire | None]] = {}
        for place, one in enumerate(groups):
            def lend(one: PointedAt = one, place: int = place) -> Mapping[str, Wire]:
                if copies is not None and one.target.object not in known:
                    known.update(copies([(each.target, each.ids) for each in groups[place:] if each.ids]))
                return _completed(actor, one, known.get(one.target.object, {}))
            found = self._lent(actor, one.target, one.ids, lend) if one.ids else {}
            for relation, its in one.named:
                _show(relation, rows, its, found)

    def _found(self, model: type[Entity] | None) -> tuple[_Join, ...]:
        return () if model is None else self._joins.get(model, ())

    def _lent(self, actor: Actor, target: JoinTarget, ids: frozenset[str], lend: Callable[[], Mapping[str, Wire]]
              ) -> Mapping[str, Wire]:
        """Return id → what is shown of it; what is the same for everybody is remembered until it changes."""
        if target.personal or transaction.get() is not None:
            found = lend()  # what is not committed must not be remembered
        else:
            found = self._remembered.get_or_make((actor.realm, target.object, ids), target.version_keys, lend)
        hiding = target.hiding(actor.realm)
        if hiding is None:
            return found
        hidden = hiding.among(actor, ids)
        return {object_id: shown for object_id, shown in found.items() if object_id not in hidden}


def _completed(actor: Actor, one: PointedAt, known: Mapping[str, Wire | None]) -> dict[str, Wire]:
    """Return what is shown of a target's ids: what is known, and what is read of the others."""
    found = {object_id: shown for object_id, shown in known.items() if shown is not None and object_id in one.ids}
    unknown = one.ids - known.keys()
    return found | one.target.shown(actor, unknown) if unknown else found


def add_joins(actor: Actor, asked: ReadRequest, model: type[Entity], rows: list[Wire]) -> None:
    """Add their targets to rows that are read for something else than an answer (search); routes add them anyway."""
    holdings().joins.add(actor, asked, model, rows)


def _hiding(target: JoinTarget, model: type[Entity] | None) -> Hiding | None:
    """Return whom the realm of the model's rows hides."""
    realm = getattr(model, "__realm__", None)
    return None if realm is None else target.hiding(realm)


def _named(actor: Actor, relation: Relation, rows: list[Wire]) -> list[Any]:
    """Return what each row names that the actor may see: an id or None, with `many` a list of ids."""
    if actor.is_anonymous and not relation.visitors:
        return [[] if relation.many else None] * len(rows)
    if not relation.many:
        return [row[relation.id_name] for row in rows]
    # On SQLite lists are still JSON text on their way to the answer; one round through orjson reads them all.
    named: list[list[str]] = orjson.loads(orjson.dumps([row[relation.id_name] or [] for row in rows]))
    return named


def _ids(relation: Relation, named: list[Any]) -> Iterable[str]:
    return chain.from_iterable(named) if relation.many else filter(None, named)


def _show(relation: Relation, rows: list[Wire], named: list[Any], found: Mapping[str, Any]) -> None:
    name = relation.shown_as
    if relation.many:
        for row, ids in zip(rows, named, strict=True):
            row[name] = [found[one] for one in ids if one in found]
    else:
        for row, id_ in zip(rows, named, strict=True):
            row[name] = found.get(id_)
