"""Times as the wire and the tables hold them: UTC, ISO 8601, milliseconds and Z, so that text order is time order."""
from datetime import UTC, datetime


def instant_text(moment: datetime) -> str:
    """Return an aware time as `2026-01-02T03:04:05.678Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """Return the time in an ISO 8601 text, UTC when it names no zone; raises ValueError."""
    moment = datetime.fromisoformat(text)
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        return aware.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error
