"""What an operator asks of the store as a whole: make a query table anew, and tell how far behind it is."""
from collections import defaultdict

from blueprints.organization.application.tenants import is_former, kinds_with_tables, known_tenant
from blueprints.organization.domain.refusals import Unavailable
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Lag, Ports, Tenant


def rebuild(ports: Ports, tenant_id: str, resource: str | None = None) -> dict[str, int]:
    """Make the tenant's query tables anew from its events; returns the number of events per resource."""
    tenant = known_tenant(ports, tenant_id)
    counts: dict[str, int] = defaultdict(int)
    for kind in kinds_with_tables(ports, tenant):
        if resource in (None, kind.name):
            counts[kind.name] += ports.store.rebuild(tenant, kind)
    return counts


def lag(ports: Ports, tenant_id: str | None = None) -> list[Lag]:
    """Return how far each resource of one tenant, or of all, is behind its events.

    Versions of its schema before the one that is served are left out unless they are behind."""
    tenants = [known_tenant(ports, tenant_id)] if tenant_id else ports.tenants.all()
    asked = [(tenant, kind) for tenant in tenants if tenant.has_data for kind in kinds_with_tables(ports, tenant)]
    rows = ports.at_once(lambda target: _lag(ports, *target), asked)
    return [row for (tenant, kind), row in zip(asked, rows, strict=True)
            if row.is_behind or not is_former(ports, tenant, kind)]


def _lag(ports: Ports, tenant: Tenant, kind: ResourceType) -> Lag:
    """Ask one tenant's database; one that cannot be reached does not hide what the others say."""
    try:
        return ports.outbox.lag(tenant, kind, ports.now())
    except Unavailable as refusal:
        return Lag(tenant.tenant_id, kind.name, last_error=refusal.detail, is_known=False)
