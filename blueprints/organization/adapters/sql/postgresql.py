"""Tenants on PostgreSQL: one database each on the server that DATABASE names, the catalog in the database it names."""
from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Dialect, Engine, MetaData, create_engine, make_url, text
from sqlalchemy.pool import NullPool, Pool
from sqlalchemy.schema import CreateSchema

from app.data.connections import ping_idle_connections
from blueprints.organization.adapters.sql.failures import store_failures
from blueprints.organization.adapters.sql.tables import living_index, resource_tables, tenant_metadata
from blueprints.organization.application.tenants import former_kinds
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Tenant

CATALOG_SCHEMA = "organization"
CATALOG_CONNECTIONS = 8
LONGEST_NAME = 63
_CONNECT = {"connect_timeout": 5, "application_name": "guildhall-organization"}
_PREPARING = 40_040_001
"""The advisory lock under which tables are created, so that two processes do not create the same one."""


class PostgresqlServer:
    """The server's databases; every connection is opened when first needed."""

    dialect = "postgresql"
    catalog_schema = CATALOG_SCHEMA

    def __init__(self, url: str, prefix: str = "") -> None:
        self.url = _with_driver(url)
        self._prefix = prefix

    @cached_property
    def catalog_engine(self) -> Engine:
        """The engine of the database that DATABASE names."""
        return _engine(self.url, pool_size=CATALOG_CONNECTIONS, max_overflow=0, pool_use_lifo=True)

    def tenant_engine(self, pool: Pool) -> Engine:
        """Return the engine that all tenants share; its pool knows the database."""
        return _engine(self.url, pool=pool)

    def connect_to(self, dialect: Dialect, tenant: Tenant) -> Any:
        """Open a connection of the driver's own to the tenant's database."""
        positional, named = dialect.create_connect_args(self.url.set(database=self.database_of(tenant.tenant_id)))
        return dialect.connect(*positional, **named, **_CONNECT)

    def create_catalog(self, metadata: MetaData) -> None:
        """Create the catalog's tables where they are missing."""
        with store_failures(), self.catalog_engine.begin() as connection:
            _create_all(connection, metadata)

    def occupied(self, tenant_id: str) -> bool:
        """Tell whether the server has a database of this name."""
        with store_failures(), self.catalog_engine.connect() as connection:
            return _has_database(connection, self.database_of(tenant_id))

    def create(self, tenant: Tenant) -> None:
        """Create the tenant's database, ordered by code point as SQLite orders; nothing happens when it is there."""
        with store_failures(), self.catalog_engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            name = self.database_of(tenant.tenant_id)
            if not _has_database(connection, name):
                connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING \'UTF8\' '
                                        "LOCALE_PROVIDER libc LOCALE 'C'"))

    def prepare(self, tenant: Tenant, kinds: Iterable[ResourceType]) -> None:
        """Create the schemas, tables, checks and indexes that are missing, also on tables of former versions."""
        kinds = list(kinds)
        engine = _engine(self.url.set(database=self.database_of(tenant.tenant_id)), poolclass=NullPool)
        with store_failures(), engine.begin() as connection:
            for metadata in [tenant_metadata, *(resource_tables(kind, self.dialect).metadata for kind in kinds)]:
                _create_all(connection, metadata)
            for former in former_kinds(tenant, kinds):
                living_index(former, self.dialect).create(connection, checkfirst=True)

    def drop(self, tenant: Tenant) -> None:
        """Remove the tenant's database; connections that other processes hold to it are cut."""
        with store_failures(), self.catalog_engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text(f'DROP DATABASE IF EXISTS "{self.database_of(tenant.tenant_id)}" WITH (FORCE)'))

    def database_of(self, tenant_id: str) -> str:
        """Return the name of a tenant's database: DATABASE_PREFIX and its id; one that is too long ends in its hash."""
        name = f"{self._prefix}{tenant_id}"
        if len(name) <= LONGEST_NAME:
            return name
        return f"{name[:LONGEST_NAME - 17]}_{sha256(name.encode()).hexdigest()[:16]}"


def _with_driver(url: str) -> URL:
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername in ("postgres", "postgresql") else parsed


def _engine(url: URL, **options: Any) -> Engine:
    engine = create_engine(url, connect_args=_CONNECT, use_native_hstore=False, hide_parameters=True,
                           json_serializer=lambda value: orjson.dumps(value).decode(), json_deserializer=orjson.loads,
                           **options)
    ping_idle_connections(engine)
    return engine


def _has_database(connection: Connection, name: str) -> bool:
    return bool(connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}))


def _create_all(connection: Connection, metadata: MetaData) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PREPARING})
    if metadata.schema:
        connection.execute(CreateSchema(metadata.schema, if_not_exists=True))
    metadata.create_all(connection)
