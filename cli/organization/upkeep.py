"""`flask organization rebuild`, `lag`, `history`, `relay`: what is behind, what happened, and what carries it."""
import threading
from typing import Any

import click
from flask.cli import with_appcontext

from app.data.ids import MOST_FOUND, ids_begun
from app.runtime import runtime
from blueprints.organization import organization_of
from blueprints.organization.application import tenants, upkeep
from blueprints.organization.domain import identifiers
from blueprints.organization.domain.events import Event, to_cloud_event
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Lag, Tenant
from cli import completing
from cli.jobs import stop_on_signal
from cli.naming import the_one
from cli.organization.naming import known_kind, named_tenant, ports, refusals_spoken, resource_option
from cli.terminal import acts, agreed, as_json_option, limit_option, minute, print_json, print_rows

_LAG = ("tenantId", "resource", "undelivered", "unprojected", "oldestSeconds", "isKnown", "lastError")


@click.command("rebuild")
@click.argument("tenant_id", shell_complete=completing.tenants)
@click.option("--resource", shell_complete=completing.resources, help="Only this resource type.")
@acts
@with_appcontext
def rebuild(tenant_id: str, resource: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Make the query tables of TENANT_ID anew from its events; readers notice nothing.

    Example: flask organization rebuild acme --yes
    """
    with refusals_spoken():
        tenant_id = named_tenant(tenant_id).tenant_id
        if resource:
            known_kind(resource)
        if agreed(f"make the query tables of {tenant_id} anew from its events", dry_run=dry_run, yes=yes):
            rows = [{"resource": name, "events": count} for name, count in
                    upkeep.rebuild(ports(), tenant_id, resource).items()]
            print_rows(rows, as_json=as_json)


@click.command("lag")
@click.argument("tenant_id", required=False, shell_complete=completing.tenants)
@as_json_option
@with_appcontext
def lag(tenant_id: str | None, as_json: bool) -> None:
    """Show what is behind: events not delivered, age of the oldest, resources not projected; of TENANT_ID or of all.

    Tenants that are up to date are left out of the list of all.

    Example: flask organization lag --json
    """
    with refusals_spoken():
        rows = lag_rows(tenant_id and named_tenant(tenant_id).tenant_id)
    if as_json:
        print_json(rows)
    else:
        print_lag(rows, empty="nothing is behind")


def print_lag(rows: list[dict[str, Any]], *, empty: str) -> None:
    """Print the rows of lag_rows as a table; `empty` when there is none."""
    print_rows([{name: row[name] for name in _LAG} for row in rows], as_json=False, empty=empty, cut=("tenantId",),
               below="lastError")


def lag_rows(tenant_id: str | None = None) -> list[dict[str, Any]]:
    """Return how each resource of a tenant stands; of all tenants, those that are behind or cannot be asked."""
    with refusals_spoken():
        return [_lag_facts(row) for row in upkeep.lag(ports(), tenant_id) if tenant_id or row.is_behind]


@click.command("history")
@click.argument("tenant_id", shell_complete=completing.tenants)
@click.argument("resource_id", required=False)
@resource_option
@limit_option("How many of the latest.", most=10_000)
@as_json_option
@with_appcontext
def history(tenant_id: str, resource_id: str | None, resource: str, limit: int, as_json: bool) -> None:
    """Show what happened last in TENANT_ID, or to RESOURCE_ID alone, by its id or a beginning, and who did it; --json
    prints the whole events.

    Example: flask organization history acme 018f4c1e
    """
    kind = known_kind(resource)
    with refusals_spoken():
        owner, kind = tenants.served(ports(), named_tenant(tenant_id), kind)
        wanted = _named_resource(owner, kind, resource_id) if resource_id else None
        rows = [to_cloud_event(event) if as_json else _event_facts(event)
                for event in ports().store.latest(owner, kind, wanted, limit)]
    print_rows(rows, as_json=as_json, ids=("actor",), cut=("type",))


def _named_resource(owner: Tenant, kind: ResourceType, text: str) -> str:
    """Return the id of the resource that the text is or begins; a text that can begin none is left to be refused."""
    ids = ids_begun(text)
    if ids is None or ids[0] == ids[1]:
        return identifiers.resource_id(text)
    found = ports().store.begun(owner, kind, *ids, MOST_FOUND)
    return the_one(found, f"{owner.tenant_id} has no {kind.name} {text}")


@click.command("relay")
@with_appcontext
def relay() -> None:
    """Run the relay until SIGTERM: it carries outboxes to the stream, or to the query tables.

    Where STREAM is set it also projects the stream. Several may run; leases decide who carries what.

    Example: flask organization relay
    """
    run_the_relay()


def run_the_relay() -> None:
    """Carry and project until SIGTERM."""
    from app.data.restored_copy import wait_until_live
    from app.ops.heartbeats import ORGANIZATION_RELAY, heartbeat
    from app.ops.logs import configure_logging
    from blueprints.organization.adapters.courier import follow_stream

    configure_logging(runtime().settings, "organization-relay")
    store, stop = organization_of(), stop_on_signal()
    wait_until_live(stop)
    followers = [threading.Thread(target=follow_stream, args=(store.stream_projector(), stop), daemon=True)
                 for _ in range(1 if store.settings.stream else 0)]
    for follower in followers:
        follower.start()
    with heartbeat(ORGANIZATION_RELAY):
        store.courier.run(stop)
    for follower in followers:
        follower.join(timeout=10)


def _event_facts(event: Event) -> dict[str, Any]:
    return {"time": minute(event.time), "type": event.type, "resourceId": event.identity.resource_id,
            "version": str(event.version), "actor": event.actor}


def _lag_facts(row: Lag) -> dict[str, Any]:
    return {"tenantId": row.tenant_id, "resource": row.resource, "undelivered": row.undelivered,
            "unprojected": row.unprojected, "oldestSeconds": round(row.oldest_seconds, 3), "isKnown": row.is_known,
            "lastError": row.last_error}
