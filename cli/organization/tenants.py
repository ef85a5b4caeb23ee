"""`flask organization tenant`: each tenant has a database of its own."""
from typing import Any

import click
from flask.cli import with_appcontext

from blueprints.organization.application import tenants
from blueprints.organization.ports import Tenant
from cli import completing
from cli.organization.clients import client_facts, print_clients, record_act
from cli.organization.naming import named_tenant, ports, refusals_spoken, tenant_catalog
from cli.organization.upkeep import lag_rows, print_lag
from cli.terminal import acts, agreed, as_json_option, print_facts, print_json, print_rows, say_unchanged


@click.group()
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
    with refusals_spoken():
        tenants.begun_tenant(ports(), tenant_id)
        if agreed(f"create the tenant {tenant_id} and its database", dry_run=dry_run, yes=yes):
            print_facts(_tenant_facts(tenants.add_tenant(ports(), tenant_id)), as_json=as_json)


@tenant.command("list")
@click.option("--name", metavar="PART", shell_complete=completing.tenants, help="Only those with this in their name.")
@click.option("--state", type=click.Choice(tenants.STATUSES), help="Only those of this state.")
@as_json_option
@with_appcontext
def list_tenants(name: str | None, state: str | None, as_json: bool) -> None:
    """List the tenants, by name.

    Example: flask organization tenant list --name acme --state suspended
    """
    with refusals_spoken():
        rows = [_tenant_facts(found) for found in tenant_catalog().narrowed(name and name.lower(), state)]
    empty = "there is no tenant; add one with: flask organization tenant add NAME"
    print_rows(rows, as_json=as_json, empty="no such tenant" if name or state else empty,
               cut=("resources", "tenantId"))


@tenant.command("show")
@click.argument("tenant_id", shell_complete=completing.tenants)
@as_json_option
@with_appcontext
def show_tenant(tenant_id: str, as_json: bool) -> None:
    """Show TENANT_ID, by its name or a beginning: its clients, and how far each of its resources is behind.

    Example: flask organization tenant show acme
    """
    with refusals_spoken():
        found = named_tenant(tenant_id)
        clients = [client_facts(one) for one in ports().tenants.clients(found.tenant_id)]
        behind = lag_rows(found.tenant_id)
    if as_json:
        print_json({**_tenant_facts(found), "clients": clients, "lag": behind})
        return
    print_facts(_tenant_facts(found), as_json=False)
    click.echo("\nclients")
    print_clients(clients, as_json=False)
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
    with refusals_spoken():
        found = named_tenant(tenant_id)
        if not tenants.may_become(found, status):
            say_unchanged(f"{found.tenant_id} is {status} already")
        elif agreed(f"{found.tenant_id} ({found.status}) becomes {status}", dry_run=dry_run, yes=yes):
            change(ports(), found.tenant_id)
            print_facts(_tenant_facts(tenants.known_tenant(ports(), found.tenant_id)), as_json=as_json)


@tenant.command("drop")
@click.argument("tenant_id", shell_complete=completing.tenants)
@acts
@with_appcontext
def drop_tenant(tenant_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove TENANT_ID, its clients and its database with every organization and event. There is no way back.

    Here TENANT_ID must be typed whole; a beginning is refused.

    Example: flask organization tenant drop acme --dry-run
    """
    with refusals_spoken():
        found = tenants.known_tenant(ports(), tenant_id)
        clients = ports().tenants.clients(tenant_id)
        question = f"remove {tenant_id} (since {found.created_at}), {len(clients)} clients and its database for good"
        if agreed(question, dry_run=dry_run, yes=yes):
            tenants.drop_tenant(ports(), tenant_id)
            print_facts({"tenantId": tenant_id, "status": "dropped"}, as_json=as_json)
            record_act(tenant=tenant_id, dropped=True, clients=len(clients))


def _tenant_facts(found: Tenant) -> dict[str, Any]:
    return {"tenantId": found.tenant_id, "status": found.status, "createdAt": found.created_at,
            "resources": " ".join(tenants.table_sets(found))}
