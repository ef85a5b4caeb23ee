"""Brings query tables up to the events of the stream: idempotent, checkpointed per shard, safe to kill at any point."""
import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from blueprints.organization.application.backoff import Backoff, Patience
from blueprints.organization.application.tenants import former_kinds, served
from blueprints.organization.domain.events import Event, from_cloud_event
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Checkpoints, Ports, Records, ResourceStore, Stream, StreamDown, Tenant

LEASE_SECONDS = 30
BATCH = 500

Target = tuple[str, str]
"""A tenant and a resource."""

logger = logging.getLogger(__name__)


def project_events(store: ResourceStore, tenant: Tenant, kind: ResourceType, events: Sequence[Event]) -> int:
    """Bring the query table up to `events` in one transaction; returns how many changed something."""
    with store.writing(tenant, kind) as work:
        changed = sum(work.project(event) for event in events)
        work.commit()
    return changed


@dataclass(frozen=True)
class InProcessPublisher:
    """Where no STREAM is set: the relay gives events straight to the query table."""

    store: ResourceStore
    is_stream = False

    def publish(self, tenant: Tenant, kind: ResourceType, events: Sequence[Event]) -> set[str]:
        """Project the events; nothing is ever refused."""
        project_events(self.store, tenant, kind, events)
        return set()


@dataclass
class _Shard:
    """How far a shard is read. While a tenant's database fails the durable checkpoint stays where it was.

    `owed` are the events between the two that are not projected yet."""

    checkpoint: str | None
    place: str | None
    owed: dict[Target, set[str]] = field(default_factory=dict)


@dataclass
class StreamProjector:
    """One reader of the stream; `owner` names it in the shard leases."""

    ports: Ports
    stream: Stream
    checkpoints: Checkpoints
    owner: str
    backoff: Backoff = field(default_factory=Backoff)
    patience: Patience = field(default_factory=Patience)
    skipped: int = 0
    _behind: dict[tuple[str, str], _Shard] = field(default_factory=dict)

    def pass_once(self) -> int:
        """Read every shard that is free once, project, and advance the checkpoints; returns the messages read.

        A tenant whose database fails keeps the checkpoint from passing its events, and nobody else's from being
        projected; a shard that cannot be read leaves the others to be read. Raises StreamDown, Unavailable."""
        count, failures = 0, list[StreamDown]()
        for shard in self.stream.shards():
            try:
                count += self._pass_shard(shard)
            except StreamDown as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return count

    def release(self) -> None:
        """Let other readers take the shards at once."""
        self._behind.clear()
        for shard in self.stream.shards():
            self.checkpoints.release(self.stream.name, shard, self.owner)

    def _pass_shard(self, shard: str) -> int:
        now = self.ports.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        name = self.stream.name
        behind = self._behind.pop((name, shard), None)
        if not self.checkpoints.claim(name, shard, self.owner, now, until):
            return 0
        behind = behind or self._where(shard)
        try:
            records = self.stream.read(shard, behind.place)
            self._project_shard(behind, records)
        finally:
            if behind.owed:
                self._behind[name, shard] = behind
        if not behind.owed:
            self._advance(shard, behind, records)
        self.backoff.succeeded()
        return len(records.messages)

    def _where(self, shard: str) -> _Shard:
        checkpoint = self.checkpoints.position(self.stream.name, shard)
        return _Shard(checkpoint, checkpoint)

    def _project_shard(self, behind: _Shard, records: Records) -> None:
        owed = self._targets(records.messages)
        for target, ids in behind.owed.items():
            owed[target] |= ids
        behind.owed = {target: ids for target, ids in owed.items() if self._projected(target, ids) is None}
        behind.place = records.last_sequence or behind.place

    def _advance(self, shard: str, behind: _Shard, records: Records) -> None:
        if behind.place != behind.checkpoint or records.is_end:
            self.checkpoints.advance(self.stream.name, shard, self.owner, behind.place, ended=records.is_end)

    def project(self, messages: Iterable[bytes]) -> int:
        """Project messages, tenant by tenant; returns how many changed something. What is not ours is skipped."""
        return sum(self._projected(target, ids) or 0 for target, ids in self._targets(messages).items())

    def _targets(self, messages: Iterable[bytes]) -> dict[Target, set[str]]:
        """Return the ids of the events that the messages name, by tenant and resource."""
        by_target: dict[Target, set[str]] = defaultdict(set)
        for message in messages:
            if event := self._event(message):
                by_target[event.identity.tenant_id, event.identity.resource].add(event.id)
        return by_target

    def _projected(self, target: Target, event_ids: set[str]) -> int | None:
        """Project; returns how many events changed something, None when the tenant's database has to be tried again."""
        tenant_id = target[0]
        if not self.patience.is_due(tenant_id, self.ports.now()):
            return None
        try:
            changed = self._project_target(*target, event_ids)
        except Exception:
            self.patience.failed(tenant_id, self.ports.now())
            logger.exception("%d event(s) of %s cannot be projected now", len(event_ids), tenant_id)
            return None
        self.patience.succeeded(tenant_id)
        return changed

    def _project_target(self, tenant_id: str, resource: str, event_ids: set[str]) -> int:
        tenant, kind = self.ports.tenants.find(tenant_id), self.ports.schemas.kinds.get(resource)
        if tenant is None or kind is None or not tenant.has_data:
            self._skip(len(event_ids), f"{resource} of {tenant_id} is not served here")
            return 0
        tenant, kind = served(self.ports, tenant, kind)
        ids = sorted(event_ids)
        return sum(self._project_some(tenant, [kind, *former_kinds(tenant, [kind])], set(ids[start:start + BATCH]))
                   for start in range(0, len(ids), BATCH))

    def _project_some(self, tenant: Tenant, versions: list[ResourceType], event_ids: set[str]) -> int:
        # The tenant's own log tells what happened: a message may be made up, or of a dropped tenant of the same name.
        changed, unknown = 0, event_ids
        for kind in versions:
            with self.ports.store.reading(tenant, kind) as look:
                logged = look.logged(unknown)
            unknown = unknown - {event.id for event in logged}
            changed += project_events(self.ports.store, tenant, kind, logged) if logged else 0
            if not unknown:
                return changed
        self._skip(len(unknown), f"{tenant.tenant_id} has no such event")
        return changed

    def _event(self, message: bytes) -> Event | None:
        try:
            document = json.loads(message)
            errors = self.ports.schemas.event_errors(document)
            if not errors:
                return from_cloud_event(document)
        except (ValueError, RecursionError) as error:  # also when it is nested deeper than the reader goes
            errors = [str(error)]
        self._skip(1, "; ".join(errors))
        return None

    def _skip(self, count: int, reason: str) -> None:
        self.skipped += count
        logger.warning("skipped %d message(s) of %s: %s", count, self.stream.name, reason)
