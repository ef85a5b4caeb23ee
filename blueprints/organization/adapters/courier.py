"""The threads behind the store: one carries what outboxes hold, one follows the stream; safe to kill at any point."""
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime

from blueprints.organization.adapters.sql.catalog import SqlCarried
from blueprints.organization.application.projector import StreamProjector
from blueprints.organization.application.relay import Relay
from blueprints.organization.domain.refusals import Unavailable
from blueprints.organization.ports import StreamDown

TICK_SECONDS = 1.0
BEAT_SECONDS = 5.0
BUSY_SECONDS = 0.1
IDLE_STREAM_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Courier:
    """Drains the outbox of each tenant that was woken, and sweeps all tenants when `may_sweep` lets this process.

    A wake-up is also a lease in the catalog, taken before the write is answered: when the process dies, another one
    takes the tenant over. What was committed and never answered is found by the next sweep."""

    def __init__(self, make_relay: Callable[[], Relay], on_start: Callable[[], None], on_tick: Callable[[], None],
                 may_sweep: Callable[[], bool], carried: SqlCarried, *, sweep_seconds: float,
                 is_held_back: Callable[[], bool] = lambda: False) -> None:
        self._make_relay = make_relay
        self._on_start = on_start
        self._on_tick = on_tick
        self._may_sweep = may_sweep
        self._carried = carried
        self._is_held_back = is_held_back
        self._held: dict[str, datetime] = {}
        """Until when the lease of each tenant lasts; after a stall another process may have taken the tenant over."""
        self._sweep_seconds = sweep_seconds
        self._woken: set[str] = set()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = 0

    def wake(self, tenant_id: str) -> None:
        """Say that the tenant's outbox has something; starts the thread when there is none in this process."""
        self.start()
        with self._changed:
            self._lease_lapsed({tenant_id})
            self._woken.add(tenant_id)
            self._changed.notify()

    def start(self) -> None:
        """Start the thread, once per process (a forked worker starts its own), unless it is held back."""
        if self._pid == os.getpid() or self._is_held_back():
            return
        with self._changed:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._held.clear()
                self._stop.clear()
                self._thread = threading.Thread(target=self.run, args=(self._stop,), daemon=True, name="organization")
                self._thread.start()

    def stop(self) -> None:
        """End the thread after the batch it is at."""
        self._stop.set()
        with self._changed:
            self._changed.notify()
        if self._thread:
            self._thread.join(timeout=10)
        self._thread, self._pid = None, 0

    def run(self, stop: threading.Event) -> None:
        """Carry until `stop` is set."""
        relay = self._make_relay()
        self._on_start()
        sweep_at = beat_at = 0.0
        while not stop.is_set():
            try:
                if time.monotonic() >= beat_at:
                    self._beat()
                    beat_at = time.monotonic() + BEAT_SECONDS
                if time.monotonic() >= sweep_at:
                    self._again(relay.sweep() if self._may_sweep() else ())
                    sweep_at = time.monotonic() + self._sweep_seconds
                self._carry(relay, self._take(), stop)
                self._on_tick()
            except StreamDown as error:
                logger.warning("the stream is down, next try in %.1f s: %s", self._pause(relay), error)
            except Exception:
                relay.backoff.failed(relay.ports.now())
                logger.exception("the relay stumbled, next try in %.1f s", self._pause(relay))
            stop.wait(self._pause(relay))

    def _beat(self) -> None:
        """Give back what is carried, renew the rest, and take over what a dead process left."""
        with self._changed:  # who calls wake() meanwhile waits, and holds the tenant anew
            if idle := self._held.keys() - self._woken:
                self._held = {tenant: until for tenant, until in self._held.items() if tenant in self._woken}
                self._carried.release(idle)
            self._lease(frozenset(self._held))  # who calls wake() now adds to it
        if abandoned := self._carried.abandoned():
            logger.warning("taking over %d outboxes of a process that is gone", len(abandoned))
            with self._changed:
                self._lease(abandoned.keys())
                self._woken.update(abandoned)
            self._carried.forget(abandoned)

    def _lease(self, tenants: AbstractSet[str]) -> None:
        """Lease the tenants anew, also those that another process has taken over meanwhile; raises Unavailable."""
        if tenants:
            self._held |= dict.fromkeys(tenants, self._carried.hold(tenants))

    def _lease_lapsed(self, tenants: AbstractSet[str]) -> None:
        """Lease the tenants that are not held; a catalog that is away does not undo the write that wakes."""
        moment = self._carried.now()
        lapsed = {tenant for tenant in tenants if tenant not in self._held or self._held[tenant] <= moment}
        try:
            self._lease(lapsed)
        except Unavailable as error:
            logger.warning("should this process die, the sweep will find %s: %s", ", ".join(sorted(lapsed)), error)

    def _carry(self, relay: Relay, tenants: set[str], stop: threading.Event) -> None:
        """Drain the tenants; whoever is not done, also because of a failure, is woken again."""
        waiting = set(tenants)
        try:
            for tenant_id in tenants:
                if not stop.is_set() and relay.drained(tenant_id):
                    waiting.discard(tenant_id)
        finally:
            self._again(waiting)
        if waiting:
            stop.wait(BUSY_SECONDS)

    def _take(self) -> set[str]:
        with self._changed:
            if not self._woken:
                self._changed.wait(TICK_SECONDS)
            taken, self._woken = self._woken, set()
            return taken

    def _again(self, tenants: Iterable[str]) -> None:
        with self._changed:
            self._woken.update(tenants)

    def _pause(self, relay: Relay) -> float:
        return relay.backoff.wait(relay.ports.now())


def follow_stream(projector: StreamProjector, stop: threading.Event) -> None:
    """Project the stream until `stop` is set; failures are tried again with back-off."""
    while not stop.is_set():
        try:
            idle = not projector.pass_once()
        except (StreamDown, Unavailable) as error:
            projector.backoff.failed(projector.ports.now())
            logger.warning("the stream is not projected: %s", error)
        except Exception:
            projector.backoff.failed(projector.ports.now())
            logger.exception("the stream projector stumbled")
        else:
            stop.wait(IDLE_STREAM_SECONDS if idle else 0)
        stop.wait(projector.backoff.wait(projector.ports.now()))
    try:
        projector.release()
    except (StreamDown, Unavailable):
        logger.info("the shard leases run out by themselves")
