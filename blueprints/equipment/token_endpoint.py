"""OAuth2 client credentials of the registry: its clients and their tokens."""

from datetime import timedelta

from sqlalchemy import delete, select

from app.actor import system_actor
from app.clock import now
from app.data.reads import fetch_one
from app.data.unit_of_work import unit_of_work
from app.http.oauth import OAuthClient, token_endpoint
from app.identity.client_secrets import digest, new_secret
from blueprints.equipment.models import RegistryClient, RegistryToken
from blueprints.equipment.tokens import REALM

TOKEN_SECONDS = 3600


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
