"""What of a record the search index sees: its names weigh more than its prose, ids and addresses are no words."""
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.data.columns import iso
from app.data.reads import fetch, fetch_one
from app.folding import stored_words
from app.search import WINDOW, Change, Document, IndexSchema, RebuildSource, Removal, instant, keyword, number, prose
from app.search.text import as_text
from blueprints.marketplace.product_listing.rules import asking_price
from blueprints.marketplace.search_indexing.models import SearchIndex
from blueprints.marketplace.search_indexing.rules import other_prose, references

_CHUNK = 1000
_TOLD = ("type", "condition", "categoryId", "subcategoryId", "currency", "price", "startPrice", "currentBid",
         "endBidDate", "createdAt")

SCHEMA = IndexSchema("searchIndex", (
    prose("title", 4.0), prose("name", 4.0), prose("fullname", 4.0), prose("subtitle", 2.0), prose("description"),
    prose("prose"),
    keyword("documentType", facet=True), keyword("referenceId"), instant("indexedAt"),
    keyword("sellerId", facet=True), keyword("categoryId", facet=True), keyword("subcategoryId", facet=True),
    keyword("type", facet=True), keyword("condition", facet=True), keyword("currency", facet=True),
    number("askingPrice"), instant("endBidDate"), instant("createdAt"),
))


def search_document(id: str, version: int, document_type: str, reference_id: str, indexed_at: str | None,
                    created_at: str | None, document: dict[str, Any]) -> Document:
    """Return the search index's view of a record; `version` is its recordVersion, `created_at` its own beginning, which
    counts for what tells none."""
    seller = reference_id if document_type == "SELLER" else references(document)["seller_ref"]
    told = {name: document.get(name) for name in _TOLD} if document_type == "PRODUCT" else {}
    return Document(id, version, {
        **worded(document), **told, "documentType": document_type, "referenceId": reference_id, "indexedAt": indexed_at,
        "sellerId": seller, "askingPrice": asking_price(told),
        "createdAt": told.get("createdAt") or created_at})


def derived(document: dict[str, Any]) -> dict[str, str | None]:
    """Return the hidden columns of a record: what it mentions, and the words the search index finds it by."""
    texts = map(as_text, worded(document).values())
    return references(document) | {"words": stored_words(texts)}


def worded(document: dict[str, Any]) -> dict[str, Any]:
    """Return what of a document has words, by the fields of the index."""
    named = {name: document.get(name) for name in ("title", "name", "fullname", "subtitle", "description")}
    return {**named, "prose": other_prose(document)}


def change_of(row: Any) -> Change:
    """Return what the search index must hold of a record's row: its document, or that it was taken out."""
    if not row.is_active:
        return Removal(row.id, row.record_version)
    return search_document(row.id, row.record_version, row.document_type, row.reference_id, _text(row.indexed_at),
                           _text(row.created_at), row.document)


def _documents(after: str | None) -> Iterator[Document]:
    columns = (SearchIndex.id, SearchIndex.record_version, SearchIndex.document_type, SearchIndex.reference_id,
               SearchIndex.indexed_at, SearchIndex.created_at, SearchIndex.document)
    while True:
        rows = fetch(select(*columns).where(SearchIndex.is_active.is_(True), SearchIndex.id > (after or ""))
                     .order_by(SearchIndex.id).limit(_CHUNK))
        for row in rows:
            yield search_document(row[0], row[1], row[2], row[3], _text(row[4]), _text(row[5]), row[6])
        if len(rows) < _CHUNK:
            return
        after = rows[-1][0]


def newest_documents() -> list[Document]:
    """Return the documents of the newest records, as many as pages reach: for while there is no index (FD-8)."""
    columns = (SearchIndex.id, SearchIndex.record_version, SearchIndex.document_type, SearchIndex.reference_id,
               SearchIndex.indexed_at, SearchIndex.created_at, SearchIndex.document)
    rows = fetch(select(*columns).where(SearchIndex.is_active.is_(True)).order_by(
        SearchIndex.created_at.desc(), SearchIndex.id.desc()).limit(WINDOW))
    return [search_document(row[0], row[1], row[2], row[3], _text(row[4]), _text(row[5]), row[6]) for row in rows]


def _total() -> int:
    row = fetch_one(select(func.count()).select_from(SearchIndex).where(SearchIndex.is_active.is_(True)))
    return int(row[0]) if row else 0


def _text(moment: datetime | str | None) -> str | None:
    return iso(moment) if isinstance(moment, datetime) else moment


SOURCE = RebuildSource(_documents, _total)
