"""Connections to the tenants' databases: one pool and one bound for all, so that 1,000 tenants never open 1,000 pools.

At the bound the connection idle longest makes room; only when all are busy does a call wait."""
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, Dialect, Engine
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from blueprints.organization.domain.refusals import Unavailable
from blueprints.organization.ports import Tenant

Key = tuple[str, str]

_wanted: ContextVar[Tenant] = ContextVar("wanted tenant")


def _key(tenant: Tenant) -> Key:
    """A tenant that was dropped and added again has another database."""
    return tenant.tenant_id, tenant.incarnation


class TenantHost(Protocol):
    """Where the tenants' databases are."""

    def tenant_engine(self, pool: Pool) -> Engine:
        """Return the engine that all tenants share; its pool knows the database."""

    def connect_to(self, dialect: Dialect, tenant: Tenant) -> Any:
        """Open a connection of the driver's own to the tenant's database."""


class _Idle(NamedTuple):
    """A connection that nobody uses, and since when."""

    key: Key
    entry: ConnectionPoolEntry
    since: float


class TenantPool(Pool):
    """A pool whose connections lead to different databases; the tenant that is wanted stands in the context."""

    def __init__(self, creator: Any, *, most_connections: int, idle_seconds: float, wait_seconds: float) -> None:
        super().__init__(creator)
        self.opened = 0
        self._most = most_connections
        self._idle_seconds = idle_seconds
        self._wait_seconds = wait_seconds
        self._idle: list[_Idle] = []
        self._changed = threading.Condition()

    def close_idle(self, is_due: Callable[[_Idle], bool]) -> None:
        """Close the idle connections for which `is_due` holds."""
        with self._changed:
            for idle in [idle for idle in self._idle if is_due(idle)]:
                self._close(idle)
            self._changed.notify_all()

    def close_old(self) -> None:
        """Close the connections that nobody has used for the idle time."""
        limit = time.monotonic() - self._idle_seconds
        self.close_idle(lambda idle: idle.since < limit)

    def _do_get(self) -> ConnectionPoolEntry:
        entry = self._claim(_key(_wanted.get()))
        if entry is not None:
            return entry
        try:
            return self._opened()
        except BaseException:
            with self._changed:
                self.opened -= 1
                self._changed.notify_all()
            raise

    def _opened(self) -> ConnectionPoolEntry:
        """Open a connection; a server that is full may take it in exchange for one that is idle here."""
        try:
            return self._create_connection()
        except Exception:
            with self._changed:
                if not self._idle:
                    raise
                self._close(self._idle[0])
            return self._create_connection()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        with self._changed:
            self._idle.append(_Idle(record.record_info["key"], record, time.monotonic()))  # type: ignore[index]
            self._changed.notify_all()

    def _claim(self, key: Key) -> ConnectionPoolEntry | None:
        """Return the idle connection used last, or None when a new one may be opened; raises Unavailable."""
        deadline = time.monotonic() + self._wait_seconds
        with self._changed:
            while True:
                if idle := next((idle for idle in reversed(self._idle) if idle.key == key), None):
                    self._idle.remove(idle)
                    return idle.entry
                if self._make_room():
                    self.opened += 1
                    return None
                if not self._changed.wait(deadline - time.monotonic()):
                    raise Unavailable("All database connections are busy; try again.")

    def _make_room(self) -> bool:
        if self.opened >= self._most and self._idle:
            self._close(self._idle[0])
        return self.opened < self._most

    def _close(self, idle: _Idle) -> None:
        self._idle.remove(idle)
        self.opened -= 1
        idle.entry.close()


class TenantEngines:
    """Lends connections to tenants' databases."""

    def __init__(self, host: TenantHost, *, most_connections: int, idle_seconds: float,
                 wait_seconds: float = 10.0) -> None:
        self._host = host
        self._pool = TenantPool(self._open, most_connections=most_connections, idle_seconds=idle_seconds,
                                wait_seconds=wait_seconds)
        self._engine = host.tenant_engine(self._pool)

    @contextmanager
    def connect(self, tenant: Tenant, **execution_options: Any) -> Iterator[Connection]:
        """Lend a connection to the tenant's database; raises Unavailable when none comes free in time."""
        mark = _wanted.set(tenant)
        try:
            with self._engine.connect() as connection:
                yield connection.execution_options(**execution_options)
        finally:
            _wanted.reset(mark)

    @property
    def opened(self) -> int:
        """The number of connections that are open now."""
        return self._pool.opened

    def close_old(self) -> None:
        """Close the connections that nobody has used for the idle time."""
        self._pool.close_old()

    def close(self) -> None:
        """Close every idle connection."""
        self._pool.close_idle(lambda idle: True)

    def _open(self, record: ConnectionPoolEntry) -> Any:
        tenant = _wanted.get()
        record.record_info["key"] = _key(tenant)  # type: ignore[index]
        return self._host.connect_to(self._engine.dialect, tenant)
