"""The facts about a resource, and their form on the wire: CloudEvents 1.0 (organization.md "Event schema")."""
from dataclasses import dataclass
from typing import Literal

from blueprints.organization.domain.documents import Document

Change = Literal["Created", "Updated", "Deleted"]


@dataclass(frozen=True)
class Identity:
    """Whose and which: the key of an aggregate."""

    tenant_id: str
    resource: str
    resource_id: str


@dataclass(frozen=True)
class Event:
    """One fact. `after` is the whole record after it (None when deleted), so the last event alone tells the state."""

    id: str
    change: Change
    identity: Identity
    version: int
    time: str
    actor: str
    dataschema: str
    before: Document | None
    after: Document | None

    @property
    def type(self) -> str:
        """The event's name: organizationCreated, organizationUpdated, organizationDeleted."""
        return f"{self.identity.resource}{self.change}"

    @property
    def partition_key(self) -> str:
        """The key within which order is kept."""
        return f"{self.identity.tenant_id}:{self.identity.resource_id}"


def to_cloud_event(event: Event) -> Document:
    """Return the CloudEvents 1.0 JSON form; `sequence` is the version of the aggregate, `actor` who changed it."""
    data: Document = {"after": event.after} if event.before is None else {"before": event.before, "after": event.after}
    return {
        "specversion": "1.0", "id": event.id, "source": f"/{event.identity.resource}/{event.identity.tenant_id}",
        "type": event.type, "subject": event.identity.resource_id, "time": event.time,
        "datacontenttype": "application/json", "dataschema": event.dataschema,
        "partitionkey": event.partition_key, "sequence": f"{event.version:010d}", "actor": event.actor, "data": data,
    }


def from_cloud_event(message: Document) -> Event:
    """Return the event of a message that has passed the event schema; raises ValueError when it names no known fact."""
    _, resource, tenant_id = message["source"].split("/")
    change = message["type"].removeprefix(resource)
    if change not in ("Created", "Updated", "Deleted"):
        raise ValueError(f"{message['type']} is no event of {resource}")
    identity = Identity(tenant_id, resource, message["subject"])
    data = message["data"]
    if any(record["resourceId"] != identity.resource_id for record in data.values() if record):
        raise ValueError("the records of the event are not about its subject")
    return Event(message["id"], change, identity, int(message["sequence"]), message["time"], message["actor"],
                 message["dataschema"], data.get("before"), data["after"])
