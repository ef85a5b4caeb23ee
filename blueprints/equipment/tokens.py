"""OAuth2 client credentials of the registry: its clients, their tokens, and the caller behind a bearer token."""

import getpass
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from app.actor import Actor, system_actor
from app.clock import now
from app.data.reads import fetch_one
from app.data.unit_of_work import unit_of_work
from app.http.oauth import OAuthClient, digest, new_secret, token_endpoint
from blueprints.equipment.models import RegistryClient, RegistryToken

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
    operator: str | None = None
    address: str | None = None
    device: str | None = None

    @property
    def actor(self) -> Actor:
        """The kernel's actor for the unit of work."""
        return Actor(REALM, user_id=self.user_id, role="user", operator=self.operator, address=self.address,
                     device=self.device)


def console(legal_entity_id: str | None = None) -> Caller:
    """Return the operator of the command line, acting for a legal entity or for the registry."""
    return Caller(legal_entity_id, NOBODY, "NHS ADMIN", operator=getpass.getuser())


def caller_of(token: str) -> Caller | None:
    """Return who holds an unexpired token of an active client, or None."""
    client, issued = RegistryClient, RegistryToken
    row = fetch_one(
        select(client.legal_entity_id, client.user_id, client.role, issued.scope)
        .join(issued, issued.registry_client_id == client.id)
        .where(issued.token_hash == digest(token), issued.expires_at > now(), client.is_active.is_(True))
    )
    return row and Caller(row.legal_entity_id, row.user_id, row.role, frozenset(row.scope.split()))


def _find_client(client_id: str) -> OAuthClient | None:
    columns = (RegistryClient.id, RegistryClient.scope, RegistryClient.secret_hash)
    mine = (RegistryClient.id == client_id, RegistryClient.is_active.is_(True))
    row = fetch_one(select(*columns).where(*mine))
    return row and OAuthClient(row.id, tuple(row.scope.split()), row.secret_hash)


def _make_token(client: OAuthClient, scope: str) -> str:
    """Return a new token, of which the digest is stored; expired tokens are removed on the way."""
    token, moment = new_secret(), now()
    with unit_of_work(system_actor(REALM)) as work:
        work.execute(delete(RegistryToken).where(RegistryToken.expires_at <= moment))
        work.insert(
            RegistryToken(
                token_hash=digest(token),
                registry_client_id=client.id,
                scope=scope,
                expires_at=moment + timedelta(seconds=TOKEN_SECONDS),
            )
        )
        work.commit()
    return token


issue_token = token_endpoint(REALM, _find_client, _make_token, seconds=TOKEN_SECONDS)
