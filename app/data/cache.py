"""In-process caches that are never stale: every entry stands under the version marks of the objects it was made of.

Bounded by number; the marks are shared by all processes (app/data/versions.py)."""
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, TypeVar

from app.data.recording import mark_of
from app.data.versions import VersionBoard

T = TypeVar("T")


class VersionedCache:
    """A least-recently-used cache whose entries die with the marks they were made under, or with their time."""

    def __init__(self, board: VersionBoard, size: int) -> None:
        self._board = board
        self._size = size
        self._entries: OrderedDict[Hashable, tuple[tuple[int, ...], float, Any]] = OrderedDict()
        self._lock = Lock()

    def get_or_make(self, key: Hashable, made_of: Sequence[Any], make: Callable[[], T], seconds: float = 300) -> T:
        """Return the entry of `key`, made by `make` unless a valid one is there."""
        return self.look_up(key, made_of, make, seconds)[0]

    def look_up(self, key: Hashable, made_of: Sequence[Any], make: Callable[[], T], seconds: float) -> tuple[T, bool]:
        """Return the entry and whether it came from the cache; `made_of` are models or names of marks."""
        marks = self._board.read(*[source if isinstance(source, str) else mark_of(source) for source in made_of])
        found = self._entries.get(key)
        if found is not None and found[0] == marks and found[1] > time.monotonic():
            return found[2], True
        made = make()
        with self._lock:
            self._entries[key] = (marks, time.monotonic() + seconds, made)
            self._entries.move_to_end(key)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)
        return made, False

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
