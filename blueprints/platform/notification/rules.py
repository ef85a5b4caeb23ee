"""How a page of notices is asked for and told of: the paging of the BFF (rules-platform §5.2, §6.1)."""
from collections.abc import Mapping
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
