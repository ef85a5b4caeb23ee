"""What a service says of its objects that staff moderate: a line a kind, so that moderation knows no tables of others.

The entity types are the contract's (rules-marketplace §1.1); a kind acts in the realm of the actor."""
from collections.abc import Callable
from dataclasses import dataclass

from app.actor import Actor

Restore = Callable[[Actor, str], bool]


@dataclass(frozen=True)
class ModeratedKind:
    """One kind of object, and what can be done to it.

    `restore` brings back the soft-deleted object with that id, in the unit of work of its caller; it returns whether it
    was gone, so that a second call changes nothing. It raises NotFound, and RuleViolated for what may not come back."""

    entity_type: str
    restore: Restore


class ModeratedKinds(dict[str, ModeratedKind]):
    """The kinds of one application, by entity type."""
