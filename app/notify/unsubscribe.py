"""The links that switch a kind of message off without a login: what the token in them says, and where they lead.

A token is good for ever: a letter is read years later. It can do nothing but switch this one thing off (FD-25)."""
from typing import NamedTuple
from urllib.parse import urlencode

from app.identity.encryption import purpose_key
from app.runtime import runtime


class UnsubscribeRefused(Exception):
    """The token is malformed, forged, or made for another realm."""


class Subscription(NamedTuple):
    """One kind of message to one person over one channel; `name` is the template's."""

    user_id: str
    name: str
    channel: str


def unsubscribe_token(realm: str, subscription: Subscription) -> str:
    """Return the token that switches this off in the realm."""
    import jwt

    return jwt.encode(subscription._asdict(), _key(realm), algorithm="HS256")


def read_token(realm: str, token: str) -> Subscription:
    """Return what the token switches off in this realm; raises UnsubscribeRefused."""
    import jwt
    from jwt.exceptions import PyJWTError

    try:
        said = jwt.decode(token, _key(realm), algorithms=["HS256"], options={"verify_iat": False})
        return Subscription(**said)
    except (PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise UnsubscribeRefused(str(error)) from error


def unsubscribe_link(realm: str, subscription: Subscription) -> str:
    """Return the address that a letter carries: GET asks, POST acts (RFC 8058)."""
    asked = urlencode({"token": unsubscribe_token(realm, subscription)})
    return f"{runtime().settings.public_url}/{realm}/notification-service/unsubscribe?{asked}"


def _key(realm: str) -> bytes:
    return purpose_key(runtime().settings.secret_key, f"unsubscribe/{realm}")
