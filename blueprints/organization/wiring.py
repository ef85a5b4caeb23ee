"""The one place where ports meet adapters."""
import logging
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.data.ids import uuid7
from app.data.restored_copy import is_held_back
from app.settings import Settings
from blueprints.organization.adapters.courier import Courier
from blueprints.organization.adapters.sql.catalog import (
    Catalog,
    SqlCarried,
    SqlCheckpoints,
    SqlSigningKeys,
    SqlTenantCatalog,
)
from blueprints.organization.adapters.sql.engines import TenantEngines
from blueprints.organization.adapters.sql.outbox import SqlOutbox
from blueprints.organization.adapters.sql.postgresql import PostgresqlServer
from blueprints.organization.adapters.sql.sqlite import MOST_RESOURCES, SqliteFolder
from blueprints.organization.adapters.sql.store import SqlResourceStore
from blueprints.organization.application import schema_upgrade
from blueprints.organization.application.projector import InProcessPublisher, StreamProjector
from blueprints.organization.application.relay import Relay
from blueprints.organization.ports import Ports, Publisher

if TYPE_CHECKING:  # imported with the first token, the first schema, the first backup
    from app.ops.backup.apart import ApartStore
    from blueprints.organization.adapters.json_schema import JsonSchemaCatalog
    from blueprints.organization.adapters.tokens import BearerTokens

logger = logging.getLogger(__name__)

SIGNING_KEY = "organization-signing-key"
ASKED_AT_ONCE = 4
"""Tenants asked at a time: with a thousand, most of the time goes by until their databases take a connection."""


@dataclass(frozen=True)
class OrganizationSettings:
    """What the store needs to know; without `database` it is SQLite under `home`, without `stream` it projects itself.

    `background` False leaves carrying to `flask organization relay`."""

    home: Path
    secret_key: str
    database: str = ""
    prefix: str = ""
    stream: str = ""
    endpoint_url: str = ""
    jwks_url: str = ""
    issuer: str = ""
    audience: str = ""
    schema_folders: tuple[Path, ...] = ()
    most_connections: int = 36
    idle_seconds: float = 60.0
    token_seconds: int = 3600
    sweep_seconds: float = 300.0
    background: bool = True


def settings_from(settings: Settings) -> OrganizationSettings:
    """Return the store's part of the system's settings."""
    return OrganizationSettings(
        home=settings.home / "organization", secret_key=settings.secret_key,
        database=settings.organization_database, prefix=settings.organization_prefix,
        stream=settings.organization_stream,
        most_connections=settings.organization_connections,
        endpoint_url=settings.aws_endpoint_url, jwks_url=settings.organization_jwks_url,
        issuer=settings.organization_issuer, audience=settings.organization_audience,
        schema_folders=(settings.home / "organization" / "schemas",))


def backup_of(settings: Settings) -> "ApartStore":
    """Return the tenants' databases of a place as a backup takes them and puts them back."""
    from blueprints.organization.adapters.backup import TenantBackup

    store = Organization(replace(settings_from(settings), background=False))
    return TenantBackup(store.databases, store.ports.tenants, settings_from(settings).schema_folders[0],
                        store.close)


class Organization:
    """The wired store of one process; nothing connects before it is used."""

    def __init__(self, settings: OrganizationSettings) -> None:
        self.settings = settings
        self._registries: list[TenantEngines] = []
        self._mark = uuid7()[-12:]

    @property
    def owner(self) -> str:
        """This process's name in leases; a forked worker has its own."""
        return f"{socket.gethostname()}-{os.getpid()}-{self._mark}"

    @cached_property
    def ports(self) -> Ports:
        """Everything commands and queries ask for; where there is a background, writes wake the courier."""
        if not self.settings.background:
            return self._quiet_ports
        return replace(self._quiet_ports, wake=self.courier.wake)

    @cached_property
    def courier(self) -> Courier:
        """The thread that moves what this process's writes, and processes that died, leave in the outboxes."""
        carried = SqlCarried(self._catalog, lambda: self.owner, clock.now)
        return Courier(self.relay, self._say_unmigrated, self._tick, self._may_sweep, carried,
                       sweep_seconds=self.settings.sweep_seconds, is_held_back=self._is_held_back)

    def relay(self, most_connections: int = 4) -> Relay:
        """Return a relay with a few connections of its own, so that it does not crowd out requests."""
        store = SqlResourceStore(self._engines(most_connections), self.databases.dialect)
        publisher = self._publisher(store)
        return Relay(replace(self._quiet_ports, store=store, outbox=SqlOutbox(store), publisher=publisher), self.owner)

    def stream_projector(self) -> StreamProjector:
        """Return a reader of the stream; only where STREAM is set."""
        from blueprints.organization.adapters.kinesis import KinesisReader, kinesis_client

        reader = KinesisReader(kinesis_client(self.settings.endpoint_url or None), self.settings.stream)
        return StreamProjector(self._quiet_ports, reader, SqlCheckpoints(self._catalog), self.owner)

    @cached_property
    def tokens(self) -> "BearerTokens":
        """Mints and verifies tokens."""
        from blueprints.organization.adapters.tokens import BearerTokens, IssuerKeys, IssuerTerms, SigningKeys

        keys = SigningKeys(SqlSigningKeys(self._catalog), _Seal(self.settings.secret_key), clock.now, uuid7)
        known = self.settings
        foreign = IssuerTerms(IssuerKeys(known.jwks_url), known.issuer, known.audience) if known.jwks_url else None
        return BearerTokens(keys, foreign, timedelta(seconds=self.settings.token_seconds), clock.now, uuid7)

    @cached_property
    def engines(self) -> TenantEngines:
        """The connections of this process's requests."""
        return self._engines(self.settings.most_connections)

    def check_alive(self) -> None:
        """Ask the catalog something; raises Unavailable."""
        with self._catalog.connect() as connection:
            connection.execute(select(1))

    def close(self) -> None:
        """Stop the courier and close every connection."""
        if "courier" in self.__dict__:
            self.courier.stop()
        for registry in self._registries:
            registry.close()
        if "catalog_engine" in vars(self.databases):
            self.databases.catalog_engine.dispose()

    @cached_property
    def _quiet_ports(self) -> Ports:
        store = SqlResourceStore(self.engines, self.databases.dialect)
        return Ports(
            schemas=self.schemas, store=store, outbox=SqlOutbox(store), publisher=self._publisher(store),
            tenants=self.tenants, databases=self.databases, tokens=self.tokens,
            now=clock.now, new_id=uuid7, at_once=_at_once)

    @cached_property
    def tenants(self) -> SqlTenantCatalog:
        """The tenants and their clients; who only looks at these opens neither schemas nor keys."""
        return SqlTenantCatalog(self._catalog)

    @cached_property
    def schemas(self) -> "JsonSchemaCatalog":
        """The resource types: the shipped ones and those of the operator's folders; raises SchemaFilesWrong."""
        from blueprints.organization.adapters.json_schema import SHIPPED, JsonSchemaCatalog, SchemaFilesWrong

        read = JsonSchemaCatalog(SHIPPED, *self.settings.schema_folders)
        if not self._is_on_a_server and len(read.kinds) > MOST_RESOURCES:
            raise SchemaFilesWrong(f"SQLite serves at most {MOST_RESOURCES} resource types; set DATABASE to PostgreSQL")
        return read

    @cached_property
    def databases(self) -> PostgresqlServer | SqliteFolder:
        """Where the tenants' databases and their catalog are."""
        if self._is_on_a_server:
            return PostgresqlServer(self.settings.database, self.settings.prefix)
        named = self.settings.database.removeprefix("sqlite:///")
        folder = Path(named) if named else self.settings.home
        return SqliteFolder(folder, lambda: self.schemas.kinds)

    @property
    def _is_on_a_server(self) -> bool:
        return self.settings.database.startswith("postgres")

    @cached_property
    def _catalog(self) -> Catalog:
        return Catalog(self.databases)

    def _is_held_back(self) -> bool:
        """Tell whether the stream, which is others', waits for a copy to go live; it does while nobody knows."""
        try:
            return bool(self.settings.stream) and is_held_back()
        except SQLAlchemyError as error:
            logger.warning("nobody knows whether this is a restored copy: %s", error)
            return True

    @property
    def catalog(self) -> Catalog:
        """What stands beside the tenants."""
        return self._catalog

    def _may_sweep(self) -> bool:
        """Tell whether this process is the one of all that sweeps now."""
        now = clock.now()
        until = now + timedelta(seconds=self.settings.sweep_seconds)
        return SqlCheckpoints(self._catalog).claim("sweep", "tenants", self.owner, now, until)

    def _say_unmigrated(self) -> None:
        """Say which tenants are still served an earlier version of a schema."""
        try:
            if waiting := schema_upgrade.unmigrated(self._quiet_ports):
                logger.warning("an earlier schema is still served: %s; flask organization schema upgrade",
                               schema_upgrade.some(waiting))
        except Exception:
            logger.exception("nobody knows which schemas are served")

    def _tick(self) -> None:
        for registry in self._registries:
            registry.close_old()

    def _engines(self, most_connections: int) -> TenantEngines:
        registry = TenantEngines(self.databases, most_connections=most_connections,
                                 idle_seconds=self.settings.idle_seconds)
        self._registries.append(registry)
        return registry

    def _publisher(self, store: SqlResourceStore) -> Publisher:
        """Return where events go; boto3 is imported only by who has a stream."""
        if not self.settings.stream:
            return InProcessPublisher(store)
        from blueprints.organization.adapters.kinesis import KinesisPublisher, kinesis_client

        return KinesisPublisher(kinesis_client(self.settings.endpoint_url or None), self.settings.stream)


def _at_once(ask: Callable[[Any], Any], asked: Iterable[Any]) -> list[Any]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        return list(pool.map(ask, asked))


@dataclass(frozen=True)
class _Seal:
    secret_key: str

    def close(self, plain: str) -> str:
        from app.identity.encryption import seal

        return seal(self.secret_key, SIGNING_KEY, plain)

    def open(self, sealed: str) -> str:
        from app.identity.encryption import unseal

        return unseal(self.secret_key, SIGNING_KEY, sealed)
