"""What one process holds for the length of its life: settings, the version board, caches, the Redis client."""
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from redis import Redis

from app.data.cache import VersionedCache
from app.data.totals import RowTotals
from app.data.versions import CacheVersions, RedisVersions, SharedMemoryVersions
from app.settings import Settings

Table = TypeVar("Table")
_BYTES_OF_ANSWERS, _ENTRY_BYTES = 32 * 2**20, 500


@dataclass
class Runtime:
    """Reached by `runtime()`; one per application, made by the factory."""

    settings: Settings
    services: list[Any] = field(default_factory=list)
    _tables: dict[type, object] = field(default_factory=dict)

    def put(self, *tables: object) -> None:
        """Hold a table of what the services bring, e.g. Subscriptions; it takes the place of one of its type."""
        self._tables |= {type(table): table for table in tables}

    def table(self, kind: type[Table]) -> Table:
        """Return the application's one table of that type. Each floor has its own type: this one knows none above."""
        return cast(Table, self._tables[kind])

    @cached_property
    def redis(self) -> Redis:
        """The Redis/Valkey client; commands raise redis.ConnectionError while the server is away."""
        return Redis.from_url(self.settings.redis_url, socket_timeout=5, socket_connect_timeout=2)

    @cached_property
    def board(self) -> CacheVersions:
        """The version marks shared by all processes, of all machines where several can serve one database."""
        if self.settings.shares_cache_versions:
            return RedisVersions(self.settings.redis_url)
        return SharedMemoryVersions(self.settings.home / "versions.board")

    @cached_property
    def answers(self) -> VersionedCache:
        """Answers of lists (the query cache of rules-platform §2.8): the page as JSON, its rows, the total."""
        return VersionedCache(self.board, _BYTES_OF_ANSWERS, weigh=lambda answer: len(answer[0]) + _ENTRY_BYTES)

    @cached_property
    def totals(self) -> RowTotals:
        """Row counts of lists."""
        return RowTotals(self.board)


def install_runtime(app: Flask, settings: Settings) -> Runtime:
    """Attach a new runtime to the app and return it."""
    made = Runtime(settings)
    app.extensions["guildhall"] = made
    return made


def runtime() -> Runtime:
    """Return the runtime of the current application."""
    found: Runtime = current_app.extensions["guildhall"]
    return found
