"""Tickets: an EventSource of a browser can send no header, and a token in an address is written down on its way.

A ticket stands for an access token once, for a minute; Redis keeps a hash of it, and the token sealed."""
import secrets

from redis.exceptions import RedisError

from app.errors import Unavailable
from app.identity.encryption import fingerprint, seal, unseal
from app.runtime import runtime

SECONDS = 60
_BYTES = 32
_LONGEST = 64
_PURPOSE = "stream ticket"


def issue_ticket(realm: str, token: str) -> str:
    """Return a new ticket for the token; raises Unavailable while Redis is away."""
    ticket, secret = secrets.token_urlsafe(_BYTES), runtime().settings.secret_key
    try:
        runtime().redis.set(_key(realm, ticket), seal(secret, _PURPOSE, token), ex=SECONDS)
    except (RedisError, OSError):
        raise Unavailable("errMsg_TicketsUnavailable") from None
    return ticket


def redeem_ticket(realm: str, ticket: str) -> str | None:
    """Return the token that the ticket stands for, and forget the ticket; None for one that is used, old or invented.

    Raises Unavailable while Redis is away."""
    if not 0 < len(ticket) <= _LONGEST:
        return None
    try:
        sealed = runtime().redis.getdel(_key(realm, ticket))
    except (RedisError, OSError):
        raise Unavailable("errMsg_TicketsUnavailable") from None
    if sealed is None:
        return None
    text = sealed.decode() if isinstance(sealed, bytes) else str(sealed)
    return unseal(runtime().settings.secret_key, _PURPOSE, text)


def _key(realm: str, ticket: str) -> str:
    return f"guildhall:stream-ticket:{realm}:{fingerprint(runtime().settings.secret_key, _PURPOSE, ticket)}"
