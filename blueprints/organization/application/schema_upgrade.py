"""Carries a tenant's records from the versions of a schema before to the newest: `flask organization schema upgrade`.

A record is moved by an event of its own; until then, and where it does not fit, it is read under its old version."""
from collections.abc import Iterator
from dataclasses import dataclass

from blueprints.organization.application.commands import ATTEMPTS, record_event
from blueprints.organization.application.instants import instant_text
from blueprints.organization.application.tenants import (
    beyond_files,
    ensure_tables,
    former_kinds,
    known_tenant,
    served,
    served_kind,
)
from blueprints.organization.domain.aggregate import Aggregate, Stamp
from blueprints.organization.domain.documents import Document, check_size, properties_of
from blueprints.organization.domain.events import Identity
from blueprints.organization.domain.refusals import ConcurrentWrite, MalformedBody, Unavailable
from blueprints.organization.domain.resource_type import Extension, ResourceType
from blueprints.organization.ports import Ports, Tenant, WriteSession

PIECE = 100
"""Records moved in one transaction."""

MOST_NAMED = 3

ACTOR = "flask organization schema upgrade"


@dataclass(frozen=True)
class Misfit:
    """A record that stays under its old version, and why."""

    resource_id: str
    version: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade of one resource of a tenant did, or would do: records moved, and those that do not fit."""

    tenant_id: str
    resource: str
    source: str
    target: str
    moved: int
    misfits: tuple[Misfit, ...]


def waiting(ports: Ports, tenant_id: str | None = None, resource: str | None = None) -> list[
        tuple[Tenant, ResourceType]]:
    """Return the tenants, with the newest version of a resource, that have tables of an earlier one.

    Whether something is left to do there, only their databases know. Raises NeverExisted, Unavailable."""
    tenants = [known_tenant(ports, tenant_id)] if tenant_id else ports.tenants.all()
    return [(tenant, newest) for tenant in tenants if tenant.has_data for newest in ports.schemas.kinds.values()
            if resource in (None, newest.name) and former_kinds(tenant, [newest])]


def without_file(ports: Ports) -> list[str]:
    """Return the tenants that are served a version whose file is not here, as `acme organization/v2`."""
    return [f"{tenant.tenant_id} {missing}" for tenant in ports.tenants.all()
            for newest in ports.schemas.kinds.values() if (missing := beyond_files(tenant, newest))]


def unmigrated(ports: Ports) -> list[str]:
    """Return the tenants that are still served an earlier version of a resource, as `acme organization/v1`."""
    return [f"{tenant.tenant_id} {former_kinds(tenant, [newest])[0].table_set}" for tenant, newest in waiting(ports)
            if newest.table_set not in tenant.resources and not beyond_files(tenant, newest)]


def some(names: list[str]) -> str:
    """Return the first names as a sentence shows them, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def left_behind(ports: Ports) -> list[str]:
    """Return the upgraded tenants that have records under an earlier version, as `acme organization/v1`."""
    asked = [(tenant, former) for tenant, newest in waiting(ports) if newest.table_set in tenant.resources
             for former in former_kinds(tenant, [newest])]
    answers = ports.at_once(lambda target: bool(_piece(ports, *target, "", 1)), asked)
    return [f"{tenant.tenant_id} {former.table_set}" for (tenant, former), is_left in zip(asked, answers, strict=True)
            if is_left]


def survey(ports: Ports, tenant: Tenant, newest: ResourceType) -> Upgrade:
    """Return what `upgrade` would do now; changes nothing. Raises Unavailable."""
    served_kind(tenant, newest)
    moved, misfits = 0, list[Misfit]()
    for former in former_kinds(tenant, [newest]):
        with ports.store.reading(tenant, former) as look:
            extension = look.extension()
            for record in look.records():
                _, reasons = _fitting(ports, newest, extension, record, former.version)
                misfits += [Misfit(record["resourceId"], former.version, reasons)] if reasons else []
                moved += not reasons
    return _upgrade_of(tenant, newest, moved, misfits)


def upgrade(ports: Ports, tenant: Tenant, newest: ResourceType) -> Upgrade:
    """Serve the tenant the newest version from now on, and move to it every record that fits.

    May be cut off at any moment, and repeated: each piece is one transaction, and what was moved is not there again.
    Calls go on meanwhile; a record that one of them changes is moved by that. Raises Unavailable."""
    tenant, _ = served(ports, tenant, newest)
    tenant = ensure_tables(ports, tenant, newest)
    moved, misfits = 0, list[Misfit]()
    for former in former_kinds(tenant, [newest]):
        if ports.outbox.lag(tenant, former, ports.now()).unprojected:
            ports.store.rebuild(tenant, former)  # what was accepted and is not shown yet is moved, too
        for ids in _pieces(ports, tenant, former):
            carried, left = _carry(ports, tenant, newest, ids)
            moved += carried
            misfits += left
    return _upgrade_of(tenant, newest, moved, misfits)


def _upgrade_of(tenant: Tenant, newest: ResourceType, moved: int, misfits: list[Misfit]) -> Upgrade:
    return Upgrade(tenant.tenant_id, newest.name, former_kinds(tenant, [newest])[0].version, newest.version, moved,
                   tuple(misfits))


def _pieces(ports: Ports, tenant: Tenant, former: ResourceType) -> Iterator[list[str]]:
    """Return the ids of the living records under `former`, a piece at a time, each read anew."""
    last = ""
    while ids := _piece(ports, tenant, former, last, PIECE):
        yield ids
        last = ids[-1]


def _piece(ports: Ports, tenant: Tenant, former: ResourceType, after: str, limit: int) -> list[str]:
    with ports.store.reading(tenant, former) as look:
        return [record["resourceId"] for _, record in zip(range(limit), look.records(after), strict=False)]


def _carry(ports: Ports, tenant: Tenant, newest: ResourceType, ids: list[str]) -> tuple[int, list[Misfit]]:
    """Move records in one transaction; where a rival writes to one of them, each in its own."""
    for _ in range(ATTEMPTS):
        try:
            return _carry_together(ports, tenant, newest, ids)
        except ConcurrentWrite:
            if len(ids) > 1:
                parts = [_carry(ports, tenant, newest, [resource_id]) for resource_id in ids]
                return sum(moved for moved, _ in parts), [misfit for _, left in parts for misfit in left]
    raise Unavailable(f"Too many writers work on {ids[0]}; try again.")


def _carry_together(ports: Ports, tenant: Tenant, newest: ResourceType, ids: list[str]) -> tuple[int, list[Misfit]]:
    misfits: list[Misfit] = []
    moved = 0
    with ports.store.writing(tenant, newest) as work:
        extension = work.extension()
        for resource_id in ids:
            aggregate = work.aggregate(Identity(tenant.tenant_id, newest.name, resource_id))
            if aggregate.state is None or aggregate.schema_version in (None, newest.version):
                continue  # deleted, or moved by a rival
            properties, reasons = _fitting(ports, newest, extension, aggregate.state, aggregate.schema_version)
            if reasons:
                misfits.append(Misfit(resource_id, str(aggregate.schema_version), reasons))
            else:
                _move(ports, work, aggregate, properties)
                moved += 1
        work.commit()
    if moved and ports.publisher.is_stream:
        ports.wake(tenant.tenant_id)
    return moved, misfits


def _move(ports: Ports, work: WriteSession, aggregate: Aggregate, properties: Document) -> None:
    stamp = Stamp(ports.new_id(), instant_text(ports.now()), ACTOR, work.kind.uri)
    event = aggregate.update(properties, stamp)
    work.retire(event)
    record_event(work, event, deferred=False, streamed=ports.publisher.is_stream)


def _fitting(ports: Ports, newest: ResourceType, extension: Extension, record: Document,
             version: str | None) -> tuple[Document, tuple[str, ...]]:
    """Return the record's properties under the newest version, and why they do not satisfy it."""
    properties = newest.with_defaults(newest.carried(properties_of(record), version), extension)
    try:
        check_size(properties)
    except MalformedBody as refusal:
        return properties, (refusal.detail,)
    violations = ports.schemas.violations(newest, extension, properties)
    return properties, tuple(f"{violation.pointer}: {violation.message}".removeprefix(": ")
                             for violation in violations)
