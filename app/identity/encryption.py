"""Keys derived from the one application secret, and the seal that keeps secrets unreadable at rest.

Each purpose has its own key, so that a value sealed for one use opens nowhere else."""
import base64
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded with the first secret that is encrypted
    from cryptography.fernet import Fernet


class DecryptionFailed(ValueError):
    """The sealed text was not made with this application secret for this purpose."""


@lru_cache(maxsize=64)
def purpose_key(app_secret: str, purpose: str) -> bytes:
    """Return the 32-byte key that belongs to one purpose."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"guildhall/{purpose}".encode())
    return derivation.derive(app_secret.encode())


def fingerprint(app_secret: str, purpose: str, value: str | bytes) -> str:
    """Return the keyed hash of a short secret (64 hex), safe to store: without the key it cannot be guessed through."""
    message = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return hmac.digest(purpose_key(app_secret, purpose), message, "sha256").hex()


def seal(app_secret: str, purpose: str, plain: str) -> str:
    """Return `plain` encrypted and authenticated, as text."""
    return _fernet(app_secret, purpose).encrypt(plain.encode()).decode()


def unseal(app_secret: str, purpose: str, sealed: str) -> str:
    """Return what was sealed; raises DecryptionFailed."""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet(app_secret, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise DecryptionFailed(f"cannot open a seal made for {purpose}") from error


def _fernet(app_secret: str, purpose: str) -> "Fernet":
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(purpose_key(app_secret, purpose)))
