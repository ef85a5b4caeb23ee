"""The rule of who sees a row, as conditions of a search index: its documents carry what the rule asks of rows.

What a rule asks of another object's row is a column of the document, too (app/data/visibility.py)."""
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from app.actor import Actor
from app.data.visibility import Asked, Branch, Is, Leaf, Mine, Rule, Through, Within, asked_of_rows, leaves_of_own
from app.search.fields import Field, keyword
from app.search.port import AllOf, AnyOf, Condition, Filter

NOTHING = AnyOf(())
"""The condition that no document fulfils."""


def asked_fields(rule: Rule) -> tuple[Field, ...]:
    """Return the fields that documents need, besides those that are searched, for `seen_by`."""
    return tuple(keyword(name) for name in asked_columns(rule))


def asked_columns(rule: Rule) -> Mapping[str, ColumnElement[Any]]:
    """Return what fills those fields, by name: columns of the row, and of the active rows behind it."""
    return dict(_columns(rule, "seen", None))


def seen_by(rule: Rule, actor: Actor) -> Condition:
    """Return the condition that documents fulfil which this actor sees; his sets are resolved, a statement each."""
    return _condition(asked_of_rows(rule, actor), actor, "seen")


def _columns(rule: Rule, path: str, behind: Any) -> list[tuple[str, ColumnElement[Any]]]:
    """`behind` makes of a column of a row behind another one the query of its value."""
    found: list[tuple[str, ColumnElement[Any]]] = []
    for leaf in leaves_of_own(rule):
        column = leaf.column  # type: ignore[attr-defined]
        value = column if behind is None else behind(column)
        if isinstance(leaf, Through):
            name = f"{path}_{column.key}"
            reached = _behind(leaf.model, value)
            found += [(f"{name}_id", reached(leaf.model.id)), *_columns(leaf.rule, name, reached)]
        else:
            found.append((f"{path}_{column.key}", value))
    return found


def _behind(model: Any, id: Any) -> Any:
    def value(column: Any) -> ColumnElement[Any]:
        row = aliased(model)
        return select(getattr(row, column.key)).where(row.id == id, row.is_active.is_(True)).scalar_subquery()
    return value


def _condition(asked: Asked, actor: Actor, path: str) -> Condition:
    if isinstance(asked, bool):
        return AllOf(()) if asked else NOTHING
    if isinstance(asked, Branch):
        return (AllOf if asked.all else AnyOf)([_condition(part, actor, path) for part in asked.parts])
    return _of_leaf(asked, actor, path)


def _of_leaf(asked: Leaf, actor: Actor, path: str) -> Condition:
    leaf, wanted = asked.rule, asked.wanted
    match leaf:
        case Mine(column):
            return Filter(f"{path}_{column.key}", "eq" if wanted else "noteq", actor.user_id)
        case Is(column, values):
            return _is(f"{path}_{column.key}", values, wanted)
        case Within(column, callers):
            return Filter(f"{path}_{column.key}", "in" if wanted else "not_in", callers.ids(actor))
        case Through(column, _, rule):
            name = f"{path}_{column.key}"
            inner = _condition(asked_of_rows(rule, actor, wanted), actor, name)
            is_there = Filter(f"{name}_id", "exists" if wanted else "missing")
            return AllOf((is_there, inner)) if wanted else AnyOf((is_there, inner))
    raise TypeError(f"{leaf} is no question to a row")


def _is(name: str, values: tuple[Any, ...], wanted: bool) -> Condition:
    known = [value for value in values if value is not None]
    parts: list[Condition] = [Filter(name, "in" if wanted else "not_in", known)] if known else []
    if None in values:
        parts.append(Filter(name, "missing" if wanted else "exists"))
    elif not wanted:
        return parts[0]
    return (AnyOf if wanted else AllOf)(parts)
