"""Brings query tables up to the events of the stream: idempotent, checkpointed per shard, safe to kill at any point."""
import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from blueprints.organization.application.backoff import Backoff
from blueprints.organization.application.tenants import ensure_tables
from blueprints.organization.domain.events import Event, from_cloud_event
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Checkpoints, Ports, Records, ResourceStore, Stream, Tenant

LEASE_SECONDS = 30

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
class StreamProjector:
    """One reader of the stream; `owner` names it in the shard leases."""

    ports: Ports
    stream: Stream
    checkpoints: Checkpoints
    owner: str
    backoff: Backoff = field(default_factory=Backoff)
    skipped: int = 0

    def pass_once(self) -> int:
        """Read every shard that is free once, project, and advance the checkpoints; returns the messages read.

        Raises StreamDown; Unavailable when a tenant's database cannot be reached (nothing is then advanced past it)."""
        return sum(self._pass_shard(shard) for shard in self.stream.shards())

    def release(self) -> None:
        """Let other readers take the shards at once."""
        for shard in self.stream.shards():
            self.checkpoints.release(self.stream.name, shard, self.owner)

    def _pass_shard(self, shard: str) -> int:
        now = self.ports.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        if not self.checkpoints.claim(self.stream.name, shard, self.owner, now, until):
            return 0
        records = self.stream.read(shard, self.checkpoints.position(self.stream.name, shard))
        self.project(records.messages)
        self._advance(shard, records)
        self.backoff.succeeded()
        return len(records.messages)

    def _advance(self, shard: str, records: Records) -> None:
        if records.last_sequence is not None or records.is_end:
            self.checkpoints.advance(self.stream.name, shard, self.owner, records.last_sequence, ended=records.is_end)

    def project(self, messages: Iterable[bytes]) -> int:
        """Project messages, tenant by tenant; returns how many changed something. What is not ours is skipped."""
        by_target: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for message in messages:
            if event := self._event(message):
                by_target[event.identity.tenant_id, event.identity.resource].append(event)
        return sum(self._project_target(*target, events) for target, events in by_target.items())

    def _project_target(self, tenant_id: str, resource: str, events: list[Event]) -> int:
        tenant, kind = self.ports.tenants.find(tenant_id), self.ports.schemas.kinds.get(resource)
        if tenant is None or kind is None or not tenant.has_data:
            self._skip(len(events), f"{resource} of {tenant_id} is not served here")
            return 0
        tenant = ensure_tables(self.ports, tenant, kind)
        # The tenant's own log tells what happened: a message may be made up, or of a dropped tenant of the same name.
        with self.ports.store.reading(tenant, kind) as look:
            logged = look.logged({event.id for event in events})
        if unknown := {event.id for event in events} - {event.id for event in logged}:
            self._skip(len(unknown), f"{tenant_id} has no such event")
        return project_events(self.ports.store, tenant, kind, logged)

    def _event(self, message: bytes) -> Event | None:
        try:
            document = json.loads(message)
            errors = self.ports.schemas.event_errors(document)
            if not errors:
                return from_cloud_event(document)
        except ValueError as error:
            errors = [str(error)]
        self._skip(1, "; ".join(errors))
        return None

    def _skip(self, count: int, reason: str) -> None:
        self.skipped += count
        logger.warning("skipped %d message(s) of %s: %s", count, self.stream.name, reason)
