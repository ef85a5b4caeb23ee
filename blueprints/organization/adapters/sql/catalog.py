"""The catalog beside the tenants: who they are, their clients, the signing keys, and the stream's checkpoints."""
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, MetaData, Row, and_, bindparam, delete, insert, select, update

from app.data.upserts import upsert_of
from blueprints.organization.adapters.sql.dialects import READ_OPTIONS
from blueprints.organization.adapters.sql.failures import rivals_win, store_failures
from blueprints.organization.adapters.sql.leases import free_lease, row_is, take_lease
from blueprints.organization.adapters.sql.tables import CatalogTables, catalog_tables
from blueprints.organization.application.instants import instant_text
from blueprints.organization.domain.refusals import ConcurrentWrite
from blueprints.organization.ports import Client, Tenant

CARRIED_SECONDS = 20
"""After the death of its process an outbox is taken over within these and the courier's BEAT_SECONDS."""


class CatalogHost(Protocol):
    """Where the catalog stands."""

    @property
    def dialect(self) -> str:
        """The name of the database: postgresql or sqlite."""

    @property
    def catalog_schema(self) -> str | None:
        """The schema of the catalog's tables."""

    @property
    def catalog_engine(self) -> Engine:
        """The engine of the catalog's database."""

    def create_catalog(self, metadata: MetaData) -> None:
        """Create the catalog's tables where they are missing."""


class Catalog:
    """A connection to the catalog, whose tables are created when it is first used."""

    def __init__(self, host: CatalogHost) -> None:
        self._host = host
        self.tables: CatalogTables = catalog_tables(host.catalog_schema)
        self._is_ready = False
        self._lock = threading.Lock()

    @contextmanager
    def connect(self, *, writes: bool = False) -> Iterator[Connection]:
        """Open a connection; what is written is committed at the end. Raises Unavailable."""
        self._make_ready()
        options = {"writes": True} if writes else READ_OPTIONS[self._host.dialect]
        with store_failures(), self._host.catalog_engine.connect() as connection:
            yield connection.execution_options(**options)
            if writes:
                connection.commit()

    def _make_ready(self) -> None:
        with self._lock:
            if not self._is_ready:
                self._host.create_catalog(self.tables.metadata)
                self._is_ready = True


class SqlTenantCatalog:
    """Tenants and clients."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tenants = catalog.tables.tenants
        self._clients = catalog.tables.clients
        own = and_(self._clients.c.tenantId == self._tenants.c.tenantId,
                   self._clients.c.clientId == bindparam("client"))
        columns = [column.label(f"client_{column.name}") for column in self._clients.c]
        self._with_client = (select(self._tenants, *columns).outerjoin(self._clients, own)
                             .where(self._tenants.c.tenantId == bindparam("tenant")))

    def find(self, tenant_id: str) -> Tenant | None:
        """Return the tenant."""
        with self._catalog.connect() as connection:
            row = connection.execute(select(self._tenants).where(self._tenants.c.tenantId == tenant_id)).first()
        return _tenant_of(row) if row else None

    def find_with_client(self, tenant_id: str, client_id: str) -> tuple[Tenant | None, Client | None]:
        """Return the tenant and its client in one look."""
        with self._catalog.connect() as connection:
            row = connection.execute(self._with_client, {"tenant": tenant_id, "client": client_id}).first()
        if row is None:
            return None, None
        return _tenant_of(row), _client_of(row, "client_") if row.client_clientId else None

    def all(self) -> list[Tenant]:
        """Return every tenant by id."""
        return self.narrowed(None, None)

    def narrowed(self, part: str | None, status: str | None) -> list[Tenant]:
        """Return the tenants whose id has that part, and of that status, by id.

        All of them are looked through: each is a database of its own, so there are never very many."""
        found = select(self._tenants).order_by(self._tenants.c.tenantId)
        if part is not None:
            found = found.where(self._tenants.c.tenantId.contains(part, autoescape=True))
        if status is not None:
            found = found.where(self._tenants.c.status == status)
        with self._catalog.connect() as connection:
            return [_tenant_of(row) for row in connection.execute(found)]

    def insert(self, tenant: Tenant) -> bool:
        """Add a row; False when the tenantId is there already."""
        try:
            with self._catalog.connect(writes=True) as connection, rivals_win():
                connection.execute(insert(self._tenants).values(
                    tenantId=tenant.tenant_id, status=tenant.status, incarnation=tenant.incarnation,
                    createdAt=tenant.created_at, resources=list(tenant.resources)))
        except ConcurrentWrite:
            return False
        return True

    def set_status(self, tenant_id: str, status: str) -> None:
        """Change the status."""
        self._set(tenant_id, status=status)

    def add_resources(self, tenant_id: str, resources: Iterable[str]) -> None:
        """Record that the tenant has tables for these resources, too; two processes may add at the same time."""
        mine = self._tenants.c.tenantId == tenant_id
        with self._catalog.connect(writes=True) as connection:
            known = connection.scalar(select(self._tenants.c.resources).where(mine).with_for_update()) or []
            added = [name for name in resources if name not in known]
            connection.execute(update(self._tenants).where(mine).values(resources=[*known, *added]))

    def remove(self, tenant_id: str) -> None:
        """Remove the tenant and its clients."""
        with self._catalog.connect(writes=True) as connection:
            connection.execute(delete(self._clients).where(self._clients.c.tenantId == tenant_id))
            connection.execute(delete(self._tenants).where(self._tenants.c.tenantId == tenant_id))

    def client(self, client_id: str) -> Client | None:
        """Return a client, revoked or not."""
        with self._catalog.connect() as connection:
            row = connection.execute(select(self._clients).where(self._clients.c.clientId == client_id)).first()
        return _client_of(row) if row else None

    def clients(self, tenant_id: str) -> list[Client]:
        """Return a tenant's clients, oldest first."""
        statement = select(self._clients).where(self._clients.c.tenantId == tenant_id).order_by(
            self._clients.c.createdAt, self._clients.c.clientId)
        with self._catalog.connect() as connection:
            return [_client_of(row) for row in connection.execute(statement)]

    def clients_begun(self, first: str, last: str, limit: int) -> list[Client]:
        """Return the clients, revoked or not, whose ids lie between these two, by id."""
        client_id = self._clients.c.clientId
        statement = select(self._clients).where(client_id.between(first, last)).order_by(client_id).limit(limit)
        with self._catalog.connect() as connection:
            return [_client_of(row) for row in connection.execute(statement)]

    def insert_client(self, client: Client) -> None:
        """Add a client."""
        with self._catalog.connect(writes=True) as connection:
            connection.execute(insert(self._clients).values(
                clientId=client.client_id, tenantId=client.tenant_id, secretHash=client.secret_hash,
                scopes=list(client.scopes), name=client.name, createdAt=client.created_at))

    def revoke_client(self, client_id: str, at: str) -> None:
        """Revoke a client."""
        with self._catalog.connect(writes=True) as connection:
            connection.execute(update(self._clients).where(self._clients.c.clientId == client_id).values(revokedAt=at))

    def _set(self, tenant_id: str, **values: Any) -> None:
        with self._catalog.connect(writes=True) as connection:
            connection.execute(update(self._tenants).where(self._tenants.c.tenantId == tenant_id).values(**values))


class SqlCheckpoints:
    """How far each shard of a stream has been projected, and who reads it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._table = catalog.tables.checkpoints

    def claim(self, stream: str, shard: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew a shard; False while another owner holds it or it has ended."""
        with self._catalog.connect(writes=True) as connection:
            return take_lease(connection, self._table, _shard(stream, shard), owner, now, until, self._table.c.ended)

    def position(self, stream: str, shard: str) -> str | None:
        """Return the last projected sequence number."""
        with self._catalog.connect() as connection:
            position: str | None = connection.scalar(
                select(self._table.c.sequence).where(*row_is(self._table, _shard(stream, shard))))
        return position

    def advance(self, stream: str, shard: str, owner: str, sequence: str | None, *, ended: bool) -> None:
        """Record progress, unless another reader has taken the shard meanwhile."""
        values: dict[str, Any] = {"ended": ended} if sequence is None else {"ended": ended, "sequence": sequence}
        with self._catalog.connect(writes=True) as connection:
            connection.execute(update(self._table).where(
                *row_is(self._table, _shard(stream, shard)), self._table.c.owner == owner).values(values))

    def release(self, stream: str, shard: str, owner: str) -> None:
        """Let another reader take the shard."""
        with self._catalog.connect(writes=True) as connection:
            free_lease(connection, self._table, _shard(stream, shard), owner)


@dataclass(frozen=True)
class SqlCarried:
    """Which tenants' outboxes this process has promised to carry: a lease a tenant, which lapses when it dies.

    One short statement finds what others left behind, however many tenants there are."""

    catalog: Catalog
    owner: Callable[[], str]
    now: Callable[[], datetime]

    def hold(self, tenants: Iterable[str]) -> datetime:
        """Promise to carry the tenants for CARRIED_SECONDS from now, anew or once more; returns until when."""
        table, lapses = self.catalog.tables.carried, self.now() + timedelta(seconds=CARRIED_SECONDS)
        until = instant_text(lapses)
        with self.catalog.connect(writes=True) as connection:
            statement = upsert_of(connection.dialect.name)(table).on_conflict_do_update(
                index_elements=[table.c.tenantId, table.c.owner], set_={"until": until})
            connection.execute(statement, [
                {"tenantId": tenant_id, "owner": self.owner(), "until": until} for tenant_id in sorted(tenants)])
        return lapses

    def release(self, tenants: Iterable[str]) -> None:
        """Take the promise back: nothing waits in these tenants' outboxes."""
        table = self.catalog.tables.carried
        with self.catalog.connect(writes=True) as connection:
            connection.execute(delete(table).where(table.c.owner == self.owner(), table.c.tenantId.in_([*tenants])))

    def abandoned(self) -> dict[str, str]:
        """Return (tenant, owner) of the promises that lapsed: their process is dead, or as good as that."""
        table = self.catalog.tables.carried
        with self.catalog.connect() as connection:
            rows = connection.execute(select(table.c.tenantId, table.c.owner).where(
                table.c.until < instant_text(self.now()))).all()
        return {row.tenantId: row.owner for row in rows}

    def forget(self, abandoned: dict[str, str]) -> None:
        """Remove lapsed promises that this process has made its own."""
        table, lapsed = self.catalog.tables.carried, instant_text(self.now())
        with self.catalog.connect(writes=True) as connection:
            for tenant_id, owner in abandoned.items():
                connection.execute(delete(table).where(
                    table.c.tenantId == tenant_id, table.c.owner == owner, table.c.until < lapsed))


class SqlSigningKeys:
    """The private keys that sign our tokens, sealed."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._table = catalog.tables.signing_keys

    def all(self) -> list[tuple[str, str]]:
        """Return (key id, sealed key), newest first."""
        statement = select(self._table).order_by(self._table.c.createdAt.desc(), self._table.c.keyId.desc())
        with self._catalog.connect() as connection:
            return [(row.keyId, row.sealedKey) for row in connection.execute(statement)]

    def insert(self, key_id: str, sealed_key: str, at: str) -> None:
        """Add a key."""
        with self._catalog.connect(writes=True) as connection:
            connection.execute(insert(self._table).values(keyId=key_id, sealedKey=sealed_key, createdAt=at))


def _tenant_of(row: Row[Any]) -> Tenant:
    return Tenant(row.tenantId, row.status, row.incarnation, row.createdAt, tuple(row.resources))


def _client_of(row: Row[Any], prefix: str = "") -> Client:
    names = ("clientId", "tenantId", "secretHash", "scopes", "name", "createdAt", "revokedAt")
    client_id, tenant_id, secret_hash, scopes, *rest = (row._mapping[f"{prefix}{name}"] for name in names)
    return Client(client_id, tenant_id, secret_hash, tuple(scopes), *rest)


def _shard(stream: str, shard: str) -> dict[str, str]:
    return {"stream": stream, "shard": shard}
