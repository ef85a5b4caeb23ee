"""What the services of a realm add to the brief of its people, read in the one statement that reads the brief.

They stand on higher floors and cannot be called from here: a declaration hands the columns down (NET-32)."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement

from app.runtime import runtime

Additions = Mapping[str, Callable[[Any], ColumnElement[Any]]]
"""Name on the wire → its column, made of the column that holds the id of an account."""


@dataclass(frozen=True)
class BriefColumns:
    """What is added in which realm. It must be for everybody's eyes: briefs are the same for whoever looks.

    Who changes what such a column holds invalidates the version key of users."""

    of_realm: Mapping[str, Additions] = field(default_factory=dict)


def added_to_briefs(realm: str) -> Additions:
    """Return what is added to the briefs of a realm's people."""
    return runtime().part(BriefColumns).of_realm.get(realm, {})
