"""The life of one resource: what has happened decides what may happen next. Commands turn into events here."""
from collections.abc import Iterable
from dataclasses import dataclass, replace

from blueprints.organization.domain.documents import Document
from blueprints.organization.domain.events import Change, Event, Identity
from blueprints.organization.domain.refusals import IdTaken, NeverExisted, PreconditionFailed


@dataclass(frozen=True)
class Stamp:
    """What an event needs from outside: its id, its time (UTC, milliseconds, Z), who acts, the schema of its data."""

    event_id: str
    time: str
    actor: str
    dataschema: str


@dataclass(frozen=True)
class Expectation:
    """The caller's If-Match and If-None-Match: versions, or `*` for any; None when not sent."""

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None


@dataclass(frozen=True)
class Aggregate:
    """A resource as the fold of its events; version 0 means it never existed, state None that it is not there now.

    `schema_version` is the version of the schema under which its last event stands, once it is stored."""

    identity: Identity
    version: int = 0
    state: Document | None = None
    schema_version: str | None = None

    def apply(self, event: Event) -> "Aggregate":
        """Return the aggregate after `event`."""
        return replace(self, version=event.version, state=event.after)

    def demand(self, expectation: Expectation) -> None:
        """Check the caller's preconditions against the stored version; raises PreconditionFailed (RFC 9110 §13)."""
        tags = {"*", str(self.version)} if self.state is not None else set()
        if expectation.match is not None and not expectation.match & tags:
            raise PreconditionFailed("If-Match names another version than the stored one.")
        if expectation.none_match is not None and expectation.none_match & tags:
            raise PreconditionFailed("If-None-Match names the stored version.")

    def create(self, properties: Document, stamp: Stamp) -> Event:
        """Return organizationCreated; raises IdTaken when the id is, or was, in use."""
        self.unused()
        return self._change("Created", properties, stamp)

    def put(self, properties: Document, stamp: Stamp) -> Event:
        """Return organizationUpdated when the resource is there, else organizationCreated under the given id."""
        return self._change("Created" if self.state is None else "Updated", properties, stamp)

    def update(self, properties: Document, stamp: Stamp) -> Event:
        """Return organizationUpdated; raises NeverExisted unless the resource is there now."""
        self.living()
        return self._change("Updated", properties, stamp)

    def delete(self, stamp: Stamp) -> Event | None:
        """Return organizationDeleted, or None when it is deleted already; raises NeverExisted."""
        self.known()
        if self.state is None:
            return None
        return self._event("Deleted", None, stamp)

    def unused(self) -> None:
        """Raise IdTaken when the id is, or was, in use."""
        if self.version:
            raise IdTaken(f"The id {self.identity.resource_id} is taken.")

    def known(self) -> None:
        """Raise NeverExisted unless there is, or was, such a resource."""
        if not self.version:
            raise self._missing()

    def living(self) -> Document:
        """Return the current state; raises NeverExisted when there is none."""
        if self.state is None:
            raise self._missing()
        return self.state

    def _missing(self) -> NeverExisted:
        return NeverExisted(f"There is no {self.identity.resource} {self.identity.resource_id}.")

    def _change(self, change: Change, properties: Document, stamp: Stamp) -> Event:
        created_at = stamp.time if self.state is None else self.state["createdAt"]
        after = {"resourceId": self.identity.resource_id, "version": self.version + 1, "createdAt": created_at,
                 "updatedAt": stamp.time, **properties}
        return self._event(change, after, stamp)

    def _event(self, change: Change, after: Document | None, stamp: Stamp) -> Event:
        return Event(stamp.event_id, change, self.identity, self.version + 1, stamp.time, stamp.actor, stamp.dataschema,
                     self.state, after)


def fold(identity: Identity, events: Iterable[Event]) -> Aggregate:
    """Return the aggregate that `events`, in order, amount to."""
    aggregate = Aggregate(identity)
    for event in events:
        aggregate = aggregate.apply(event)
    return aggregate
