"""A Redis client of a real Valkey for the parts that count and remember there."""
from collections.abc import Iterator

import pytest
from redis import Redis

from tests.components import running_valkey


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    with running_valkey() as url:
        yield url


@pytest.fixture
def redis(valkey: str) -> Iterator[Redis]:
    client = Redis.from_url(valkey)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def redis_gone() -> Iterator[Redis]:
    client = Redis.from_url("unix:///nowhere/valkey.sock")
    yield client
    client.close()
