"""Throttles for guessing: how many attempts a subject has, or how far apart; counted in Redis by atomic scripts.

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

# Both scripts return {ms to wait, 1 for the first refusal since the count began}; {0, 0}: the attempt was counted.
# Rivals arrive in another order than they read the clock, and clocks of machines differ: only what lies further back
# than this is a clock that was set back, which must not lock anybody out for long.
_SKEW_MS = 60_000
# KEYS[1] counter; ARGV: now, most, window, skew (ms).
_TAKE = """
local now, most, window, skew = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local taken = tonumber(redis.call('HGET', KEYS[1], 'taken') or '0')
local resets_at = tonumber(redis.call('HGET', KEYS[1], 'resets_at') or '0')
if now >= resets_at or resets_at - now > window + skew then
  taken, resets_at = 0, now + window
  redis.call('HDEL', KEYS[1], 'refused')
end
if taken >= most then return {resets_at - now, redis.call('HSETNX', KEYS[1], 'refused', 1)} end
redis.call('HSET', KEYS[1], 'taken', taken + 1, 'resets_at', resets_at)
redis.call('PEXPIRE', KEYS[1], window)
return {0, 0}
"""
# KEYS[1] counter; ARGV: now, free, first, longest, window, skew (ms).
_SPACE = """
local now, free, first = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local longest, window, skew = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local taken = tonumber(redis.call('HGET', KEYS[1], 'taken') or '0')
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or '0')
if now < last - skew or now - last >= window then
  taken = 0
  redis.call('HDEL', KEYS[1], 'refused')
end
if taken >= free then
  local due = last + math.min(first * 2 ^ math.min(taken - free, 30), longest)
  if now < due then return {due - now, redis.call('HSETNX', KEYS[1], 'refused', 1)} end
end
redis.call('HSET', KEYS[1], 'taken', taken + 1, 'last', now)
redis.call('PEXPIRE', KEYS[1], window)
return {0, 0}
"""
# KEYS[1] counter.
_GIVE_BACK = """
if tonumber(redis.call('HGET', KEYS[1], 'taken') or '0') > 0 then redis.call('HINCRBY', KEYS[1], 'taken', -1) end
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts of one kind per subject within `window` seconds."""

    name: str
    most: int
    window: int


@dataclass(frozen=True, slots=True)
class Delay:
    """After `free` attempts each further one waits `first` seconds behind the last, doubling up to `longest`.

    `window` seconds after the last attempt all are forgotten. It slows guessing down and locks nobody out
    (decisions 43 and 54)."""

    name: str
    free: int
    first: int
    longest: int
    window: int


Bound = Limit | Delay


class Throttled(TooManyRequests):
    """A throttle is closed; `is_first` for the first refusal since its count began, which is worth a record."""

    def __init__(self, name: str, retry_after: int, *, is_first: bool) -> None:
        super().__init__(f"errMsg_{name}TooManyAttempts", retry_after)
        self.throttle = name
        self.is_first = is_first


class LoginThrottle:
    """Counts attempts of all workers together."""

    def __init__(self, redis: Redis, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._redis = redis
        self._take = redis.register_script(_TAKE)
        self._space = redis.register_script(_SPACE)
        self._give_back = redis.register_script(_GIVE_BACK)

    def take(self, bound: Bound, *subject: str) -> None:
        """Count one attempt of the subject; raises Throttled (429, Retry-After), which does not count."""
        if not self._enabled:
            return
        moment, key = int(now().timestamp() * 1000), _key(bound, subject)
        try:
            if isinstance(bound, Limit):
                wait, first = self._take(keys=[key], args=[moment, bound.most, bound.window * 1000, _SKEW_MS])
            else:
                wait, first = self._space(keys=[key], args=[
                    moment, bound.free, *(seconds * 1000 for seconds in (bound.first, bound.longest, bound.window)),
                    _SKEW_MS])
        except RedisError:
            log.warning("throttle %s is open: Redis cannot be reached", bound.name)
            return
        if wait > 0:
            raise Throttled(bound.name, math.ceil(wait / 1000), is_first=bool(first))

    def take_all(self, *attempts: tuple[Bound, tuple[str, ...]]) -> None:
        """Count one attempt under each bound, or under none: raises Throttled when one of them is closed."""
        for number, (bound, subject) in enumerate(attempts):
            try:
                self.take(bound, *subject)
            except Throttled:
                self.give_back(*attempts[:number])
                raise

    def give_back(self, *attempts: tuple[Bound, tuple[str, ...]]) -> None:
        """Take one attempt under each bound as not made: it was refused for another reason, or it was right."""
        for bound, subject in attempts:
            try:
                self._give_back(keys=[_key(bound, subject)])
            except RedisError:
                log.warning("throttle %s keeps its count: Redis cannot be reached", bound.name)

    def forget(self, bound: Bound, *subject: str) -> None:
        """Forget the subject's attempts: it has proved who it is."""
        try:
            self._redis.delete(_key(bound, subject))
        except RedisError:
            log.warning("throttle %s keeps its count: Redis cannot be reached", bound.name)


def _key(bound: Bound, subject: tuple[str, ...]) -> str:
    # Hashed: a subject is an address somebody typed, of any length, and no business of who reads the key list.
    digest = hashlib.blake2b("\x00".join(subject).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"throttle:{bound.name}:{digest}"
