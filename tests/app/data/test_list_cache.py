"""A version changes for every process when anybody invalidates it (docs/decisions/002)."""
from pathlib import Path

import pytest
from flask import Flask, g
from redis import Redis

from app.data import list_cache
from app.data.list_cache import CacheVersions, SharedMemoryVersions, VersionedCache
from app.data.redis_versions import RedisVersions
from app.redis_breaker import RedisBreaker
from app.runtime import runtime


def versions_in_redis(url: str = "") -> RedisVersions:
    """Return another process's view of the versions in Redis, with connections of its own."""
    return RedisVersions(RedisBreaker(url or runtime().settings.redis_url, 5))


@pytest.fixture(params=["shared-memory", "redis"])
def both_versions(request: pytest.FixtureRequest, app: Flask, tmp_path: Path) -> tuple[CacheVersions, CacheVersions]:
    """Two processes' views of the same versions."""
    if request.param == "redis":
        versions_in_redis().invalidate_all()  # as every process does that starts
        return versions_in_redis(), versions_in_redis()
    return SharedMemoryVersions(tmp_path / "cache-versions"), SharedMemoryVersions(tmp_path / "cache-versions")


def test_an_invalidation_is_seen_by_the_other_process(both_versions: tuple[CacheVersions, CacheVersions]) -> None:
    mine, other = both_versions
    before = other.read("rows:product", "rows:user")
    mine.invalidate("rows:product")
    after = other.read("rows:product", "rows:user")
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_there_is_one_mark_per_name(both_versions: tuple[CacheVersions, CacheVersions]) -> None:
    mine, _ = both_versions
    mine.invalidate("rows:product", "rows:user")
    mine.invalidate_all()
    product, user = mine.read("rows:product", "rows:user")
    assert (product,) == mine.read("rows:product")
    assert (user,) == mine.read("rows:user")


def test_names_that_are_asked_for_once_do_not_pile_up(tmp_path: Path) -> None:
    versions = SharedMemoryVersions(tmp_path / "cache-versions")
    for number in range(list_cache.SLOTS + 10):
        versions.read(f"user:{number}")
    assert list_cache._slot.cache_info().currsize <= list_cache.SLOTS


def test_everything_can_be_forgotten(both_versions: tuple[CacheVersions, CacheVersions]) -> None:
    mine, other = both_versions
    before = other.read("rows:product")
    mine.invalidate_all()
    assert other.read("rows:product") != before


def test_an_entry_lives_until_its_version_changes(both_versions: tuple[CacheVersions, CacheVersions]) -> None:
    mine, other = both_versions
    cache = VersionedCache(mine, 10)
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [cache.get_or_make("key", ("rows:product",), make) for _ in range(2)] == [1, 1]
    other.invalidate("rows:product")
    assert cache.get_or_make("key", ("rows:product",), make) == 2


def test_an_entry_lives_as_long_as_what_was_made_says(tmp_path: Path) -> None:
    cache = VersionedCache(SharedMemoryVersions(tmp_path / "cache-versions"), 10)
    for made, hit in ((0, False), (300, False), (0, True)):
        assert cache.look_up("key", (), lambda made=made: made, lambda seconds: seconds)[1] == hit


def test_what_is_made_while_the_rows_change_is_not_kept(both_versions: tuple[CacheVersions, CacheVersions]) -> None:
    mine, other = both_versions
    cache = VersionedCache(mine, 10)

    def make_during_a_commit() -> str:
        other.invalidate("rows:product")
        return "old"

    assert cache.get_or_make("key", ("rows:product",), make_during_a_commit) == "old"
    assert cache.get_or_make("key", ("rows:product",), lambda: "new") == "new"


def test_the_cache_keeps_no_more_than_its_size(tmp_path: Path) -> None:
    cache = VersionedCache(SharedMemoryVersions(tmp_path / "cache-versions"), 3)
    for number in range(10):
        cache.get_or_make(number, (), lambda: "x")
    assert len(cache._entries) == 3


def test_heavy_entries_leave_room_for_fewer(tmp_path: Path) -> None:
    cache = VersionedCache(SharedMemoryVersions(tmp_path / "cache-versions"), 10, weigh=len)
    for made in ("xxxx", "yyyy", "zzzz"):
        cache.get_or_make(made, (), lambda made=made: made)
    assert list(cache._entries) == ["yyyy", "zzzz"]
    assert cache.get_or_make("too much", (), lambda: "x" * 11) == "x" * 11
    assert list(cache._entries) == []


def test_versions_out_of_reach_read_as_always_changed(app: Flask) -> None:
    versions = versions_in_redis("unix:///nowhere/valkey.sock")
    assert versions.read("rows:product") != versions.read("rows:product")


def test_an_invalidation_that_redis_missed_counts_when_it_is_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = versions_in_redis(), versions_in_redis()
    other.invalidate_all()
    before = other.read("rows:product")
    with monkeypatch.context() as away:
        away.setattr(mine, "_redis", Redis.from_url("unix:///nowhere/valkey.sock", retry=None))
        away.setattr(mine._breaker, "ask_now", lambda: None)
        mine.invalidate("rows:product")
    assert other.read("rows:product") == before
    mine.read("rows:user")
    assert other.read("rows:product") != before


def test_a_redis_that_lost_its_marks_brings_no_old_entry_back(app: Flask) -> None:
    versions = versions_in_redis()
    versions.invalidate_all()
    never_invalidated = versions.read("rows:product")
    versions.invalidate("rows:product")
    runtime().redis.flushall()
    assert never_invalidated not in (versions.read("rows:product"), versions.read("rows:product"))


def test_a_new_connection_makes_what_was_read_before_void(app: Flask) -> None:
    versions = versions_in_redis()
    versions.invalidate_all()
    before = versions.read("rows:product")
    assert versions.read("rows:product") == before
    versions._redis.connection_pool.disconnect()
    assert versions.read("rows:product") != before


def test_a_request_asks_redis_once(app: Flask) -> None:
    versions = versions_in_redis()
    with app.test_request_context():
        g.cache_versions = {}
        list_cache.expect_versions(["rows:product"])
        versions.read("user:1")
        asked = runtime().redis.info("commandstats")["cmdstat_hmget"]["calls"]
        first = versions.read("rows:product", "user:1")
        assert runtime().redis.info("commandstats")["cmdstat_hmget"]["calls"] == asked
        versions.invalidate("rows:product")
        assert versions.read("rows:product", "user:1") != first
