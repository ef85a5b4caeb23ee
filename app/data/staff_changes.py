"""What staff change of others' rows is kept until the commit, and then told to whoever keeps the audit (decision 52).

The unit of work sees every change, from a route, a command of the terminal or a bulk: no service has to think of it."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from app.actor import Actor
from app.data.columns import camel_case
from app.data.entity import Entity
from app.data.serialization import Wire, row_serializer

if TYPE_CHECKING:  # it imports this module
    from app.data.unit_of_work import UnitOfWork

_STAMPS = frozenset({"record_version", "updated_at"})


@dataclass(frozen=True, slots=True)
class StaffChange:
    """One change of a row that is not the actor's own.

    `changed` names what changed, hidden columns too; `before` and `after` are its values, never those of hidden ones.
    None: the row is new, or gone for good."""

    actor: Actor
    row: Entity
    version: int
    verb: str
    changed: tuple[str, ...]
    before: Wire | None
    after: Wire | None


def _unaudited(work: "UnitOfWork", changes: Sequence[StaffChange]) -> None:
    """An application without moderation keeps no audit."""


def _unsaid(work: "UnitOfWork", what: str, **facts: Any) -> None:
    """The same."""


class Say(Protocol):
    """Says in the audit what was done, and its facts as JSON."""

    def __call__(self, work: "UnitOfWork", what: str, **facts: Any) -> None: ...


@dataclass(frozen=True)
class StaffAudit:
    """Whoever keeps the audit: `note` is called in the transaction that makes these changes, just before its end.

    `say` is for what staff change that is no data object, by the services below whoever keeps the audit."""

    note: Callable[["UnitOfWork", Sequence[StaffChange]], None] = _unaudited
    say: Say = _unsaid


def staff_change(actor: Actor, entity: Entity, verb: str, old: Mapping[str, Any]) -> StaffChange | None:
    """Return what the audit must know of a change by staff; None when the row is the actor's own.

    `old` are the former values by attribute, empty for a row that is new or gone for good. What staff keep in common
    is nobody's own (docs/decisions/079)."""
    if not entity.__in_common__ and actor.is_user(old.get("owner", entity.owner)):
        return None
    shape = row_serializer(type(entity))
    row, version = shape.entity(entity), entity.record_version
    if not old:
        return StaffChange(actor, entity, version, verb, (), *((None, row) if verb == "created" else (row, None)))
    former = shape.entity_before(entity, dict(old))
    attributes = sorted(name for name, value in old.items() if name not in _STAMPS and getattr(entity, name) != value)
    shown = {field.attribute: field.name for field in shape.fields}
    seen = [shown[name] for name in attributes if name in shown]
    return StaffChange(actor, entity, version, verb, tuple(shown.get(name, camel_case(name)) for name in attributes),
                       {name: former[name] for name in seen}, {name: row[name] for name in seen})
