"""Visibility as a condition of an index: the sets that a rule asks for are the *caller's*, looked up once, so that no
document names its readers. What an index cannot be asked so, SQL is asked."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol

from app.actor import Actor
from app.data.visibility.expressions import (
    AllOf,
    AnyOf,
    Constant,
    Expression,
    Is,
    Me,
    Member,
    Not,
    SignedIn,
    Through,
    Visibility,
)
from app.data.visibility.readable import read_objects

MOST_IDS = 2000
"""The most ids that a condition of an index names; who has more of them is answered by SQL."""


class Port(Protocol):
    """The conditions of the search port (app/search/port.py), which stands on a floor above."""

    def Filter(self, field: str, operator: Any, value: Any = None) -> Any:  # noqa: N802
        """Return a condition on one field."""

    def AllOf(self, parts: Sequence[Any]) -> Any:  # noqa: N802
        """Return the condition that all of these hold."""

    def AnyOf(self, parts: Sequence[Any]) -> Any:  # noqa: N802
        """Return the condition that one of these holds."""


Means = Mapping[Expression, Expression]
NOTHING: Means = MappingProxyType({})


def rule_in_index(visibility: Visibility, actor: Actor, port: Port, *, means: Means = NOTHING,
                  through: Mapping[str, Means] = MappingProxyType({}), most: int = MOST_IDS) -> Any | None:
    """Return the rule as a condition of an index whose documents are active rows that nothing holds; a statement at
    most for each set that it names. `means` says what parts of the rule mean of the rows that this index has, `through`
    the same of each object that these rows point at and whose fields stand in their documents (`field_through`).

    None where the index cannot tell: the rule goes through an object that `through` does not name, or through a second
    one behind it, or a set has more ids than `most` (docs/decisions/102)."""
    return _InIndex(actor, port, most, through).condition(visibility.rule_for(actor, means), wanted=True)


def field_through(object_name: str, field: str) -> str:
    """Return what a field of an object is called in documents of rows that point at it: post, authorUserId →
    postAuthorUserId."""
    return f"{object_name}{field[0].upper()}{field[1:]}"


@dataclass(frozen=True)
class _InIndex:
    """A rule as it is asked of an index, for one actor."""

    actor: Actor
    port: Port
    most: int
    through: Mapping[str, Means]
    of: str = ""
    """The object whose rule is asked, where it is another than the rows'."""

    def condition(self, expression: Expression, *, wanted: bool) -> Any | None:
        match expression:
            case Constant(value):
                return self._constant(value is wanted)
            case SignedIn():
                return self._constant((self.actor.user_id is not None) is wanted)
            case Not(part):
                return self.condition(part, wanted=not wanted)
            case AnyOf(parts) | AllOf(parts):
                found = [self.condition(part, wanted=wanted) for part in parts]
                if None in found:
                    return None
                is_any = isinstance(expression, AnyOf) is wanted
                return _any(self.port, found) if is_any else _all(self.port, found)
            case Through(_, name):
                return self._through(name, wanted=wanted)
        return self._of_field(expression, wanted=wanted)

    def _constant(self, holds: bool) -> Any:
        return self.port.AllOf(()) if holds else self.port.AnyOf(())

    def _through(self, name: str, *, wanted: bool) -> Any | None:
        if self.of or name not in self.through:
            return None
        rule = read_objects().get(self.actor.realm, name).visibility.rule_for(self.actor, self.through[name])
        return replace(self, of=name).condition(rule, wanted=wanted)

    def _of_field(self, atom: Is | Me | Member, *, wanted: bool) -> Any | None:
        field = field_through(self.of, atom.field) if self.of else atom.field
        match atom:
            case Is(_, values) if None in values:
                some = [value for value in values if value is not None]
                known = [self.port.Filter(field, _among(wanted), some)] if some else []
                return (_any(self.port, [self.port.Filter(field, "missing"), *known]) if wanted
                        else _all(self.port, [self.port.Filter(field, "exists"), *known]))
            case Is(_, values):
                return self.port.Filter(field, _among(wanted), list(values))
            case Me():
                return self.port.Filter(field, _among(wanted), [self.actor.user_id])
            case Member(_, ids):
                found = ids.whole(self.actor, self.most)
                if found:
                    return self.port.Filter(field, _among(wanted), sorted(found))
                return None if found is None else self._constant(not wanted)


def _any(port: Port, parts: Iterable[Any]) -> Any:
    """Return the condition that one of these holds; what always holds is asked of no document."""
    left = [part for part in parts if part != port.AnyOf(())]
    fields = {part.field for part in left if getattr(part, "operator", "") == "missing"}
    if port.AllOf(()) in left or any(port.Filter(field, "exists") in left for field in fields):
        return port.AllOf(())
    return port.AnyOf(left or ()) if len(left) != 1 else left[0]


def _all(port: Port, parts: Iterable[Any]) -> Any:
    """Return the condition that all of these hold."""
    left = [part for part in parts if part != port.AllOf(())]
    if port.AnyOf(()) in left:
        return port.AnyOf(())
    return port.AllOf(left or ()) if len(left) != 1 else left[0]


def _among(wanted: bool) -> str:
    return "in" if wanted else "not_in"
