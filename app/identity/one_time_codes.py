"""Secret codes of the verification services (rules-platform §3.5): six digits, one active per subject, used once.

They live in Redis as keyed hashes; issue and consume are one atomic script each, so twenty rivals make one success."""
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

# KEYS[1] step; ARGV: now, fingerprint, lifetime, resend window, memory (ms). Returns {codeIndex, 0} or {0, ms to wait}.
_ISSUE = """
local now, resend = tonumber(ARGV[1]), tonumber(ARGV[4])
local since = now - tonumber(redis.call('HGET', KEYS[1], 'sent_at') or '-1e15')
if since >= 0 and since < resend then return {0, resend - since} end
local index = redis.call('HINCRBY', KEYS[1], 'index', 1)
redis.call('HSET', KEYS[1], 'print', ARGV[2], 'sent_at', ARGV[1], 'expires_at', now + tonumber(ARGV[3]), 'tries', 0)
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[3]) + tonumber(ARGV[5]))
return {index, 0}
"""

# KEYS[1] step; ARGV: now, fingerprint, most tries. Prints are keyed hashes: comparing them leaks no digit in its time.
_CONSUME = """
local print = redis.call('HGET', KEYS[1], 'print')
if not print then return 'absent' end
if tonumber(ARGV[1]) >= tonumber(redis.call('HGET', KEYS[1], 'expires_at')) then return 'expired' end
if tonumber(redis.call('HGET', KEYS[1], 'tries')) >= tonumber(ARGV[3]) then return 'expired' end
if print == ARGV[2] then
  redis.call('HDEL', KEYS[1], 'print')
  return 'consumed'
end
redis.call('HINCRBY', KEYS[1], 'tries', 1)
return 'mismatch'
"""


class CodeRefused(Exception):
    """The code does not open the step: reason is absent, expired (or tried too often) or mismatch."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CodeSentRecently(Exception):
    """A code went out within the resend window."""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A fresh code, its index on the message, and the moment it was made (epoch milliseconds)."""

    secret: str
    index: int
    time_stamp: int


class OneTimeCodes:
    """Issues and consumes the codes of every realm."""

    def __init__(self, redis: Redis, app_secret: str, max_tries: int, resend_seconds: int) -> None:
        self._app_secret = app_secret
        self._max_tries = max_tries
        self._resend_ms = resend_seconds * 1000
        self._issue = redis.register_script(_ISSUE)
        self._consume = redis.register_script(_CONSUME)

    def issue(self, *subject: str, lifetime: int) -> IssuedCode:
        """Replace the subject's code by one valid for `lifetime` seconds; raises CodeSentRecently, Unavailable."""
        secret = f"{secrets.randbelow(1_000_000):06d}"
        moment = _epoch_ms()
        arguments: list[str | int] = [moment, self._fingerprint(subject, secret), lifetime * 1000, self._resend_ms,
                                      _INDEX_MEMORY_MS]
        with _redis_needed():
            index, wait = self._issue(keys=[_key(subject)], args=arguments)
        if wait:
            raise CodeSentRecently
        return IssuedCode(secret, int(index), moment)

    def consume(self, *subject: str, secret: str) -> None:
        """Use the subject's code up; raises CodeRefused, and after too many wrong tries refuses the right one too."""
        arguments: list[str | int] = [_epoch_ms(), self._fingerprint(subject, secret), self._max_tries]
        with _redis_needed():
            verdict = self._consume(keys=[_key(subject)], args=arguments)
        verdict = verdict.decode() if isinstance(verdict, bytes) else verdict
        if verdict != "consumed":
            raise CodeRefused(verdict)

    def _fingerprint(self, subject: tuple[str, ...], secret: str) -> str:
        return fingerprint(self._app_secret, "verification-code", "\x00".join((*subject, secret)))


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


def packed_code(secret: str, app_secret: str, *, readable: bool) -> dict[str, str]:
    """Return the code as an event may carry it: readable in test mode, else sealed (rules-platform §7.4)."""
    return {"secretCode": secret} if readable else {"sealedCode": seal(app_secret, "verification-event", secret)}


def unpacked_code(payload: dict[str, Any], app_secret: str) -> str:
    """Return the code of a `…-start` event's payload, for the message to the user; raises DecryptionFailed."""
    if "sealedCode" in payload:
        return unseal(app_secret, "verification-event", payload["sealedCode"])
    return str(payload["secretCode"])
