"""Where published events go: a Redis Stream per topic, named as in the contract."""
from collections.abc import Sequence
from typing import Any, Protocol

from redis import Redis

from app.data.columns import iso

STREAM_LENGTH = 10_000


class Transport(Protocol):
    """Publishes a batch in order; raising means nothing of the batch counts as published."""

    def publish(self, rows: Sequence[Any]) -> None:
        """Send outbox rows, in order."""


class RedisStreams:
    """The default transport; each stream keeps about the last 10,000 entries."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def publish(self, rows: Sequence[Any]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for row in rows:
            entry: dict[Any, Any] = {"eventId": row.event_id, "key": row.key, "occurredAt": iso(row.occurred_at) or "",
                     "requestId": row.request_id or "", "userId": row.user_id or "", "payload": row.payload}
            pipe.xadd(row.topic, entry, maxlen=STREAM_LENGTH, approximate=True)
        pipe.execute()
