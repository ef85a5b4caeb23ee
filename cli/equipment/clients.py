"""`flask equipment client`: the OAuth2 clients of the registry."""
from functools import partial
from typing import Any

import click
from flask.cli import with_appcontext

from blueprints.equipment.rules import ROLES, SCOPES
from cli import completing
from cli.equipment.shown import MOST_ROWS, columns, given, owner_named, owner_option, refusals_spoken, rehearsed
from cli.naming import named_in_registry
from cli.terminal import acts, agreed, as_json_option, print_facts, print_rows


@click.group("client")
def client() -> None:
    """OAuth2 clients: each acts for one user of one legal entity.

    Example: flask equipment client list
    """


@client.command("add")
@click.option("--legal-entity", "legal_entity_id", required=True, help="Id of the legal entity it acts for.",
              shell_complete=completing.registered("legal entity"))
@click.option("--user", "user_id", required=True, help="Id of the user it acts for.")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What its user is there.")
@click.option("--scope", "scopes", metavar="SCOPE", type=click.Choice(SCOPES), multiple=True, required=True,
              help=f"Repeat for several: {', '.join(SCOPES)}.")
@acts
@with_appcontext
def add_client(dry_run: bool, yes: bool, as_json: bool, **data: Any) -> None:
    """Register a client and print its secret, which is shown this once.

    Example: flask equipment client add --legal-entity 018f4c1e --user 018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e
    --role OWNER --scope equipment:read --yes
    """
    from blueprints.equipment import queries, registry, schemas
    from blueprints.equipment.tokens import console
    from blueprints.equipment.validation import check_body

    with refusals_spoken():
        data["legal_entity_id"] = named_in_registry("legal entity", data["legal_entity_id"])
        data = check_body(schemas.NEW_CLIENT, {**data, "scopes": sorted(set(data["scopes"]))})
        owner = queries.legal_entity(console(), data["legal_entity_id"])
        create = partial(registry.create_client, console(), data)
        rehearsed(create)
        if agreed(f"register a client of {owner['name']} with role {data['role']}", dry_run=dry_run, yes=yes):
            client_id, secret = create()
            print_facts({"client_id": client_id, "client_secret": secret}, as_json=as_json)


@client.command("list")
@owner_option
@click.option("--user", "user_id", metavar="ID", help="Only those that act for this user.")
@as_json_option
@with_appcontext
def list_clients(legal_entity_id: str | None, user_id: str | None, as_json: bool) -> None:
    """List the active clients, the oldest first.

    Example: flask equipment client list --legal-entity 018f4c1e
    """
    from blueprints.equipment import queries
    from blueprints.equipment.queries import ListRequest
    from blueprints.equipment.tokens import console

    shown = ("id", "legal_entity_id", "user_id", "role", "scopes")
    narrowed = given(legal_entity_id=owner_named(legal_entity_id), user_id=user_id)
    rows = columns(queries.client_page(console(), ListRequest(size=MOST_ROWS, filters=narrowed)), shown)
    if not as_json:
        rows = [row | {"scopes": " ".join(row["scopes"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no clients", ids=("legal_entity_id", "user_id"), cut=("scopes",))


@client.command("show")
@click.argument("client_id", shell_complete=completing.registered("client"))
@as_json_option
@with_appcontext
def show_client(client_id: str, as_json: bool) -> None:
    """Show a client, a revoked one too, by its id, a beginning or the last eight digits. Not its secret.

    Example: flask equipment client show 018f4c1e
    """
    from blueprints.equipment import queries

    with refusals_spoken():
        facts = queries.client(named_in_registry("client", client_id))
        print_facts(facts if as_json else facts | {"scopes": " ".join(facts["scopes"])}, as_json=as_json)


@client.command("revoke")
@click.argument("client_id", shell_complete=completing.registered("client"))
@acts
@with_appcontext
def revoke(client_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """End a client and every token it holds.

    Example: flask equipment client revoke 018f4c1e --yes
    """
    from blueprints.equipment import queries, registry
    from blueprints.equipment.tokens import console

    with refusals_spoken():
        known = queries.client(named_in_registry("client", client_id))
        said = f"revoke the client of user {known['user_id']} with role {known['role']}: {' '.join(known['scopes'])}"
        end = partial(registry.revoke_client, console(), known["id"])
        rehearsed(end)
        if agreed(said, dry_run=dry_run, yes=yes):
            print_facts(queries.client(end()), as_json=as_json)
