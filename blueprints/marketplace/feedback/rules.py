"""What feedback decides without a database: until when it is given, and what a seller's stars come to (§4.3)."""
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

LEAST_RATING, MOST_RATING = 1, 5
LONGEST_COMMENT = LONGEST_REPLY = 500


def is_open(delivered_at: datetime, days: int, now: datetime) -> bool:
    """Return whether feedback may still be given or changed, so many days after the delivery."""
    return now - timedelta(days=days) < delivered_at  # staff may have written down the last day that there is


def month_of(moment: datetime) -> str:
    """Return the month (UTC) under which a feedback is counted, as `2026-11`."""
    return moment.strftime("%Y-%m")


def a_year_before(month: str) -> str:
    """Return the same month of the year before, the first that "the last twelve months" reach into."""
    year, number = month.split("-")
    return f"{int(year) - 1:04}-{number}"


def steps(*, added: int | None = None, taken: int | None = None) -> tuple[int, ...]:
    """Return by how much the numbers of one to five stars change when a rating comes and another goes."""
    return tuple((stars == added) - (stars == taken) for stars in range(LEAST_RATING, MOST_RATING + 1))


def summarize(stars: Sequence[int]) -> dict[str, Any]:
    """Return {count, average, stars} of how often one to five stars were given; no average of nothing."""
    by_stars = dict(enumerate(stars, LEAST_RATING))
    count = sum(stars)
    average = round(sum(rating * number for rating, number in by_stars.items()) / count, 2) if count else None
    return {"count": count, "average": average, "stars": {str(rating): number for rating, number in by_stars.items()}}
