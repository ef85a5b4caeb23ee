"""What staff changes of a payment by hand, told in its transaction to whoever keeps the record of it.

adminModeration stands on a higher floor and cannot be called from here: it registers its keeper."""
from collections.abc import Callable

from app.actor import Actor

Keeper = Callable[[Actor, str, str], object]

_keepers: list[Keeper] = []


def keeps_payment_fixes(keeper: Keeper) -> Keeper:
    """Have `keeper(actor, order_id, what)` called for each change, and return it."""
    _keepers.append(keeper)
    return keeper


def record_fix(actor: Actor, order_id: str, what: str) -> None:
    """Have a change by hand recorded: what was done, and why."""
    for keeper in _keepers:
        keeper(actor, order_id, what)
