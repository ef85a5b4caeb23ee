"""Full text search behind one port, so that a service never learns which engine answers.

Import from here; `app/search/whoosh` is the embedded engine. Not for lists with filters only: those are SQL.
"""

from typing import TYPE_CHECKING, Any

from app.search.fields import Field, IndexSchema, instant, keyword, number, prose
from app.search.port import (
    WINDOW,
    AllOf,
    AnyOf,
    Change,
    Condition,
    Document,
    Filter,
    Hit,
    IndexBusy,
    IndexNeedsRebuild,
    IndexStatus,
    InvalidSearch,
    RebuildSource,
    Removal,
    SearchIndex,
    SearchQuery,
    SearchResult,
    Sort,
)

if TYPE_CHECKING:
    from app.search.whoosh.index import WhooshIndex

__all__ = [
    "WINDOW",
    "AllOf",
    "AnyOf",
    "Change",
    "Condition",
    "Document",
    "Field",
    "Filter",
    "Hit",
    "IndexBusy",
    "IndexNeedsRebuild",
    "IndexSchema",
    "IndexStatus",
    "InvalidSearch",
    "RebuildSource",
    "Removal",
    "SearchIndex",
    "SearchQuery",
    "SearchResult",
    "Sort",
    "WhooshIndex",
    "instant",
    "keyword",
    "number",
    "prose",
]


def __getattr__(name: str) -> Any:
    """Import the engine for whoever asks for it: to declare an index none is needed."""
    if name == "WhooshIndex":
        from app.search.whoosh.index import WhooshIndex

        return WhooshIndex
    raise AttributeError(name)
