"""What one process holds for the length of its life: settings, the version board, caches, the Redis client."""
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import Flask, current_app
from redis import Redis

from app.data.cache import VersionedCache
from app.data.totals import RowTotals
from app.data.versions import CacheVersions, RedisVersions, SharedMemoryVersions
from app.settings import Settings

_BYTES_OF_ANSWERS, _ENTRY_BYTES = 32 * 2**20, 500


@dataclass
class Runtime:
    """Reached by `runtime()`; one per application, made by the factory."""

    settings: Settings
    services: list[Any] = field(default_factory=list)

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
