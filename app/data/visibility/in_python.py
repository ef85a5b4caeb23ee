"""Visibility of rows that are in hand: for streams and webhooks, and for masks. Rows are asked together: each set that
a rule names, and each object it goes through, costs one statement at most, however many rows there are."""
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from app.actor import Actor
from app.data.entity import Entity
from app.data.held import can_be_held
from app.data.holdings import holdings
from app.data.reads.lists import fetch
from app.data.serialization import Wire, row_serializer
from app.data.visibility.expressions import (
    AllOf,
    AnyOf,
    Constant,
    Expression,
    Is,
    Me,
    MeIn,
    Member,
    Not,
    Through,
    Visibility,
    atoms,
    attributes_of,
    for_caller,
    owner_field,
)
from app.data.visibility.readable import read_objects

Facts = Mapping[str, Any]
"""What a rule asks of a row, by wire name: a wire row, or what `facts_by_id` reads."""


def holds(visibility: Visibility, row: Facts | Entity, actor: Actor) -> bool:
    """Return whether the actor sees the row; see `those_visible`."""
    return those_visible(visibility, [row], actor)[0]


def those_visible(visibility: Visibility, rows: Sequence[Facts | Entity], actor: Actor) -> list[bool]:
    """Return of each row whether the actor sees it as it is given: `visible_in_sql` says the same of stored ones.

    A wire row does where the rule asks of nothing hidden (`asks_of_hidden`), and says `held` where it is. Raises
    KeyError for a row without a field that is asked of."""
    facts = [_facts_of(row) if isinstance(row, Entity) else row for row in rows]
    return _Caller(actor).visible(visibility, facts)


def asks_of_hidden(visibility: Visibility) -> frozenset[str]:
    """Return the fields that the rule asks of and no wire row has: rows of such an object are read by `facts_by_id`."""
    shown = {field.name for field in row_serializer(visibility.model).fields}
    asked = {atom.field for rule in (visibility.there, visibility.rule) for atom in atoms(rule)}
    return frozenset(asked | attributes_of(visibility.model).keys() & {"held", "realm"}) - shown


def facts_by_id(visibility: Visibility, ids: Iterable[str]) -> dict[str, Facts]:
    """Return id → what the rule asks of these rows, archived and held ones too, in one statement."""
    wanted = {object_id for object_id in ids if object_id}
    if not wanted:
        return {}
    model, attributes = visibility.model, attributes_of(visibility.model)
    names = {"id", "isActive", owner_field(model), *(attributes.keys() & {"held", "realm"})}
    names |= {atom.field for rule in (visibility.there, visibility.rule) for atom in atoms(rule)}
    asked = sorted(names)
    rows = fetch(select(*(getattr(model, attributes[name]) for name in asked)).where(model.id.in_(wanted)))
    found = [dict(zip(asked, row, strict=True)) for row in rows]
    return {str(row["id"]): row for row in found}


def those_shown(visibility: Visibility, rows: Sequence[Wire], actor: Actor) -> list[Wire]:
    """Return the wire rows without the fields that masks hide from the actor, nor what is joined by them.

    The rows themselves stay as they are."""
    if visibility.sees_all(actor) or not visibility.masks or not rows:
        return list(rows)
    caller, found = _Caller(actor), list(rows)
    for one in visibility.masks:
        hidden = {name for field in row_serializer(visibility.model).fields if one.hides(field.name)
                  for name in (field.name, f"{field.name}_idx")}
        hidden |= {relation.shown_as for relation, _ in holdings().joins.of(visibility.model)
                   if relation.id_name in hidden}
        seen = caller.truth(for_caller(one.seen_by, actor), visibility.model, rows)
        found = [row if is_seen else {name: value for name, value in row.items() if name not in hidden}
                 for row, is_seen in zip(found, seen, strict=True)]
    return found


def masked_fields(visibility: Visibility, actor: Actor) -> frozenset[str]:
    """Return the fields that the actor does not see of every row: nothing may be filtered or sorted by them, unless
    `field_in_sql` is asked of each row, too."""
    return frozenset(field.name for field in row_serializer(visibility.model).fields
                     if visibility.seen_fields(field.name, actor) != Constant(True))


class _Caller:
    """What one caller is asked about, and what has been looked up for that: each set and each object once a call."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def visible(self, visibility: Visibility, rows: Sequence[Facts]) -> list[bool]:
        """Return of each row whether the caller sees it."""
        there = [self._is_there(visibility, row) for row in rows]
        return self._narrowed(there, visibility.rule_for(self._actor), visibility.model, rows)

    def truth(self, expression: Expression, model: type[Entity], rows: Sequence[Facts]) -> list[bool]:
        """Return of each row whether the expression holds."""
        match expression:
            case AnyOf(parts):
                return self.truth(Not(AllOf(tuple(Not(part) for part in parts))), model, rows)
            case AllOf(parts):
                found = [True] * len(rows)
                for part in sorted(parts, key=_looks_up):
                    found = self._narrowed(found, part, model, rows)
                return found
            case Not(part):
                return [not one for one in self.truth(part, model, rows)]
            case Member(field, ids):
                members = ids.among(self._actor, {row[field] for row in rows} - {None})
                return [row[field] in members for row in rows]
            case Through(field, name):
                seen = self._seen(name, {row[field] for row in rows} - {None})
                return [row[field] in seen for row in rows]
        return [self._holds(expression, row) for row in rows]

    def _holds(self, expression: Expression, row: Facts) -> bool:
        match expression:
            case Constant(value):
                return value
            case Is(field, values):
                return row[field] in values
            case Me(field):
                return self._actor.is_user(row[field])
            case MeIn(field):
                return self._actor.user_id is not None and self._actor.user_id in _list(row[field])
        return self._actor.user_id is not None

    def _narrowed(self, among: Sequence[bool], expression: Expression, model: type[Entity],
                  rows: Sequence[Facts]) -> list[bool]:
        """Ask about those rows alone that are among; the others stay out."""
        some = [row for row, is_in in zip(rows, among, strict=True) if is_in]
        found = iter(self.truth(expression, model, some) if some else ())
        return [is_in and next(found) for is_in in among]

    def _seen(self, name: str, wanted: set[str]) -> frozenset[str]:
        target = read_objects().get(self._actor.realm, name).visibility
        rows = facts_by_id(target, wanted)
        seen = self.visible(target, list(rows.values()))
        return frozenset(id for id, is_seen in zip(rows, seen, strict=True) if is_seen)

    def _is_there(self, visibility: Visibility, row: Facts) -> bool:
        model = visibility.model
        realm = getattr(model, "__realm__", None) or row["realm"]
        if not row["isActive"] or realm != self._actor.realm:
            return False
        if not can_be_held(model):
            return True
        looks = visibility.sees_held(self._actor)
        return looks.sees(row.get("held"), row[owner_field(model)])


def _looks_up(expression: Expression) -> int:
    """Return how many statements an expression may cost: what costs none is asked first."""
    return sum(isinstance(atom, Through) or (isinstance(atom, Member) and atom.ids.costs_a_statement)
               for atom in atoms(expression))


def _facts_of(entity: Entity) -> Facts:
    values = vars(entity)
    return {name: values.get(attribute) for name, attribute in attributes_of(type(entity)).items()}


def _list(value: Any) -> list[str]:
    """Return a list of ids as Python has it: rows of SQLite carry it as JSON on its way to the answer."""
    ids: list[str] = value if isinstance(value, list) else orjson.loads(orjson.dumps(value)) or []
    return ids
