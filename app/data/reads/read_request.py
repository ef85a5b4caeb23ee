"""What a reader asked for besides the object itself; queries get it from routes, jobs and the CLI alike."""
from dataclasses import dataclass, field
from typing import Any

from app.data.reads import Page
from app.data.reads.filters import Condition


@dataclass(slots=True)
class ReadRequest:
    """Joins or not, the page, the filters' conditions with their echo, and the API's own query parameters."""

    joins: bool = True
    local_only: bool = False
    page: Page = field(default_factory=Page)
    where: list[Condition] = field(default_factory=list)
    filters: list[dict[str, Any]] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)
