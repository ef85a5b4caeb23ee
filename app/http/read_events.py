"""Events of reads (decision 24): analytics, best effort, from a bounded buffer straight to their streams.

Dropped and counted when the buffer is full or the stream is down; a read never waits for them."""
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from redis import Redis, RedisError

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.ids import uuid7
from app.events.transport import STREAM_LENGTH
from app.runtime import runtime

_BUFFER = 5000
_PAUSE = 0.5


class ReadEventBuffer:
    """The buffer of one process and the thread that empties it; started by the first read after a fork.

    `count_dropped` gets why and how many events were lost."""

    def __init__(self, redis: Redis, count_dropped: Callable[[str, int], None]) -> None:
        self._redis = redis
        self._count_dropped = count_dropped
        self._waiting: deque[tuple[str, Mapping[str, Any], float]] = deque(maxlen=_BUFFER)
        self._thread: threading.Thread | None = None

    def put(self, topic: str, said: Mapping[str, Any]) -> None:
        """Take what is said of one read; the moment is added to it, `at` in milliseconds."""
        if len(self._waiting) == _BUFFER:
            self._count_dropped("buffer full", 1)
        self._waiting.append((topic, said, time.time()))
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="read-events", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        idle = 0
        while idle < 20:
            time.sleep(_PAUSE)
            idle = 0 if self.send() else idle + 1

    def send(self) -> int:
        """Send what waits; returns how many were sent."""
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not batch:
            return 0
        pipe = self._redis.pipeline(transaction=False)
        for topic, said, at in batch:
            body = orjson.dumps({**said, "at": int(at * 1000)})
            pipe.xadd(topic, {"eventId": uuid7(), "occurredAt": iso(now()) or "", "payload": body},
                      maxlen=STREAM_LENGTH, approximate=True)
        try:
            pipe.execute()
        except (RedisError, OSError):
            self._count_dropped("stream down", len(batch))
        return len(batch)


def announce_read(topic: str, actor: Actor, request_id: str, rows: int) -> None:
    """Take the event of a read, unless READ_EVENTS=off."""
    held = runtime()
    if held.settings.read_events != "off":
        held.part(ReadEventBuffer).put(
            topic, {"requestId": request_id, "userId": actor.user_id, "rowCount": rows})
