"""`flask security`: what happened to the accounts of a realm."""
import click
from flask.cli import with_appcontext

from app.identity.security_kinds import KINDS
from cli import completing
from cli.naming import named_account
from cli.terminal import as_json_option, limit_option, minute, print_rows, served_realm_option

PROGRAMS = ("equipment", "organization")
COLUMNS = ("kind", "outcome", "user_id", "actor_id", "operator", "address", "device", "detail")


@click.group()
def security() -> None:
    """Security events: logins, refusals, throttles, changes of password, role, lock and address; clients.

    Example: flask security log --user anna@demo.test
    """


@security.command("log")
@served_realm_option("Whose events; equipment and organization have programs instead of accounts.", *PROGRAMS)
@click.option("--user", metavar="USER", shell_complete=completing.accounts,
              help="Only of this account: an id or an e-mail.")
@click.option("--kind", metavar="KIND", type=click.Choice(KINDS), help=f"Only of this kind: {', '.join(KINDS)}.")
@limit_option("Rows at most.", most=10_000)
@as_json_option
@with_appcontext
def log(realm: str, user: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """Show who did or tried what, from where, and how it ended; newest first.

    Example: flask security log --kind login --limit 200 --json
    """
    from app.data.columns import iso
    from app.identity.security_events import security_log

    if user and realm in PROGRAMS:
        raise click.UsageError(f"--user: {realm} has no accounts, its events name the client in `detail`")
    user_id = named_account(realm, user) if user else None
    events = security_log(realm, user_id=user_id, kind=kind, limit=limit)
    rows = [{"at": iso(event.occurred_at), **{name: getattr(event, name) for name in COLUMNS}} for event in events]
    if not as_json:
        rows = [row | {"at": minute(row["at"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no events", ids=("user_id", "actor_id"),
               cut=("detail", "device", "address", "operator"))
