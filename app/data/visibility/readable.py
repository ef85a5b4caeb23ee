"""The data objects of an application as they are read: who sees which rows, what words they are found by, what is
counted. A service declares its own in `readable=`; whoever reads for somebody finds them here by realm and name."""
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement

from app.actor import Actor
from app.data.entity import Entity
from app.data.holdings import handed_down
from app.data.reads.filters import Filters
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire, row_serializer
from app.data.version_keys import version_key
from app.data.visibility.expressions import Is, Member, Through, Visibility, atoms, attributes_of

FACET_KINDS = frozenset({"string", "link", "id", "choice", "boolean", "integer", "ids", "texts", "links"})
"""The kinds whose values a facet may count."""
_COMPARED = ("id", "string", "choice", "boolean", "integer")


def logged_in(actor: Actor) -> bool:
    """Whoever has a live session may ask."""
    return not actor.is_anonymous


@dataclass(frozen=True)
class Derived:
    """A property that no column has: `attribute` of the model says it in SQL, `completed` in rows. `made_of` are the
    fields that it tells of: who does not see one of them may not ask for it. `currency` is the attribute of money's."""

    name: str
    attribute: str
    kind: str
    made_of: tuple[str, ...]
    currency: str | None = None


@dataclass(frozen=True)
class NamedSort:
    """An order that people know by a name, of one field; `only` says which rows it has, as conditions of SQL:
    some of those that have a value of the field."""

    name: str
    field: str
    descending: bool = False
    only: Callable[[], tuple[ColumnElement[bool], ...]] = tuple


@dataclass(frozen=True, eq=False)
class ReadObject:
    """One data object as it is read: what its model and its contract do not say.

    Fields are named as on the wire. `who` may ask for rows at all: the policy of the service's own list. `words` are
    the fields that words are looked for in (their weights stand in the index of words, if there is one), `facets` those
    whose values are counted. `searched` are the fields that the documents mark as searchable (None: all), `filters`
    those of the service's own list, `changing` those whose value the clock changes without a write: `completed` says
    it, so nothing is asked of them. `named_only`: who does not see all of it has to say which rows, by words or ids:
    they are never paged through. `completed` is given wire rows without what masks hide, and adds to them what the
    service's list adds to its own. `suggested`: its index of words completes what is being typed, by words that find
    something for the caller. `derived` may be asked for beside the
    columns; `sorts` are orders with a name; `adds` are the members that `completed` and the service's own joins add to
    rows."""

    visibility: Visibility
    who: Callable[[Actor], bool] = logged_in
    words: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    searched: tuple[str, ...] | None = None
    filters: Filters = field(default_factory=Filters)
    changing: tuple[str, ...] = ()
    named_only: bool = False
    completed: Callable[[Actor, ReadRequest, list[Wire]], list[Wire]] = lambda actor, asked, rows: rows
    suggested: bool = False
    derived: tuple[Derived, ...] = ()
    sorts: tuple[NamedSort, ...] = ()
    adds: tuple[str, ...] = ()

    @property
    def model(self) -> type[Entity]:
        """The model of its rows."""
        return self.visibility.model

    @property
    def name(self) -> str:
        """The contract's name of the object."""
        return self.model.__object__


class ReadObjects:
    """The data objects that the services of one application declare, by realm and name; case does not count."""

    def __init__(self, declared: Iterable[tuple[str, ReadObject]] = ()) -> None:
        """Take (realm, object) of all services; raises ValueError for a name that a realm has twice."""
        self._found: dict[tuple[str, str], ReadObject] = {}
        for realm, one in declared:
            # An object of one realm is declared by a service that may stand in several.
            if realm != getattr(one.model, "__realm__", realm):
                continue
            if self._found.setdefault((realm, one.name.lower()), one) is not one:
                raise ValueError(f"{realm}: the data object {one.name} is declared twice")

    def __iter__(self) -> Iterator[tuple[str, ReadObject]]:
        """Yield (realm, object), in the order of realms and names."""
        return ((realm, self._found[realm, name]) for realm, name in sorted(self._found))

    def find(self, realm: str, name: str) -> ReadObject | None:
        """Return the object of a realm by its name, however it is written; None where there is none."""
        return self._found.get((realm, name.lower()))

    def get(self, realm: str, name: str) -> ReadObject:
        """Return the same of a name that a service wrote down; raises LookupError."""
        found = self.find(realm, name)
        if found is None:
            raise LookupError(f"{realm}: nobody declares the data object {name}")
        return found

    def version_keys(self, realm: str, visibility: Visibility) -> tuple[str, ...]:
        """Return the version keys of all that decides what somebody sees of an object: what a remembered answer stands
        under."""
        keys: dict[str, None] = {}
        left = [visibility]
        while left:
            one = left.pop()
            if version_key(one.model) in keys:
                continue
            keys[version_key(one.model)] = None
            for atom in _atoms(one):
                if isinstance(atom, Member):
                    keys |= dict.fromkeys(atom.ids.depends_on)
                if isinstance(atom, Through):
                    left.append(self.get(realm, atom.object).visibility)
        return tuple(keys)

    def check(self) -> None:
        """Raise ValueError, with a sentence, for a declaration that names what is not there.

        It compiles serializers: who serves calls it first, a listing of the terminal never."""
        for realm, one in self:
            for said in _faults(self, realm, one):
                raise ValueError(f"{realm}, {one.name}: {said}")


def read_objects() -> ReadObjects:
    """Return the data objects of the current application."""
    return handed_down(ReadObjects)


def _atoms(visibility: Visibility) -> Iterator[Any]:
    for expression in (visibility.there, visibility.rule, *(one.seen_by for one in visibility.masks)):
        yield from atoms(expression)


def _leads_back(objects: ReadObjects, realm: str, one: ReadObject) -> bool:
    """Return whether a rule goes through other objects to itself, and so would never end."""
    met: set[str] = set()
    left = [one]
    while left:
        for atom in _atoms(left.pop().visibility):
            target = objects.find(realm, atom.object) if isinstance(atom, Through) else None
            if target is one:
                return True
            if target is not None and target.name not in met:
                met.add(target.name)
                left.append(target)
    return False


def _faults(objects: ReadObjects, realm: str, one: ReadObject) -> Iterator[str]:
    if _leads_back(objects, realm, one):
        yield "its rule goes through other objects back to itself"
    attributes = attributes_of(one.model)
    for atom in _atoms(one.visibility):
        if atom.field not in attributes:
            yield f"its rule asks of {atom.field}, which is no field of it"
            continue
        info = getattr(one.model, attributes[atom.field]).info
        kind = info["kind"]
        if isinstance(atom, Is):
            if kind not in _COMPARED:
                yield f"its rule compares {atom.field}, whose values ({kind}) no rule compares"
            options = (None, *info.get("options", atom.values))
            for value in atom.values:
                if value not in options:
                    yield f"its rule asks whether {atom.field} is {value}, which it never is"
        elif kind != "id":
            yield f"its rule asks whose id {atom.field} holds, which holds none"
        if isinstance(atom, Through) and objects.find(realm, atom.object) is None:
            yield f"its rule goes through {atom.field} to {atom.object}, which nobody declares in this realm"
    fields = {shown.name: shown.kind for shown in row_serializer(one.model).fields}
    named = {"words": one.words, "a derived property": [name for made in one.derived for name in made.made_of],
             "a sort": {made.field for made in one.sorts} - {made.name for made in one.derived},
             "facets": one.facets, "searched": one.searched or (),
             "changing": one.changing,
             "a mask": [name for one_mask in one.visibility.masks for name in (*one_mask.fields, *one_mask.but)]}
    for part, names in named.items():
        for name in names:
            if name not in fields:
                yield f"{part} names {name}, which no row shows"
    for made in one.derived:
        if made.name in fields or not all(hasattr(one.model, name) for name in (made.attribute, made.currency or "id")):
            yield f"the derived property {made.name} is a field of it, or made of what it has not"
    asked = {*(fields if one.searched is None else one.searched), *(item.name for item in one.filters.items)}
    for name in one.facets:
        if name in fields and (name not in asked or name in one.changing or fields[name] not in FACET_KINDS):
            yield f"facets names {name}, which nobody may ask to have counted"
