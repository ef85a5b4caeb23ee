"""The organization store as one declaration; it stands outside the realms and has a front of its own."""
from app.ops.backup.apart import ApartStore
from app.service import ServiceDeclaration
from app.settings import Settings
from blueprints.organization.checks import check_tenants


def _apart(settings: Settings) -> ApartStore:
    from blueprints.organization.wiring import backup_of

    return backup_of(settings)


SERVICE = ServiceDeclaration(
    name="organization", version="1.0.0", description="Multi-tenant resources with events, one database per tenant.",
    realms=("organization",), path="/organization-api",
    join="blueprints.organization.registration.register_organization",
    checks={"organization": check_tenants},
    apart=_apart,
    cli=("cli.organization",),
)
