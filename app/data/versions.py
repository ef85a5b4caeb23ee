"""Version marks every process sees at once, so that in-process caches can be trusted.

A cache entry is valid while the marks it was made under are unchanged; whoever changes the truth bumps the mark
after the commit. Marks are random, never counted: two racing bumps cannot restore an old value."""
import mmap
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from flask import g, has_request_context
from redis import Redis, RedisError
from redis.connection import AbstractConnection

SLOTS = 16_384
_REDIS_KEY = "guildhall:versions"
_EVERYTHING = "*"
_PATIENCE_SECONDS = 0.5


class CacheVersions(Protocol):
    """Named marks shared by all processes; equal marks mean nothing changed in between."""

    def read(self, *names: str) -> tuple[int, ...]:
        """Return the present mark of each name."""

    def bump(self, *names: str) -> None:
        """Give each name a new mark."""

    def bump_all(self) -> None:
        """Forget everything: a process that starts cannot know which bumps a killed one left out."""


def expect(names: Sequence[str]) -> None:
    """Say which marks the present request will ask for, so that its first read of Redis brings them all."""
    g.expected_marks = names


@lru_cache(maxsize=SLOTS)  # every user has a name of its own
def _slot(name: str) -> int:
    return crc32(name.encode()) % SLOTS


class SharedMemoryVersions:
    """Marks in a file mapped by all processes of one machine; a read costs well under a microsecond.

    Names share slots by hash: a collision only invalidates more than needed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < SLOTS * 8:
                os.ftruncate(descriptor, SLOTS * 8)
            self._memory = mmap.mmap(descriptor, SLOTS * 8)
        finally:
            os.close(descriptor)
        self._marks = memoryview(self._memory).cast("Q")

    def read(self, *names: str) -> tuple[int, ...]:
        marks = self._marks
        return tuple([marks[_slot(name)] for name in names])

    def bump(self, *names: str) -> None:
        for name in names:
            self._marks[_slot(name)] = int.from_bytes(os.urandom(8), "little")

    def bump_all(self) -> None:
        self._memory[:] = os.urandom(SLOTS * 8)


class RedisVersions:
    """Marks in Redis, for web servers on several machines; unreachable Redis reads as always changed.

    A request asks once: what it read, and what `expect` named, is kept in `g.marks` until it ends or bumps one."""

    def __init__(self, url: str) -> None:
        # A patient client would hold every request up while Redis hangs; "always changed" is a right answer, too.
        self._redis = Redis.from_url(url, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS,
                                     retry=None, redis_connect_func=self._connected)
        self._missed = False
        self._salt = 0

    def read(self, *names: str) -> tuple[int, ...]:
        known = _marks_of_request()
        if not known.keys() >= {*names}:
            wanted = [*dict.fromkeys([*names, *_expected()])]
            known.update(zip(wanted, self._ask(wanted), strict=True))
        return tuple([known[name] for name in names])

    def bump(self, *names: str) -> None:
        """A bump that fails comes after a commit, so it is not an error: everything is forgotten when Redis is back."""
        _marks_of_request().clear()
        wanted = (_EVERYTHING, *names) if self._missed else names
        marks: dict[Any, Any] = {name: int.from_bytes(os.urandom(7), "little") for name in wanted}
        try:
            self._redis.hset(_REDIS_KEY, mapping=marks)
            self._missed = False
        except (RedisError, OSError):
            self._missed = True

    def bump_all(self) -> None:
        self.bump(_EVERYTHING)

    def _ask(self, names: Sequence[str]) -> list[int]:
        if self._missed:
            self.bump_all()
        try:
            everything, *own = self._redis.hmget(_REDIS_KEY, [_EVERYTHING, *names])
        except (RedisError, OSError):
            return [int.from_bytes(os.urandom(8), "little") for _ in names]
        if everything is None:  # Redis lost its marks: those that were never bumped must not look as they did before
            self.bump_all()
            return [int.from_bytes(os.urandom(8), "little") for _ in names]
        return [self._salt ^ int(everything) ^ int(mark or 0) for mark in own]

    def _connected(self, connection: AbstractConnection) -> None:
        """Believe nothing made before a new connection: a Redis that restarts may have lost its last second."""
        connection.on_connect()
        self._salt = int.from_bytes(os.urandom(8), "little")


def _marks_of_request() -> dict[str, int]:
    """Return what the present request has read, {} outside requests: a process that never ends must ask again."""
    known: dict[str, int] | None = g.get("marks") if has_request_context() else None
    return {} if known is None else known


def _expected() -> Sequence[str]:
    return g.get("expected_marks", ()) if has_request_context() else ()
