"""How many rows a list has, so that counting never costs more than a twentieth of the time (decision 36).

Up to EXACT_UP_TO the answer is always exact; above, the last count stands for a while after a write (decisions/011)."""
import itertools
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from threading import Lock

from app.data.list_cache import CacheVersions

EXACT_UP_TO = 10_000
CHEAP_SECONDS = 0.005
TIMES_ITS_COST = 20
LIFETIME_SECONDS = 300  # of a count no write has outdated: a killed process may have left an invalidation out
_ENTRIES, _LOCKS = 5000, 64

_clock = time.monotonic


def moment() -> float:
    """Return the present moment in the seconds of the clock by which totals grow old."""
    return _clock()


@dataclass(frozen=True, slots=True)
class Outdated:
    """A total that a write has outdated: when it was counted and until when it may be served, in clock seconds."""

    counted_at: float
    until: float

    @property
    def age_ms(self) -> int:
        """Return how long ago it was counted, in milliseconds, at least 1."""
        return max(1, int((_clock() - self.counted_at) * 1000))

    @property
    def seconds_left(self) -> float:
        """Return for how long it may still be served."""
        return self.until - _clock()


@dataclass(frozen=True, slots=True)
class _Count:
    """A total, under which versions it was counted, and when."""

    versions: tuple[int, ...]
    rows: int
    counted_at: float
    cost: float

    @property
    def until(self) -> float:
        return self.counted_at + TIMES_ITS_COST * self.cost


Counting = Callable[[int | None], int]


class RowTotals:
    """The totals one process remembers, each under the cache version of the rows it counts."""

    def __init__(self, versions: CacheVersions) -> None:
        self._versions = versions
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()
        self._lock = Lock()
        self._counting = [Lock() for _ in range(_LOCKS)]
        self._uncertain = itertools.count()

    def is_large(self, key: Hashable) -> bool:
        """Return whether more than EXACT_UP_TO rows were counted under `key` the last time."""
        known = self._counts.get(key)
        return known is not None and known.rows > EXACT_UP_TO

    def get(self, key: Hashable, version_keys: Sequence[str], count: Counting, *, is_certain: bool = True
            ) -> tuple[int, Outdated | None]:
        """Return the total of `key`, and what is known of its age when a write has outdated it.

        `version_keys` are those of all that decides which rows there are. `count(limit)` counts the rows in the
        database: `limit` of them at most, or all. Where it is not certain that all of them have a version, what was
        counted before is outdated at once: it may be served for its time, and says its age."""
        versions = self._read(version_keys, is_certain)
        known = self._exact(key, versions)
        if known is not None:
            return known
        if not self._is_cheap(key):
            few = _counted(versions, count, EXACT_UP_TO + 1)
            if few.rows <= EXACT_UP_TO:
                return self._remember(key, few), None
        return self._exact(key, versions) or self._outdated(key) or self._counted_once(
            key, version_keys, is_certain, count)

    def _read(self, version_keys: Sequence[str], is_certain: bool) -> tuple[int, ...]:
        versions = self._versions.read(*version_keys)
        return versions if is_certain else (*versions, next(self._uncertain))

    def _counted_once(self, key: Hashable, version_keys: Sequence[str], is_certain: bool, count: Counting
                      ) -> tuple[int, Outdated | None]:
        """Count everything; who asks for the same meanwhile waits for this count."""
        with self._counting[hash(key) % _LOCKS]:
            versions = self._read(version_keys, is_certain)
            known = self._exact(key, versions) or self._outdated(key)
            return known or (self._remember(key, _counted(versions, count, None)), None)

    def _exact(self, key: Hashable, versions: tuple[int, ...]) -> tuple[int, None] | None:
        known = self._counts.get(key)
        if known is None or known.versions != versions or _clock() - known.counted_at > LIFETIME_SECONDS:
            return None
        return known.rows, None

    def _is_cheap(self, key: Hashable) -> bool:
        """Tell whether counting all was cheap the last time and is done at once."""
        known = self._counts.get(key)
        return known is not None and known.rows > EXACT_UP_TO and known.cost <= CHEAP_SECONDS

    def _outdated(self, key: Hashable) -> tuple[int, Outdated] | None:
        known = self._counts.get(key)
        if known is None or known.rows <= EXACT_UP_TO or known.cost <= CHEAP_SECONDS or known.until < _clock():
            return None
        return known.rows, Outdated(known.counted_at, known.until)

    def _remember(self, key: Hashable, made: _Count) -> int:
        with self._lock:
            self._counts[key] = made
            self._counts.move_to_end(key)
            while len(self._counts) > _ENTRIES:
                self._counts.popitem(last=False)
        return made.rows


def _counted(versions: tuple[int, ...], count: Counting, limit: int | None) -> _Count:
    begun = _clock()
    rows = count(limit)
    return _Count(versions, rows, begun, _clock() - begun)
