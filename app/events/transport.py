"""Where published events go: a Redis Stream per topic, named as in the contract."""
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from redis import Redis, RedisError

from app.data.columns import iso
from app.events.making import Message

STREAM_LENGTH = 10_000
_IS_THERE = "equal or smaller"
"""What Redis says of an entry that is not behind the last one of its stream."""


class Transport(Protocol):
    """Publishes a batch in order; raising means nothing of the batch counts as published."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Send events, in order."""


def trim_streams(redis: Redis, codenames: Sequence[str], before: datetime) -> int:
    """Remove from the streams of these realms what was published before then; returns how many entries.

    The length of a quiet topic bounds nothing in time, and entries name people (docs/decisions/099)."""
    oldest = int(before.timestamp() * 1000)
    return sum(redis.xtrim(name, minid=oldest, approximate=False) for codename in codenames
               for name in redis.scan_iter(f"*{codename}*", count=1000, _type="stream"))


class RedisStreams:
    """The default transport; each stream keeps about the last 10,000 entries.

    An entry's id is made of its position, so a second publication is refused, and the first one stands (FD-12). A batch
    goes whole or not at all: a part of it that was left out could not be published behind what followed."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def publish(self, messages: Sequence[Message]) -> None:
        pipe = self._redis.pipeline(transaction=True)
        for message in messages:
            entry: dict[Any, Any] = {
                "eventId": message.event_id, "key": message.key, "occurredAt": iso(message.occurred_at) or "",
                "requestId": message.request_id or "", "userId": message.user_id or "", "payload": message.payload}
            pipe.xadd(message.topic, entry, id=f"{message.position}-0", maxlen=STREAM_LENGTH, approximate=True)
        for answer in pipe.execute(raise_on_error=False):
            if isinstance(answer, RedisError) and _IS_THERE not in str(answer):
                raise answer
