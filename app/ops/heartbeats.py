"""Which processes are alive, on every machine that shares this Redis: each says so every ten seconds.

A thread says it, so a process that hangs still does: that, the ages of the queues and the jobs' last runs show."""
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from redis import Redis, RedisError

from app.clock import now
from app.runtime import runtime
from app.settings import Settings

log = logging.getLogger("guildhall.heartbeats")

BEAT_SECONDS = 10.0
ALIVE_FOR = timedelta(seconds=35)
WEB, WORKER, RELAY, SCHEDULER, WEBHOOK_SENDER = "web", "worker", "relay", "scheduler", "webhooks"
ORGANIZATION_RELAY = "organization relay"
_KEY = "guildhall:processes"
_LAST_WORD_SECONDS = 2.0  # a Redis that hangs holds up no process that ends
_FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Process:
    """One process of ours; `started` is when it said so first, in seconds since 1970."""

    name: str
    host: str
    pid: int
    started: float

    @property
    def started_at(self) -> datetime:
        """The moment it said so first."""
        return datetime.fromtimestamp(self.started, UTC)


def this_process(name: str) -> Process:
    """Return the process that runs, under its name."""
    return Process(name, socket.gethostname(), os.getpid(), now().timestamp())


def say_alive(redis: Redis, process: Process) -> None:
    """Note that the process is alive now, and forget those that have been silent for an hour; raises RedisError."""
    moment = now()
    with redis.pipeline(transaction=False) as calls:
        calls.zadd(_KEY, {orjson.dumps(asdict(process)): moment.timestamp()})
        calls.zremrangebyscore(_KEY, "-inf", (moment - _FORGOTTEN_AFTER).timestamp())
        calls.execute()


def say_gone(redis: Redis, process: Process) -> None:
    """Note that the process ended by itself; of a killed one nothing is heard for ALIVE_FOR. Raises RedisError."""
    redis.zrem(_KEY, orjson.dumps(asdict(process)))


def alive_processes(redis: Redis) -> list[Process]:
    """Return the processes that said within ALIVE_FOR that they are alive, the longest first; raises RedisError."""
    members: list[Any] = redis.zrangebyscore(_KEY, (now() - ALIVE_FOR).timestamp(), "+inf")
    return sorted((Process(**orjson.loads(one)) for one in members), key=lambda one: one.started)


def expected_processes(settings: Settings) -> tuple[str, ...]:
    """Return the names of the processes that an installation with these settings has (docs/operations.md)."""
    own = (ORGANIZATION_RELAY,) if settings.organization_stream else ()
    return (WEB, WORKER, RELAY, SCHEDULER, WEBHOOK_SENDER, *own)


def start_heartbeat(redis: Redis, name: str) -> Callable[[], None]:
    """Say from now on that this process is alive; what is returned ends that, and waits a moment until it is said."""
    stop, process = threading.Event(), this_process(name)

    def beat() -> None:
        while True:
            _try(say_alive, redis, process)
            if stop.wait(BEAT_SECONDS):
                _try(say_gone, redis, process)
                return

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(_LAST_WORD_SECONDS)

    return end


@contextmanager
def heartbeat(name: str) -> Iterator[None]:
    """Say while the block runs that this process is alive; ends with it."""
    end = start_heartbeat(runtime().redis, name)
    try:
        yield
    finally:
        end()


def _try(call: Callable[[Redis, Process], None], redis: Redis, process: Process) -> None:
    try:
        call(redis, process)
    except (RedisError, OSError) as error:
        log.debug("no heartbeat: %s", error)
