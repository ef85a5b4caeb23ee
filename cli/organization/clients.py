"""`flask organization client`: the clients of tenants."""
import getpass
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import system_actor
from blueprints.organization.application import tenants
from blueprints.organization.ports import Client
from cli import completing
from cli.organization.naming import named_client, named_tenant, ports, refusals_spoken
from cli.terminal import acts, agreed, as_json_option, minute, print_facts, print_rows, say_unchanged

of_tenant_option = click.option("--tenant", "tenant_id", metavar="TENANT", shell_complete=completing.tenants,
                                help="Of this tenant: CLIENT may be its name, too, or the last eight digits.")


@click.group()
def client() -> None:
    """OAuth2 clients of a tenant.

    Example: flask organization client add acme
    """


@client.command("add")
@click.argument("tenant_id", shell_complete=completing.tenants)
@click.option("--scope", "scopes", multiple=True, default=("organization:read", "organization:write"),
              show_default=True, shell_complete=completing.scopes, metavar="SCOPE",
              help="What it may; repeat for several.")
@click.option("--name", default="", help="What the client is for.")
@acts
@with_appcontext
def add_client(tenant_id: str, scopes: tuple[str, ...], name: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create a client of TENANT_ID and show its secret, this once.

    Example: flask organization client add acme --scope organization:read --name reports --yes
    """
    with refusals_spoken():
        tenant_id, scopes = named_tenant(tenant_id).tenant_id, tenants.checked_scopes(ports(), scopes)
        if agreed(f"create a client of {tenant_id} with {' '.join(scopes)}", dry_run=dry_run, yes=yes):
            made, secret = tenants.add_client(ports(), tenant_id, scopes, name)
            print_facts({**client_facts(made), "clientSecret": secret}, as_json=as_json)
            record_act(client=made.client_id, tenant=tenant_id, made=True, scopes=" ".join(made.scopes))


@client.command("list")
@click.argument("tenant_id", shell_complete=completing.tenants)
@as_json_option
@with_appcontext
def list_clients(tenant_id: str, as_json: bool) -> None:
    """List the clients of TENANT_ID.

    Example: flask organization client list acme
    """
    with refusals_spoken():
        clients = [client_facts(found) for found in ports().tenants.clients(named_tenant(tenant_id).tenant_id)]
    print_clients(clients, as_json=as_json)


@client.command("show")
@click.argument("client_id", metavar="CLIENT", shell_complete=completing.tenant_clients)
@of_tenant_option
@as_json_option
@with_appcontext
def show_client(client_id: str, tenant_id: str | None, as_json: bool) -> None:
    """Show CLIENT, by its id or a beginning: whose it is, what it may, and whether it was revoked. Not its secret.

    Example: flask organization client show reports --tenant acme
    """
    with refusals_spoken():
        print_facts(client_facts(named_client(client_id, tenant_id)), as_json=as_json)


@client.command("revoke")
@click.argument("client_id", metavar="CLIENT", shell_complete=completing.tenant_clients)
@of_tenant_option
@acts
@with_appcontext
def revoke_client(client_id: str, tenant_id: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Stop CLIENT, by its id or a beginning; its tokens stop working at once.

    Example: flask organization client revoke 018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e --yes
    """
    with refusals_spoken():
        found = named_client(client_id, tenant_id)
        client_id = found.client_id
        if found.revoked_at:
            say_unchanged(f"{client_id} was revoked at {found.revoked_at}")
        elif agreed(f"revoke {found.name or client_id} of {found.tenant_id}", dry_run=dry_run, yes=yes):
            tenants.revoke_client(ports(), client_id)
            print_facts({"clientId": client_id, "status": "revoked"}, as_json=as_json)
            record_act(client=client_id, revoked=True)


def record_act(**detail: Any) -> None:
    """Write down what the operator did to clients: the store's own database is another, so in a transaction apart."""
    from app.identity.security_events import record_apart

    record_apart(system_actor("organization", operator=getpass.getuser()), "client", None, **detail)


def client_facts(found: Client) -> dict[str, Any]:
    """Return a client as it is shown; no secret is."""
    return {"clientId": found.client_id, "tenantId": found.tenant_id, "scopes": " ".join(found.scopes),
            "name": found.name, "createdAt": found.created_at, "revokedAt": found.revoked_at}


def print_clients(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print the rows of client_facts."""
    if not as_json:  # a beginning names a client, so the ids are whole
        rows = [{"clientId": row["clientId"], "name": row["name"], "scopes": row["scopes"],
                 "createdAt": minute(row["createdAt"]), "revokedAt": minute(row["revokedAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no clients", cut=("scopes", "name"))
