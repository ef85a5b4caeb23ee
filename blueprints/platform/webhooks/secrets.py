"""The secrets that sign: shown once, kept sealed, and of two that live at most each signs (FD-17)."""
import base64
import secrets
from typing import Any

from app.clock import now
from app.identity.encryption import seal, unseal
from app.runtime import runtime

_PURPOSE = "webhook secret"
_BYTES = 32


def new_secret() -> str:
    """Return a secret in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sealed(secret: str) -> str:
    """Return the secret as it is stored."""
    return seal(runtime().settings.secret_key, _PURPOSE, secret)


def live_secrets(endpoint: Any) -> tuple[str, ...]:
    """Return the secrets of an endpoint's row that sign now, the newest first; raises DecryptionFailed."""
    stored = [endpoint.secret]
    if endpoint.former_secret and endpoint.former_until and endpoint.former_until > now():
        stored.append(endpoint.former_secret)
    return tuple(unseal(runtime().settings.secret_key, _PURPOSE, one) for one in stored)
