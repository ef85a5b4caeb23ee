"""Everything a running system says or keeps, as named texts, to be searched for what nobody may find there."""
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.data.connections import reading
from app.data.entity import Base
from app.ops.logs import JsonFormatter
from tests.clients import ApiClient
from tests.flow import everything_sent

Texts = Iterator[tuple[str, str]]


class Recorder(ApiClient):
    """A client that remembers every answer, heads included."""

    answers: list[tuple[str, str]]

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send one request and keep its answer."""
        answer = super().request(method, path, **options)
        self.answers.append((f"answer to {method} {path}", f"{answer.headers}\n{answer.text}"))
        return answer


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """Collect what every logger says while the block runs, down to the last detail, as the processes write it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter("test"))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def kept_in_the_database(*but: str) -> Texts:
    """Yield every row of every table but the named columns (`table.column`)."""
    with reading() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if f"{table.name}.{column.name}" not in but]
            for row in connection.execute(select(*columns)):
                yield f"row of {table.name}", repr(tuple(row))


def kept_in_redis(redis: Redis) -> Texts:
    """Yield every key with its value, streams entry by entry."""
    for key in redis.scan_iter("*"):
        kind = redis.type(key).decode()
        read = {"stream": redis.xrange, "hash": redis.hgetall, "zset": lambda name: redis.zrange(name, 0, -1),
                "list": lambda name: redis.lrange(name, 0, -1), "set": redis.smembers, "string": redis.get}[kind]
        yield f"{kind} {key.decode(errors='replace')} of Redis", repr(read(key))


def kept_in_files(folder: Path) -> Texts:
    """Yield every file below the folder, as far as it is text."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.endswith((".db", ".db-wal", ".db-shm")):
            yield f"file {file.name}", file.read_bytes().decode("latin1")


def told_in_events() -> Texts:
    """Yield the payload of every event."""
    for event in everything_sent():
        yield f"event {event.topic}", event.payload
