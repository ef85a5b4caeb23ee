"""Keeps the records true to what they describe, and the search index to the records: the present state is written.

A record is locked before its truth is read, so that of two refreshes the later one writes the later state."""
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from sqlalchemy import select

from app.actor import anonymous, system_actor
from app.data.reads import Page
from app.data.reads.read_request import ReadRequest
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.events.event_delivery import Event
from app.search.catalogue import Progress, apply_or_rebuild
from blueprints.marketplace.category_management.queries import (
    categories_by_id,
    list_categories,
    list_subcategories,
    subcategories_by_id,
)
from blueprints.marketplace.feedback.queries import ratings_of
from blueprints.marketplace.product_listing.queries import live_product_ids, products_by_id
from blueprints.marketplace.search_indexing.commands import new_record, rewrite
from blueprints.marketplace.search_indexing.documents import SCHEMA, SOURCE, change_of
from blueprints.marketplace.search_indexing.models import SearchIndex
from blueprints.marketplace.search_indexing.queries import (
    dependants,
    indexed_references,
    missing_references,
    records_of,
    seller_references,
    sells,
)
from blueprints.marketplace.search_indexing.rules import (
    category_document,
    product_document,
    seller_document,
    subcategory_document,
)
from blueprints.platform.auth.briefs import brief_users

# One transaction each: on SQLite it holds the one write lock, and bidders wait for it.
_PER_TRANSACTION = 25
_PER_READ = 500
_SYSTEM = system_actor("marketplace")
_CAUSE = "search_indexing.refresh"

Documents = Mapping[str, dict[str, Any]]
# Reference → the request id of what changed it, or None where nobody asked.
Causes = Mapping[str, str | None]


def refresh(document_type: str, causes: Causes) -> None:
    """Write the present document of each reference, take those records out whose reference is gone, feed the index.

    What is written carries the request id of its cause, or where there was no request the name of this work.
    The index is fed after the commit, with what then stands, written just now or not: who repeats this because it broke
    off in between finds nothing to write, and feeds all the same. Of two who feed one record the later version wins."""
    for many in _chunks(list(causes), _PER_READ):
        _write(document_type, {id: causes[id] or _CAUSE for id in many})
        records = records_of(document_type, many)
        if document_type == "PRODUCT":  # their sellers may have been written with them
            records += records_of("SELLER", {record.seller_ref for record in records if record.seller_ref})
        apply_or_rebuild(SCHEMA.name, [change_of(record) for record in records])


def has_fed(event: Event) -> bool:
    """Return whether a change of a record was made by refresh(), which feeds the index itself.

    Staff's changes have a user, and a rebuild has no cause."""
    return event.user_id is None and event.request_id is not None


def refresh_dependants(reference: str, value: str, cause: str | None) -> None:
    """Write every record anew that mentions a category, subcategory or seller which the request `cause` renamed."""
    after = ""
    while found := dependants(reference, value, after, _PER_READ):
        for document_type in {row[1] for row in found}:
            refresh(document_type, {row[2]: cause for row in found if row[1] == document_type})
        after = found[-1][0]


def refresh_everything(progress: Progress = lambda done, total: None) -> int:
    """Compare all records with what they describe; returns how many references were looked at.

    The index is not fed here, because its rebuild follows; should that break off, the records' events do it."""
    total, done = SOURCE.total(), 0
    for document_type in _TRUTHS:
        for ids in _all_references(document_type):
            _write(document_type, dict.fromkeys(ids))
            done += len(ids)
            progress(done, max(done, total))
    return done


def _write(document_type: str, causes: Causes) -> None:
    for ids in _chunks(list(causes), _PER_TRANSACTION):
        few = {id: causes[id] for id in ids}
        try:
            _write_few(document_type, few)
        except RuleViolated:
            # A rival has recorded one of them since we looked; now it is found.
            _write_few(document_type, few)


def _write_few(document_type: str, causes: Causes) -> None:
    """Refresh a few references in one transaction, and with products whoever thereby starts or stops selling.

    Not after it: if the work broke off in between, the next attempt would find nothing new and forget the seller."""
    with unit_of_work(_SYSTEM) as work:
        rows = {row.reference_id: row for row in work.all(select(SearchIndex).where(
            SearchIndex.document_type == document_type, SearchIndex.reference_id.in_(causes),
            SearchIndex.is_active.is_(True)).order_by(SearchIndex.id), lock=True)}
        documents = _TRUTHS[document_type](list(causes))
        for cause, ids in _by_cause(causes).items():
            with work.acting_for(_SYSTEM, cause):
                for id in ids:
                    _bring_up_to_date(work, document_type, id, rows.get(id), documents.get(id))
        if traders := _traders(rows, documents, causes):
            _write_few("SELLER", traders)
        work.commit()


def _by_cause(causes: Causes) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for id, cause in causes.items():
        found.setdefault(cause, []).append(id)
    return found


def _bring_up_to_date(work: UnitOfWork, document_type: str, id: str, row: SearchIndex | None,
                      document: dict[str, Any] | None) -> None:
    if document is None:
        if row is not None:
            work.archive(row)
    elif row is None:
        work.insert(new_record(document_type, id, document))
    else:
        rewrite(work, row, document)


def _traders(before: Mapping[str, SearchIndex], now: Documents, causes: Causes) -> Causes:
    """Return who sells what has appeared among the documents or gone from them, and why."""
    new = {now[id].get("sellerId"): causes[id] for id in now.keys() - before.keys()}
    gone = {before[id].seller_ref: causes[id] for id in before.keys() - now.keys()}
    return {trader: cause for trader, cause in sorted((new | gone).items(), key=str) if trader}


def _products(ids: Sequence[str]) -> Documents:
    products = products_by_id(ids)
    ratings = ratings_of(row["sellerId"] for row in products.values())
    return {id: product_document(row, ratings.get(row["sellerId"], {})) for id, row in products.items()}


def _sellers(ids: Sequence[str]) -> Documents:
    sellers = brief_users("marketplace", [id for id in ids if sells(id)])
    ratings = ratings_of(sellers)
    return {id: seller_document(row, ratings.get(id, {})) for id, row in sellers.items()}


def _categories(ids: Sequence[str]) -> Documents:
    return {id: category_document(row) for id, row in categories_by_id(ids).items()}


def _subcategories(ids: Sequence[str]) -> Documents:
    found = subcategories_by_id(ids)
    categories = categories_by_id(row["categoryId"] for row in found.values())
    return {id: subcategory_document(row, categories.get(row["categoryId"])) for id, row in found.items()}


# Sellers come last: who sells is read from the products' records.
_TRUTHS: dict[str, Callable[[Sequence[str]], Documents]] = {
    "CATEGORY": _categories, "SUBCATEGORY": _subcategories, "PRODUCT": _products, "SELLER": _sellers}


def _all_references(document_type: str) -> Iterator[list[str]]:
    """Yield the references that have a record, then those that should have one."""
    after = ""
    while found := indexed_references(document_type, after, _PER_READ):
        yield [row[1] for row in found]
        after = found[-1][0]
    for ids in _living(document_type):
        if missing := missing_references(document_type, ids):
            yield missing


def _living(document_type: str) -> Iterator[list[str]]:
    if document_type == "PRODUCT":
        after = ""
        while ids := live_product_ids(after, _PER_READ):
            yield ids
            after = ids[-1]
    elif document_type == "SELLER":
        yield from _chunks(seller_references(), _PER_READ)
    else:
        listed = list_categories if document_type == "CATEGORY" else list_subcategories
        for number in count(1):
            rows = listed(anonymous("marketplace"), ReadRequest(page=Page(number, _PER_READ))).rows
            if not rows:
                return
            yield [row["id"] for row in rows]


def _chunks(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(ids), size):
        yield list(ids[start:start + size])
