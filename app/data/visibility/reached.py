"""The rows that a rule opens to the caller by himself: his own, those of his companies, of people he is connected with;
of what moderation can hold also what he owns, and what stands behind such rows of another object.

Each is found by an index of its field; what a rule opens to everybody is not among them."""
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select, union_all

from app.actor import Actor
from app.data.entity import Entity
from app.data.held import can_be_held
from app.data.visibility.expressions import (
    AllOf,
    AnyOf,
    Expression,
    Is,
    Me,
    Member,
    Through,
    Visibility,
    all_of,
    attributes_of,
    for_caller,
    owner_field,
)
from app.data.visibility.in_sql import expression_in_sql
from app.data.visibility.readable import read_objects
from app.data.visibility.sets import CallersIds, Condition


def reached_in_sql(visibility: Visibility, actor: Actor) -> Condition | None:
    """Return the condition of the rows that the rule opens because a field holds the caller's id or one of his sets of
    ids; of who sees all no more than the rule says. None where there are none of that kind.

    It says where to look, not what is seen: the whole condition is asked beside it (`visible_in_sql`)."""
    ways = _reached(visibility, actor)
    found: Condition | None = visibility.model.id.in_(union_all(*ways)) if ways else None
    return found


def _reached(visibility: Visibility, actor: Actor) -> list[Select[Any]]:
    """Return the queries of the ids of such rows, each by an index."""
    row = visibility.model.__table__.alias()
    rules = list(_ways(for_caller(visibility.rule, actor)))
    if (owned := _owned(visibility.model)) and actor.user_id is not None and owned not in rules:
        rules.append(owned)
    conditions = [expression_in_sql(way, visibility.model, actor, row) for way in rules]
    if isinstance(there := visibility.there, Through):
        behind = _reached(read_objects().get(actor.realm, there.object).visibility, actor)
        column = row.c[attributes_of(visibility.model)[there.field]]
        conditions += [column.in_(ids) for ids in behind]
    # Only active ones are seen, and some indexes have no others.
    return [select(row.c.id).where(row.c.is_active.is_(True), condition) for condition in conditions]


def _owned(model: type[Entity]) -> Expression | None:
    """Return the rule that finds what is HIDDEN and the caller's own (app/data/held.py), by the index of its owner."""
    if not (can_be_held(model) and model.__owner__):
        return None
    return Me(owner_field(model))


def _ways(rule: Expression) -> Iterator[Expression]:
    """Yield the parts of a rule that an index answers, each with what is compared beside it."""
    match rule:
        case Me():
            yield rule
        case Member(_, CallersIds(condition=None)):
            yield rule
        case AnyOf(parts):
            for part in parts:
                yield from _ways(part)
        case AllOf(parts):
            compared = [part for part in parts if isinstance(part, Is)]
            ways = next((found for part in parts if (found := list(_ways(part)))), [])
            yield from (all_of(way, *compared) for way in ways)
