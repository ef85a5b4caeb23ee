"""The writes of searchIndexing: one active record per (documentType, referenceId), updated, not doubled (§9.3)."""
from datetime import datetime
from typing import Any

from app.actor import Actor
from app.clock import now
from app.data.object_commands import archive_object, restore_object
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.jobs.schedule import run_soon
from blueprints.marketplace.search_indexing.documents import derived
from blueprints.marketplace.search_indexing.models import SearchIndex

REBUILD_JOB = "rebuild-search-index"


def put_document(actor: Actor, *, document_type: str, reference_id: str, document: dict[str, Any],
                 indexed_at: datetime | None = None, id: str | None = None) -> SearchIndex:
    """Record the document of a reference, or update the record it has; `indexed_at` defaults to now when it changes.

    Raises DuplicateRecord when a given new id is taken."""
    with unit_of_work(actor) as work:
        row = _of_reference(work, document_type, reference_id)
        if row is None:
            row = _insert(work, document_type, reference_id, document, indexed_at, id)
        rewrite(work, row, document, indexed_at)
        work.commit()
    return row


def rewrite(work: UnitOfWork, row: SearchIndex, document: dict[str, Any], indexed_at: datetime | None = None) -> None:
    """Give a locked record its present document; `indexed_at` defaults to now when the document changes."""
    if row.document != document or indexed_at is not None:
        work.change(row, document=document, indexed_at=indexed_at or now(), **derived(document))


def new_record(document_type: str, reference_id: str, document: dict[str, Any], indexed_at: datetime | None = None,
               id: str | None = None) -> SearchIndex:
    """Return the record of a reference that has none, to be inserted."""
    return SearchIndex(id=id, document_type=document_type, reference_id=reference_id, document=document,
                       indexed_at=indexed_at or now(), **derived(document))


def change_document(actor: Actor, search_index_id: str, **values: Any) -> SearchIndex:
    """Change a record by id; raises NotFound, RuleViolated when another record has the reference."""
    with unit_of_work(actor) as work:
        row = work.lock(SearchIndex, search_index_id)
        work.change(row, **values, **derived(values["document"]))
        work.commit()
    return row


def delete_document(actor: Actor, search_index_id: str) -> SearchIndex:
    """Soft-delete a record; raises NotFound."""
    return archive_object(actor, SearchIndex, search_index_id)


def ask_for_rebuild(actor: Actor) -> None:
    """Let the rebuild run as soon as a worker is free, also when Redis is away now."""
    with unit_of_work(actor) as work:
        run_soon(work, REBUILD_JOB)
        work.commit()


def restore_document(actor: Actor, search_index_id: str) -> bool:
    """Bring a deleted record back; returns whether it was gone. Raises NotFound, DuplicateRecord (reference taken)."""
    return restore_object(actor, SearchIndex, search_index_id)


def _of_reference(work: UnitOfWork, document_type: str, reference_id: str) -> SearchIndex | None:
    return work.find(SearchIndex, SearchIndex.document_type == document_type,
                     SearchIndex.reference_id == reference_id, SearchIndex.is_active.is_(True), lock=True)


def _insert(work: UnitOfWork, document_type: str, reference_id: str, *values: Any) -> SearchIndex:
    """Insert a record, or take the one a rival has inserted since we looked."""
    try:
        with work.attempt():
            return work.insert(new_record(document_type, reference_id, *values))
    except RuleViolated:
        rival = _of_reference(work, document_type, reference_id)
        if rival is None:
            raise
        return rival
