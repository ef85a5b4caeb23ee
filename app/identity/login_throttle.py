"""Throttles for guessing: so many attempts per subject and window, counted in Redis by one atomic script.

Time is app.clock's and travels in the value; the key's expiry only tidies up. Without Redis nobody is locked out."""
import hashlib
import logging
import math
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError

from app.clock import now
from app.errors import TooManyRequests

log = logging.getLogger(__name__)

# KEYS[1] counter; ARGV: now, most, window (ms). Returns the ms to wait, 0 when the attempt was counted.
_TAKE = """
local now, most, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local taken = tonumber(redis.call('HGET', KEYS[1], 'taken') or '0')
local resets_at = tonumber(redis.call('HGET', KEYS[1], 'resets_at') or '0')
if now >= resets_at or resets_at - now > window then
  taken, resets_at = 0, now + window
end
if taken >= most then return resets_at - now end
redis.call('HSET', KEYS[1], 'taken', taken + 1, 'resets_at', resets_at)
redis.call('PEXPIRE', KEYS[1], window)
return 0
"""


# KEYS[1] counter; the count of a window that is over stays for `_TAKE` to begin anew.
_GIVE_BACK = """
if tonumber(redis.call('HGET', KEYS[1], 'taken') or '0') > 0 then redis.call('HINCRBY', KEYS[1], 'taken', -1) end
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts of one kind per subject within `window` seconds."""

    name: str
    most: int
    window: int


class LoginThrottle:
    """Counts attempts of all workers together."""

    def __init__(self, redis: Redis, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._redis = redis
        self._take = redis.register_script(_TAKE)
        self._give_back = redis.register_script(_GIVE_BACK)

    def take(self, limit: Limit, *subject: str) -> None:
        """Count one attempt of the subject; raises TooManyRequests (429, Retry-After) when its window is full."""
        if not self._enabled:
            return
        moment = int(now().timestamp() * 1000)
        try:
            wait = int(self._take(keys=[_key(limit, subject)], args=[moment, limit.most, limit.window * 1000]))
        except RedisError:
            log.warning("throttle %s is open: Redis cannot be reached", limit.name)
            return
        if wait > 0:
            raise TooManyRequests(f"errMsg_{limit.name}TooManyAttempts", retry_after=math.ceil(wait / 1000))

    def give_back(self, limit: Limit, *subject: str) -> None:
        """Uncount one attempt: it was no guess. What others of the subject guessed stays counted."""
        if not self._enabled:
            return
        try:
            self._give_back(keys=[_key(limit, subject)])
        except RedisError:
            log.warning("throttle %s keeps its count: Redis cannot be reached", limit.name)

    def forget(self, limit: Limit, *subject: str) -> None:
        """Forget the subject's attempts: it has proved who it is."""
        try:
            self._redis.delete(_key(limit, subject))
        except RedisError:
            log.warning("throttle %s keeps its count: Redis cannot be reached", limit.name)


def _key(limit: Limit, subject: tuple[str, ...]) -> str:
    # Hashed: a subject is an address somebody typed, of any length, and no business of who reads the key list.
    digest = hashlib.blake2b("\x00".join(subject).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"throttle:{limit.name}:{digest}"
