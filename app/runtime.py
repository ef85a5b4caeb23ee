"""What one process holds for the length of its life: settings, cache versions, caches, the Redis client.

Floors above keep their own parts here, each found by its type; nothing else of ours stands in app.extensions."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, current_app

from app.data.holder import RUNTIME
from app.settings import Settings

if TYPE_CHECKING:  # loaded when first used: the help of a command must not wait for them
    from redis import Redis

    from app.data.holdings import DataHoldings
    from app.data.list_cache import CacheVersions, VersionedCache
    from app.data.reads.joins import Joins
    from app.redis_breaker import RedisBreaker

P = TypeVar("P")
_BYTES_OF_ANSWERS, _ENTRY_BYTES = 32 * 2**20, 500


@dataclass
class Runtime:
    """Reached by `runtime()`; one per application, made by the factory."""

    settings: Settings
    services: list[Any] = field(default_factory=list)
    bring: Callable[[], None] | None = None
    """Keeps what the services bring; called when a part is first asked for that is not here (cli/application.py)."""
    alone: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    """Makes a part of that type without what else the services bring, by the type's name (cli/parts.py)."""
    _parts: dict[type, Any] = field(default_factory=dict)

    @cached_property
    def redis_breaker(self) -> "RedisBreaker":
        """The one breaker of this process (docs/decisions/069)."""
        from app.redis_breaker import RedisBreaker

        return RedisBreaker(self.settings.redis_url, self.settings.redis_timeout_seconds)

    @cached_property
    def redis(self) -> "Redis":
        """Our Redis client; calls raise redis.RedisError while the server is away, at once if that is known."""
        return self.redis_breaker.client()

    @cached_property
    def patient_redis(self) -> "Redis":
        """The client of the worker, whose reads wait for a job; RQ bounds them itself."""
        from redis import Redis

        return Redis.from_url(self.settings.redis_url, socket_connect_timeout=2)

    @cached_property
    def cache_versions(self) -> "CacheVersions":
        """The cache versions shared by all processes, of all machines where several can serve one database."""
        if self.settings.shares_cache_versions:
            from app.data.redis_versions import RedisVersions

            return RedisVersions(self.redis_breaker)
        from app.data.list_cache import SharedMemoryVersions

        return SharedMemoryVersions(self.settings.home / "cache-versions")

    @cached_property
    def answers(self) -> "VersionedCache":
        """Answers of lists (the query cache of rules-platform §2.8): the page as JSON, its rows, the total."""
        from app.data.list_cache import VersionedCache

        return VersionedCache(self.cache_versions, _BYTES_OF_ANSWERS,
                              weigh=lambda answer: len(answer[0]) + _ENTRY_BYTES)

    @cached_property
    def data(self) -> "DataHoldings":
        """What the data floor holds: it finds it by `holdings()`."""
        from app.data.holdings import DataHoldings
        from app.data.reads.remembered import RememberedReads
        from app.data.reads.totals import RowTotals

        return DataHoldings(self.cache_versions, RowTotals(self.cache_versions),
                            RememberedReads(self.cache_versions), self._joins)

    def _joins(self) -> "Joins":
        from app.data.reads.joins import Joins

        return self.part(Joins)

    def keep(self, *parts: object) -> None:
        """Keep parts of the floors above, one of each type: their state, tables of what the services bring, or what
        the factory hands down to them."""
        self._parts |= {type(part): part for part in parts}

    def complete(self) -> None:
        """Have the services bring what they have, if they have not; who forks for each piece of work calls it first."""
        bring, self.bring = self.bring, None
        if bring is not None:
            bring()

    def part(self, kind: type[P]) -> P:
        """Return the part of this type, which the services may bring; one that nobody kept is made by calling it."""
        if kind not in self._parts and kind.__name__ in self.alone:
            self.keep(self.alone[kind.__name__]())
        if kind not in self._parts:
            self.complete()
        return self.own(kind, lambda _: kind())

    def own(self, kind: type[P], make: Callable[[Settings], P]) -> P:
        """Return the part of this type that its own module keeps, and no service brings; made when first asked for."""
        if kind not in self._parts:
            self._parts.setdefault(kind, make(self.settings))
        found: P = self._parts[kind]
        return found


def install_runtime(app: Flask, settings: Settings) -> Runtime:
    """Attach a new runtime to the app and return it."""
    made = Runtime(settings)
    app.extensions[RUNTIME] = made
    return made


def runtime() -> Runtime:
    """Return the runtime of the current application."""
    return runtime_of(current_app)


def runtime_of(app: Flask) -> Runtime:
    """Return the runtime of an application."""
    found: Runtime = app.extensions[RUNTIME]
    return found
