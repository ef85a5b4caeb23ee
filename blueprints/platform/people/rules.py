"""Who may trade, decided from the columns of an account alone (decision 41)."""
from datetime import datetime


def may_trade(*, is_active: bool, locked_until: datetime | None, now: datetime) -> bool:
    """Return whether a person sells, buys, bids, offers and wins now: neither archived, deleted nor locked."""
    return is_active and (locked_until is None or locked_until <= now)
