"""The one reader of `Authorization: Bearer …` (RFC 6750 §2.1)."""
from flask import request


def bearer_token() -> str | None:
    """Return the bearer token of the present request, None when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
