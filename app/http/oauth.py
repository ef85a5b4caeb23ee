"""The one OAuth2 token endpoint: Authlib's server with the client-credentials grant (RFC 6749 §4.4).

Who looks clients up and how a token is made are arguments; errors have OAuth2's own form (RFC 6749 §5.2)."""
import hmac
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from flask import Response

from app.data.ids import canonical_uuid
from app.http.openapi import answer as documented_answer
from app.http.openapi import request_body
from app.http.rate_limit import spend_one_request
from app.http.request import visitor
from app.identity.authentication import identity
from app.identity.client_secrets import digest, new_secret
from app.identity.login_throttle import Limit
from app.identity.security_events import record_refusal, recorded_throttle

CLIENT_FAILURES = Limit("ClientSecret", most=10, window=900)
ADDRESS_FAILURES = Limit("ClientSecretAddress", most=100, window=900)
Credentials = tuple[str | None, str | None]
"""A client's id and secret, as far as they were sent."""
_SECRET_METHODS: dict[str, Callable[[Any], Credentials]] = {
    "client_secret_basic": lambda asked: extract_basic_authorization(asked.headers),
    "client_secret_post": lambda asked: (asked.form.get("client_id"), asked.form.get("client_secret"))}


@dataclass(frozen=True)
class OAuthClient(ClientMixin):
    """A registered client as Authlib asks about it; `tenant_id` is for makers of tokens that need it."""

    id: str
    scopes: tuple[str, ...]
    secret_hash: str
    tenant_id: str = ""

    def get_client_id(self) -> str:
        """Return the client's id."""
        return self.id

    def get_default_redirect_uri(self) -> None:
        """There is none: no browser takes part."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return the scopes of a token in the client's order: all of its own, or the asked ones.

        None means that one was asked that the client does not have (RFC 6749 §3.3: invalid_scope)."""
        wanted = set((scope or "").split()) or set(self.scopes)
        return " ".join(own for own in self.scopes if own in wanted) if wanted <= set(self.scopes) else None

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.secret_hash, digest(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A client always proves its secret, in the header or in the form."""
        return method in _SECRET_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        """A client has no user to act for."""
        return grant_type == _ClientCredentials.GRANT_TYPE


class _ClientCredentials(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = list(_SECRET_METHODS)


_NOBODY = OAuthClient("", (), digest(new_secret()))


def _proven_client(realm: str, find: Callable[[str], OAuthClient | None], client_id: str,
                   client_secret: str) -> OAuthClient | None:
    """Return the client whose secret this is; None, after the same work, for a wrong secret and for no such client.

    Raises TooManyRequests after ten wrong secrets of one client, or a hundred of all clients, from one address within
    15 minutes; whether the client exists makes no difference to that either. A wrong secret and the first refusal of a
    closed throttle are security events."""
    caller, canonical, throttle = visitor(realm), canonical_uuid(client_id), identity().throttle
    address = caller.address or ""
    of_client = (realm, canonical or client_id, address)
    attempts = ((CLIENT_FAILURES, of_client), (ADDRESS_FAILURES, (realm, address)))
    with recorded_throttle(caller, "client", None, client=canonical):
        throttle.take_all(*attempts)
    with ExitStack() as uncounted:  # also when nobody can be looked up
        uncounted.callback(throttle.give_back, *attempts)
        client = (find(canonical) if canonical else None) or _NOBODY
        if not client.check_client_secret(client_secret):
            uncounted.pop_all()
            record_refusal(caller, "client", None, client=canonical)
            return None
    throttle.forget(CLIENT_FAILURES, *of_client)
    return client


def token_endpoint(realm: str, find: Callable[[str], OAuthClient | None], make_token: Callable[[OAuthClient, str], str],
                   *, seconds: int, is_counted: bool = False) -> Callable[[], Response]:
    """Return the view of a token endpoint; its requests are counted like any visitor's, unless they are already.

    `find` returns an active client by its id, a UUID, and asks the database as often for one that is unknown.
    `make_token` returns the token of a client with the scopes it was granted, and keeps what must be kept of it;
    `seconds` is the life of a token."""

    def generate(client: OAuthClient, grant_type: str, user: Any, scope: str) -> str:
        return make_token(client, scope)

    def authenticate(credentials_in: Callable[[Any], Credentials], _find: Any, asked: Any) -> OAuthClient | None:
        client_id, client_secret = credentials_in(asked)
        return _proven_client(realm, find, client_id, client_secret) if client_id and client_secret else None

    server = AuthorizationServer(query_client=find, save_token=lambda token, request: None)
    for method, credentials_in in _SECRET_METHODS.items():
        server.register_client_auth_method(method, partial(authenticate, credentials_in))
    server.register_token_generator("default", BearerTokenGenerator(generate, expires_generator=seconds))
    server.register_grant(_ClientCredentials)

    def answer() -> Response:
        if not is_counted:
            spend_one_request(visitor(realm))
        try:
            response: Response = server.create_token_response()
        except OAuth2Error as error:  # plain HTTP from elsewhere (RFC 6749 §3.2); Authlib raises it too early to answer
            response = server.handle_response(*error())
        except ValueError:  # an Authorization header that is no text; Authlib lets it through
            response = server.handle_response(*InvalidRequestError()())
        return response

    return answer


def token_operation(refusals: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI operation of the endpoint; `refusals` are by status, in the service's own shape."""
    text = {"type": "string"}
    form = {"type": "object", "required": ["grant_type"], "properties": {
        "grant_type": {"const": _ClientCredentials.GRANT_TYPE},
        "scope": {"type": "string", "description": "scopes by space; default all of the client"},
        "client_id": {"type": "string", "format": "uuid"}, "client_secret": text}}
    token = _body({"access_token": text, "token_type": {"const": "Bearer"}, "expires_in": {"type": "integer"},
                   "scope": text})
    wrong = _body({"error": text, "error_description": text}, required=["error"])
    meaning = "invalid_request, invalid_scope or unsupported_grant_type"
    return {
        "operationId": "token", "summary": "Give a client an access token for its secret (RFC 6749 §4.4).",
        "security": [],
        "requestBody": request_body(form, "application/x-www-form-urlencoded"),
        "responses": {"200": documented_answer(token),
                      "400": documented_answer(wrong, meaning, example={"error": "invalid_scope"}),
                      "401": documented_answer(wrong, "invalid_client", example={"error": "invalid_client"}),
                      **refusals}}


def _body(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or list(properties),
            "additionalProperties": False, "maxProperties": 100}
