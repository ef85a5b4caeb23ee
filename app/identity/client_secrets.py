"""The secrets and tokens of OAuth2 clients: random enough that a plain hash of them can be stored."""
import hashlib
import secrets

TOKEN_PREFIX = "guildhall-client-"
"""What tokens of API clients begin with: no token of a person does. Who looks for leaked ones finds them."""


def new_secret() -> str:
    """Return a secret or token of 256 random bits; random enough that a plain SHA-256 of it can be stored."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret or token in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
