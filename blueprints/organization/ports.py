"""What the application asks of the outside world. Adapters implement these; wiring.py alone joins the two."""
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from blueprints.organization.domain.aggregate import Aggregate
from blueprints.organization.domain.documents import Document
from blueprints.organization.domain.events import Event, Identity
from blueprints.organization.domain.refusals import Violation
from blueprints.organization.domain.resource_type import Extension, ResourceType
from blueprints.organization.domain.search import Search


class StreamDown(Exception):
    """The stream does not take or give records now."""


@dataclass(frozen=True)
class Tenant:
    """A tenant of the catalog; `incarnation` differs when a dropped tenantId is added again."""

    tenant_id: str
    status: str
    incarnation: str
    created_at: str
    resources: tuple[str, ...] = ()

    @property
    def is_active(self) -> bool:
        """True when the tenant's calls are served."""
        return self.status == "active"

    @property
    def has_data(self) -> bool:
        """True when the tenant's database is whole: neither being created nor being dropped."""
        return self.status in ("active", "suspended")


@dataclass(frozen=True)
class Client:
    """An OAuth2 client of one tenant."""

    client_id: str
    tenant_id: str
    secret_hash: str
    scopes: tuple[str, ...]
    name: str
    created_at: str
    revoked_at: str | None = None


@dataclass(frozen=True)
class Claims:
    """What a verified token says; `is_local` tells tokens of our own clients from those of the configured issuer."""

    subject: str
    tenant_id: str
    scopes: frozenset[str]
    is_local: bool


@dataclass(frozen=True)
class Requested:
    """The idempotency key of a call, with the fingerprint of what was asked."""

    actor: str
    route: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class Remembered:
    """The outcome kept for an idempotency key."""

    fingerprint: str
    resource_id: str
    version: int
    is_projected: bool


@dataclass(frozen=True)
class OutboxEntry:
    """An event that has not left yet; positions grow within a resource."""

    position: int
    event: Event


@dataclass(frozen=True)
class Lag:
    """How far a tenant's resource is behind: events not delivered, resources not projected, since how many seconds.

    Where the tenant's database cannot be asked, `is_known` is False and `last_error` says why."""

    tenant_id: str
    resource: str
    undelivered: int = 0
    unprojected: int = 0
    oldest_seconds: float = 0.0
    last_error: str | None = None
    is_known: bool = True

    @property
    def is_behind(self) -> bool:
        """True when something waits, or nobody knows."""
        return bool(self.undelivered or self.unprojected) or not self.is_known


@dataclass(frozen=True)
class Records:
    """A piece of a shard: messages with the sequence number of the last, and whether the shard has ended."""

    messages: Sequence[bytes]
    last_sequence: str | None
    is_end: bool


class SchemaCatalog(Protocol):
    """The loaded schema files and the judgements they allow."""

    kinds: Mapping[str, ResourceType]

    def violations(self, kind: ResourceType, extension: Extension, properties: Document) -> list[Violation]:
        """Return every entry of `properties` that breaks the schema of this tenant."""

    def in_form(self, kind: ResourceType, extension: Extension, path: tuple[str, ...], value: Any) -> Any:
        """Return `value` as the property at `path` keeps it (no path: the document): lines and codes in their form."""

    def accepts(self, kind: ResourceType, extension: Extension, path: tuple[str, ...], value: Any) -> bool:
        """Tell whether `value` alone satisfies the schema of the property (or of a list's items) at `path`."""

    def schema_errors(self, kind: ResourceType, schema: Document) -> list[str]:
        """Return why `schema` is no JSON Schema 2020-12 document that can extend `kind`."""

    def event_errors(self, message: Document) -> list[str]:
        """Return why `message` does not satisfy the event schema."""


class WriteSession(Protocol):
    """One transaction on one tenant's resource; leaving it without commit() undoes everything."""

    @property
    def kind(self) -> ResourceType:
        """The version of the resource type that this session writes."""

    def extension(self) -> Extension:
        """Return what the tenant added to the resource type."""

    def aggregate(self, identity: Identity) -> Aggregate:
        """Load a resource from its events, under this version of the schema or, else, under one before it.

        Raises ConcurrentWrite when it went on under a later version meanwhile."""

    def holding(self, aggregate: Aggregate) -> "WriteSession":
        """Return this transaction's session on the version of the schema under which the resource stands."""

    def retire(self, event: Event) -> None:
        """Close the resource's log under the former version: it goes on with `event` under this one.

        Raises ConcurrentWrite when a rival wrote there first."""

    def append(self, event: Event) -> None:
        """Append to the event table; raises ConcurrentWrite when the version is taken."""

    def enqueue(self, event: Event) -> None:
        """Put the event into the outbox."""

    def project(self, event: Event) -> bool:
        """Bring the query table up to `event`; an event it has seen, or is past, changes nothing (returns False)."""

    def recall(self, requested: Requested, not_before: str) -> Remembered | None:
        """Return the outcome kept for the idempotency key since `not_before`."""

    def remember(self, requested: Requested, resource_id: str, version: int, at: str, not_before: str) -> None:
        """Keep the outcome under the idempotency key and forget those from before `not_before`.

        Raises ConcurrentWrite when a rival was first."""

    def commit(self) -> None:
        """Make it so; raises ConcurrentWrite when a rival was first."""


class ReadSession(Protocol):
    """A look at one tenant's resource."""

    def extension(self) -> Extension:
        """Return what the tenant added to the resource type."""

    def logged(self, event_ids: Iterable[str]) -> list[Event]:
        """Return the events with these ids that are in the tenant's event table."""

    def record(self, resource_id: str) -> Document | None:
        """Return the living record from the query table."""

    def records(self, after: str = "") -> Iterator[Document]:
        """Return every living record under this version of the schema by id, those after an id, a piece at a time."""

    def page(self, search: Search) -> tuple[list[Document], int]:
        """Return the page's records and the number of all that match."""


class ResourceStore(Protocol):
    """Events and query tables of all tenants."""

    def writing(self, tenant: Tenant, kind: ResourceType) -> AbstractContextManager[WriteSession]:
        """Open a transaction."""

    def reading(self, tenant: Tenant, kind: ResourceType) -> AbstractContextManager[ReadSession]:
        """Open a look."""

    def rebuild(self, tenant: Tenant, kind: ResourceType) -> int:
        """Make the query table anew from the event table, readers undisturbed; returns the number of events."""

    def refold(self, tenant: Tenant, kind: ResourceType) -> None:
        """Write the words of every record anew, in batches; twice does no harm."""

    def history(self, tenant: Tenant, kind: ResourceType, resource_id: str | None = None) -> Iterator[Event]:
        """Return every event in order, or those of one resource."""

    def latest(self, tenant: Tenant, kind: ResourceType, resource_id: str | None, limit: int) -> list[Event]:
        """Return the last so many of the same, in the same order."""

    def begun(self, tenant: Tenant, kind: ResourceType, first: str, last: str, limit: int) -> list[str]:
        """Return at most `limit` ids of resources, removed ones too, from the first to the last, in order."""

    def save_extension(self, tenant: Tenant, kind: ResourceType, extension: Extension, at: str) -> None:
        """Keep the tenant's extension as its newest revision."""


class Outbox(Protocol):
    """The events of a tenant's resource that wait to leave, and the lease that makes one relay move them."""

    def claim(self, tenant: Tenant, kind: ResourceType, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew the lease; False while another owner holds it."""

    def release(self, tenant: Tenant, kind: ResourceType, owner: str, error: str | None) -> None:
        """Give the lease back, with the last error for `lag`."""

    def waiting(self, tenant: Tenant, kind: ResourceType, limit: int) -> list[OutboxEntry]:
        """Return the oldest entries in order."""

    def settle(self, tenant: Tenant, kind: ResourceType, positions: Iterable[int]) -> None:
        """Forget delivered entries."""

    def lag(self, tenant: Tenant, kind: ResourceType, now: datetime) -> Lag:
        """Measure how far behind the resource is."""


class Publisher(Protocol):
    """Where events go: the stream, or straight to the query table."""

    @property
    def is_stream(self) -> bool:
        """True when every event must leave, also those already projected."""

    def publish(self, tenant: Tenant, kind: ResourceType, events: Sequence[Event]) -> set[str]:
        """Deliver events of different aggregates; returns the ids refused for now; raises StreamDown when none went."""


class Stream(Protocol):
    """The stream read shard by shard."""

    name: str

    def shards(self) -> list[str]:
        """Return the shard ids; raises StreamDown."""

    def read(self, shard: str, after: str | None) -> Records:
        """Return the records after a sequence number, or from the start; raises StreamDown."""


class Checkpoints(Protocol):
    """How far each shard has been projected, and who reads it."""

    def claim(self, stream: str, shard: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or renew a shard; False while another owner holds it or it has ended."""

    def position(self, stream: str, shard: str) -> str | None:
        """Return the last projected sequence number."""

    def advance(self, stream: str, shard: str, owner: str, sequence: str | None, *, ended: bool) -> None:
        """Record progress."""

    def release(self, stream: str, shard: str, owner: str) -> None:
        """Let another reader take the shard."""


class TenantCatalog(Protocol):
    """The tenants and their clients."""

    def find(self, tenant_id: str) -> Tenant | None:
        """Return the tenant; raises Unavailable when the catalog cannot answer."""

    def find_with_client(self, tenant_id: str, client_id: str) -> tuple[Tenant | None, Client | None]:
        """Return the tenant and its client in one look: what every call asks."""

    def all(self) -> list[Tenant]:
        """Return every tenant by id."""

    def narrowed(self, part: str | None, status: str | None) -> list[Tenant]:
        """Return the tenants whose id has that part, and of that status, by id."""

    def insert(self, tenant: Tenant) -> bool:
        """Add a row; False when the tenantId is there already."""

    def set_status(self, tenant_id: str, status: str) -> None:
        """Change the status."""

    def add_resources(self, tenant_id: str, resources: Iterable[str]) -> None:
        """Record that the tenant has tables for these resources, too."""

    def remove(self, tenant_id: str) -> None:
        """Remove the tenant and its clients."""

    def client(self, client_id: str) -> Client | None:
        """Return a client, revoked or not."""

    def clients(self, tenant_id: str) -> list[Client]:
        """Return a tenant's clients, oldest first."""

    def clients_begun(self, first: str, last: str, limit: int) -> list[Client]:
        """Return the clients, revoked or not, whose ids lie between these two, by id."""

    def insert_client(self, client: Client) -> None:
        """Add a client."""

    def revoke_client(self, client_id: str, at: str) -> None:
        """Revoke a client: its tokens stop working at once."""


class TenantDatabases(Protocol):
    """The databases themselves."""

    def occupied(self, tenant_id: str) -> bool:
        """Tell whether a database, ours or not, has this name."""

    def create(self, tenant: Tenant) -> None:
        """Create the database; nothing happens when it is there."""

    def prepare(self, tenant: Tenant, kinds: Iterable[ResourceType]) -> None:
        """Create the schemas, tables, checks and indexes that are missing, also on tables of former versions."""

    def drop(self, tenant: Tenant) -> None:
        """Remove the database with all it holds."""


class TokenVerifier(Protocol):
    """Judges bearer tokens."""

    def claims(self, token: str) -> Claims:
        """Return what a good token says; raises NotAuthenticated, or Unavailable without the issuer's keys."""


@dataclass(frozen=True)
class Ports:
    """Everything a command or a query may ask for."""

    schemas: SchemaCatalog
    store: ResourceStore
    outbox: Outbox
    publisher: Publisher
    tenants: TenantCatalog
    databases: TenantDatabases
    tokens: TokenVerifier
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    wake: Callable[[str], None] = field(default=lambda tenant_id: None)
    """Tells the relay that a tenant's outbox has something; may do nothing, the sweep finds it later."""
    at_once: Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]] = map
    """Puts one question to many, perhaps several at a time, and returns the answers in order."""
