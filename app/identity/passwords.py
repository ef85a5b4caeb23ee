"""Passwords: argon2id at the cost measured for this house (19 MiB, 2 passes, 1 lane: about 20 ms), and what is weak.

An unknown account costs the same as a wrong password, so that the time of an answer tells nobody who has an account."""
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unicodedata import normalize

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MAX_PASSWORD_LENGTH = 255
# The 10,000 most used of the list that zxcvbn 4.5.0 (MIT licence) carries, folded, without what is too short to matter.
_COMMON = Path(__file__).parent / "common_passwords.txt"

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
# Hash of a random secret nobody kept: what a login of an unknown account is compared with.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Sj29LhzOAyTZGWNSFWlRQQ$PoVRMqX8SYkheIyRaGX5Xtc26DdC/b7mBqoBM1MGPyM"


@dataclass(frozen=True, slots=True)
class ChosenPassword:
    """A password somebody wants, hashed before the transaction; a weak one is refused within, after 404 and 403."""

    hash: str
    weakness: str | None


def hash_password(plain: str) -> str:
    """Return the argon2id hash of `plain` in NFC, parameters and salt included: one password, however it was typed."""
    return _hasher.hash(_octets(normalize("NFC", plain)))


def choose_password(plain: str, min_length: int, personal: Iterable[str]) -> ChosenPassword:
    """Return a chosen password as a command takes it: hashed, unless the policy holds something against it."""
    weakness = password_weakness(plain, min_length, personal)
    return ChosenPassword("" if weakness else hash_password(plain), weakness)


def password_matches(stored: str | None, plain: str) -> bool:
    """Tell whether `plain` belongs to `stored`; None (no such account) costs the same and is never a match.

    Hashes from before passwords were normalised were made of what was typed: those forms are tried after NFC."""
    matches = any(_verifies(stored or _NOBODY, form) for form in _forms(plain))
    return matches and stored is not None


def renewed_hash(stored: str, plain: str) -> str:
    """Return the hash to keep of the password that has just matched: a new one where `stored` is of an older kind."""
    is_current = not needs_rehash(stored) and (len(_forms(plain)) == 1 or _verifies(stored, normalize("NFC", plain)))
    return stored if is_current else hash_password(plain)


def needs_rehash(stored: str) -> bool:
    """Tell whether `stored` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def password_weakness(plain: str, min_length: int, personal: Iterable[str]) -> str | None:
    """Return what the password policy holds against `plain`, or None (rules-platform §3.6, decision 55).

    `personal` is what everybody knows of the person: name and e-mail. Lengths are characters after NFC."""
    password = normalize("NFC", plain)
    if len(password) < min_length:
        return f"must have at least {min_length} characters"
    if len(password) > MAX_PASSWORD_LENGTH:
        return f"must have at most {MAX_PASSWORD_LENGTH} characters"
    if _is_listed(password):
        return "is one of the most used passwords"
    if _is_personal(password, personal):
        return "is your name or your e-mail address"
    return None


def _is_listed(password: str) -> bool:
    """Tell whether all of it, as it is or without digits and signs, is a common one, or one character repeated."""
    folded = _folded(password)
    return len(set(folded)) < 2 or not _common_passwords().isdisjoint({folded, _letters(folded)})


def _is_personal(password: str, personal: Iterable[str]) -> bool:
    known = {form for text in personal for part in (text, text.partition("@")[0])
             for form in (_folded(part), _letters(_folded(part)))} - {""}
    return not known.isdisjoint({_folded(password), _letters(_folded(password))})


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").split())


def _folded(text: str) -> str:
    return normalize("NFKC", text).casefold().strip()


def _letters(folded: str) -> str:
    return "".join(character for character in folded if character.isalpha())


def _forms(plain: str) -> list[str]:
    return list(dict.fromkeys((normalize("NFC", plain), plain, normalize("NFD", plain))))


def _verifies(stored: str, plain: str) -> bool:
    try:
        return _hasher.verify(stored, _octets(plain))
    except (VerificationError, InvalidHashError):
        return False


def _octets(plain: str) -> bytes:
    # JSON may carry a lone surrogate; it is as good a password character as any, not a crash.
    return plain.encode("utf-8", "surrogatepass")
