"""The caller of the registry: who stands behind a bearer token, and the operator of the command line."""

import getpass
from dataclasses import dataclass

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.reads import fetch_one
from app.identity.client_secrets import digest
from blueprints.equipment.models import RegistryClient, RegistryToken

REALM = "equipment"
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
