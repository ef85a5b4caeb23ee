"""Event store and query tables of every tenant: one session is one transaction on one tenant's resource."""
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, insert, text

from blueprints.organization.adapters.sql.dialects import READ_OPTIONS
from blueprints.organization.adapters.sql.engines import TenantEngines
from blueprints.organization.adapters.sql.failures import rivals_win, store_failures
from blueprints.organization.adapters.sql.sessions import (
    UPGRADED,
    SqlReadSession,
    SqlWriteSession,
    ids_between,
    latest_events,
    read_events,
)
from blueprints.organization.adapters.sql.tables import ResourceTables, extensions, resource_tables
from blueprints.organization.application.tenants import former_kinds
from blueprints.organization.domain.events import Event
from blueprints.organization.domain.resource_type import Extension, ResourceType
from blueprints.organization.ports import Tenant

BATCH = 200
"""Events held in memory at a time: each may carry two records of 256 KiB."""


class SqlResourceStore:
    """Sessions on the tenants' databases; `dialect` is postgresql or sqlite."""

    def __init__(self, engines: TenantEngines, dialect: str) -> None:
        self.engines = engines
        self._dialect = dialect
        self._tables: dict[tuple[str, str], ResourceTables] = {}

    def tables(self, kind: ResourceType) -> ResourceTables:
        """Return the tables of a resource type."""
        key = (kind.name, kind.version)
        if key not in self._tables:
            self._tables[key] = resource_tables(kind, self._dialect)
        return self._tables[key]

    def _former(self, tenant: Tenant, kind: ResourceType) -> list[tuple[ResourceType, ResourceTables]]:
        """Return the versions before `kind` that the tenant has tables for, the newest first."""
        return [(former, self.tables(former)) for former in former_kinds(tenant, [kind])]

    @contextmanager
    def writing(self, tenant: Tenant, kind: ResourceType) -> Iterator[SqlWriteSession]:
        """Open a transaction; leaving it without commit() rolls back."""
        with store_failures(), self.engines.connect(tenant, writes=True) as connection:
            yield SqlWriteSession(connection, self._dialect, kind, tenant, self.tables(kind),
                                  self._former(tenant, kind))

    @contextmanager
    def reading(self, tenant: Tenant, kind: ResourceType) -> Iterator[SqlReadSession]:
        """Open a look at the last committed state."""
        with store_failures(), self.engines.connect(tenant, **READ_OPTIONS[self._dialect]) as connection:
            yield SqlReadSession(connection, self._dialect, kind, tenant, self.tables(kind), self._former(tenant, kind))

    def history(self, tenant: Tenant, kind: ResourceType, resource_id: str | None = None) -> Iterator[Event]:
        """Return every event in order, or those of one resource; first those under former versions of the schema."""
        for version in (*reversed(former_kinds(tenant, [kind])), kind):
            position = 0
            while batch := self._events_after(tenant, version, position, resource_id):
                position = batch[-1][0]
                yield from (event for _, event in batch if event.change != UPGRADED)

    def latest(self, tenant: Tenant, kind: ResourceType, resource_id: str | None, limit: int) -> list[Event]:
        """Return the last so many of the same, in the same order: one statement for each version of the schema."""
        found: list[Event] = []
        for version in (kind, *former_kinds(tenant, [kind])):
            with store_failures(), self.engines.connect(tenant) as connection:
                found += latest_events(connection, self.tables(version).events, tenant.tenant_id, version,
                                       limit - len(found), resource_id)
        return found[::-1]

    def begun(self, tenant: Tenant, kind: ResourceType, first: str, last: str, limit: int) -> list[str]:
        """Return at most `limit` ids of resources, removed ones too, from the first to the last, in order."""
        found: set[str] = set()
        for version in (kind, *former_kinds(tenant, [kind])):
            with store_failures(), self.engines.connect(tenant) as connection:
                found.update(ids_between(connection, self.tables(version).events, first, last, limit))
        return sorted(found)[:limit]

    def rebuild(self, tenant: Tenant, kind: ResourceType) -> int:
        """Make the query table anew from the events, in one transaction; returns the number of events.

        Readers see the old table until the new is whole; writers' projections wait for the lock, so none is lost."""
        records = self.tables(kind).records
        with self.writing(tenant, kind) as work:
            if self._dialect == "postgresql":
                work.connection.execute(text(f'LOCK TABLE "{kind.name}"."{records.name}" IN SHARE ROW EXCLUSIVE MODE'))
            work.connection.execute(delete(records))
            count, position = 0, 0
            while batch := work.events_after(position, BATCH):
                position = batch[-1][0]
                count += len(batch)
                work.project_all([event for _, event in batch])
            for former in work.former:
                former.hide_upgraded()
            work.commit()
        return count

    def refold(self, tenant: Tenant, kind: ResourceType) -> None:
        """Write the words of every record anew, a batch a transaction; twice does no harm."""
        last: str | None = ""
        while last is not None:
            with self.writing(tenant, kind) as work:
                last = work.refold_after(last, BATCH)
                work.commit()

    def save_extension(self, tenant: Tenant, kind: ResourceType, extension: Extension, at: str) -> None:
        """Keep the tenant's extension as its newest revision; raises ConcurrentWrite when another took the number."""
        with store_failures(), self.engines.connect(tenant, writes=True) as connection, rivals_win():
            connection.execute(insert(extensions).values(
                resource=kind.name, revision=extension.revision, properties=dict(extension.properties),
                required=list(extension.required), createdAt=at))
            connection.commit()

    def _events_after(self, tenant: Tenant, kind: ResourceType, position: int,
                      resource_id: str | None) -> list[tuple[int, Event]]:
        events = self.tables(kind).events
        with store_failures(), self.engines.connect(tenant) as connection:
            return read_events(connection, events, tenant.tenant_id, kind, position, BATCH, resource_id)
