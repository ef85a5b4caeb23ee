"""Who may call: the token's tenant must be the path's, its scope must cover the act, the tenant must be in service."""
from dataclasses import dataclass

from blueprints.organization.application.tenants import served
from blueprints.organization.domain import identifiers
from blueprints.organization.domain.refusals import AccessDenied, NotAuthenticated, Refusal
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Claims, Ports, Tenant


@dataclass(frozen=True)
class Caller:
    """An admitted caller: the tenant it acts in, the resource it works on (as that tenant is served it), its own id."""

    tenant: Tenant
    kind: ResourceType
    subject: str


def identify(ports: Ports, token: str | None) -> Claims | Refusal:
    """Return what the token says, or why nobody can be known by it: a call is counted before it is refused."""
    if not token:
        return NotAuthenticated("This call needs a bearer token.")
    try:
        return ports.tokens.claims(token)
    except Refusal as refusal:
        return refusal


def admit(ports: Ports, claims: Claims | Refusal, tenant_id: str, kind: ResourceType, *, writes: bool) -> Caller:
    """Return the caller that `identify` found (organization.md "Access").

    Raises MalformedTenantId before anything else, NotAuthenticated (or Unavailable), then AccessDenied."""
    identifiers.tenant_id(tenant_id)
    if isinstance(claims, Refusal):
        raise claims
    _check_claims(claims, tenant_id, kind.write_scope if writes else kind.read_scope)
    tenant, client = ports.tenants.find_with_client(tenant_id, claims.subject)
    if tenant is None or not tenant.is_active:
        raise AccessDenied(f"The tenant {tenant_id} is not in service.")
    if claims.is_local and (client is None or client.revoked_at):
        raise NotAuthenticated("The client of this token has been revoked.")
    return Caller(*served(ports, tenant, kind), claims.subject)


def _check_claims(claims: Claims, tenant_id: str, scope: str) -> None:
    if claims.tenant_id != tenant_id:
        raise AccessDenied("The token belongs to another tenant.")
    if scope not in claims.scopes:
        raise AccessDenied(f"The token lacks the scope {scope}.")

