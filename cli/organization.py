"""`flask organization`: tenants and their clients, schemas, query tables made anew, the lag, the relay."""
import getpass
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import system_actor
from app.data.ids import MOST_FOUND, ids_begun, short_id
from app.runtime import runtime
from blueprints.organization import organization_of
from blueprints.organization.application import schema_upgrade, tenants, upkeep
from blueprints.organization.application.schema_upgrade import Upgrade
from blueprints.organization.domain import identifiers
from blueprints.organization.domain.events import Event, to_cloud_event
from blueprints.organization.domain.refusals import MalformedBody, Refusal
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Client, Lag, Ports, Tenant
from cli import completing
from cli.jobs import stop_on_signal
from cli.naming import the_one
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    minute,
    print_facts,
    print_json,
    print_rows,
    say_unchanged,
    unknown,
)

_SHORTEST = 4
_LAG = ("tenantId", "resource", "undelivered", "unprojected", "oldestSeconds", "isKnown", "lastError")
of_tenant_option = click.option("--tenant", "tenant_id", metavar="TENANT", shell_complete=completing.tenants,
                                help="Of this tenant: CLIENT may be its name, too, or the last eight digits.")
resource_option = click.option("--resource", default="organization", show_default=True, help="The resource type.")


def _ports() -> Ports:
    return organization_of().ports


@contextmanager
def _refusals_spoken() -> Iterator[None]:
    """Turn a refusal of the store into a sentence and exit code 1."""
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(refusal.detail) from refusal


def _named_tenant(text: str) -> Tenant:
    """Return the tenant of that name, or the only one whose name begins so, with at least four signs.

    Raises MalformedTenantId, NeverExisted; ClickException for several."""
    if len(text) < _SHORTEST or _ports().tenants.find(text) is not None:
        return tenants.known_tenant(_ports(), text)
    begun = [found.tenant_id for found in _ports().tenants.all() if found.tenant_id.startswith(text)]
    return tenants.known_tenant(_ports(), the_one(begun, "") if begun else text)


def _named_client(text: str, tenant_id: str | None) -> Client:
    """Return the client of that id or beginning; with a tenant also of that name, or of those last eight digits."""
    if tenant_id is not None:
        owner = _named_tenant(tenant_id)
        known = [one for one in _ports().tenants.clients(owner.tenant_id)
                 if text in (one.name, short_id(one.client_id)) or _begins(one.client_id, text)]
        missing = f"{owner.tenant_id} has no client {text}"
    else:
        ids = ids_begun(text)
        known = [] if ids is None else _ports().tenants.clients_begun(*ids, MOST_FOUND)
        missing = f"there is no client {text}"
    client_id = the_one([one.client_id for one in known], missing)
    return next(one for one in known if one.client_id == client_id)


def _begins(client_id: str, text: str) -> bool:
    ids = ids_begun(text)
    return ids is not None and ids[0] <= client_id <= ids[1]


def _kind(resource: str) -> ResourceType:
    kinds = _ports().schemas.kinds
    if resource not in kinds:
        raise unknown("resource", resource, kinds, "--resource")
    return kinds[resource]


@click.group()
def organization() -> None:
    """The organization store: tenants, clients, schemas, rebuild, lag, relay.

    Example: flask organization tenant list
    """


@organization.group()
def tenant() -> None:
    """Tenants: each has a database of its own.

    Example: flask organization tenant add acme
    """


@tenant.command("add")
@click.argument("tenant_id")
@acts
@with_appcontext
def add_tenant(tenant_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create the tenant TENANT_ID with its database and tables.

    Example: flask organization tenant add acme --yes
    """
    with _refusals_spoken():
        identifiers.tenant_id(tenant_id)
        if agreed(f"create the tenant {tenant_id} and its database", dry_run=dry_run, yes=yes):
            print_facts(_tenant_facts(tenants.add_tenant(_ports(), tenant_id)), as_json=as_json)


@tenant.command("list")
@as_json_option
@with_appcontext
def list_tenants(as_json: bool) -> None:
    """List all tenants.

    Example: flask organization tenant list --json
    """
    with _refusals_spoken():
        rows = [_tenant_facts(found) for found in _ports().tenants.all()]
    print_rows(rows, as_json=as_json, empty="there is no tenant; add one with: flask organization tenant add NAME",
               cut=("resources", "tenantId"))


@tenant.command("show")
@click.argument("tenant_id", shell_complete=completing.tenants)
@as_json_option
@with_appcontext
def show_tenant(tenant_id: str, as_json: bool) -> None:
    """Show TENANT_ID, by its name or a beginning: its clients, and how far each of its resources is behind.

    Example: flask organization tenant show acme
    """
    with _refusals_spoken():
        found = _named_tenant(tenant_id)
        clients = [_client_facts(one) for one in _ports().tenants.clients(found.tenant_id)]
        behind = lag_rows(found.tenant_id)
    if as_json:
        print_json({**_tenant_facts(found), "clients": clients, "lag": behind})
        return
    print_facts(_tenant_facts(found), as_json=False)
    click.echo("\nclients")
    _print_clients(clients, as_json=False)
    click.echo("\nlag")
    print_lag(behind, empty="nothing is behind")


@tenant.command("suspend")
@click.argument("tenant_id", shell_complete=completing.tenants)
@acts
@with_appcontext
def suspend_tenant(tenant_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Refuse all calls of TENANT_ID until it is resumed; its data stays.

    Example: flask organization tenant suspend acme --yes
    """
    _change_status(tenant_id, tenants.SUSPENDED, dry_run=dry_run, yes=yes, as_json=as_json)


@tenant.command("resume")
@click.argument("tenant_id", shell_complete=completing.tenants)
@acts
@with_appcontext
def resume_tenant(tenant_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Serve the suspended TENANT_ID again.

    Example: flask organization tenant resume acme --yes
    """
    _change_status(tenant_id, tenants.ACTIVE, dry_run=dry_run, yes=yes, as_json=as_json)


def _change_status(tenant_id: str, status: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    change = {tenants.SUSPENDED: tenants.suspend_tenant, tenants.ACTIVE: tenants.resume_tenant}[status]
    with _refusals_spoken():
        found = _named_tenant(tenant_id)
        if found.status == status:
            say_unchanged(f"{found.tenant_id} is {status} already")
        elif agreed(f"{found.tenant_id} ({found.status}) becomes {status}", dry_run=dry_run, yes=yes):
            change(_ports(), found.tenant_id)
            print_facts(_tenant_facts(tenants.known_tenant(_ports(), found.tenant_id)), as_json=as_json)


@tenant.command("drop")
@click.argument("tenant_id", shell_complete=completing.tenants)
@acts
@with_appcontext
def drop_tenant(tenant_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove TENANT_ID, its clients and its database with every organization and event. There is no way back.

    It is named whole, here alone.

    Example: flask organization tenant drop acme --dry-run
    """
    with _refusals_spoken():
        found = tenants.known_tenant(_ports(), tenant_id)
        clients = _ports().tenants.clients(tenant_id)
        question = f"remove {tenant_id} (since {found.created_at}), {len(clients)} clients and its database for good"
        if agreed(question, dry_run=dry_run, yes=yes):
            tenants.drop_tenant(_ports(), tenant_id)
            print_facts({"tenantId": tenant_id, "status": "dropped"}, as_json=as_json)
            _record(tenant=tenant_id, dropped=True, clients=len(clients))


@organization.group()
def client() -> None:
    """OAuth2 clients of a tenant.

    Example: flask organization client add acme
    """


@client.command("add")
@click.argument("tenant_id", shell_complete=completing.tenants)
@click.option("--scope", "scopes", multiple=True, default=("organization:read", "organization:write"),
              show_default=True)
@click.option("--name", default="", help="What the client is for.")
@acts
@with_appcontext
def add_client(tenant_id: str, scopes: tuple[str, ...], name: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create a client of TENANT_ID and show its secret, this once.

    Example: flask organization client add acme --scope organization:read --name reports --yes
    """
    with _refusals_spoken():
        tenant_id = _named_tenant(tenant_id).tenant_id
        if agreed(f"create a client of {tenant_id} with {' '.join(scopes)}", dry_run=dry_run, yes=yes):
            made, secret = tenants.add_client(_ports(), tenant_id, scopes, name)
            print_facts({**_client_facts(made), "clientSecret": secret}, as_json=as_json)
            _record(client=made.client_id, tenant=tenant_id, made=True, scopes=" ".join(made.scopes))


@client.command("list")
@click.argument("tenant_id", shell_complete=completing.tenants)
@as_json_option
@with_appcontext
def list_clients(tenant_id: str, as_json: bool) -> None:
    """List the clients of TENANT_ID.

    Example: flask organization client list acme
    """
    with _refusals_spoken():
        clients = [_client_facts(found) for found in _ports().tenants.clients(_named_tenant(tenant_id).tenant_id)]
    _print_clients(clients, as_json=as_json)


@client.command("show")
@click.argument("client_id", metavar="CLIENT")
@of_tenant_option
@as_json_option
@with_appcontext
def show_client(client_id: str, tenant_id: str | None, as_json: bool) -> None:
    """Show CLIENT, by its id or a beginning: whose it is, what it may, and whether it was revoked. Not its secret.

    Example: flask organization client show reports --tenant acme
    """
    with _refusals_spoken():
        print_facts(_client_facts(_named_client(client_id, tenant_id)), as_json=as_json)


@client.command("revoke")
@click.argument("client_id", metavar="CLIENT")
@of_tenant_option
@acts
@with_appcontext
def revoke_client(client_id: str, tenant_id: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Stop CLIENT, by its id or a beginning; its tokens stop working at once.

    Example: flask organization client revoke 018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e --yes
    """
    with _refusals_spoken():
        found = _named_client(client_id, tenant_id)
        client_id = found.client_id
        if found.revoked_at:
            say_unchanged(f"{client_id} was revoked at {found.revoked_at}")
        elif agreed(f"revoke {found.name or client_id} of {found.tenant_id}", dry_run=dry_run, yes=yes):
            tenants.revoke_client(_ports(), client_id)
            print_facts({"clientId": client_id, "status": "revoked"}, as_json=as_json)
            _record(client=client_id, revoked=True)


@organization.command("rebuild")
@click.argument("tenant_id", shell_complete=completing.tenants)
@click.option("--resource", help="Only this resource type.")
@acts
@with_appcontext
def rebuild(tenant_id: str, resource: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Make the query tables of TENANT_ID anew from its events; readers notice nothing.

    Example: flask organization rebuild acme --yes
    """
    with _refusals_spoken():
        tenant_id = _named_tenant(tenant_id).tenant_id
        if resource:
            _kind(resource)
        if agreed(f"make the query tables of {tenant_id} anew from its events", dry_run=dry_run, yes=yes):
            rows = [{"resource": name, "events": count} for name, count in
                    upkeep.rebuild(_ports(), tenant_id, resource).items()]
            print_rows(rows, as_json=as_json)


@organization.command("lag")
@click.argument("tenant_id", required=False, shell_complete=completing.tenants)
@as_json_option
@with_appcontext
def lag(tenant_id: str | None, as_json: bool) -> None:
    """Show what is behind: events not delivered, age of the oldest, resources not projected; of TENANT_ID or of all.

    Tenants that are up to date are left out of the list of all.

    Example: flask organization lag --json
    """
    with _refusals_spoken():
        rows = lag_rows(tenant_id and _named_tenant(tenant_id).tenant_id)
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
    with _refusals_spoken():
        return [_lag_facts(row) for row in upkeep.lag(_ports(), tenant_id) if tenant_id or row.is_behind]


@organization.command("history")
@click.argument("tenant_id", shell_complete=completing.tenants)
@click.argument("resource_id", required=False)
@resource_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many of the latest.")
@as_json_option
@with_appcontext
def history(tenant_id: str, resource_id: str | None, resource: str, limit: int, as_json: bool) -> None:
    """Show what happened last in TENANT_ID, or to RESOURCE_ID alone, by its id or a beginning, and who did it; --json
    prints the whole events.

    Example: flask organization history acme 018f4c1e
    """
    kind = _kind(resource)
    with _refusals_spoken():
        owner, kind = tenants.served(_ports(), _named_tenant(tenant_id), kind)
        wanted = _named_resource(owner, kind, resource_id) if resource_id else None
        rows = [to_cloud_event(event) if as_json else _event_facts(event)
                for event in _ports().store.latest(owner, kind, wanted, limit)]
    print_rows(rows, as_json=as_json, ids=("actor",), cut=("type",))


def _named_resource(owner: Tenant, kind: ResourceType, text: str) -> str:
    """Return the id of the resource that the text is or begins; a text that can begin none is left to be refused."""
    ids = ids_begun(text)
    if ids is None or ids[0] == ids[1]:
        return identifiers.resource_id(text)
    found = _ports().store.begun(owner, kind, *ids, MOST_FOUND)
    return the_one(found, f"{owner.tenant_id} has no {kind.name} {text}")


@organization.group()
def schema() -> None:
    """Schema files, and what tenants add to them.

    Example: flask organization schema list
    """


@schema.command("list")
@click.argument("tenant_id", required=False, shell_complete=completing.tenants)
@as_json_option
@with_appcontext
def list_schemas(tenant_id: str | None, as_json: bool) -> None:
    """List the resource types; with TENANT_ID in the version it is served, with the properties that it added.

    Example: flask organization schema list acme
    """
    with _refusals_spoken():
        owner = tenant_id and _named_tenant(tenant_id).tenant_id
        rows = [_kind_facts(kind, owner) for kind in _ports().schemas.kinds.values()]
    print_rows(rows, as_json=as_json, cut=("schema", "added") if owner else ("schema",), below="properties")


@schema.command("register")
@click.argument("tenant_id", shell_complete=completing.tenants)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@resource_option
@acts
@with_appcontext
def register_schema(tenant_id: str, file: Path, resource: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Let TENANT_ID use the properties that the JSON Schema in FILE names.

    Example: flask organization schema register acme acme-properties.json --yes
    """
    kind = _kind(resource)
    with _refusals_spoken():
        tenant_id, candidate = _named_tenant(tenant_id).tenant_id, _json_file(file)
        names = ", ".join(tenants.checked_extension(_ports(), tenant_id, kind, candidate).properties)
        if agreed(f"{tenant_id} adds to {resource}: {names}", dry_run=dry_run, yes=yes):
            extension = tenants.register_extension(_ports(), tenant_id, kind, candidate)
            print_facts({"tenantId": tenant_id, "resource": resource, "revision": extension.revision,
                         "properties": ", ".join(extension.properties)}, as_json=as_json)


@schema.command("upgrade")
@click.argument("tenant_id", required=False, shell_complete=completing.tenants)
@click.option("--resource", help="Only this resource type.")
@acts
@with_appcontext
def upgrade_schema(tenant_id: str | None, resource: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Serve TENANT_ID, or all tenants, the newest schema files, and move their records to them.

    Records that do not fit are listed with their reasons; they are read as before until a change makes them fit. May be
    cut off and repeated. A tenant whose database cannot be reached is told and does not hold up the others.

    Example: flask organization schema upgrade acme --dry-run
    """
    if resource:
        _kind(resource)
    with _refusals_spoken():
        tenant_id = tenant_id and _named_tenant(tenant_id).tenant_id
        waiting = schema_upgrade.waiting(_ports(), tenant_id, resource)
    if not waiting:
        say_unchanged("every tenant is served the newest schema files")
        return
    names = schema_upgrade.some([f"{owner.tenant_id} {newest.table_set}" for owner, newest in waiting])
    is_agreed = agreed(f"upgrade {names}", dry_run=dry_run, yes=yes, reports=True)
    act = schema_upgrade.upgrade if is_agreed else schema_upgrade.survey
    done, failed = list[Upgrade](), False
    for owner, newest in waiting:
        try:
            done.append(act(_ports(), owner, newest))
        except Refusal as refusal:
            failed = True
            click.echo(f"{owner.tenant_id} {newest.name}: {refusal.detail}", err=True)
    _print_upgrades(done, as_json=as_json)
    if failed:
        raise click.exceptions.Exit(1)


def _print_upgrades(done: list[Upgrade], *, as_json: bool) -> None:
    if as_json:
        print_json([{"tenantId": one.tenant_id, "resource": one.resource, "from": one.source, "to": one.target,
                     "moved": one.moved,
                     "left": [{"resourceId": misfit.resource_id, "version": misfit.version,
                               "reasons": list(misfit.reasons)} for misfit in one.misfits]} for one in done])
        return
    print_rows([{"tenantId": one.tenant_id, "resource": one.resource, "from": one.source, "to": one.target,
                 "moved": one.moved, "left": len(one.misfits)} for one in done], as_json=False)
    misfits = [{"tenantId": one.tenant_id, "version": f"{one.resource}/{misfit.version}",
                "resourceId": misfit.resource_id, "reasons": "; ".join(misfit.reasons)}
               for one in done for misfit in one.misfits]
    if misfits:
        click.echo()
        print_rows(misfits, as_json=False)


@organization.command("relay")
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


def _json_file(file: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(file.read_text())
    except ValueError as error:
        raise MalformedBody(f"{file} is no valid JSON: {error}.") from error
    if not isinstance(parsed, dict):
        raise MalformedBody(f"{file} is no JSON object.")
    return parsed


def _tenant_facts(found: Tenant) -> dict[str, Any]:
    return {"tenantId": found.tenant_id, "status": found.status, "createdAt": found.created_at,
            "resources": " ".join(tenants.table_sets(found))}


def _record(**detail: Any) -> None:
    """Write down what the operator did to clients: the store's own database is another, so in a transaction apart."""
    from app.identity.security_events import DONE, record_refusal

    record_refusal(system_actor("organization", operator=getpass.getuser()), "client", None, outcome=DONE, **detail)


def _client_facts(found: Client) -> dict[str, Any]:
    return {"clientId": found.client_id, "tenantId": found.tenant_id, "scopes": " ".join(found.scopes),
            "name": found.name, "createdAt": found.created_at, "revokedAt": found.revoked_at}


def _print_clients(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if not as_json:  # a beginning names a client, so the ids are whole
        rows = [{"clientId": row["clientId"], "name": row["name"], "scopes": row["scopes"],
                 "createdAt": minute(row["createdAt"]), "revokedAt": minute(row["revokedAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no clients", cut=("scopes", "name"))


def _event_facts(event: Event) -> dict[str, Any]:
    return {"time": minute(event.time), "type": event.type, "resourceId": event.identity.resource_id,
            "version": str(event.version), "actor": event.actor}


def _lag_facts(row: Lag) -> dict[str, Any]:
    return {"tenantId": row.tenant_id, "resource": row.resource, "undelivered": row.undelivered,
            "unprojected": row.unprojected, "oldestSeconds": round(row.oldest_seconds, 3), "isKnown": row.is_known,
            "lastError": row.last_error}


def _kind_facts(kind: ResourceType, tenant_id: str | None) -> dict[str, Any]:
    if tenant_id:
        kind = tenants.served_kind(tenants.known_tenant(_ports(), tenant_id), kind)
    facts = {"resource": kind.name, "version": kind.version, "schema": kind.uri,
             "properties": " ".join(kind.schema["properties"])}
    if tenant_id:
        added = tenants.extension_of(_ports(), tenant_id, kind)
        facts |= {"revision": str(added.revision), "added": " ".join(added.properties)}
    return facts
