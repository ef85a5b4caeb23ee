"""In-process caches that are never stale, and the cache versions, seen by every process at once, that make them so.

An entry is valid while the versions it was made under are unchanged; whoever changes the truth invalidates their keys
after the commit. Versions are random, never counted: two racing invalidations cannot restore an old value."""
import mmap
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar
from zlib import crc32

from flask import g

from app.data.version_keys import version_key

SLOTS = 16_384


class CacheVersions(Protocol):
    """One version for each key, shared by all processes; equal versions mean nothing changed in between."""

    def read(self, *names: str) -> tuple[int, ...]:
        """Return the present version of each key."""

    def invalidate(self, *names: str) -> None:
        """Give each key a new version."""

    def invalidate_all(self) -> None:
        """Forget everything: a process that starts cannot know which invalidations a killed one left out."""


def expect_versions(names: Sequence[str]) -> None:
    """Say which keys the present request will ask for, so that its first read of Redis brings them all."""
    g.expected_versions = names


@lru_cache(maxsize=SLOTS)  # every user has a key of its own
def _slot(name: str) -> int:
    return crc32(name.encode()) % SLOTS


class SharedMemoryVersions:
    """Versions in a file mapped by all processes of one machine; a read costs well under a microsecond.

    Keys share slots by hash: a collision only invalidates more than needed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < SLOTS * 8:
                os.ftruncate(descriptor, SLOTS * 8)
            self._memory = mmap.mmap(descriptor, SLOTS * 8)
        finally:
            os.close(descriptor)
        self._slots = memoryview(self._memory).cast("Q")

    def read(self, *names: str) -> tuple[int, ...]:
        versions = self._slots
        return tuple([versions[_slot(name)] for name in names])

    def invalidate(self, *names: str) -> None:
        fresh = memoryview(os.urandom(8 * len(names))).cast("Q")
        for name, version in zip(names, fresh, strict=True):
            self._slots[_slot(name)] = version

    def invalidate_all(self) -> None:
        self._memory[:] = os.urandom(SLOTS * 8)


T = TypeVar("T")


class VersionedCache:
    """Entries die with the versions they were made under, or with their time; the oldest makes room.

    `weigh` says what an entry counts of `size`, by default one."""

    def __init__(self, versions: CacheVersions, size: int, weigh: Callable[[Any], int] = lambda _: 1) -> None:
        self._versions = versions
        self._size = size
        self._weigh = weigh
        self._weight = 0
        self._entries: OrderedDict[Hashable, tuple[tuple[int, ...], float, Any]] = OrderedDict()
        self._lock = Lock()

    def get_or_make(self, key: Hashable, depends_on: Sequence[Any], make: Callable[[], T], seconds: float = 300) -> T:
        """Return the entry of `key`, made by `make` unless a valid one is there."""
        return self.look_up(key, depends_on, make, lambda _: seconds)[0]

    def look_up(self, key: Hashable, depends_on: Sequence[Any], make: Callable[[], T],
                seconds: Callable[[T], float]) -> tuple[T, bool]:
        """Return the entry and whether it came from the cache; `depends_on` are models or version keys.

        `seconds` says of what was made how long it may be kept."""
        versions = self._versions.read(*[one if isinstance(one, str) else version_key(one) for one in depends_on])
        found = self._entries.get(key)
        if found is not None and found[0] == versions and found[1] > time.monotonic():
            return found[2], True
        made = make()
        with self._lock:
            self._drop(key)
            self._entries[key] = (versions, time.monotonic() + seconds(made), made)
            self._weight += self._weigh(made)
            while self._weight > self._size:
                self._drop(next(iter(self._entries)))
        return made, False

    def _drop(self, key: Hashable) -> None:
        gone = self._entries.pop(key, None)
        if gone is not None:
            self._weight -= self._weigh(gone[2])

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._weight = 0
