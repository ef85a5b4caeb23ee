"""Visibility as a condition of an index: the sets that a rule asks for are the *caller's*, looked up once, so that no
document names its readers. What an index cannot be asked so, SQL is asked."""
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from app.actor import Actor
from app.data.visibility.expressions import (
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
    Visibility,
)

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


def rule_in_index(visibility: Visibility, actor: Actor, port: Port, *,
                  means: Mapping[Expression, Expression] = MappingProxyType({}), most: int = MOST_IDS) -> Any | None:
    """Return the rule as a condition of an index whose documents are active rows that nothing holds; a statement at
    most for each set that it names. `means` says what parts of the rule mean of the rows that this index has.

    None where the index cannot tell: the rule goes through another object, or a set has more ids than `most`."""
    return _condition(visibility.rule_for(actor, means), actor, port, most, wanted=True)


def _condition(expression: Expression, actor: Actor, port: Port, most: int, *, wanted: bool) -> Any | None:
    match expression:
        case Constant(value):
            return port.AllOf(()) if value is wanted else port.AnyOf(())
        case SignedIn():
            return port.AllOf(()) if (actor.user_id is not None) is wanted else port.AnyOf(())
        case Not(part):
            return _condition(part, actor, port, most, wanted=not wanted)
        case AnyOf(parts) | AllOf(parts):
            found = [_condition(part, actor, port, most, wanted=wanted) for part in parts]
            if None in found:
                return None
            return _any(port, found) if isinstance(expression, AnyOf) is wanted else _all(port, found)
    return _of_field(expression, actor, port, most, wanted=wanted)


def _of_field(atom: Atom, actor: Actor, port: Port, most: int, *, wanted: bool) -> Any | None:
    match atom:
        case Is(field, values) if None in values:
            some = [value for value in values if value is not None]
            known = [port.Filter(field, _among(wanted), some)] if some else []
            return (_any(port, [port.Filter(field, "missing"), *known]) if wanted
                    else _all(port, [port.Filter(field, "exists"), *known]))
        case Is(field, values):
            return port.Filter(field, _among(wanted), list(values))
        case Me(field) | MeIn(field):
            return port.Filter(field, _among(wanted), [actor.user_id])
        case Member(field, ids):
            found = ids.whole(actor, most)
            if not found:
                return None if found is None else port.AnyOf(()) if wanted else port.AllOf(())
            return port.Filter(field, _among(wanted), sorted(found))
    return None


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
