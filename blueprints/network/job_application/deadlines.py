"""How a deadline is read, in a body and in a filter: a date without a time ends with that UTC day (NET-21)."""
from datetime import UTC, datetime

from app.data.columns import is_day, parse_iso
from blueprints.network.job_application.rules import end_of_day


def parse_deadline(text: str) -> datetime:
    """Return the last moment at which somebody may apply, in UTC; raises ValueError."""
    try:
        moment = parse_iso(text, UTC)
    except ValueError:
        raise ValueError("expected an ISO 8601 date") from None
    return end_of_day(moment) if is_day(text) else moment
