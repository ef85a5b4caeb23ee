"""What moderation holds: staff see it, while HIDDEN its owner too, nobody else (moderation.md M-1; docs/decisions/077).

The one predicate: every read of lists.py and every `get` and `lock` of the unit of work asks it of models that can be
held; whoever reads for somebody says for whom, and who says nothing sees what strangers see."""
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Mapped

from app.actor import Actor
from app.data.columns import choice, constant

HIDDEN, REMOVED = "HIDDEN", "REMOVED"
HOLD_KINDS = (HIDDEN, REMOVED)


def is_held_from(held: str | None, *, is_own: bool, is_staff: bool) -> bool:
    """Return whether what is held so is hidden from somebody: what is HIDDEN is seen by staff and by whose it is."""
    return held is not None and not is_staff and not (held == HIDDEN and is_own)


class Holdable:
    """A data object that moderation can hold; only the service's `set_hold` writes the column."""

    held: Mapped[str | None] = choice(HOLD_KINDS, required=False, hidden=True)


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom rows are read: staff see what is held, a user of what is his own what is HIDDEN."""

    user_id: str | None = None
    is_staff: bool = False

    def sees(self, held: str | None, owner: str | None) -> bool:
        """Return whether a row that is held so, and whose owner that is, is shown."""
        return not is_held_from(held, is_own=owner is not None and owner == self.user_id, is_staff=self.is_staff)


STRANGER = Viewer()


def viewer(actor: Actor) -> Viewer:
    """Return the actor as who looks."""
    return Viewer(actor.user_id, actor.is_staff)


def viewer_of_role(actor: Actor) -> Viewer:
    """The same for a list that is remembered for all callers of a role: staff, or a stranger."""
    return viewer(actor) if actor.is_staff else STRANGER


def can_be_held(model: type[Any]) -> bool:
    """Return whether moderation can hold rows of the model."""
    return issubclass(model, Holdable)


def is_free(model: Any) -> ColumnElement[bool]:
    """Return the condition that nothing holds the row."""
    free: ColumnElement[bool] = model.held.is_(None)
    return free


def shown_in_sql(model: Any, looks: Viewer, columns: Any = None) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which nothing holds a row from who looks, none of them for staff; `columns` are those
    of an alias of its table."""
    if looks.is_staff or not can_be_held(model):
        return ()
    free = is_free(model if columns is None else columns)
    return (free if looks.user_id is None else is_shown_to_owner(model, looks.user_id, columns),)


def is_shown_to_owner(model: Any, user_id: str | None, columns: Any = None) -> ColumnElement[bool]:
    """Return the condition that a list shows the row to this user: it is free, or HIDDEN and his own.

    `columns` are those of an alias of its table."""
    row = model if columns is None else columns
    return or_(is_free(row), and_(row.held == constant(HIDDEN), getattr(row, model.__owner__ or "owner") == user_id))
