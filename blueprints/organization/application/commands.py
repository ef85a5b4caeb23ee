"""The writes: load the aggregate, decide, append the event and, unless asked not to, project it; one transaction."""
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from blueprints.organization.application.access import Caller
from blueprints.organization.application.instants import instant_text
from blueprints.organization.domain import identifiers
from blueprints.organization.domain.aggregate import Aggregate, Expectation, Stamp
from blueprints.organization.domain.documents import Document, check_size, merge_patch, properties_of, storable
from blueprints.organization.domain.events import Event, Identity
from blueprints.organization.domain.refusals import (
    ConcurrentWrite,
    IdempotencyKeyReused,
    MalformedBody,
    SchemaViolated,
    Unavailable,
)
from blueprints.organization.ports import Ports, Remembered, Requested, WriteSession

ATTEMPTS = 40
"""Each round of rivals on one aggregate has a winner, so this many simultaneous writers all get through."""

IDEMPOTENCY_HOURS = 24

Decision = Callable[[WriteSession, Aggregate, Stamp], Event | None]
"""Refuses in the order of decision 045: 404, 412, 409, 422. A condition on a call that finds nothing is not looked at
(RFC 9110 §13.2.1)."""


@dataclass(frozen=True)
class Terms:
    """How the caller wants the write: under which preconditions, projected now or later, under which key."""

    expectation: Expectation = Expectation()
    respond_async: bool = False
    requested: Requested | None = None


@dataclass(frozen=True)
class Written:
    """What a write did. `is_projected` False means accepted: the query table follows."""

    resource_id: str
    version: int
    is_created: bool
    is_projected: bool
    is_repeat: bool = False


def create_resource(ports: Ports, caller: Caller, body: object, terms: Terms) -> Written:
    """Create a resource, under the body's resourceId when it gives one (seed: createResource).

    Raises MalformedBody, MalformedResourceId, SchemaViolated, IdTaken."""
    document = storable(body)
    given = document.get("resourceId")
    resource_id = ports.new_id() if given is None else identifiers.resource_id(given)

    def decide(work: WriteSession, aggregate: Aggregate, stamp: Stamp) -> Event:
        aggregate.demand(terms.expectation)
        aggregate.unused()
        return aggregate.create(_valid(ports, caller, work, document), stamp)

    return _write(ports, caller, resource_id, terms, decide)


def create_or_update_resource(ports: Ports, caller: Caller, resource_id: str, body: object, terms: Terms) -> Written:
    """Replace the resource, or create it under the given id (seed: createOrUpdateResource).

    Raises MalformedResourceId, MalformedBody, SchemaViolated, PreconditionFailed."""
    resource_id = identifiers.resource_id(resource_id)
    document = _about(resource_id, body)

    def decide(work: WriteSession, aggregate: Aggregate, stamp: Stamp) -> Event:
        aggregate.demand(terms.expectation)
        return aggregate.put(_valid(ports, caller, work, document), stamp)

    return _write(ports, caller, resource_id, terms, decide)


def update_resource(ports: Ports, caller: Caller, resource_id: str, body: object, terms: Terms) -> Written:
    """Change the named members of a resource that is there, by JSON merge patch.

    Raises MalformedResourceId, MalformedBody, NeverExisted, SchemaViolated, PreconditionFailed."""
    resource_id = identifiers.resource_id(resource_id)
    patch = _about(resource_id, body)

    def decide(work: WriteSession, aggregate: Aggregate, stamp: Stamp) -> Event:
        state = aggregate.living()
        aggregate.demand(terms.expectation)
        former = caller.kind.carried(properties_of(state), aggregate.schema_version)
        merged = merge_patch(former, properties_of(patch))
        return aggregate.update(_valid(ports, caller, work, merged), stamp)

    return _write(ports, caller, resource_id, terms, decide)


def delete_resource(ports: Ports, caller: Caller, resource_id: str, terms: Terms) -> Written:
    """Delete the resource softly; deleting it again changes nothing (seed: deleteResource).

    Raises MalformedResourceId, NeverExisted, PreconditionFailed."""
    resource_id = identifiers.resource_id(resource_id)

    def decide(_work: WriteSession, aggregate: Aggregate, stamp: Stamp) -> Event | None:
        aggregate.known()
        aggregate.demand(terms.expectation)
        return aggregate.delete(stamp)

    return _write(ports, caller, resource_id, terms, decide)


def _about(resource_id: str, body: object) -> Document:
    document = storable(body)
    if "resourceId" in document and identifiers.resource_id(document["resourceId"]) != resource_id:
        raise MalformedBody("The body's resourceId is not that of the address.")
    return document


def _valid(ports: Ports, caller: Caller, work: WriteSession, document: Document) -> Document:
    """Return the properties of `document` with defaults filled in; raises SchemaViolated with every failing entry."""
    extension = work.extension()
    properties = caller.kind.with_defaults(properties_of(document), extension)
    properties = ports.schemas.in_form(caller.kind, extension, (), properties)
    check_size(properties)
    if violations := ports.schemas.violations(caller.kind, extension, properties):
        raise SchemaViolated(violations)
    return properties


def _write(ports: Ports, caller: Caller, resource_id: str, terms: Terms, decide: Decision) -> Written:
    """Decide and append; when a rival was first, load what it left and decide again."""
    for _ in range(ATTEMPTS):
        try:
            written = _attempt(ports, caller, resource_id, terms, decide)
        except ConcurrentWrite:
            continue
        if not written.is_repeat and (ports.publisher.is_stream or not written.is_projected):
            ports.wake(caller.tenant.tenant_id)
        return written
    raise Unavailable("Too many writers work on this resource; try again.")


def _attempt(ports: Ports, caller: Caller, resource_id: str, terms: Terms, decide: Decision) -> Written:
    now = ports.now()
    not_before = instant_text(now - timedelta(hours=IDEMPOTENCY_HOURS))
    with ports.store.writing(caller.tenant, caller.kind) as work:
        if terms.requested and (kept := _recalled(work, terms.requested, not_before)):
            return Written(kept.resource_id, kept.version, False, kept.is_projected, is_repeat=True)
        aggregate = work.aggregate(Identity(caller.tenant.tenant_id, caller.kind.name, resource_id))
        event = decide(work, aggregate, Stamp(ports.new_id(), instant_text(now), caller.subject, caller.kind.uri))
        if event is not None:
            _record(work, aggregate, event, deferred=terms.respond_async, streamed=ports.publisher.is_stream)
        version = event.version if event else aggregate.version
        if terms.requested:
            work.remember(terms.requested, resource_id, version, instant_text(now), not_before)
        work.commit()
    is_created = event is not None and event.change == "Created"
    return Written(resource_id, version, is_created, event is None or not terms.respond_async)


def _record(work: WriteSession, aggregate: Aggregate, event: Event, *, deferred: bool, streamed: bool) -> None:
    """Append under the version of the schema that is served; what only goes is deleted under the one that holds it."""
    if event.after is None:
        work = work.holding(aggregate)
        event = replace(event, dataschema=work.kind.uri)
    elif aggregate.schema_version != work.kind.version:
        work.retire(event)
    record_event(work, event, deferred=deferred, streamed=streamed)


def record_event(work: WriteSession, event: Event, *, deferred: bool, streamed: bool) -> None:
    """Append an event, let it leave where there is a stream, and project it unless that is deferred."""
    work.append(event)
    if deferred or streamed:
        work.enqueue(event)
    if not deferred:
        work.project(event)


def _recalled(work: WriteSession, requested: Requested, not_before: str) -> Remembered | None:
    kept = work.recall(requested, not_before)
    if kept and kept.fingerprint != requested.fingerprint:
        raise IdempotencyKeyReused("This Idempotency-Key was used for another request.")
    return kept
