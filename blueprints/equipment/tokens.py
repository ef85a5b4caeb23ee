"""OAuth2 client credentials by Authlib: clients, their tokens, and the caller behind a bearer token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from flask import Response
from sqlalchemy import delete, select

from app.clock import now
from app.data.reads import fetch_one
from app.data.unit_of_work import unit_of_work
from app.data.uuid7 import canonical_uuid
from app.identity.actor import Actor, system_actor
from blueprints.equipment.models import RegistryClient, RegistryToken
from blueprints.equipment.rules import allowed_scope

REALM = "equipment"
TOKEN_SECONDS = 3600
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the token's legal entity (its client_id in the source; None on the console), user, role, scopes."""

    legal_entity_id: str | None
    user_id: str
    role: str
    scopes: frozenset[str] = frozenset()

    @property
    def actor(self) -> Actor:
        """The kernel's actor for the unit of work."""
        return Actor(REALM, user_id=self.user_id, role="user")


def console(legal_entity_id: str | None = None) -> Caller:
    """Return the operator of the command line, acting for a legal entity or for the registry."""
    return Caller(legal_entity_id, NOBODY, "NHS ADMIN")


@dataclass(frozen=True)
class _Client(ClientMixin):
    """A registered client as Authlib asks about it."""

    id: str
    scope: str
    secret_hash: str

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        return allowed_scope(self.scope, scope)

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.secret_hash, digest(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ClientCredentials.TOKEN_ENDPOINT_AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == ClientCredentials.GRANT_TYPE


class ClientCredentials(ClientCredentialsGrant):
    """The one grant of the registry (RFC 6749 §4.4)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


def new_secret() -> str:
    """Return a secret or token of 256 random bits; random enough that a plain SHA-256 of it can be stored."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret or token in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def issue_token() -> Response:
    """Answer the present request to the token endpoint, errors in OAuth2's own form (RFC 6749 §5.2)."""
    try:
        answer: Response = _server.create_token_response()
    except OAuth2Error as error:  # plain HTTP from elsewhere (RFC 6749 §3.2); Authlib raises it too early to answer
        answer = _server.handle_response(*error())
    except ValueError:  # an Authorization header that is no text; Authlib lets it through
        answer = _server.handle_response(*InvalidRequestError()())
    return answer


def caller_of(token: str) -> Caller | None:
    """Return who holds an unexpired token of an active client, or None."""
    client, issued = RegistryClient, RegistryToken
    row = fetch_one(
        select(client.legal_entity_id, client.user_id, client.role, issued.scope)
        .join(issued, issued.registry_client_id == client.id)
        .where(issued.token_hash == digest(token), issued.expires_at > now(), client.is_active.is_(True))
    )
    return row and Caller(row.legal_entity_id, row.user_id, row.role, frozenset(row.scope.split()))


def _find_client(client_id: str) -> _Client | None:
    columns = (RegistryClient.id, RegistryClient.scope, RegistryClient.secret_hash)
    mine = (RegistryClient.id == canonical_uuid(client_id), RegistryClient.is_active.is_(True))
    row = fetch_one(select(*columns).where(*mine))
    return row and _Client(*row)


def _keep_token(token: dict[str, Any], request: Any) -> None:
    """Store the token's digest; expired tokens are removed on the way."""
    expires = now() + timedelta(seconds=token["expires_in"])
    with unit_of_work(system_actor(REALM)) as work:
        work.execute(delete(RegistryToken).where(RegistryToken.expires_at <= now()))
        work.insert(
            RegistryToken(
                token_hash=digest(token["access_token"]),
                registry_client_id=request.client.id,
                scope=token["scope"],
                expires_at=expires,
            )
        )
        work.commit()


_server = AuthorizationServer(query_client=_find_client, save_token=_keep_token)
_server.register_grant(ClientCredentials)
_server.register_token_generator(
    "default", BearerTokenGenerator(lambda **_: new_secret(), expires_generator=lambda *_: TOKEN_SECONDS)
)
