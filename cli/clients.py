"""`flask clients`: the API clients of a realm, by the commands of the API; equipment and organization have their own.

Whoever makes, rotates or revokes one says as which member of staff (--as); a secret is printed once."""
from collections.abc import Callable
from functools import partial
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import Actor
from app.data.ids import short_id
from app.identity.access import SCOPES
from cli import completing
from cli.naming import active_account, named_account, named_client
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    limit_option,
    minute,
    operator_actor,
    operator_option,
    print_facts,
    print_rows,
    reading_actor,
    rehearsed,
    say_more,
    served_realm_option,
    spoken,
)

realm_option = served_realm_option("Whose clients.")


@click.group()
def clients() -> None:
    """API clients of a realm: programs that act for one person. List them, add, rotate and revoke.

    Example: flask clients list
    """


@clients.command("list")
@realm_option
@click.option("--user", metavar="USER", shell_complete=completing.accounts,
              help="Only those that act for this person: an id or an e-mail.")
@limit_option("How many of the newest.")
@as_json_option
@with_appcontext
def list_clients(realm: str, user: str | None, limit: int, as_json: bool) -> None:
    """List the clients, the newest first: for whom they act, what they may do, when they last got a token.

    Example: flask clients list --user anna@demo.test
    """
    from app.data.reads import Page
    from app.identity.api_clients import ApiClient
    from blueprints.platform.auth import api_clients

    where = [ApiClient.user_id == named_account(realm, user)] if user else []
    found = api_clients.list_clients(reading_actor(realm), Page(1, limit, limit), where)
    rows: list[dict[str, Any]] = found.rows
    if not as_json:
        rows = [{"id": row["id"], "user": short_id(row["userId"]), "name": row["name"],
                 "scopes": " ".join(row["scopes"]), "lastToken": minute(row["lastTokenAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no clients", cut=("name", "scopes"))
    say_more(found.total - len(rows))


@clients.command("add")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@click.option("--name", required=True, help="What the client is for.")
@click.option("--scope", "scopes", metavar="SCOPE", type=click.Choice(sorted(SCOPES)), multiple=True, required=True,
              help=f"Repeat for several: {', '.join(sorted(SCOPES))}.")
@operator_option
@acts
@with_appcontext
def add(user: str, realm: str, name: str, scopes: tuple[str, ...], operator: str | None, dry_run: bool, yes: bool,
        as_json: bool) -> None:
    """Make a client that acts for USER and sees exactly what USER sees; print its secret, which is shown this once.

    Only a superAdmin makes one for somebody else.

    Example: flask clients add anna@demo.test --name shop --scope webhooks --as admin@admin.com --yes
    """
    from blueprints.platform.auth import api_clients

    actor, known = operator_actor(realm, operator), active_account(realm, user)
    data = {"name": _checked(name), "scopes": scopes, "user_id": known.id}
    rehearsed(actor, lambda: api_clients.create_client(actor, **data))
    what = f"{realm}: a client acts for {known.fullname} ({short_id(known.id)}) with {' '.join(sorted(set(scopes)))}"
    if agreed(what, dry_run=dry_run, yes=yes):
        _print_secret(*spoken(lambda: api_clients.create_client(actor, **data)), as_json=as_json)


@clients.command("rotate")
@click.argument("client", shell_complete=completing.clients)
@realm_option
@operator_option
@acts
@with_appcontext
def rotate(client: str, realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Give CLIENT another secret and print it, this once; the former secret and every token it got end at once.

    Example: flask clients rotate 018f4c1e --as admin@admin.com --yes
    """
    from blueprints.platform.auth import api_clients

    if done := _done_to(client, realm, operator, api_clients.rotate_client, "gets another secret; its tokens end",
                        dry_run=dry_run, yes=yes):
        _print_secret(*done[1], as_json=as_json)


@clients.command("revoke")
@click.argument("client", shell_complete=completing.clients)
@realm_option
@operator_option
@acts
@with_appcontext
def revoke(client: str, realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """End CLIENT, by its id, a beginning or the last eight digits, and every token it got.

    Example: flask clients revoke 018f4c1e --as admin@admin.com --yes
    """
    from blueprints.platform.auth import api_clients

    if done := _done_to(client, realm, operator, api_clients.revoke_client, "ends, with its tokens",
                        dry_run=dry_run, yes=yes):
        print_facts({"id": done[0], "status": "revoked"}, as_json=as_json)


def _done_to(client: str, realm: str, operator: str | None, act: Callable[[Actor, str], Any], what: str, *,
             dry_run: bool, yes: bool) -> tuple[str, Any] | None:
    """Do this to a client once it is agreed to; returns its id and what came of it, None where nothing was done."""
    actor, known = operator_actor(realm, operator), _known(realm, client)
    do = partial(act, actor, known["id"])
    rehearsed(actor, do)
    return (known["id"], spoken(do)) if agreed(f"{realm}: {_said(known)} {what}", dry_run=dry_run, yes=yes) else None


def _known(realm: str, text: str) -> dict[str, Any]:
    """Return the client of that id or beginning; raises ClickException for none and for several."""
    from blueprints.platform.auth.api_clients import find_client

    client_id = named_client(realm, text)
    known = find_client(realm, client_id)
    if known is None:  # revoked since it was named
        raise click.ClickException(f"{realm} has no client {text}")
    return known


def _checked(name: str) -> str:
    """Return the name as the API takes it; raises BadParameter."""
    from marshmallow import ValidationError

    from blueprints.platform.auth.schemas import NewApiClient

    try:
        return str(NewApiClient().fields["name"].deserialize(name))
    except ValidationError as refused:
        raise click.BadParameter(f"{refused.messages[0]}", param_hint="--name") from refused


def _said(client: dict[str, Any]) -> str:
    return f"client {client['name']} of {short_id(client['userId'])} ({' '.join(client['scopes'])})"


def _print_secret(client: dict[str, Any], secret: str, *, as_json: bool) -> None:
    facts = client if as_json else {"id": client["id"], "userId": client["userId"], "name": client["name"],
                                    "scopes": " ".join(client["scopes"])}
    print_facts({**facts, "clientSecret": secret}, as_json=as_json)
