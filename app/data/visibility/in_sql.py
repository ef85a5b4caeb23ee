"""Visibility as a condition of SQL: indexes are used, and whatever the rule, it is no statement more.

Only what a `not_` stands before must never be NULL: a condition that is NULL finds a row as little as one that is
false."""
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import FromClause, and_, exists, false, literal_column, not_, or_, select, true

from app.actor import Actor
from app.data.columns import constant
from app.data.entity import Entity
from app.data.held import HIDDEN, STRANGER, can_be_held, shown_in_sql
from app.data.visibility.expressions import (
    EVERYONE,
    AllOf,
    AnyOf,
    Atom,
    Constant,
    Expression,
    Is,
    Me,
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
from app.data.visibility.sets import Condition


def visible_in_sql(visibility: Visibility, actor: Actor, row: FromClause | None = None, *, by_id: bool = False
                   ) -> Condition:
    """Return the whole condition of the rows that the actor sees: active, of the realm, not held from him, his by rule.

    `row` is an alias of the model's table where the statement has one. `by_id`: for a statement that names the ids of
    the rows, which then are looked up (app/data/reads, rows_by_id)."""
    columns = _columns(visibility.model, row)
    active = columns.is_active
    return and_(active.is_not(False) if by_id else active.is_(True), *_in_realm(visibility.model, actor, columns),
                *_held_in_sql(visibility, actor, columns), rule_in_sql(visibility, actor, row))


def visible_apart(visibility: Visibility, actor: Actor) -> tuple[Condition, ...]:
    """Return the same as conditions of which a row fulfils one at most: what nothing holds, and what of the caller's
    own is hidden. Counted apart an index answers each; of both in one condition SQLite reads all rows."""
    looks, columns = visibility.sees_held(actor), visibility.model.__table__.c
    if looks.is_staff or looks.user_id is None or not can_be_held(visibility.model):
        return (visible_in_sql(visibility, actor),)
    free = visible_in_sql(replace(visibility, sees_held=lambda _: STRANGER), actor)
    is_own = columns[visibility.model.__owner__ or "owner"] == looks.user_id
    return free, and_(visible_in_sql(visibility, actor, by_id=True), columns.held == constant(HIDDEN), is_own)


def rule_in_sql(visibility: Visibility, actor: Actor, row: FromClause | None = None) -> Condition:
    """Return the rule alone, for reads that ask the rest themselves: get_row, rows_by_id, list_rows with
    `viewer=visibility.sees_held(actor)`."""
    return _condition(visibility.rule_for(actor), visibility.model, _columns(visibility.model, row), actor)


def seen_by(visibility: Visibility, actor: Actor, row: FromClause | None = None) -> tuple[Condition, ...]:
    """Return the same as the conditions of a query, none of them for who sees all: `*seen_by(OFFERS, actor)`."""
    rule = visibility.rule_for(actor)
    return () if rule == EVERYONE else (_condition(rule, visibility.model, _columns(visibility.model, row), actor),)


def expression_in_sql(expression: Expression, model: type[Entity], actor: Actor,
                      row: FromClause | None = None) -> Condition:
    """Return an expression as a condition on rows of the model; `row` is an alias of its table where there is one."""
    return _condition(for_caller(expression, actor), model, _columns(model, row), actor)


def _columns(model: type[Entity], row: FromClause | None) -> Any:
    """Return the columns by their attributes: those of the table, for what is built of attributes costs thrice."""
    return model.__table__.c if row is None else row.c


def _condition(expression: Expression, model: type[Entity], columns: Any, actor: Actor) -> Condition:
    match expression:
        case Constant(value):
            return true() if value else false()
        case SignedIn():
            return false() if actor.user_id is None else true()
        case AnyOf(parts):
            return or_(*(_condition(part, model, columns, actor) for part in parts))
        case AllOf(parts):
            return and_(*(_condition(part, model, columns, actor) for part in parts))
        case Not(part):
            return _opposite(part, model, columns, actor)
    return _holds(expression, _field(model, columns, expression.field), actor)


def _opposite(part: Expression, model: type[Entity], columns: Any, actor: Actor) -> Condition:
    """Return the opposite of an expression, which no index has to answer: pushed down to what asks of one field."""
    match part:
        case AnyOf(parts):
            return and_(*(_opposite(one, model, columns, actor) for one in parts))
        case AllOf(parts):
            return or_(*(_opposite(one, model, columns, actor) for one in parts))
        case Not(inner):
            return _condition(inner, model, columns, actor)
        case Constant() | SignedIn():
            return not_(_condition(part, model, columns, actor))
    return _holds_not(part, _field(model, columns, part.field), actor)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a row: its column, and what its table says of it."""

    column: Any
    kind: str
    nullable: bool

    def value(self, value: Value) -> Any:
        """Return a value as it is compared: an option of the code stands in the statement, as in partial indexes."""
        return constant(str(value)) if self.kind == "choice" else value

    def or_null(self, condition: Condition) -> Condition:
        """Return the condition that there is no value, or this holds."""
        return or_(self.column.is_(None), condition) if self.nullable else condition


def _field(model: type[Entity], columns: Any, name: str) -> _Field:
    attribute = attributes_of(model)[name]
    of_table = model.__table__.c[attribute]
    return _Field(columns[attribute], of_table.info["kind"], bool(of_table.nullable))


def _holds(atom: Atom, field: _Field, actor: Actor) -> Condition:
    column = field.column
    match atom:
        case Is(_, values):
            return _equals(field, values)
        case Me():
            return _same(column, actor)
        case Member(_, ids):
            return ids.has(actor, column)
        case Through(_, name):
            return _through(column, name, actor)


def _holds_not(atom: Atom, field: _Field, actor: Actor) -> Condition:
    """Return the opposite: true where there is no value, never NULL."""
    column = field.column
    match atom:
        case Is(_, values):
            return _differs(field, values)
        case Me():
            return field.or_null(column != actor.user_id)
        case Member(_, ids):
            return field.or_null(ids.has_not(actor, column))
        case Through(_, name):
            return not_(_through(column, name, actor))


def _through(column: Any, name: str, actor: Actor) -> Condition:
    target = read_objects().get(actor.realm, name).visibility
    row = _alias(target.model)
    return exists(select(literal_column("1")).select_from(row).where(
        row.c.id == column, visible_in_sql(target, actor, row)))


@cache
def _alias(model: type[Entity]) -> FromClause:
    """Return the alias that rules go through to: one is enough, because no rule goes through others back to itself."""
    return model.__table__.alias()


def _in_realm(model: type[Entity], actor: Actor, columns: Any) -> tuple[Condition, ...]:
    return () if hasattr(model, "__realm__") else (columns.realm == actor.realm,)  # the rule asks who has one realm


def _held_in_sql(visibility: Visibility, actor: Actor, columns: Any) -> tuple[Condition, ...]:
    return shown_in_sql(visibility.model, visibility.sees_held(actor), columns)


def _equals(field: _Field, values: tuple[Value, ...]) -> Condition:
    column, known = field.column, [field.value(value) for value in values if value is not None]
    found = [column.in_(known)] if len(known) > 1 else [column == known[0]] if known else []
    return or_(*found, column.is_(None)) if None in values else found[0] if found else false()


def _differs(field: _Field, values: tuple[Value, ...]) -> Condition:
    column, known = field.column, [field.value(value) for value in values if value is not None]
    differs = and_(*(column != value for value in known)) if known else true()
    return and_(column.is_not(None), differs) if None in values else field.or_null(differs)


def _same(column: Any, actor: Actor) -> Condition:
    same: Condition = column == actor.user_id
    return same
