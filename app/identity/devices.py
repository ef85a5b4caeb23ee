"""Devices that have logged in: a signed text their client keeps, so that strangers do not slow an owner down.

It opens nothing: guesses from a known device are counted for themselves (decision 54)."""
import secrets
from datetime import timedelta
from hmac import compare_digest

from app.clock import now
from app.identity.encryption import fingerprint
from app.settings import REALM_CODENAMES

DEVICE_LIFETIME = timedelta(days=30)


def device_cookie(realm: str) -> str:
    """Return the name of the cookie that holds a realm's device token."""
    return f"{REALM_CODENAMES[realm]}-device"


def device_token(app_secret: str, realm: str, user_id: str) -> str:
    """Return a fresh token for a device that has just logged in to the account."""
    said = f"{secrets.token_hex(16)}.{int(now().timestamp())}"
    return f"{said}.{_signature(app_secret, realm, user_id, said)}"


def known_device(app_secret: str, realm: str, user_id: str, token: str) -> str | None:
    """Return the device's id when the token is genuine and its login at most 30 days ago, else None."""
    said, _, signature = token.rpartition(".")
    if not compare_digest(signature.encode(), _signature(app_secret, realm, user_id, said).encode()):
        return None
    device, _, seconds = said.partition(".")
    age = now().timestamp() - int(seconds)
    return device if age <= DEVICE_LIFETIME.total_seconds() else None


def _signature(app_secret: str, realm: str, user_id: str, said: str) -> str:
    return fingerprint(app_secret, "login-device", "\x00".join((realm, user_id, said)))
