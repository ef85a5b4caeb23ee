"""The OAuth2 token endpoint: Authlib's server with the client-credentials grant (RFC 6749 §4.4)."""
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from flask import Response

from blueprints.organization.adapters.tokens import BearerTokens
from blueprints.organization.application.tenants import secret_hash
from blueprints.organization.ports import Client, TenantCatalog


@dataclass(frozen=True)
class OAuthClient(ClientMixin):
    """A client as Authlib wants to see it."""

    row: Client

    def get_client_id(self) -> str:
        """Return the client id."""
        return self.row.client_id

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(secret_hash(client_secret), self.row.secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A client always proves its secret, in the header or in the form."""
        return method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type: str) -> bool:
        """A client has no user to act for."""
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return the wanted scopes, all of the client's when none is named, None when one is not the client's."""
        wanted = scope.split() if scope else list(self.row.scopes)
        return " ".join(wanted) if set(wanted) <= set(self.row.scopes) else None


class _ClientCredentials(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


def token_endpoint(tenants: TenantCatalog, tokens: BearerTokens) -> Callable[[], Response]:
    """Return the view that answers token requests."""

    def find(client_id: str) -> OAuthClient | None:
        client = tenants.client(client_id) if client_id and "\0" not in client_id else None
        tenant = tenants.find(client.tenant_id) if client and not client.revoked_at else None
        return OAuthClient(client) if client and tenant and tenant.is_active else None

    def mint(client: OAuthClient, grant_type: str, user: Any, scope: str) -> str:
        return tokens.mint(client.row.client_id, client.row.tenant_id, scope)

    server = AuthorizationServer(query_client=find, save_token=lambda token, request: None)
    lifetime = int(tokens.lifetime.total_seconds())
    server.register_token_generator("default", BearerTokenGenerator(mint, expires_generator=lifetime))
    server.register_grant(_ClientCredentials)

    def answer() -> Response:
        try:
            response: Response = server.create_token_response()
        except OAuth2Error as error:  # plain HTTP from elsewhere (RFC 6749 §3.2); Authlib raises it too early to answer
            response = server.handle_response(*error())
        except ValueError:  # an Authorization header that is no text; Authlib lets it through
            response = server.handle_response(*InvalidRequestError()())
        return response

    return answer
