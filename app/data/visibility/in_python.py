"""Visibility of rows that are in hand: for streams and webhooks, and for masks. Rows are asked together: each set that
a rule names, and each object it goes through, costs one statement at most, however many rows there are."""
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

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
_Asked = tuple[Actor, Facts]


def holds(visibility: Visibility, row: Facts | Entity, actor: Actor) -> bool:
    """Return whether the actor sees the row; see `those_visible`."""
    return those_visible(visibility, [row], actor)[0]


def those_visible(visibility: Visibility, rows: Sequence[Facts | Entity], actor: Actor) -> list[bool]:
    """Return of each row whether the actor sees it as it is given: `visible_in_sql` says the same of stored ones.

    A wire row does where the rule asks of nothing hidden, and says `held` where it is; others are read by
    `facts_by_id`. Raises KeyError for a row without a field that is asked of."""
    return each_visible(visibility, [(actor, _facts_of(row) if isinstance(row, Entity) else row) for row in rows])


def each_visible(visibility: Visibility, asked: Sequence[tuple[Actor, Facts]]) -> list[bool]:
    """Return of each row whether the actor beside it sees it, as `those_visible` does of one actor.

    What many actors may see costs no more statements than what one may: see `IdSet.among_each`."""
    return _Callers().visible(visibility, asked)


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
    return each_shown(visibility, [(actor, row) for row in rows])


def each_shown(visibility: Visibility, asked: Sequence[tuple[Actor, Wire]]) -> list[Wire]:
    """Return each wire row without what masks hide from the actor beside it, as `those_shown` does of one actor."""
    callers, found = _Callers(), [row for _, row in asked]
    sees_all = {actor: visibility.sees_all(actor) for actor in dict.fromkeys(actor for actor, _ in asked)}
    is_masked = [not sees_all[actor] for actor, _ in asked]
    if not any(is_masked):
        return found
    for one in visibility.masks:
        hidden = {name for field in row_serializer(visibility.model).fields if one.hides(field.name)
                  for name in (field.name, f"{field.name}_idx")}
        hidden |= {relation.shown_as for relation, _ in holdings().joins.of(visibility.model)
                   if relation.id_name in hidden}
        seen = callers.each(partial(for_caller, one.seen_by), asked, among=is_masked)
        found = [{name: value for name, value in row.items() if name not in hidden} if is_one and not is_seen else row
                 for row, is_one, is_seen in zip(found, is_masked, seen, strict=True)]
    return found


def masked_fields(visibility: Visibility, actor: Actor) -> frozenset[str]:
    """Return the fields that the actor does not see of every row: nothing may be filtered or sorted by them."""
    return frozenset(field.name for field in row_serializer(visibility.model).fields
                     if visibility.seen_fields(field.name, actor) != Constant(True))


class _Callers:
    """What callers are asked about, all of them together: each set and each object once, however many they are."""

    def visible(self, visibility: Visibility, asked: Sequence[_Asked]) -> list[bool]:
        """Return of each row whether its caller sees it."""
        there = [self._is_there(visibility, actor, row) for actor, row in asked]
        return self.each(visibility.rule_for, asked, among=there)

    def each(self, rule_for: Callable[[Actor], Expression], asked: Sequence[_Asked], *,
             among: Sequence[bool]) -> list[bool]:
        """Return of each row that is `among` them whether its caller's rule holds; callers of one rule are asked
        together."""
        rules = {actor: rule_for(actor) for actor in dict.fromkeys(actor for actor, _ in asked)}
        found = [False] * len(asked)
        for rule in dict.fromkeys(rules.values()):
            places = [place for place, (actor, _) in enumerate(asked) if among[place] and rules[actor] == rule]
            truth = self.truth(rule, [asked[place] for place in places]) if places else ()
            for place, is_so in zip(places, truth, strict=True):
                found[place] = is_so
        return found

    def truth(self, expression: Expression, asked: Sequence[_Asked]) -> list[bool]:
        """Return of each row whether the expression holds for its caller."""
        match expression:
            case AnyOf(parts):
                return self.truth(Not(AllOf(tuple(Not(part) for part in parts))), asked)
            case AllOf(parts):
                found = [True] * len(asked)
                for part in sorted(parts, key=_looks_up):
                    found = self._narrowed(found, part, asked)
                return found
            case Not(part):
                return [not one for one in self.truth(part, asked)]
            case Member(field, ids):
                members = ids.among_each(_wanted(field, asked))
                return [row[field] in members.get(actor, ()) for actor, row in asked]
            case Through(field, name):
                seen = self._seen(name, _wanted(field, asked))
                return [(actor, row[field]) in seen for actor, row in asked]
        return [self._holds(expression, actor, row) for actor, row in asked]

    def _holds(self, expression: Expression, actor: Actor, row: Facts) -> bool:
        match expression:
            case Constant(value):
                return value
            case Is(field, values):
                return row[field] in values
            case Me(field):
                return actor.is_user(row[field])
        return actor.user_id is not None

    def _narrowed(self, among: Sequence[bool], expression: Expression, asked: Sequence[_Asked]) -> list[bool]:
        """Ask about those rows alone that are among; the others stay out."""
        some = [one for one, is_in in zip(asked, among, strict=True) if is_in]
        found = iter(self.truth(expression, some) if some else ())
        return [is_in and next(found) for is_in in among]

    def _seen(self, name: str, wanted: Mapping[Actor, set[str]]) -> set[tuple[Actor, str]]:
        """Return which caller sees which of the rows behind his, which are read once for all callers of a realm."""
        seen: set[tuple[Actor, str]] = set()
        for realm in {actor.realm for actor in wanted}:
            target = read_objects().get(realm, name).visibility
            of_realm = {actor: ids for actor, ids in wanted.items() if actor.realm == realm}
            rows = facts_by_id(target, set().union(*of_realm.values()))
            behind = [(actor, id) for actor, ids in of_realm.items() for id in ids if id in rows]
            visible = self.visible(target, [(actor, rows[id]) for actor, id in behind])
            seen |= {one for one, is_visible in zip(behind, visible, strict=True) if is_visible}
        return seen

    def _is_there(self, visibility: Visibility, actor: Actor, row: Facts) -> bool:
        model = visibility.model
        realm = getattr(model, "__realm__", None) or row["realm"]
        if not row["isActive"] or realm != actor.realm:
            return False
        if not can_be_held(model):
            return True
        looks = visibility.sees_held(actor)
        return looks.sees(row.get("held"), row[owner_field(model)])


def _wanted(field: str, asked: Sequence[_Asked]) -> dict[Actor, set[str]]:
    """Return caller → the ids that the field holds in his rows."""
    wanted: dict[Actor, set[str]] = defaultdict(set)
    for actor, row in asked:
        if row[field] is not None:
            wanted[actor].add(row[field])
    return wanted


def _looks_up(expression: Expression) -> int:
    """Return how many statements an expression may cost: what costs none is asked first."""
    return sum(isinstance(atom, Through) or (isinstance(atom, Member) and atom.ids.costs_a_statement)
               for atom in atoms(expression))


def _facts_of(entity: Entity) -> Facts:
    values = vars(entity)
    return {name: values.get(attribute) for name, attribute in attributes_of(type(entity)).items()}
