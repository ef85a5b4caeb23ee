"""What staff changes of a payment by hand, reported in its transaction to whoever keeps the record of it.

adminModeration stands on a higher floor and cannot be called from here: its declaration hands its keeper down."""
from collections.abc import Callable
from dataclasses import dataclass

from app.actor import Actor
from app.runtime import runtime

BY_STAFF = "by staff"
"""Why, where staff give no reason."""


@dataclass(frozen=True)
class PaymentFixes:
    """Who keeps the record of changes by hand: called with the actor, the order's id and what was done."""

    keep: Callable[[Actor, str, str], object]


def record_fix(actor: Actor, order_id: str, what: str) -> None:
    """Have a change by hand recorded: what was done, and why."""
    runtime().part(PaymentFixes).keep(actor, order_id, what)
