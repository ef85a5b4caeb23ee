"""`flask moderate orphans` and `assign-admin`: company pages that nobody administers any more (network.md, NET-9)."""
from typing import Any

import click
from flask.cli import with_appcontext

from cli.moderate.options import limit_option
from cli.naming import active_account
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    operator_actor,
    operator_option,
    print_facts,
    print_rows,
    reading_actor,
    spoken,
)

_REALM = "network"


@click.command("orphans")
@limit_option
@as_json_option
@with_appcontext
def orphans(limit: int, as_json: bool) -> None:
    """Show the company pages whose last admin's account has ended, the longest first.

    Example: flask moderate orphans
    """
    from blueprints.network.company.orphans import orphaned_companies

    print_rows(orphaned_companies(limit), as_json=as_json, empty="each page has an admin", cut=("name",))


@click.command("assign-admin")
@click.argument("company_id", metavar="COMPANY", type=click.UUID)
@click.argument("user", metavar="USER")
@operator_option
@acts
@with_appcontext
def assign_admin(company_id: Any, user: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Let USER administer the page COMPANY, which nobody does; of any other page only the superAdmin decides.

    Example: flask moderate assign-admin COMPANY eva@example.com --as ada@example.com
    """
    from blueprints.network.company import commands
    from blueprints.network.company.moderation import company_subject

    actor, person = operator_actor(_REALM, operator), active_account(_REALM, user)
    page = company_subject(reading_actor(_REALM), str(company_id))
    if page is None or not page.is_active:
        raise click.ClickException(f"there is no company {company_id}")
    if not agreed(f"{person.email} administers “{page.title}” from now on", dry_run=dry_run, yes=yes):
        return
    spoken(lambda: commands.assign_admin(actor, company_id=str(company_id), user_id=person.id))
    print_facts({"companyId": str(company_id), "admin": person.email}, as_json=as_json)
