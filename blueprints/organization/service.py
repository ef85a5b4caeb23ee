"""The organization store as one declaration; it stands outside the realms and has a front of its own."""
from app.service import ServiceDeclaration
from blueprints.organization.checks import check_tenants
from blueprints.organization.wiring import Organization, backup_of, settings_from

SERVICE = ServiceDeclaration(
    name="organization", version="1.0.0", description="Multi-tenant resources with events, one database per tenant.",
    realms=("organization",), path="/organization-api",
    join="blueprints.organization.registration.register_organization",
    keeps=lambda settings: Organization(settings_from(settings)),
    checks={"organization": check_tenants},
    apart=backup_of,
    cli=("cli.organization",),
)
