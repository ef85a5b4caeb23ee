"""Cache versions in Redis, where several machines serve one database; on one machine nothing here is imported."""
import os
from collections.abc import Sequence
from typing import Any

from flask import g, has_request_context
from redis import RedisError
from redis.connection import AbstractConnection

from app.redis_breaker import RedisBreaker

_REDIS_KEY = "guildhall:versions"
_EVERYTHING = "*"
_PATIENCE_SECONDS = 0.5


class RedisVersions:
    """Versions in Redis, for web servers on several machines; unreachable Redis reads as always changed.

    A request asks once: what it read, and what `expect_versions` named, is kept in `g.cache_versions` until it ends or
    invalidates one."""

    def __init__(self, breaker: RedisBreaker) -> None:
        # "Always changed" is a right answer, too: it is not worth a long wait.
        self._redis = breaker.client(socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS,
                                     redis_connect_func=self._connected)
        self._breaker = breaker
        self._missed = False
        self._salt = 0
        breaker.call_when_back(self._catch_up)

    def read(self, *names: str) -> tuple[int, ...]:
        known = _versions_of_request()
        if not known.keys() >= {*names}:
            wanted = [*dict.fromkeys([*names, *_expected()])]
            known.update(zip(wanted, self._ask(wanted), strict=True))
        return tuple([known[name] for name in names])

    def invalidate(self, *names: str) -> None:
        """An invalidation that fails comes after a commit, so it is no error: all is forgotten when Redis is back."""
        _versions_of_request().clear()
        wanted = (_EVERYTHING, *names) if self._missed else names
        versions: dict[Any, Any] = {name: int.from_bytes(os.urandom(7), "little") for name in wanted}
        try:
            self._redis.hset(_REDIS_KEY, mapping=versions)
            self._missed = False
        except (RedisError, OSError):
            self._missed = True
            self._breaker.ask_now()  # the other machines should not have to wait for the next request of this one

    def _catch_up(self) -> None:
        if self._missed:
            self.invalidate_all()

    def invalidate_all(self) -> None:
        self.invalidate(_EVERYTHING)

    def _ask(self, names: Sequence[str]) -> list[int]:
        self._catch_up()
        try:
            everything, *own = self._redis.hmget(_REDIS_KEY, [_EVERYTHING, *names])
        except (RedisError, OSError):
            return [int.from_bytes(os.urandom(8), "little") for _ in names]
        if everything is None:  # Redis lost its versions: keys that were never invalidated must not look as before
            self.invalidate_all()
            return [int.from_bytes(os.urandom(8), "little") for _ in names]
        return [self._salt ^ int(everything) ^ int(version or 0) for version in own]

    def _connected(self, connection: AbstractConnection) -> None:
        """Believe nothing made before a new connection: a Redis that restarts may have lost its last second."""
        connection.on_connect()
        self._salt = int.from_bytes(os.urandom(8), "little")


def _versions_of_request() -> dict[str, int]:
    """Return what the present request has read, {} outside requests: a process that never ends must ask again."""
    known: dict[str, int] | None = g.get("cache_versions") if has_request_context() else None
    return {} if known is None else known


def _expected() -> Sequence[str]:
    return g.get("expected_versions", ()) if has_request_context() else ()
