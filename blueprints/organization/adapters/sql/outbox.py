"""The outbox of each tenant's resource, and the lease that makes one relay at a time move it."""
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from blueprints.organization.adapters.sql.failures import store_failures
from blueprints.organization.adapters.sql.leases import free_lease, take_lease
from blueprints.organization.adapters.sql.sessions import event_of
from blueprints.organization.adapters.sql.store import SqlResourceStore
from blueprints.organization.application.instants import instant_text, parse_instant
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Lag, OutboxEntry, Tenant

LEASE = {"name": "relay"}


class SqlOutbox:
    """The outboxes of all tenants."""

    def __init__(self, store: SqlResourceStore) -> None:
        self._store = store

    def claim(self, tenant: Tenant, kind: ResourceType, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew the lease; False while another owner holds it."""
        with self._writing(tenant) as connection:
            return take_lease(connection, self._store.tables(kind).relay, LEASE, owner, now, until)

    def release(self, tenant: Tenant, kind: ResourceType, owner: str, error: str | None) -> None:
        """Give the lease back, with the last error for `lag`."""
        with self._writing(tenant) as connection:
            free_lease(connection, self._store.tables(kind).relay, LEASE, owner, lastError=error)

    def waiting(self, tenant: Tenant, kind: ResourceType, limit: int) -> list[OutboxEntry]:
        """Return the oldest entries in order."""
        tables = self._store.tables(kind)
        statement = (select(tables.events).join(tables.outbox, tables.outbox.c.position == tables.events.c.position)
                     .order_by(tables.events.c.position).limit(limit))
        with store_failures(), self._store.engines.connect(tenant) as connection:
            return [OutboxEntry(row.position, event_of(row, tenant.tenant_id, kind))
                    for row in connection.execute(statement)]

    def settle(self, tenant: Tenant, kind: ResourceType, positions: Iterable[int]) -> None:
        """Forget delivered entries."""
        outbox = self._store.tables(kind).outbox
        if delivered := list(positions):
            with self._writing(tenant) as connection:
                connection.execute(delete(outbox).where(outbox.c.position.in_(delivered)))

    def lag(self, tenant: Tenant, kind: ResourceType, now: datetime) -> Lag:
        """Measure how far behind the resource is."""
        tables = self._store.tables(kind)
        events, outbox, records = tables.events, tables.outbox, tables.records
        delivery = (select(func.count(), func.min(events.c.time))
                    .select_from(outbox.join(events, outbox.c.position == events.c.position)))
        projection = (select(func.count(events.c.resourceId.distinct()), func.min(events.c.time))
                      .select_from(events.outerjoin(records, records.c.resourceId == events.c.resourceId))
                      .where(events.c.version > func.coalesce(records.c.version, 0)))
        with store_failures(), self._store.engines.connect(tenant) as connection:
            undelivered, waiting_since = connection.execute(delivery).one()
            unprojected, hidden_since = connection.execute(projection).one()
            error = connection.scalar(select(tables.relay.c.lastError))
        since = min((time for time in (waiting_since, hidden_since) if time), default=instant_text(now))
        seconds = (now - parse_instant(since)).total_seconds()
        return Lag(tenant.tenant_id, kind.name, undelivered, unprojected, max(0.0, seconds), error)

    @contextmanager
    def _writing(self, tenant: Tenant) -> Iterator[Connection]:
        with store_failures(), self._store.engines.connect(tenant, writes=True) as connection:
            yield connection
            connection.commit()
