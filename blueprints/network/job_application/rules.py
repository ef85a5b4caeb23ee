"""What jobApplication decides without a database (rules-network §3, NET-20, NET-21)."""
from datetime import datetime

PUBLIC, PRIVATE = VISIBILITIES = ("public", "private")
EMPLOYMENT_TYPES = ("full_time", "part_time", "contract", "internship", "volunteer", "other", "temporary")
WORKPLACE_TYPES = ("on_site", "remote", "hybrid")
ACTIVE, CLOSED = POSTING_STATUSES = ("active", "closed")
SUBMITTED, IN_REVIEW, ACCEPTED, REJECTED = APPLICATION_STATUSES = ("submitted", "in_review", "accepted", "rejected")

LONGEST_DESCRIPTION = LONGEST_LETTER = 10_000
_NEXT = {SUBMITTED: (IN_REVIEW, ACCEPTED, REJECTED), IN_REVIEW: (ACCEPTED, REJECTED)}


def may_become(former: str, status: str) -> bool:
    """Return whether an application goes from one state to the other: forward only, or nowhere (§3C)."""
    return status == former or status in _NEXT.get(former, ())


def is_open(status: str) -> bool:
    """Return whether nobody has decided an application yet, so that its applicant may still change it."""
    return status in _NEXT


def is_past(deadline: datetime | None, moment: datetime) -> bool:
    """Return whether nobody applies any more at that moment; the deadline itself is in time (NET-21)."""
    return deadline is not None and moment > deadline


def end_of_day(moment: datetime) -> datetime:
    """Return the last instant of its day, to the millisecond: a deadline without a time ends with that day (NET-21)."""
    return moment.replace(hour=23, minute=59, second=59, microsecond=999_000)
