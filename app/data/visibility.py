"""Who sees a row: one rule for each data object, asked in SQL, of a search index, and of a row in hand (front-door.md).

A rule is true or false, never unknown: a column that holds nothing equals nobody and is in no set."""
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, SelectBase, and_, exists, false, or_, select, true

from app.actor import Actor
from app.data.changes import version_key
from app.data.columns import constant
from app.data.id_sets import among
from app.data.reads import fetch, fetch_one

Ids = Collection[str] | SelectBase


class Rule:
    """What a row must fulfil to be seen; rules are joined by `&` and `|` and turned round by `~`."""

    def __and__(self, other: "Rule") -> "Rule":
        return Every((self, other))

    def __or__(self, other: "Rule") -> "Rule":
        return Either((self, other))

    def __invert__(self) -> "Rule":
        return Unless(self)


@dataclass(frozen=True, slots=True, eq=False)
class Every(Rule):
    """All parts hold."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Either(Rule):
    """One of the parts holds."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unless(Rule):
    """The part does not hold."""

    part: Rule


@dataclass(frozen=True, slots=True, eq=False)
class Caller(Rule):
    """Decided by who looks, whatever the row is."""

    holds: Callable[[Actor], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Mine(Rule):
    """The column names who looks."""

    column: Any


@dataclass(frozen=True, slots=True, eq=False)
class Is(Rule):
    """The column holds one of these values; None is that it holds nothing."""

    column: Any
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CallerSet:
    """Ids that belong to who looks: his connections, the pages he administers, the people who are at rest.

    `of` returns them, or the query that selects them as its only column. `depends_on` are the version keys behind it.
    """

    name: str
    of: Callable[[Actor], Ids]
    depends_on: tuple[str, ...] = ()

    def clause(self, column: Any, actor: Actor) -> ColumnElement[bool]:
        """Return the condition that a column holds one of them."""
        ids = self.of(actor)
        found: ColumnElement[bool] = column.in_(ids) if isinstance(ids, SelectBase) else among(column, ids)
        return found

    def ids(self, actor: Actor) -> frozenset[str]:
        """Return all of them, in at most one statement."""
        ids = self.of(actor)
        return frozenset(row[0] for row in fetch(_rows_of(ids))) if isinstance(ids, SelectBase) else frozenset(ids)

    def has(self, actor: Actor, id: str) -> bool:
        """Return whether this is one of them, in at most one statement."""
        ids = self.of(actor)
        if isinstance(ids, SelectBase):
            rows = _rows_of(ids)
            return fetch_one(rows.where(rows.selected_columns[0] == id)) is not None
        return id in ids


def _rows_of(ids: SelectBase) -> Select[Any]:
    return select(ids.subquery().c[0])


@dataclass(frozen=True, slots=True, eq=False)
class Within(Rule):
    """The column holds an id of a set of who looks."""

    column: Any
    callers: CallerSet


@dataclass(frozen=True, slots=True, eq=False)
class Through(Rule):
    """The column names a row of another object that is active and fulfils a rule of its own."""

    column: Any
    model: Any
    rule: Rule


EVERYBODY = Caller(lambda actor: True)
NOBODY = Caller(lambda actor: False)
LOGGED_IN = Caller(lambda actor: not actor.is_anonymous)
STAFF = Caller(lambda actor: actor.is_staff)
SUPER_ADMIN = Caller(lambda actor: actor.is_super_admin)


def mine(*columns: Any) -> Rule:
    """One of the columns names who looks: his own row, or one in which he takes part."""
    return Either(tuple(map(Mine, columns)))


def is_(column: Any, *values: Any) -> Rule:
    """The column holds one of these values; None is that it holds nothing."""
    return Is(column, values)


def within(column: Any, callers: CallerSet) -> Rule:
    """The column holds an id of this set of who looks."""
    return Within(column, callers)


def through(column: Any, model: Any, rule: Rule = EVERYBODY) -> Rule:
    """The column names an active row of the other model, which fulfils its own rule."""
    return Through(column, model, rule)


def leaves_of_own(rule: Rule) -> Iterator[Rule]:
    """Yield what a rule asks of its own row: each question once for each column it is asked of."""
    match rule:
        case Every(parts) | Either(parts):
            for part in parts:
                yield from leaves_of_own(part)
        case Unless(part):
            yield from leaves_of_own(part)
        case Caller():
            return
        case _:
            yield rule


def version_keys(rule: Rule) -> tuple[str, ...]:
    """Return the version keys that an answer stands under which was made by the rule, besides its own rows'."""
    found: list[str] = []
    for leaf in leaves_of_own(rule):
        if isinstance(leaf, Within):
            found += leaf.callers.depends_on
        elif isinstance(leaf, Through):
            found += (version_key(leaf.model), *version_keys(leaf.rule))
    return tuple(dict.fromkeys(found))


# For one caller: what he decides is put in, and `~` is moved to the leaves, where each has an answer of its own. ------


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A question that only a row can answer, and the answer that is wanted."""

    rule: Rule
    wanted: bool


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """Parts of which all hold, or one."""

    parts: tuple["Asked", ...]
    all: bool


Asked = bool | Leaf | Branch
"""What one caller's rule asks of a row; a bool where it asks nothing any more."""


def asked_of_rows(rule: Rule, actor: Actor, wanted: bool = True) -> Asked:
    """Return what a rule asks of rows when this actor looks."""
    match rule:
        case Caller(holds):
            return holds(actor) is wanted
        case Unless(part):
            return asked_of_rows(part, actor, not wanted)
        case Every(parts) | Either(parts):
            return _joined([asked_of_rows(part, actor, wanted) for part in parts], isinstance(rule, Every) is wanted)
        case Mine() if actor.user_id is None:
            return not wanted
        case Is(_, ()):
            return not wanted
        case Through(_, _, inner) if asked_of_rows(inner, actor) is False:
            return not wanted
    return Leaf(rule, wanted)


def _joined(parts: list[Asked], is_all: bool) -> Asked:
    open_parts: list[Asked] = []
    for part in parts:
        if isinstance(part, bool):
            if part is not is_all:
                return part
        elif isinstance(part, Branch) and part.all is is_all:
            open_parts += part.parts
        else:
            open_parts.append(part)
    if not open_parts:
        return is_all
    return open_parts[0] if len(open_parts) == 1 else Branch(tuple(open_parts), is_all)


# In SQL --------------------------------------------------------------------------------------------------------------


def condition(rule: Rule, actor: Actor) -> ColumnElement[bool]:
    """Return the rule as a condition of SQL on rows of its model, for this actor."""
    return _clause(asked_of_rows(rule, actor), actor)


def _clause(asked: Asked, actor: Actor) -> ColumnElement[bool]:
    if isinstance(asked, bool):
        return true() if asked else false()
    if isinstance(asked, Branch):
        return (and_ if asked.all else or_)(*(_clause(part, actor) for part in asked.parts))
    return _leaf_clause(asked.rule, asked.wanted, actor)


def _leaf_clause(leaf: Rule, wanted: bool, actor: Actor) -> ColumnElement[bool]:
    match leaf:
        case Mine(column):
            return column == actor.user_id if wanted else _or_nothing(column, column != actor.user_id)
        case Is(column, values):
            return _is_clause(column, values, wanted)
        case Within(column, callers):
            held = callers.clause(column, actor)
            return held if wanted else _or_nothing(column, ~held)
        case Through(column, model, rule):
            found = exists(select(model.id).where(model.id == column, model.is_active.is_(True),
                                                  condition(rule, actor)))
            return found if wanted else ~found
    raise TypeError(f"{leaf} is no question to a row")


def _is_clause(column: Any, values: tuple[Any, ...], wanted: bool) -> ColumnElement[bool]:
    known = [constant(value) if isinstance(value, str) else value for value in values if value is not None]
    if not known:
        return column.is_(None) if wanted else column.is_not(None)
    same = column == known[0] if len(known) == 1 else column.in_(known)
    if wanted:
        return or_(column.is_(None), same) if None in values else same
    return and_(column.is_not(None), ~same) if None in values else _or_nothing(column, ~same)


def _or_nothing(column: Any, clause: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL answers neither yes nor no where the column holds nothing; a rule says that it does not hold."""
    return or_(column.is_(None), clause) if _may_be_empty(column) else clause


def _may_be_empty(column: Any) -> bool:
    return bool(column.property.columns[0].nullable)


# Of a row in hand ----------------------------------------------------------------------------------------------------

Values = Mapping[str, Any]
"""A row by its attributes, hidden ones too."""


@dataclass(slots=True)
class Looking:
    """One who looks at rows in hand: what was found out about him and about rows behind others is kept.

    Keep it for as long as what it has found may stand: a request, or one version of the caches. `row_of` returns the
    active row of a model by its id, None where there is none."""

    actor: Actor
    row_of: Callable[[Any, str], Values | None]
    _sets: dict[tuple[str, str], bool] = field(default_factory=dict)
    _rows: dict[tuple[Any, str], Values | None] = field(default_factory=dict)

    def sees(self, rule: Rule, row: Values) -> bool:
        """Return whether the rule lets this actor see the row."""
        return self._fulfils(asked_of_rows(rule, self.actor), row)

    def _fulfils(self, asked: Asked, row: Values) -> bool:
        if isinstance(asked, bool):
            return asked
        if isinstance(asked, Branch):
            return (all if asked.all else any)(self._fulfils(part, row) for part in asked.parts)
        return self._holds(asked.rule, row) is asked.wanted

    def _holds(self, leaf: Rule, row: Values) -> bool:
        match leaf:
            case Mine(column):
                return self.actor.is_user(row[column.key])
            case Is(column, values):
                return row[column.key] in values
            case Within(column, callers):
                id = row[column.key]
                return id is not None and self._is_among(callers, id)
            case Through(column, model, rule):
                behind = self._row(model, row[column.key])
                return behind is not None and self.sees(rule, behind)
        raise TypeError(f"{leaf} is no question to a row")

    def _is_among(self, callers: CallerSet, id: str) -> bool:
        key = (callers.name, id)
        if key not in self._sets:
            self._sets[key] = callers.has(self.actor, id)
        return self._sets[key]

    def _row(self, model: Any, id: str | None) -> Values | None:
        if id is None:
            return None
        if (model, id) not in self._rows:
            self._rows[model, id] = self.row_of(model, id)
        return self._rows[model, id]
