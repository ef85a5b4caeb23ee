"""What the registry refuses with: the kernel's 401, 403, 404, and its own 409 and 422 with every failing entry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import ApiError


@dataclass(frozen=True)
class Rule:
    """One rule that an entry broke, e.g. length with {"max": 255}."""

    rule: str
    description: str
    params: Any = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """One failing part of a request: `path` as "$.udi[0].value", and where it was sent."""

    path: str
    rules: Sequence[Rule]
    kind: str = "json_data_property"


class Unprocessable(ApiError):
    """422: the request is understood, but these entries are wrong."""

    status = 422
    err_code = "ValidationFailed"

    def __init__(self, entries: Sequence[Entry], message: str | None = None) -> None:
        super().__init__(message or "Validation failed. You can find validators description at error.invalid.")
        self.entries = entries


class Conflict(ApiError):
    """409: the request is valid, but the state of the registry forbids it."""

    status = 409
    err_code = "RequestConflict"


def wrong_entry(path: str, description: str) -> Unprocessable:
    """Return the refusal of a single entry; its description is the message too."""
    return Unprocessable([Entry(path, [Rule("invalid", description)])], description)
