"""Tenants embedded: `<tenantId>.db` each, with the file of each resource attached under the schema's name."""
import sqlite3
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.pool import NullPool, Pool, QueuePool

from blueprints.organization.adapters.sql.failures import store_failures
from blueprints.organization.adapters.sql.tables import living_index, resource_tables, tenant_metadata
from blueprints.organization.application.tenants import former_kinds
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Tenant

MOST_RESOURCES = 10
"""So many files can be attached to one connection."""


class SqliteFolder:
    """A folder: `catalog.db`, and under `tenants/` the files of each tenant."""

    dialect = "sqlite"
    catalog_schema = None

    def __init__(self, folder: Path, resources: Callable[[], Iterable[str]]) -> None:
        self.folder = folder
        self._resources = resources

    @cached_property
    def catalog_engine(self) -> Engine:
        """The engine of the catalog."""
        self._tenants.mkdir(parents=True, exist_ok=True)
        file = self.folder / "catalog.db"
        return _engine("sqlite://", poolclass=QueuePool, creator=lambda: _opened(file, "rwc", {}), max_overflow=0)

    def tenant_engine(self, pool: Pool) -> Engine:
        """Return the engine that all tenants share; its pool knows the file."""
        return _engine("sqlite://", pool=pool)

    def connect_to(self, dialect: Dialect, tenant: Tenant) -> Any:
        """Open the tenant's file with its resources attached; a file that is not there is not made."""
        return self._connect(tenant, "rw")

    def create_catalog(self, metadata: MetaData) -> None:
        """Create the catalog's tables where they are missing."""
        with store_failures(), _writing(self.catalog_engine) as connection:
            metadata.create_all(connection)

    def occupied(self, tenant_id: str) -> bool:
        """Tell whether a file of this name stands in the folder."""
        return (self._tenants / f"{tenant_id}.db").exists()

    def create(self, tenant: Tenant) -> None:
        """Create the folder; SQLite makes the files when they are first opened."""
        self._tenants.mkdir(parents=True, exist_ok=True)

    def prepare(self, tenant: Tenant, kinds: Iterable[ResourceType]) -> None:
        """Create the tables, checks and indexes that are missing, also on tables of former versions."""
        kinds = list(kinds)
        engine = _engine("sqlite://", poolclass=NullPool, creator=lambda: self._connect(tenant, "rwc"))
        with store_failures(), _writing(engine) as connection:
            for metadata in [tenant_metadata, *(resource_tables(kind, self.dialect).metadata for kind in kinds)]:
                metadata.create_all(connection)
            for former in former_kinds(tenant, kinds):
                living_index(former, self.dialect).create(connection, checkfirst=True)

    def drop(self, tenant: Tenant) -> None:
        """Remove the tenant's files."""
        for file in [*self._tenants.glob(f"{tenant.tenant_id}.db*"), *self._tenants.glob(f"{tenant.tenant_id}.*.db*")]:
            file.unlink(missing_ok=True)

    @property
    def _tenants(self) -> Path:
        return self.folder / "tenants"

    def _connect(self, tenant: Tenant, mode: str) -> sqlite3.Connection:
        attached = {name: self._tenants / f"{tenant.tenant_id}.{name}.db" for name in self._resources()}
        return _opened(self._tenants / f"{tenant.tenant_id}.db", mode, attached)


def _opened(file: Path, mode: str, attached: dict[str, Path]) -> sqlite3.Connection:
    """Open a file, WAL and patient; BEGIN is left to `_engine`."""
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, timeout=10,
                                 check_same_thread=False, isolation_level=None)
    for name, attachment in attached.items():
        connection.execute(f'ATTACH DATABASE ? AS "{name}"', (str(attachment),))
    for name in ["main", *attached]:
        connection.execute(f'PRAGMA "{name}".journal_mode=WAL')
        connection.execute(f'PRAGMA "{name}".synchronous=NORMAL')
    return connection


def _engine(url: str, **options: Any) -> Engine:
    """Return an engine that begins transactions itself: pysqlite's own BEGIN comes too late and is never IMMEDIATE."""
    engine = create_engine(url, json_serializer=lambda value: orjson.dumps(value).decode(),
                           json_deserializer=orjson.loads, hide_parameters=True, **options)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _writing(engine: Engine) -> Any:
    return engine.execution_options(writes=True).begin()
