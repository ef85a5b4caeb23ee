"""What `flask doctor` asks of the organization store."""
from blueprints.organization import organization_of
from blueprints.organization.application import upkeep

LATE_SECONDS = 60.0


def check_tenants() -> tuple[str, str]:
    """Return ok, or fail where a tenant's events wait too long or its query tables lag behind them."""
    ports = organization_of().ports
    behind = [row for row in upkeep.lag(ports) if row.unprojected or row.oldest_seconds > LATE_SECONDS]
    count = len(ports.tenants.all())
    if behind:
        worst = max(behind, key=lambda row: row.oldest_seconds)
        return "fail", (f"{len(behind)} resources are behind, {worst.tenant_id}/{worst.resource} for "
                        f"{worst.oldest_seconds:.0f} s: flask organization lag")
    return "ok", f"{count} tenants, nothing is behind"
