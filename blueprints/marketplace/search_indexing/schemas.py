"""What staff may send to searchIndexing; a PATCH names document and reference, as the contract has it (SE3)."""
from typing import Any

from marshmallow import ValidationError, pre_load

from app.clock import now
from app.data.columns import iso
from app.http.schemas import Choice, Identifier, InputSchema, Instant, JsonObject
from blueprints.marketplace.search_indexing.rules import DOCUMENT_TYPES, document_fault


def _storable(document: dict[str, Any]) -> None:
    fault = document_fault(document)
    if fault is not None:
        raise ValidationError(fault)


class SearchIndexChange(InputSchema):
    """PATCH of an index record."""

    document_type = Choice(DOCUMENT_TYPES)
    document = JsonObject(required=True, validate=_storable)
    reference_id = Identifier(required=True)
    indexed_at = Instant()


class NewSearchIndex(SearchIndexChange):
    """POST of an index record; one that exists for the reference is updated."""

    document_type = Choice(DOCUMENT_TYPES, required=True)
    indexed_at = Instant(required=True)

    @pre_load
    def _index_now(self, data: Any, **_: Any) -> Any:
        """The contract documents indexedAt as required and gives it a default: it is never missed (G9)."""
        return {"indexedAt": iso(now()), **_given(data)} if isinstance(data, dict) else data


def _given(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}
