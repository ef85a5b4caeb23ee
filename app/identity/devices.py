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


def device_token(app_secret: str, realm: str, user_id: str, password_hash: str) -> str:
    """Return a fresh token for a device that has just logged in to the account with the password of this hash."""
    said = f"{secrets.token_hex(16)}.{int(now().timestamp())}"
    return f"{said}.{_signature(app_secret, realm, user_id, password_hash, said)}"


def known_device(app_secret: str, realm: str, user_id: str, password_hash: str, token: str) -> str | None:
    """Return the device's id when the token is genuine and its login at most 30 days ago, else None.

    None also once the account has another password: who knew the former one may hold any number of such tokens, and
    each would be counted for itself."""
    said, _, signature = token.rpartition(".")
    if not compare_digest(signature.encode(), _signature(app_secret, realm, user_id, password_hash, said).encode()):
        return None
    device, _, seconds = said.partition(".")
    age = now().timestamp() - int(seconds)
    return device if age <= DEVICE_LIFETIME.total_seconds() else None


def _signature(app_secret: str, *about: str) -> str:
    return fingerprint(app_secret, "login-device", "\x00".join(about))
