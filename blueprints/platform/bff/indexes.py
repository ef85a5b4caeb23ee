"""What one caller may ask of one index: its properties, less what is masked for that caller (FD-3)."""
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from app.actor import Actor
from app.data.entity import Entity
from app.data.holdings import holdings
from app.data.serialization import row_serializer
from app.data.visibility import NamedSort, ReadObject, masked_fields, read_objects
from app.errors import Forbidden, LoginRequired, NotFound
from app.runtime import runtime
from app.search.catalogue import Indexes
from app.search.rows import IndexedRows
from blueprints.platform.bff.rules import MEASURED, SORTED, Property
from blueprints.platform.bff.views import view_of

_ALWAYS = ("id", "createdAt", "updatedAt", "recordVersion", "_owner")
_COUNTED_UNASKED = ("choice", "boolean")
HELD = "held"
"""The member of a row that moderation holds (app/data/held.py)."""
RELEVANCE = NamedSort("relevance", "")
NEWEST = NamedSort("newest", "createdAt", descending=True)


@dataclass(frozen=True)
class CallersIndex:
    """One index as one caller meets it."""

    object: ReadObject
    actor: Actor
    view: str = ""
    """The name of the view, where its rows are asked for as one."""

    @property
    def name(self) -> str:
        """Return what the index is called: as the object, or as the view of it."""
        return self.view or self.object.name

    @property
    def model(self) -> type[Entity]:
        """Return the model of its rows."""
        return self.object.model

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        """Return what may be filtered by its wire name: what the documents mark, the filters of the object's own list,
        ids of relations and the common fields; nothing that the caller does not see of every row, and nothing that
        the clock changes: a row shows another value than the database has."""
        known, hidden = self.known, self._hidden
        marked = self.object.searched
        asked = {*_ALWAYS, *(known if marked is None else marked), *(one.name for one in self.object.filters.items),
                 *(relation.id_name for relation, _ in holdings().joins.of(self.model)),
                 *(made.name for made in self.object.derived)}
        return {name: one for name, one in known.items()
                if _base(one) in asked and _base(one) not in hidden and name not in hidden}

    @cached_property
    def known(self) -> Mapping[str, Property]:
        """Return all properties of its rows, those too that nobody may ask about, and those that are derived."""
        return properties_of_object(self.object)

    @cached_property
    def _hidden(self) -> frozenset[str]:
        """What the caller does not see of every row, what the clock changes, and what is made of either."""
        hidden = {*masked_fields(self.object.visibility, self.actor), *self.object.changing}
        return frozenset(hidden | {made.name for made in self.object.derived if not hidden.isdisjoint(made.made_of)})

    @property
    def sorts(self) -> Mapping[str, NamedSort]:
        """Return the orders that have a name: best match first where words are looked for, the newest first, and those
        of the object."""
        is_ranked = self.words or indexed_rows(self.model)
        found = [*([RELEVANCE] if is_ranked else ()), *([NEWEST] if NEWEST.field in self.properties else ()),
                 *(one for one in self.object.sorts if one.field not in self._hidden)]
        return {one.name: one for one in found}

    @property
    def row_fields(self) -> tuple[str, ...]:
        """Return the members that rows may have: what `fields` takes."""
        joined = (relation.shown_as for relation, _ in holdings().joins.of(self.model))
        return tuple(dict.fromkeys((*self.known, *joined, *self.object.adds, HELD)))

    @property
    def sortable(self) -> Mapping[str, Property]:
        """Return what rows may be sorted by."""
        return {name: one for name, one in self.properties.items() if one.kind in SORTED}

    @property
    def usual_order(self) -> str:
        """Return what rows are sorted by where nothing is asked: never by what the caller does not see of all of them,
        since cursors can be read."""
        return "createdAt" if "createdAt" in self.properties else "id"

    @property
    def countable(self) -> Mapping[str, Property]:
        """Return what may be asked as a facet: what the object declares, choices and flags, and of numbers and moments
        the least and the greatest."""
        return {name: one for name, one in self.properties.items() if not one.place_of and (
            one.kind in MEASURED or one.kind in _COUNTED_UNASKED or name in self.object.facets)}

    def is_measured(self, one: Property) -> bool:
        """Return whether a facet of this property says its least and greatest value; else its values are counted."""
        return one.kind in MEASURED and one.name not in self.object.facets

    @property
    def is_named_only(self) -> bool:
        """Return whether the caller has to say which rows, by words or ids."""
        return self.object.named_only and not self.object.visibility.sees_all(self.actor)

    @property
    def words(self) -> Mapping[str, Property]:
        """Return where words are looked for."""
        known, hidden = self.known, masked_fields(self.object.visibility, self.actor)
        return {name: known[name] for name in self.object.words if name not in hidden}

    @property
    def beginnings(self) -> Mapping[str, Property]:
        """Return of an object without words where a whole value or its beginning is looked for (FD-11)."""
        return {name: one for name, one in self.properties.items() if one.kind == "string"}


def indexed_rows(model: type[Entity]) -> IndexedRows | None:
    """Return what is indexed of a data object, None where no index of words has it."""
    for index in runtime().part(Indexes).values():
        if index.rows is not None and index.rows.model is model:
            return index.rows
    return None


def index_for(actor: Actor, name: str) -> CallersIndex:
    """Return the index of that name, in whatever case it is written.

    Raises NotFound for a name that is none, LoginRequired and Forbidden for who may not ask for its rows at all."""
    view, base = view_of(actor.realm, name) or ("", name)
    found = read_objects().find(actor.realm, base)
    if found is None:
        raise NotFound("There is no index of this name")
    if found.who(actor):
        return CallersIndex(found, actor, view)
    raise LoginRequired("errMsg_indexRequiresLogin") if actor.is_anonymous else Forbidden("errMsg_indexRoleNotAllowed")


def indexes_with_words(actor: Actor) -> list[CallersIndex]:
    """Return the indexes that the caller may ask and that words are looked for in, by name."""
    return [index for index in _open_to(actor) if index.words]


def indexes_with_suggestions(actor: Actor) -> list[CallersIndex]:
    """Return the indexes that the caller may ask and whose words are suggested, by name."""
    return [index for index in _open_to(actor) if index.object.suggested]


def _open_to(actor: Actor) -> list[CallersIndex]:
    return [CallersIndex(one, actor) for realm, one in read_objects() if realm == actor.realm and one.who(actor)]


@cache
def properties_of_object(one: ReadObject) -> Mapping[str, Property]:
    """Return all properties of the rows of an object by their wire names, those too that are derived."""
    made = {part.name: Property(part.name, part.attribute, part.kind, currency=part.currency) for part in one.derived}
    return properties_of(one.model) | made


@cache
def properties_of(model: type[Entity]) -> dict[str, Property]:
    """Return all properties of the rows of a model by their wire names; beside each choice stands its place."""
    found: dict[str, Property] = {}
    for field in row_serializer(model).fields:
        column: Any = getattr(model, field.attribute)
        nullable = bool(column.nullable)
        found[field.name] = Property(field.name, field.attribute, field.kind, field.options, field.currency,
                                     nullable=nullable)
        if field.kind == "choice":
            place = f"{field.name}_idx"
            found[place] = Property(place, field.attribute, "integer", field.options, place_of=True, nullable=nullable)
    return found


def _base(one: Property) -> str:
    return one.name.removesuffix("_idx") if one.place_of else one.name
