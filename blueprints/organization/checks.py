"""What `flask doctor` asks of the organization store."""
from blueprints.organization import organization_of

LATE_SECONDS = 60.0


def check_tenants() -> tuple[str, str]:
    """Return fail where a tenant's events wait, or its query tables lag, too long, or its database or file is away.

    Else warn where a schema upgrade is not done, or left records behind; else ok."""
    from blueprints.organization.application import schema_upgrade, upkeep
    from blueprints.organization.application.schema_upgrade import some

    ports = organization_of().ports
    late = [row for row in upkeep.lag(ports) if row.oldest_seconds > LATE_SECONDS or not row.is_known]
    if late:
        worst = max(late, key=lambda row: (not row.is_known, row.oldest_seconds))
        trouble = f"for {worst.oldest_seconds:.0f} s" if worst.is_known else "and cannot be reached"
        return "fail", f"{len(late)} are behind, {worst.tenant_id}/{worst.resource} {trouble}: flask organization lag"
    if missing := schema_upgrade.without_file(ports):
        return "fail", f"the schema file is missing that is served: {some(missing)}"
    if waiting := schema_upgrade.unmigrated(ports):
        return "warn", f"an earlier schema is still served: {some(waiting)}: flask organization schema upgrade"
    if left := schema_upgrade.left_behind(ports):
        return "warn", f"records do not fit the served schema: {some(left)}: see flask organization schema upgrade"
    return "ok", f"{len(ports.tenants.all())} tenants, nothing is behind"
