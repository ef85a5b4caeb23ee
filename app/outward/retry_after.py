"""How long a receiver asks to be left alone: Retry-After, for whatever we send to (webhooks, push, SMS; FD-18)."""
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(days=1)
"""More is granted to nobody: what waits would be forgotten."""


def requested_wait(retry_after: str | None, moment: datetime) -> timedelta | None:
    """Return the wait that a Retry-After asks for, in seconds or until a date (RFC 9110 §10.2.3), a day at most.

    None for nonsense; `moment` is when the answer came."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):  # of a year that no date has
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - moment
    return min(max(timedelta(0), wait), LONGEST_WAIT)
