"""The reads: straight from the query tables, never from the events."""
from collections.abc import Iterable
from dataclasses import dataclass

from blueprints.organization.application.access import Caller
from blueprints.organization.application.search_parameters import parse_search
from blueprints.organization.domain import identifiers
from blueprints.organization.domain.documents import Document
from blueprints.organization.domain.search import Search
from blueprints.organization.ports import Ports


@dataclass(frozen=True)
class Found:
    """One page of a search with the number of all that match."""

    search: Search
    records: list[Document]
    total: int

    @property
    def last_page(self) -> int:
        """The number of the last page, at least 1."""
        return max(1, -(-self.total // self.search.page_size))


def get_resource(ports: Ports, caller: Caller, resource_id: str) -> Document | None:
    """Return the record, or None when there is none now; raises MalformedResourceId (seed: getResource)."""
    resource_id = identifiers.resource_id(resource_id)
    with ports.store.reading(caller.tenant, caller.kind) as look:
        return look.record(resource_id)


def get_resources(ports: Ports, caller: Caller, parameters: Iterable[tuple[str, str]]) -> Found:
    """Return a page of records by search parameters; raises MalformedParameter (seed: getResources)."""
    with ports.store.reading(caller.tenant, caller.kind) as look:
        search = parse_search(ports.schemas, caller.kind, look.extension(), parameters)
        records, total = look.page(search)
    return Found(search, records, total)
