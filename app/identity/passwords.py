"""Passwords: argon2id at the cost measured for this house (19 MiB, 2 passes, 1 lane: about 20 ms).

An unknown account costs the same as a wrong password, so that the time of an answer tells nobody who has an account."""
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MAX_PASSWORD_LENGTH = 255

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
# Hash of a random secret nobody kept: what a login of an unknown account is compared with.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Sj29LhzOAyTZGWNSFWlRQQ$PoVRMqX8SYkheIyRaGX5Xtc26DdC/b7mBqoBM1MGPyM"


@dataclass(frozen=True, slots=True)
class ChosenPassword:
    """A password somebody wants, hashed before the transaction; a weak one is refused within, after 404 and 403."""

    hash: str
    weakness: str | None


def hash_password(plain: str) -> str:
    """Return the argon2id hash of `plain`, parameters and salt included."""
    return _hasher.hash(_octets(plain))


def choose_password(plain: str, min_length: int) -> ChosenPassword:
    """Return a chosen password as a command takes it: hashed, unless the policy holds something against it."""
    weakness = password_weakness(plain, min_length)
    return ChosenPassword("" if weakness else hash_password(plain), weakness)


def password_matches(stored: str | None, plain: str) -> bool:
    """Tell whether `plain` belongs to `stored`; None (no such account) costs one verification and is never a match."""
    try:
        matches = _hasher.verify(stored or _NOBODY, _octets(plain))
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


def needs_rehash(stored: str) -> bool:
    """Tell whether `stored` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def password_weakness(plain: str, min_length: int) -> str | None:
    """Return what the password policy holds against `plain`, or None (rules-platform §3.6: at least `min_length`)."""
    if len(plain) < min_length:
        return f"must have at least {min_length} characters"
    if len(plain) > MAX_PASSWORD_LENGTH:
        return f"must have at most {MAX_PASSWORD_LENGTH} characters"
    return None


def _octets(plain: str) -> bytes:
    # JSON may carry a lone surrogate; it is as good a password character as any, not a crash.
    return plain.encode("utf-8", "surrogatepass")
