"""In-process caches that are never stale: every entry stands under the version marks of the objects it was made of.

Bounded by weight; the marks are shared by all processes (app/data/versions.py)."""
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, TypeVar

from app.data.changes import version_key
from app.data.versions import CacheVersions

T = TypeVar("T")


class VersionedCache:
    """Entries die with the marks they were made under, or with their time; the oldest makes room.

    `weigh` says what an entry counts of `size`, by default one."""

    def __init__(self, board: CacheVersions, size: int, weigh: Callable[[Any], int] = lambda _: 1) -> None:
        self._board = board
        self._size = size
        self._weigh = weigh
        self._weight = 0
        self._entries: OrderedDict[Hashable, tuple[tuple[int, ...], float, Any]] = OrderedDict()
        self._lock = Lock()

    def get_or_make(self, key: Hashable, made_of: Sequence[Any], make: Callable[[], T], seconds: float = 300) -> T:
        """Return the entry of `key`, made by `make` unless a valid one is there."""
        return self.look_up(key, made_of, make, lambda _: seconds)[0]

    def look_up(self, key: Hashable, made_of: Sequence[Any], make: Callable[[], T],
                seconds: Callable[[T], float]) -> tuple[T, bool]:
        """Return the entry and whether it came from the cache; `made_of` are models or names of marks.

        `seconds` says of what was made how long it may be kept."""
        marks = self._board.read(*[source if isinstance(source, str) else version_key(source) for source in made_of])
        found = self._entries.get(key)
        if found is not None and found[0] == marks and found[1] > time.monotonic():
            return found[2], True
        made = make()
        with self._lock:
            self._drop(key)
            self._entries[key] = (marks, time.monotonic() + seconds(made), made)
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
