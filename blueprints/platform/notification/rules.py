"""How a page of notices is asked for and told of, and how people want to be told (rules-platform §5.2, §6.1; FD-23)."""
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

LONGEST_PAGE = 100
FURTHEST_ROW = 10_000
"""No page reaches further (FD-9)."""


class PageRequest(NamedTuple):
    """The asked page; `faults` says of each wrong parameter what was expected."""

    number: int
    limit: int
    newest_first: bool
    faults: Mapping[str, str]


def read_page(said: Mapping[str, str | None]) -> PageRequest:
    """Return the page that page, limit, sortBy and sortOrder ask for, None where they are not given."""
    faults: dict[str, str] = {}

    def whole(name: str, default: int, most: int) -> int:
        text = said[name]
        if text is None:
            return default
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
        if not 1 <= number <= most:
            faults[name] = f"expected an integer from 1 to {most}"
        return number

    number, limit = whole("page", 1, FURTHEST_ROW), whole("limit", 10, LONGEST_PAGE)
    if not faults and number * limit > FURTHEST_ROW:
        faults["page"] = f"expected a page within the first {FURTHEST_ROW} notices"
    if said["sortBy"] not in (None, "createdAt"):
        faults["sortBy"] = "expected createdAt"
    if said["sortOrder"] not in (None, "asc", "desc"):
        faults["sortOrder"] = "expected asc or desc"
    return PageRequest(number, limit, said["sortOrder"] != "asc", faults)


def page_facts(asked: PageRequest, total: int, rows: int) -> dict[str, Any]:
    """Return what the answer says of its page, which has so many rows of the total."""
    pages = -(-total // asked.limit)
    return {"total": total, "totalPage": pages, "currentPage": asked.number,
            "nextPage": asked.number + 1 if asked.number < pages else None,
            "prevPage": asked.number - 1 if asked.number > 1 else None, "pageItem": rows}


IN_APP, EMAIL, PUSH = CHANNELS = ("inApp", "email", "push")
ON, OFF, DIGEST, DEFAULT = MODES = ("on", "off", "digest", "default")
EVERY_TYPE = "*"
USUAL_HOUR = 8
"""When a digest is sent, on the clock of its person."""
Wishes = Mapping[tuple[str, str], str]
"""What a person chose: (type, channel) → on, off or digest."""


def modes_of(notice_type: str, channel: str, always: str) -> tuple[str, ...]:
    """Return what a person may choose; of the type `always`, which tells what staff did, the app shows all."""
    if channel == IN_APP:
        return (ON,) if notice_type == always else (ON, OFF)
    return (ON, OFF, DIGEST) if channel == EMAIL else (ON, OFF)


def mode_of(wishes: Wishes, notice_type: str, channel: str, usual: str, always: str) -> str:
    """Return how a person is told of a type over a channel: as chosen for it, else for all types, else as is usual."""
    chosen = wishes.get((notice_type, channel)) or wishes.get((EVERY_TYPE, channel)) or usual
    allowed = modes_of(notice_type, channel, always)
    return chosen if chosen in allowed else allowed[0]


def phone_number(text: str) -> str:
    """Return a phone number without the signs that people write between its digits; raises ValueError for none."""
    number = text.translate(dict.fromkeys(map(ord, " ()-./\u00a0")))
    digits = number.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 5 <= len(digits) <= 15):
        raise ValueError("no phone number")
    return number


def next_digest(moment: datetime, zone: tzinfo, hour: int) -> datetime:
    """Return when the next digest is due after a moment, in UTC: at that hour on the person's clock.

    Where the clock is put forward over the hour it is the moment after; of an hour that comes twice it is the first."""
    day = moment.astimezone(zone).date()
    for ahead in range(3):  # a zone that skips a day has it two days later
        due = datetime.combine(day + timedelta(days=ahead), time(hour), zone).astimezone(UTC)
        if due > moment:
            return due
    raise AssertionError("two days have no hour")  # no zone is like that
