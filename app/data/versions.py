"""Version marks every process sees at once, so that in-process caches can be trusted.

A cache entry is valid while the marks it was made under are unchanged; whoever changes the truth bumps the mark
after the commit. Marks are random, never counted: two racing bumps cannot restore an old value."""
import mmap
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from redis import Redis, RedisError

SLOTS = 16_384
_REDIS_KEY = "guildhall:versions"
_EVERYTHING = "*"


class VersionBoard(Protocol):
    """Named marks shared by all processes; equal marks mean nothing changed in between."""

    def read(self, *names: str) -> tuple[int, ...]:
        """Return the present mark of each name."""

    def bump(self, *names: str) -> None:
        """Give each name a new mark."""

    def bump_all(self) -> None:
        """Forget everything: a process that starts cannot know which bumps a killed one left out."""


@lru_cache(maxsize=SLOTS)  # every user has a name of its own
def _slot(name: str) -> int:
    return crc32(name.encode()) % SLOTS


class SharedMemoryBoard:
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


class RedisBoard:
    """Marks in Redis, for web servers on several machines; unreachable Redis reads as always changed."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._missed = False

    def read(self, *names: str) -> tuple[int, ...]:
        if self._missed:
            self.bump_all()
        try:
            marks = self._redis.hmget(_REDIS_KEY, [_EVERYTHING, *names])
        except (RedisError, OSError):
            return tuple(int.from_bytes(os.urandom(8), "little") for _ in names)
        everything, *own = [int(mark or 0) for mark in marks]
        return tuple([everything ^ mark for mark in own])

    def bump(self, *names: str) -> None:
        """A bump that fails comes after a commit, so it is not an error: everything is forgotten when Redis is back."""
        wanted = (_EVERYTHING, *names) if self._missed else names
        marks: dict[Any, Any] = {name: int.from_bytes(os.urandom(7), "little") for name in wanted}
        try:
            self._redis.hset(_REDIS_KEY, mapping=marks)
            self._missed = False
        except (RedisError, OSError):
            self._missed = True

    def bump_all(self) -> None:
        self.bump(_EVERYTHING)
