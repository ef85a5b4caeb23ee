"""The table of searchIndexing (rules-marketplace §9.1); the hidden references find the documents a rename touches.

The hidden words are what the search index holds of the document; they are searched while it is being rebuilt."""
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import choice, identifier, instant, json_object, text
from app.data.entity import Entity
from blueprints.marketplace.search_indexing.rules import DOCUMENT_TYPES


class SearchIndex(Entity):
    """The searchable document of one product, seller, category or subcategory."""

    __tablename__ = "marketplace_search_index"
    __service__ = "searchIndexing"
    __object__ = "searchIndex"
    __in_common__ = True
    __realm__ = "marketplace"
    __lock_rank__ = 190
    __duplicates__ = {"uq_marketplace_search_index_reference": (
        "SearchIndexAlreadyExists", "errMsg_anotherRecordHasThisDocumentTypeAndReferenceId")}

    document_type: Mapped[str] = choice(DOCUMENT_TYPES)
    document: Mapped[dict[str, Any]] = json_object(required=True)
    reference_id: Mapped[str] = identifier(required=True)
    indexed_at: Mapped[datetime] = instant(required=True)

    category_ref: Mapped[str | None] = identifier(hidden=True)
    subcategory_ref: Mapped[str | None] = identifier(hidden=True)
    seller_ref: Mapped[str | None] = identifier(hidden=True)
    words: Mapped[str | None] = text(hidden=True)


Index("uq_marketplace_search_index_reference", SearchIndex.document_type, SearchIndex.reference_id, unique=True,
      sqlite_where=SearchIndex.is_active.is_(True), postgresql_where=SearchIndex.is_active.is_(True))
Index("ix_marketplace_search_index_created", SearchIndex.created_at, SearchIndex.id)
for _reference in (SearchIndex.reference_id, SearchIndex.category_ref, SearchIndex.subcategory_ref,
                   SearchIndex.seller_ref):
    Index(f"ix_marketplace_search_index_{_reference.key}", _reference, SearchIndex.id)
