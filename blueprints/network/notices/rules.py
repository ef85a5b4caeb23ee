"""Which change is news, and for whom: pure decisions over the rows that events carry (rules-platform §6.3, NET-17)."""
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]


def has_become(changed: Row, name: str, value: str) -> bool:
    """Return whether the change of a row set this field to this value."""
    return bool(changed["newDataValues"].get(name) == value)


def new_mentions(event: Row) -> set[str]:
    """Return whom a post names that it did not name before; the event is that of its creation or of a change."""
    if "newDataValues" not in event:
        return set(event.get("mentions") or ())
    return set(event["newDataValues"].get("mentions") or ()) - set(event["oldDataValues"].get("mentions") or ())


def deciders_of(poster_id: str, company_id: str | None, admins: list[str]) -> list[str]:
    """Return who reads the applications for a posting: of a company its present admins, else the poster (NET-12)."""
    return admins if company_id else [poster_id]
