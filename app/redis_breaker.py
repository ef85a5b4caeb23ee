"""The breaker around this process's connections to Redis/Valkey: who hangs is waited for once, not by every request.

Not for the worker's blocking reads, which wait for a job on purpose (`Runtime.patient_redis`)."""
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from redis import ConnectionError as RedisConnectionError
from redis import ConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("guildhall.redis")

_PAUSE_SECONDS = 2.0


class RedisBreaker:
    """Opens when a call fails for want of an answer; then every call fails at once with redis.ConnectionError.

    Half open it is a thread of its own that asks, after a pause, whether the server is back; no request waits for that.
    `url` and `timeout_seconds` are those of every connection it makes."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._url = url
        self._timeout = timeout_seconds
        self._pause = _PAUSE_SECONDS
        self._lock = threading.Lock()
        self._asks_at = 0.0
        self._probe: threading.Thread | None = None
        self._when_back: list[Callable[[], object]] = []
        self.is_open = False

    def client(self, **options: Any) -> Redis:
        """Return a client whose connections go through this breaker; `options` are those of redis.Connection."""
        given = {"socket_timeout": self._timeout, "socket_connect_timeout": self._timeout,
                 # A connection that the server has closed is made anew, once; silence is no reason to ask again.
                 "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))}
        return Redis(connection_pool=_GuardedPool.from_url(self._url, breaker=self, **given | options))

    def call_when_back(self, catch_up: Callable[[], object]) -> None:
        """Have `catch_up` called, in the probing thread, whenever the server answers again."""
        self._when_back.append(catch_up)

    def admit(self) -> None:
        """Let one call pass; raises redis.ConnectionError while the breaker is open."""
        if self.is_open:
            if time.monotonic() >= self._asks_at:
                self.ask_now()
            raise RedisConnectionError("Redis does not answer; calls fail at once until it does")

    def failed(self) -> None:
        """Open after a call without an answer."""
        with self._lock:
            self._asks_at = time.monotonic() + self._pause
            was_open, self.is_open = self.is_open, True
        if not was_open:
            log.warning("Redis does not answer: no call waits for it until it does")

    def answered(self) -> None:
        """Close after an answer."""
        with self._lock:
            was_open, self.is_open = self.is_open, False
        if was_open:
            log.warning("Redis answers again")

    def ask_now(self) -> None:
        """Ask, without waiting, whether the server is back: one probe at a time."""
        with self._lock:
            if self._probe is None or not self._probe.is_alive():  # a fork leaves the thread behind
                self._probe = threading.Thread(target=self._ask, name="redis-probe", daemon=True)
                self._probe.start()

    def _ask(self) -> None:
        try:
            with Redis.from_url(self._url, socket_timeout=self._timeout, socket_connect_timeout=self._timeout,
                                retry=Retry(NoBackoff(), 0)) as client:
                client.ping()
        except (RedisError, OSError):
            self.failed()
            return
        self.answered()
        for catch_up in self._when_back:
            catch_up()


class _GuardedPool(ConnectionPool):
    """Every call of a client takes a connection here and gives it back, disconnected when it got no answer."""

    def __init__(self, *arguments: Any, breaker: RedisBreaker, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._breaker = breaker

    def get_connection(self, *arguments: Any, **options: Any) -> Any:
        self._breaker.admit()
        return super().get_connection(*arguments, **options)

    def release(self, connection: Any) -> None:
        if not connection.is_connected:
            self._breaker.failed()
        elif self._breaker.is_open:
            self._breaker.answered()
        super().release(connection)
