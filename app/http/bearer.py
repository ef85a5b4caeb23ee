"""The token a request carries: the one reader of `Authorization: Bearer …` (RFC 6750 §2.1) and of the other places.

Below this floor nobody knows the request: identity is handed the token."""
from typing import NamedTuple

from flask import g, request
from werkzeug.datastructures import MultiDict

from app.identity.access_tokens import token_name


class PresentedToken(NamedTuple):
    """An access token as it came in, and where it stood: query, header or cookie."""

    value: str
    location: str


def bearer_token() -> str | None:
    """Return the bearer token of the present request, None when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def presented_token(realm: str) -> PresentedToken | None:
    """Return the access token that the present request shows to the realm, taken once and kept.

    It is the first non-empty of query, Bearer, own header, cookie; no fall-through (rules-platform §2.2)."""
    tokens: dict[str, PresentedToken | None] = g.tokens
    if realm not in tokens:
        tokens[realm] = _take(realm)
    return tokens[realm]


def first_value(values: MultiDict[str, str], name: str) -> str | None:
    """Return the first value of that name, None when there is none.

    werkzeug's own `get` makes an exception for each name that is missing, and every request asks for many."""
    return values[name] if name in values else None  # noqa: SIM401 - `get` is slower, see above


def _take(realm: str) -> PresentedToken | None:
    if value := first_value(request.args, "access_token"):
        return PresentedToken(value, "query")
    name = token_name(realm)
    if value := bearer_token() or request.headers.get(name):
        return PresentedToken(value, "header")
    if value := first_value(request.cookies, name):
        return PresentedToken(value, "cookie")
    return None
