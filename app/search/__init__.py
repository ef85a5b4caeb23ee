"""Full text search behind one port, so that a service never learns which engine answers.

Import from here; `whoosh_adapter` is the embedded engine. Not for lists with filters only: those are SQL.
"""

from app.search.fields import Field, IndexSchema, instant, keyword, number, prose
from app.search.port import (
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
from app.search.whoosh.index import WhooshIndex

__all__ = [
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
