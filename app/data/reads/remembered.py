"""What reads have found among many rows: each process remembers it under the cache versions of all that decides it.

So a search or a list that is asked for again does not look all its rows up once more (docs/decisions/122)."""
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any, TypeVar

from app.data.connections import transaction
from app.data.list_cache import CacheVersions
from app.data.reads import totals
from app.data.reads.totals import Outdated

MANY = 100
"""From so many ids on it is remembered what was found of them: fewer are looked up in a millisecond or two."""
_WEIGHT = 300_000  # ids in all
_ENTRY = 10  # ids, for what an entry is beside them

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found, under which versions, how much it weighs, when it was found and how long that took."""

    versions: tuple[int, ...]
    value: Any
    weight: int
    found_at: float
    cost: float

    @property
    def until(self) -> float:
        return self.found_at + totals.TIMES_ITS_COST * self.cost


def digest_of(ids: Iterable[str]) -> bytes:
    """Return what tells these ids, in this order, from any others: 32 bytes."""
    return sha256(",".join(ids).encode()).digest()


class RememberedReads:
    """What one process has found; the oldest makes room. Safe to share between threads."""

    def __init__(self, versions: CacheVersions) -> None:
        self._versions = versions
        self._found: OrderedDict[Hashable, _Found] = OrderedDict()
        self._weight = 0
        self._lock = Lock()

    def get(self, key: Hashable, version_keys: Sequence[str], find: Callable[[], T], *, may_age: bool = False
            ) -> tuple[T, Outdated | None]:
        """Return what `find` finds, or has found, and what is known of its age where a write has outdated it.

        `version_keys` are those of all that decides what is found, `key` says all else. What `may_age` and took t >
        5 ms is served until 20·t after it was found, as a total of many rows is (totals.py). Within a unit of work
        everything is found anew, and nothing remembered. Raises what `find` raises."""
        if transaction.get() is not None:
            return find(), None
        versions, known, moment = self._versions.read(*version_keys), self._found.get(key), totals.moment()
        if known is not None and moment - known.found_at <= totals.LIFETIME_SECONDS:
            if known.versions == versions:
                return known.value, None
            if may_age and known.cost > totals.CHEAP_SECONDS and known.until >= moment:
                return known.value, Outdated(known.found_at, known.until)
        value = find()
        weight = _ENTRY + (len(value) if isinstance(value, Sequence) else 0)
        self._remember(key, _Found(versions, value, weight, moment, totals.moment() - moment))
        return value, None

    def _remember(self, key: Hashable, made: _Found) -> None:
        with self._lock:
            former = self._found.pop(key, None)
            self._found[key] = made
            self._weight += made.weight - (former.weight if former else 0)
            while self._weight > _WEIGHT:
                self._weight -= self._found.popitem(last=False)[1].weight
