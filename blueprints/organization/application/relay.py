"""Moves events out of the outboxes: in order within a resource, one relay per tenant, at least once, never lost."""
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from blueprints.organization.application.backoff import Backoff, Patience
from blueprints.organization.application.tenants import former_kinds, kinds_with_tables
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import OutboxEntry, Ports, StreamDown, Tenant

LEASE_SECONDS = 30
BATCH = 500
MOST_BATCHES = 20

logger = logging.getLogger(__name__)


@dataclass
class Relay:
    """One relay of this process; `owner` names it in the leases. The back-off is common: there is one stream."""

    ports: Ports
    owner: str
    backoff: Backoff = field(default_factory=Backoff)
    patience: Patience = field(default_factory=Patience)

    def drain(self, tenant_id: str) -> bool:
        """Deliver what waits in the tenant's outboxes; False when something had to stay and a later try is wanted.

        Raises StreamDown when the stream takes nothing; the back-off then says when to try again."""
        tenant = self.ports.tenants.find(tenant_id)
        if tenant is None or not tenant.has_data:
            return True
        drained = [self._drain_kind(tenant, kind) for kind in kinds_with_tables(self.ports, tenant)]
        return all(drained)

    def sweep(self) -> list[str]:
        """Drain every tenant; returns those that want another try.

        Raises StreamDown; a tenant whose database fails, in whatever way, does not hold up the others."""
        return [tenant.tenant_id for tenant in self.ports.tenants.all() if not self.drained(tenant.tenant_id)]

    def drained(self, tenant_id: str) -> bool:
        """Drain a tenant; False when it, or its database, wants another try. Raises StreamDown."""
        if not self.patience.is_due(tenant_id, self.ports.now()):
            return False
        try:
            is_drained = self.drain(tenant_id)
        except StreamDown:
            raise
        except Exception:
            self.patience.failed(tenant_id, self.ports.now())
            logger.exception("the outbox of %s cannot be carried", tenant_id)
            return False
        self.patience.succeeded(tenant_id)
        return is_drained

    def _drain_kind(self, tenant: Tenant, kind: ResourceType) -> bool:
        outbox = self.ports.outbox
        if not outbox.waiting(tenant, kind, 1):
            return True
        if not self._claim(tenant, kind):
            return False
        error: str | None = None
        try:
            return self._deliver_all(tenant, kind)
        except StreamDown as down:
            error = str(down)
            self.backoff.failed(self.ports.now())
            raise
        finally:
            outbox.release(tenant, kind, self.owner, error)

    def _claim(self, tenant: Tenant, kind: ResourceType) -> bool:
        now = self.ports.now()
        return self.ports.outbox.claim(tenant, kind, self.owner, now, now + timedelta(seconds=LEASE_SECONDS))

    def _deliver_all(self, tenant: Tenant, kind: ResourceType) -> bool:
        """Deliver batch after batch, but no tenant for so long that others would starve."""
        for _ in range(MOST_BATCHES):
            waiting = self.ports.outbox.waiting(tenant, kind, BATCH)
            if not waiting:
                return True
            # Asked after what waits was read: an event may not overtake that of its resource under a former schema.
            if any(self.ports.outbox.waiting(tenant, former, 1) for former in former_kinds(tenant, [kind])):
                return False
            for entries in rounds(waiting):
                if not self._claim(tenant, kind) or not self._deliver(tenant, kind, entries):
                    return False
        return False

    def _deliver(self, tenant: Tenant, kind: ResourceType, entries: list[OutboxEntry]) -> bool:
        """Deliver one round; False when some were refused: later events of those resources must not overtake them."""
        refused = self.ports.publisher.publish(tenant, kind, [entry.event for entry in entries])
        self.ports.outbox.settle(tenant, kind, [e.position for e in entries if e.event.id not in refused])
        if refused:
            self.backoff.failed(self.ports.now())
            logger.warning("the stream refused %d of %d events of %s", len(refused), len(entries), tenant.tenant_id)
            return False
        self.backoff.succeeded()
        return True


def rounds(entries: Iterable[OutboxEntry]) -> list[list[OutboxEntry]]:
    """Split entries so that no round has two of one resource: within a call a stream promises no order."""
    split: list[list[OutboxEntry]] = []
    seen: dict[str, int] = {}
    for entry in entries:
        key = entry.event.partition_key
        index = seen.get(key, 0)
        seen[key] = index + 1
        if index == len(split):
            split.append([])
        split[index].append(entry)
    return split
