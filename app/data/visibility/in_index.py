"""Visibility as a condition of an index: the sets that a rule asks for are the *caller's*, looked up once, so that no
document names its readers. What an index cannot be asked so, SQL is asked."""
from collections.abc import Sequence
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


def rule_in_index(visibility: Visibility, actor: Actor, port: Port, *, most: int = MOST_IDS) -> Any | None:
    """Return the rule as a condition of an index whose documents are active rows that nothing holds; a statement at
    most for each set that it names.

    None where the index cannot tell: the rule goes through another object, or a set has more ids than `most`."""
    return _condition(visibility.rule_for(actor), actor, port, most, wanted=True)


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
            return port.AnyOf(found) if isinstance(expression, AnyOf) is wanted else port.AllOf(found)
    return _of_field(expression, actor, port, most, wanted=wanted)


def _of_field(atom: Atom, actor: Actor, port: Port, most: int, *, wanted: bool) -> Any | None:
    match atom:
        case Is(field, values) if None in values:
            some = [value for value in values if value is not None]
            known = [port.Filter(field, _among(wanted), some)] if some else []
            return (port.AnyOf([port.Filter(field, "missing"), *known]) if wanted
                    else port.AllOf([port.Filter(field, "exists"), *known]))
        case Is(field, values):
            return port.Filter(field, _among(wanted), list(values))
        case Me(field) | MeIn(field):
            return port.Filter(field, _among(wanted), [actor.user_id])
        case Member(field, ids):
            found = ids.whole(actor, most)
            return None if found is None else port.Filter(field, _among(wanted), sorted(found))
    return None


def _among(wanted: bool) -> str:
    return "in" if wanted else "not_in"
