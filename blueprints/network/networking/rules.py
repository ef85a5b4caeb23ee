"""What networking decides without a database: pairs, the life of a request, and its limits (rules-network §5C)."""
from datetime import datetime, timedelta

PENDING, ACCEPTED, REJECTED = "pending", "accepted", "rejected"
STATUSES = (PENDING, ACCEPTED, REJECTED)
"""In the order of their `status_idx`."""
ANSWERS = (ACCEPTED, REJECTED)
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
"""The rolling windows of invitations and of their notes (NET-6)."""
EXACT_EDGES = 100_000
"""Over how many ties of neighbours suggestions are exact; beyond they are made of the least-connected ones."""
LEAST_CONNECTED = 200


def sorted_pair(one: str, other: str) -> tuple[str, str]:
    """Return both ids, the lexically lower first: a pair has one row, whoever asked (N-7)."""
    return (one, other) if one < other else (other, one)


def is_expired(expires_at: datetime, moment: datetime) -> bool:
    """Return whether a pending request cannot be answered any more (NET-5)."""
    return expires_at <= moment


def is_closed_to(until: datetime | None, moment: datetime) -> bool:
    """Return whether a bar that ends then still keeps its sender from inviting (NET-1)."""
    return until is not None and until > moment


def seconds_until_free(counted: datetime, window: timedelta, moment: datetime) -> int:
    """Return in how many seconds, at least one, what was counted then leaves the rolling window."""
    left = counted + window - moment
    return max(1, -(-left // timedelta(seconds=1)))
