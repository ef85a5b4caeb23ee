"""Secret codes of the verification services (rules-platform §3.5): six digits, one active per subject, used once.

With each goes a long secret for the link in the letter. Both live in Redis as keyed hashes; issue and consume are one
atomic script each, so twenty rivals make one success."""
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from app.clock import now
from app.errors import Unavailable
from app.identity.encryption import fingerprint, seal, unseal

# How long codeIndex is remembered after a code has expired: a message may be late, its index must not repeat.
_INDEX_MEMORY_MS = 86_400_000
_LINK_BYTES, _LINK_LENGTH = 32, 43

# KEYS[1] step; ARGV: now, print of the code, print of the link, bound, lifetime, resend window, memory (ms).
# Returns {codeIndex, 0} or {0, ms to wait}. What is bound to something else now has no window to wait for.
# Of two at once, whoever comes second may have looked at the clock first.
_ISSUE = """
local now, resend = tonumber(ARGV[1]), tonumber(ARGV[6])
local since = now - tonumber(redis.call('HGET', KEYS[1], 'sent_at') or '-1e15')
if math.abs(since) < resend and redis.call('HGET', KEYS[1], 'bound') == ARGV[4] then
  return {0, resend - math.max(since, 0)}
end
local index = tonumber(redis.call('HGET', KEYS[1], 'index') or '0') + 1
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'index', index, 'print', ARGV[2], 'link', ARGV[3], 'bound', ARGV[4], 'sent_at', ARGV[1],
  'expires_at', now + tonumber(ARGV[5]))
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[5]) + tonumber(ARGV[7]))
return {index, 0}
"""

# KEYS[1] step; ARGV: now, print, bound, field it is compared with, most tries, who tries, 1 to use it up.
# Prints are keyed hashes: comparing them leaks no digit in its time. Only codes are counted: a link cannot be guessed.
_CHECK = """
local print = redis.call('HGET', KEYS[1], ARGV[4])
if not print or redis.call('HGET', KEYS[1], 'bound') ~= ARGV[3] then return 'absent' end
if tonumber(ARGV[1]) >= tonumber(redis.call('HGET', KEYS[1], 'expires_at')) then return 'expired' end
local tries = tonumber(redis.call('HGET', KEYS[1], ARGV[6]) or '0')
if ARGV[4] == 'print' and tries >= tonumber(ARGV[5]) then return 'expired' end
if print == ARGV[2] then
  if ARGV[7] == '1' then redis.call('HDEL', KEYS[1], 'print', 'link') end
  return 'good'
end
if ARGV[4] == 'print' then redis.call('HINCRBY', KEYS[1], ARGV[6], 1) end
return 'mismatch'
"""


class CodeRefused(Exception):
    """The code does not open the step: reason is absent, expired (or tried too often from there) or mismatch."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CodeSentRecently(Exception):
    """A code went out within the resend window."""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A fresh code, the secret of its link, its index on the message, and when it was made (epoch milliseconds)."""

    secret: str
    link_secret: str
    index: int
    time_stamp: int


class OneTimeCodes:
    """Issues and consumes the codes of every realm.

    A code is `bound` to what it was issued for (decision 45): with another text in its place it is absent."""

    def __init__(self, redis: Redis, app_secret: str, max_tries: int, resend_seconds: int) -> None:
        self._app_secret = app_secret
        self._max_tries = max_tries
        self._resend_ms = resend_seconds * 1000
        self._issue = redis.register_script(_ISSUE)
        self._check = redis.register_script(_CHECK)

    def issue(self, *subject: str, bound: str, lifetime: int) -> IssuedCode:
        """Replace the subject's code by one valid for `lifetime` seconds; raises CodeSentRecently, Unavailable."""
        secret, link_secret = f"{secrets.randbelow(1_000_000):06d}", secrets.token_urlsafe(_LINK_BYTES)
        moment = _epoch_ms()
        arguments: list[str | int] = [
            moment, self._print(subject, secret), self._print(subject, link_secret), self._bound(bound),
            lifetime * 1000, self._resend_ms, _INDEX_MEMORY_MS]
        with _redis_needed():
            index, wait = self._issue(keys=[_key(subject)], args=arguments)
        if wait:
            raise CodeSentRecently
        return IssuedCode(secret, link_secret, int(index), moment)

    def check(self, *subject: str, secret: str, bound: str, address: str) -> None:
        """Raise CodeRefused unless the subject's code is this one; a wrong code counts for the address it came from.

        After too many wrong tries from an address the right code is refused from there, too; the link is not."""
        self._compare(subject, secret, bound, address, use=False)

    def consume(self, *subject: str, secret: str, bound: str, address: str) -> None:
        """Do the same and use the code up, and its link with it."""
        self._compare(subject, secret, bound, address, use=True)

    def _compare(self, subject: tuple[str, ...], secret: str, bound: str, address: str, *, use: bool) -> None:
        digest = hashlib.blake2b(address.encode(), digest_size=16).hexdigest()
        arguments: list[str | int] = [
            _epoch_ms(), self._print(subject, secret), self._bound(bound),
            "link" if is_link_secret(secret) else "print", self._max_tries, f"tries:{digest}", int(use)]
        with _redis_needed():
            verdict = self._check(keys=[_key(subject)], args=arguments)
        verdict = verdict.decode() if isinstance(verdict, bytes) else verdict
        if verdict != "good":
            raise CodeRefused(verdict)

    def _print(self, subject: tuple[str, ...], secret: str) -> str:
        return fingerprint(self._app_secret, "verification-code", "\x00".join((*subject, secret)))

    def _bound(self, bound: str) -> str:
        return fingerprint(self._app_secret, "verification-bound", bound)


def is_link_secret(secret: str) -> bool:
    """Tell whether this is the long secret of a link, which needs no limit of tries."""
    return len(secret) == _LINK_LENGTH


def _key(subject: tuple[str, ...]) -> str:
    return "code:" + ":".join(subject)


def _epoch_ms() -> int:
    return int(now().timestamp() * 1000)


@contextmanager
def _redis_needed() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise Unavailable("Verification codes are out of reach for the moment") from error


def packed_code(code: IssuedCode, app_secret: str, *, readable: bool) -> dict[str, str]:
    """Return the secrets as an event may carry them: readable in test mode, else sealed (rules-platform §7.4)."""
    if readable:
        return {"secretCode": code.secret, "linkSecret": code.link_secret}
    return {"sealedCode": seal(app_secret, "verification-event", code.secret),
            "sealedLink": seal(app_secret, "verification-event", code.link_secret)}


def unpacked_code(payload: dict[str, Any], app_secret: str) -> str:
    """Return the code of a `…-start` event's payload, for the message to the user; raises DecryptionFailed."""
    return _unpacked(payload, app_secret, "secretCode", "sealedCode")


def unpacked_link_secret(payload: dict[str, Any], app_secret: str) -> str:
    """Return the long secret of the same; blank in an event from before there was one."""
    return _unpacked(payload, app_secret, "linkSecret", "sealedLink")


def _unpacked(payload: dict[str, Any], app_secret: str, readable: str, sealed: str) -> str:
    if sealed in payload:
        return unseal(app_secret, "verification-event", payload[sealed])
    return str(payload.get(readable, ""))
