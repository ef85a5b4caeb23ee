"""What staff change of others' feedback, reported in its transaction to whoever keeps the record of it (decision 52).

adminModeration stands on a higher floor and cannot be called from here: its declaration hands its keeper down."""
from collections.abc import Callable
from dataclasses import dataclass

from app.actor import Actor
from app.runtime import runtime


@dataclass(frozen=True)
class FeedbackCorrections:
    """Who keeps the record: called with the actor, the feedback's id, the actionType and the reason."""

    keep: Callable[[Actor, str, str, str], object]


def record_correction(actor: Actor, feedback_id: str, action_type: str, reason: str) -> None:
    """Have recorded what staff did to somebody's feedback, and why."""
    runtime().part(FeedbackCorrections).keep(actor, feedback_id, action_type, reason)
