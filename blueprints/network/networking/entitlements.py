"""Who may do more than others: profile, on a higher floor, knows who is premium and hands that down (decision 19)."""
from collections.abc import Callable
from dataclasses import dataclass


def _nobody(user_id: str) -> bool:
    """Return that this person is not premium."""
    return False


@dataclass(frozen=True)
class Entitlements:
    """What people have paid for; of an application without premium nobody has."""

    is_premium: Callable[[str], bool] = _nobody
