"""The tables: per resource a schema with `<version>-<name>` and its companions; per tenant its extensions.

Times are ISO 8601 text of one length, so that both databases compare and answer them alike."""
from dataclasses import dataclass

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from blueprints.organization.adapters.sql.checks import check_constraints
from blueprints.organization.domain.resource_type import ResourceType

_POSITION = BigInteger().with_variant(Integer, "sqlite")
_JSON = JSON(none_as_null=True)
_DOCUMENT = JSON().with_variant(JSONB(), "postgresql")


@dataclass(frozen=True)
class ResourceTables:
    """The tables of one resource type in one tenant's database."""

    metadata: MetaData
    records: Table
    events: Table
    outbox: Table
    requests: Table
    relay: Table


def resource_tables(kind: ResourceType, dialect: str) -> ResourceTables:
    """Return the tables of `kind`, named and checked as the schema file says."""
    metadata = MetaData(schema=kind.name)
    name = f"{kind.version}-{kind.name}"
    return ResourceTables(metadata, _records(metadata, name, kind, dialect), _events(metadata, f"{name}-event"),
                          _outbox(metadata, f"{name}-outbox"), _requests(metadata, f"{name}-request"),
                          _relay(metadata, f"{name}-relay"))


def _records(metadata: MetaData, name: str, kind: ResourceType, dialect: str) -> Table:
    table = Table(
        name, metadata,
        Column("resourceId", Text, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("isActive", Boolean, nullable=False),
        Column("createdAt", Text, nullable=False),
        Column("updatedAt", Text, nullable=False),
        Column("eventId", Text, nullable=False),
        Column("searchText", Text, nullable=False),
        Column("document", _DOCUMENT, nullable=False),
        *check_constraints(kind, dialect),
    )
    Index(f"{name}-updatedAt", table.c.updatedAt, table.c.resourceId)
    if dialect == "postgresql":
        Index(f"{name}-document", table.c.document, postgresql_using="gin",
              postgresql_ops={"document": "jsonb_path_ops"})
    return table


def living_index(kind: ResourceType, dialect: str) -> Index:
    """Return the index by which the few records that a former version still holds are found among those that left."""
    records = resource_tables(kind, dialect).records
    is_living = records.c.isActive == true()
    return Index(f"{records.name}-living", records.c.updatedAt, records.c.resourceId,
                 postgresql_where=is_living, sqlite_where=is_living)


def _events(metadata: MetaData, name: str) -> Table:
    table = Table(
        name, metadata,
        Column("position", _POSITION, primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        Column("resourceId", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("change", Text, nullable=False),
        Column("time", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("dataschema", Text, nullable=False),
        Column("before", _JSON),
        Column("after", _JSON),
        UniqueConstraint("resourceId", "version", name=f"{name}-version"),
    )
    for statement, dialect in _append_only(metadata.schema or "", name):
        event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))
    return table


def _append_only(schema: str, name: str) -> list[tuple[str, str]]:
    """Return the DDL that makes the database refuse a change of history."""
    function = f'"{schema}"."{name}-is-append-only"'
    statements = [
        (f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
         "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$", "postgresql"),
        (f'CREATE TRIGGER "append-only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "{schema}"."{name}" '
         f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()", "postgresql"),
    ]
    return statements + [
        (f'CREATE TRIGGER "{schema}"."{name}-no-{verb.lower()}" BEFORE {verb} ON "{name}" '
         "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END", "sqlite") for verb in ("UPDATE", "DELETE")]


def _outbox(metadata: MetaData, name: str) -> Table:
    return Table(name, metadata, Column("position", _POSITION, primary_key=True, autoincrement=False))


def _requests(metadata: MetaData, name: str) -> Table:
    return Table(
        name, metadata,
        Column("actor", Text, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", Text, nullable=False),
        Column("resourceId", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("createdAt", Text, nullable=False, index=True),
    )


def _relay(metadata: MetaData, name: str) -> Table:
    return Table(
        name, metadata,
        Column("name", Text, primary_key=True),
        Column("owner", Text),
        Column("until", Text, nullable=False),
        Column("lastError", Text),
    )


tenant_metadata = MetaData()

extensions = Table(
    "v1-extension", tenant_metadata,
    Column("resource", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("properties", _JSON, nullable=False),
    Column("required", _JSON, nullable=False),
    Column("createdAt", Text, nullable=False),
)


@dataclass(frozen=True)
class CatalogTables:
    """The tables beside the tenants: tenants, clients, signing keys, the stream's checkpoints, who carries what."""

    metadata: MetaData
    tenants: Table
    clients: Table
    signing_keys: Table
    checkpoints: Table
    carried: Table


def catalog_tables(schema: str | None) -> CatalogTables:
    """Return the catalog's tables; on PostgreSQL they stand in a schema of the database that DATABASE names."""
    metadata = MetaData(schema=schema)
    tenants = Table(
        "v1-tenant", metadata,
        Column("tenantId", Text, primary_key=True),
        Column("status", Text, nullable=False),
        Column("incarnation", Text, nullable=False),
        Column("createdAt", Text, nullable=False),
        Column("resources", _JSON, nullable=False),
    )
    clients = Table(
        "v1-client", metadata,
        Column("clientId", Text, primary_key=True),
        Column("tenantId", Text, nullable=False, index=True),
        Column("secretHash", Text, nullable=False),
        Column("scopes", _JSON, nullable=False),
        Column("name", Text, nullable=False),
        Column("createdAt", Text, nullable=False),
        Column("revokedAt", Text),
    )
    signing_keys = Table(
        "v1-signing-key", metadata,
        Column("keyId", Text, primary_key=True),
        Column("sealedKey", Text, nullable=False),
        Column("createdAt", Text, nullable=False),
    )
    checkpoints = Table(
        "v1-checkpoint", metadata,
        Column("stream", Text, primary_key=True),
        Column("shard", Text, primary_key=True),
        Column("sequence", Text),
        Column("ended", Boolean, nullable=False, server_default=false()),
        Column("owner", Text),
        Column("until", Text, nullable=False),
    )
    carried = Table(
        "v1-carried", metadata,
        Column("tenantId", Text, primary_key=True),
        Column("owner", Text, primary_key=True),
        Column("until", Text, nullable=False, index=True),
    )
    return CatalogTables(metadata, tenants, clients, signing_keys, checkpoints, carried)
