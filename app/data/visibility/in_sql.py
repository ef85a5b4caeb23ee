"""Visibility as a condition of SQL: indexes are used, and whatever the rule, it is no statement more.

Only what a `not_` stands before must never be NULL: a condition that is NULL finds a row as little as one that is
false."""
from typing import Any

from sqlalchemy import and_, exists, false, func, literal_column, not_, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.actor import Actor
from app.data.columns import constant
from app.data.entity import Entity
from app.data.held import can_be_held, is_free, is_shown_to_owner
from app.data.visibility.expressions import (
    EVERYONE,
    AllOf,
    AnyOf,
    Atom,
    Constant,
    Expression,
    Is,
    Me,
    MeIn,
    Member,
    Not,
    SignedIn,
    Through,
    Value,
    Visibility,
    attributes_of,
    for_caller,
)
from app.data.visibility.readable import read_objects
from app.data.visibility.sets import Condition, or_null


def visible_in_sql(visibility: Visibility, actor: Actor, row: Any = None) -> Condition:
    """Return the whole condition of the rows that the actor sees: active, of the realm, not held from him, his by rule.

    `row` is an alias of the model where the statement has one."""
    row = visibility.model if row is None else row
    return and_(row.is_active.is_(True), _in_realm(visibility.model, actor, row), _held_in_sql(visibility, actor, row),
                rule_in_sql(visibility, actor, row))


def rule_in_sql(visibility: Visibility, actor: Actor, row: Any = None) -> Condition:
    """Return the rule alone, for reads that ask the rest themselves: get_row, rows_by_id, list_rows with
    `viewer=visibility.sees_held(actor)`."""
    return expression_in_sql(visibility.rule_for(actor), visibility.model, actor, row)


def seen_by(visibility: Visibility, actor: Actor, row: Any = None) -> tuple[Condition, ...]:
    """Return the same as the conditions of a query, none of them for who sees all: `*seen_by(OFFERS, actor)`."""
    rule = visibility.rule_for(actor)
    return () if rule == EVERYONE else (expression_in_sql(rule, visibility.model, actor, row),)


def field_in_sql(visibility: Visibility, field: str, actor: Actor, row: Any = None) -> Condition:
    """Return the condition of the rows of which the actor sees this field (its wire name): what asks about a masked
    field must ask it, too, or its answers tell what the mask hides."""
    return expression_in_sql(visibility.seen_fields(field, actor), visibility.model, actor, row)


def expression_in_sql(expression: Expression, model: type[Entity], actor: Actor, row: Any = None) -> Condition:
    """Return an expression as a condition on rows of the model; `row` is an alias of it where there is one."""
    return _condition(for_caller(expression, actor), model, model if row is None else row, actor)


def _condition(expression: Expression, model: type[Entity], row: Any, actor: Actor) -> Condition:
    match expression:
        case Constant(value):
            return true() if value else false()
        case SignedIn():
            return false() if actor.user_id is None else true()
        case AnyOf(parts):
            return or_(*(_condition(part, model, row, actor) for part in parts))
        case AllOf(parts):
            return and_(*(_condition(part, model, row, actor) for part in parts))
        case Not(part):
            return _opposite(part, model, row, actor)
    return _holds(expression, _column(model, row, expression.field), actor)


def _opposite(part: Expression, model: type[Entity], row: Any, actor: Actor) -> Condition:
    """Return the opposite of an expression, which no index has to answer: pushed down to what asks of one field."""
    match part:
        case AnyOf(parts):
            return and_(*(_opposite(one, model, row, actor) for one in parts))
        case AllOf(parts):
            return or_(*(_opposite(one, model, row, actor) for one in parts))
        case Not(inner):
            return _condition(inner, model, row, actor)
        case Constant() | SignedIn():
            return not_(_condition(part, model, row, actor))
    return _holds_not(part, _column(model, row, part.field), actor)


def _holds(atom: Atom, column: Any, actor: Actor) -> Condition:
    match atom:
        case Is(_, values):
            return _equals(column, values)
        case Me():
            return _same(column, actor)
        case MeIn():
            return _HasId(column, actor.user_id)
        case Member(_, ids):
            return ids.has(actor, column)
        case Through(_, name):
            return _through(column, name, actor)


def _holds_not(atom: Atom, column: Any, actor: Actor) -> Condition:
    """Return the opposite: true where there is no value, never NULL."""
    match atom:
        case Is(_, values):
            return _differs(column, values)
        case Me():
            return or_null(column, column != actor.user_id)
        case MeIn():
            return not_(func.coalesce(_HasId(column, actor.user_id), false()))
        case Member(_, ids):
            return or_null(column, ids.has_not(actor, column))
        case Through(_, name):
            return not_(_through(column, name, actor))


def _through(column: Any, name: str, actor: Actor) -> Condition:
    target = read_objects().get(actor.realm, name).visibility
    row = aliased(target.model)
    return exists(select(literal_column("1")).select_from(row).where(
        row.id == column, visible_in_sql(target, actor, row)))


def _column(model: type[Entity], row: Any, field: str) -> Any:
    return getattr(row, attributes_of(model)[field])


def _in_realm(model: type[Entity], actor: Actor, row: Any) -> Condition:
    if hasattr(model, "__realm__"):  # the rule asked that
        return true()
    here: Condition = row.realm == actor.realm
    return here


def _held_in_sql(visibility: Visibility, actor: Actor, row: Any) -> Condition:
    if not can_be_held(visibility.model):
        return true()
    looks = visibility.sees_held(actor)
    if looks.is_staff:
        return true()
    return is_free(row) if looks.user_id is None else is_shown_to_owner(row, looks.user_id)


def _equals(column: Any, values: tuple[Value, ...]) -> Condition:
    known = [_value(column, value) for value in values if value is not None]
    found = [column.in_(known)] if len(known) > 1 else [column == known[0]] if known else []
    return or_(*found, column.is_(None)) if None in values else found[0] if found else false()


def _differs(column: Any, values: tuple[Value, ...]) -> Condition:
    known = [_value(column, value) for value in values if value is not None]
    differs = and_(*(column != value for value in known)) if known else true()
    return and_(column.is_not(None), differs) if None in values else or_null(column, differs)


def _value(column: Any, value: Value) -> Any:
    """Return a value as it is compared: an option of the code stands in the statement, as in partial indexes."""
    return constant(str(value)) if column.property.columns[0].info["kind"] == "choice" else value


def _same(column: Any, actor: Actor) -> Condition:
    same: Condition = column == actor.user_id
    return same


class _HasId(FunctionElement[bool]):
    """Whether a list of ids has this one; NULL where there is no list."""

    inherit_cache = True


@compiles(_HasId)
def _has_id(element: _HasId, compiler: SQLCompiler, **options: Any) -> str:
    ids, one = (compiler.process(clause, **options) for clause in element.clauses)
    if compiler.dialect.name == "postgresql":
        return f"{ids} @> to_jsonb(CAST({one} AS TEXT))"
    return f"EXISTS (SELECT 1 FROM json_each({ids}) WHERE value = {one})"

