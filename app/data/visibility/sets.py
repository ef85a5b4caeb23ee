"""The sets of ids that rules ask for: each as a condition of SQL and, for rows in hand, which ids of some are in it."""
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from sqlalchemy import ColumnElement, Integer, Select, literal, not_, select, union_all

from app.actor import Actor
from app.data.id_sets import among, not_among
from app.data.reads.lists import fetch

Condition = ColumnElement[bool]
CALLERS_AT_ONCE = 50
"""Of how many callers one statement asks: SQLite takes so many parameters and parts of a union."""


class IdSet(Protocol):
    """A set of ids that a caller has, or that a realm has for everybody."""

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The version keys behind it."""

    costs_a_statement: ClassVar[bool]
    """Whether somebody has to ask the database which ids are in it."""

    def is_empty_for(self, actor: Actor) -> bool:
        """Return whether it is known without asking that nothing is in it."""

    def has(self, actor: Actor, column: Any) -> Condition:
        """Return the condition that the column holds an id of it; it may be NULL where the column is."""

    def has_not(self, actor: Actor, column: Any) -> Condition:
        """Return the opposite, where the column is not NULL."""

    def among(self, actor: Actor, wanted: Collection[str]) -> frozenset[str]:
        """Return which of these ids are in it, in one statement at most."""

    def among_each(self, wanted: Mapping[Actor, Collection[str]]) -> Mapping[Actor, Collection[str]]:
        """Return caller → which of his ids are in his set, in one statement at most for `CALLERS_AT_ONCE` of them."""

    def whole(self, actor: Actor, most: int) -> frozenset[str] | None:
        """Return all ids of it, in one statement at most; None where there are more than `most`."""


@dataclass(frozen=True, eq=False)
class CallersIds:
    """The ids that a query finds for who is logged in, of one column and never NULL; nobody else has any.

    `condition` is its condition on a column, where another is faster than IN. `unless` says who has none either."""

    name: str
    query: Callable[[Actor], Any]
    depends_on: tuple[str, ...] = ()
    condition: Callable[[Actor, Any], Condition] | None = None
    unless: Callable[[Actor], bool] = lambda actor: False
    costs_a_statement: ClassVar[bool] = True

    def is_empty_for(self, actor: Actor) -> bool:
        """It is for a visitor, and for whom `unless` names."""
        return actor.user_id is None or self.unless(actor)

    def has(self, actor: Actor, column: Any) -> Condition:
        """Return the condition that the column holds an id of it."""
        found: Condition = column.in_(self.query(actor)) if self.condition is None else self.condition(actor, column)
        return found

    def has_not(self, actor: Actor, column: Any) -> Condition:
        """Return the opposite, where the column is not NULL."""
        found: Condition = (column.not_in(self.query(actor)) if self.condition is None
                            else not_(self.condition(actor, column)))
        return found

    def among(self, actor: Actor, wanted: Collection[str]) -> frozenset[str]:
        """Return which of these ids are in it, in one statement."""
        if self.is_empty_for(actor) or not wanted:
            return frozenset()
        column = self._column(actor)
        return frozenset(row[0] for row in fetch(select(column).where(column.in_(wanted))))

    def among_each(self, wanted: Mapping[Actor, Collection[str]]) -> Mapping[Actor, Collection[str]]:
        """Return caller → which of his ids are in his set, each by his own query: one statement holds those of many."""
        callers = [actor for actor, ids in wanted.items() if ids and not self.is_empty_for(actor)]
        if len(callers) == 1:
            return {callers[0]: self.among(callers[0], wanted[callers[0]])}
        found: dict[Actor, set[str]] = defaultdict(set)
        for start in range(0, len(callers), CALLERS_AT_ONCE):
            some = callers[start:start + CALLERS_AT_ONCE]
            of_each = union_all(*(self._of_one(place, actor, wanted[actor]) for place, actor in enumerate(some)))
            for row in fetch(select(of_each.subquery())):
                found[some[row.place]].add(row.member)
        return found

    def _of_one(self, place: int, actor: Actor, wanted: Collection[str]) -> Select[Any]:
        column = self._column(actor)
        return select(literal(place, Integer).label("place"), column.label("member")).where(column.in_(wanted))

    def _column(self, actor: Actor) -> ColumnElement[Any]:
        """Return the one column of the caller's query, as of a table."""
        column: ColumnElement[Any] = next(iter(self.query(actor).subquery().c))
        return column

    def whole(self, actor: Actor, most: int) -> frozenset[str] | None:
        """Return all ids of it, in one statement; None where there are more than `most`."""
        if self.is_empty_for(actor):
            return frozenset()
        found = self.query(actor).subquery()
        ids = frozenset(row[0] for row in fetch(select(next(iter(found.c))).distinct().limit(most + 1)))
        return ids if len(ids) <= most else None


@dataclass(frozen=True, eq=False)
class KnownIds:
    """A small set of ids that the process remembers: the same for whoever asks in a realm."""

    name: str
    known: Callable[[Actor], Collection[str]]
    depends_on: tuple[str, ...] = ()
    costs_a_statement: ClassVar[bool] = False

    def is_empty_for(self, actor: Actor) -> bool:
        """It mostly is: nobody is at rest."""
        return not self.known(actor)

    def has(self, actor: Actor, column: Any) -> Condition:
        """Return the condition that the column holds an id of it."""
        return among(column, self.known(actor))

    def has_not(self, actor: Actor, column: Any) -> Condition:
        """Return the opposite, where the column is not NULL."""
        return not_among(column, self.known(actor))

    def among(self, actor: Actor, wanted: Collection[str]) -> frozenset[str]:
        """Return which of these ids are in it."""
        return frozenset(wanted).intersection(self.known(actor))

    def among_each(self, wanted: Mapping[Actor, Collection[str]]) -> Mapping[Actor, Collection[str]]:
        """Return caller → which of his ids are in it."""
        return {actor: self.among(actor, ids) for actor, ids in wanted.items()}

    def whole(self, actor: Actor, most: int) -> frozenset[str] | None:
        """Return all ids of it; None where there are more than `most`."""
        ids = frozenset(self.known(actor))
        return ids if len(ids) <= most else None


def ids_of_caller(name: str, query: Callable[[Actor], Any], *, depends_on: tuple[str, ...] = (),
                  condition: Callable[[Actor, Any], Condition] | None = None,
                  unless: Callable[[Actor], bool] = lambda actor: False) -> IdSet:
    """Return the set of ids that a query finds for the caller (CallersIds); `name` says which, in words."""
    return CallersIds(name, query, depends_on, condition, unless)


def ids_known(name: str, known: Callable[[Actor], Collection[str]], *, depends_on: tuple[str, ...] = ()) -> IdSet:
    """Return a small set of ids that the process remembers (KnownIds)."""
    return KnownIds(name, known, depends_on)
