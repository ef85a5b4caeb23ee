"""What `flask doctor` asks of the organization store."""
from blueprints.organization import organization_of
from blueprints.organization.application import upkeep

LATE_SECONDS = 60.0


def check_tenants() -> tuple[str, str]:
    """Return ok, or fail where a tenant's events wait, or its query tables lag, too long, or it cannot be reached."""
    ports = organization_of().ports
    late = [row for row in upkeep.lag(ports) if row.oldest_seconds > LATE_SECONDS or not row.is_known]
    if late:
        worst = max(late, key=lambda row: (not row.is_known, row.oldest_seconds))
        trouble = f"for {worst.oldest_seconds:.0f} s" if worst.is_known else "and cannot be reached"
        return "fail", f"{len(late)} are behind, {worst.tenant_id}/{worst.resource} {trouble}: flask organization lag"
    return "ok", f"{len(ports.tenants.all())} tenants, nothing is behind"
