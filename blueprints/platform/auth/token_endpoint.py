"""The OAuth2 token endpoint of a realm: its API clients get tokens while the person they act for is active."""
from collections.abc import Callable

from authlib.oauth2.rfc6749.errors import InvalidClientError
from flask import Response
from sqlalchemy import select

from app.actor import system_actor
from app.data.person_rows import NOBODY
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.http.oauth import OAuthClient, token_endpoint
from app.identity.api_clients import TOKEN_SECONDS, ApiClient, give_token, read_scopes
from blueprints.platform.auth.queries import user_facts


def realm_token_endpoint(realm: str) -> Callable[[], Response]:
    """Return the view that answers token requests of a realm's API clients."""

    def find(client_id: str) -> OAuthClient | None:
        known = fetch(select(ApiClient.user_id, ApiClient.scopes, ApiClient.secret_hash).where(
            ApiClient.realm == realm, ApiClient.id == client_id))
        person = user_facts(realm, known[0].user_id if known else NOBODY)  # of an unknown client the same two looks
        if not known or person is None:
            return None
        return OAuthClient(client_id, tuple(sorted(read_scopes(known[0].scopes))), known[0].secret_hash)

    def make_token(client: OAuthClient, scope: str) -> str:
        """Raises InvalidClientError when the secret was replaced since it was proved."""
        with unit_of_work(system_actor(realm)) as work:
            row = work.first(select(ApiClient).where(
                ApiClient.realm == realm, ApiClient.id == client.id, ApiClient.secret_hash == client.secret_hash),
                lock=True)
            if row is None:
                raise InvalidClientError(status_code=401)
            token = give_token(work, row, scope)
            work.commit()
        return token

    return token_endpoint(realm, find, make_token, seconds=TOKEN_SECONDS, is_counted=True)
