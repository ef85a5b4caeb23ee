"""The OAuth2 token endpoint of the store: clients of tenants in service, tokens signed with the store's own keys."""
from collections.abc import Callable

from flask import Response

from app.http.oauth import OAuthClient, token_endpoint
from blueprints.organization.adapters.http.front import REALM
from blueprints.organization.adapters.tokens import BearerTokens
from blueprints.organization.ports import TenantCatalog


def organization_token_endpoint(tenants: TenantCatalog, tokens: BearerTokens) -> Callable[[], Response]:
    """Return the view that answers token requests."""

    def find(client_id: str) -> OAuthClient | None:
        client = tenants.client(client_id)
        tenant = tenants.find(client.tenant_id if client else "")  # an unknown client costs the same two looks
        if client is None or client.revoked_at or tenant is None or not tenant.is_active:
            return None
        return OAuthClient(client.client_id, tuple(client.scopes), client.secret_hash, client.tenant_id)

    def mint(client: OAuthClient, scope: str) -> str:
        return tokens.mint(client.id, client.tenant_id, scope)

    return token_endpoint(REALM, find, mint, seconds=int(tokens.lifetime.total_seconds()))
