"""`flask moderate orphans` and `assign-admin`: company pages that nobody administers any more (network.md, NET-9)."""
import click
from flask.cli import with_appcontext

from cli import completing
from cli.naming import active_account, named_thing
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    limit_option,
    operator_actor,
    operator_option,
    print_facts,
    print_rows,
    reading_actor,
    rehearsed,
    spoken,
)

_REALM = "network"


@click.command("orphans")
@limit_option("Rows at most.")
@as_json_option
@with_appcontext
def orphans(limit: int, as_json: bool) -> None:
    """Show the company pages whose last admin's account has ended, the longest first.

    Example: flask moderate orphans
    """
    from blueprints.network.company.orphans import orphaned_companies

    print_rows(orphaned_companies(limit), as_json=as_json, empty="each page has an admin", cut=("name",))


@click.command("assign-admin")
@click.argument("company_id", metavar="COMPANY", shell_complete=completing.companies)
@click.argument("user", metavar="USER", shell_complete=completing.members)
@operator_option
@acts
@with_appcontext
def assign_admin(company_id: str, user: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Let USER administer the page COMPANY, which nobody does; of any other page only the superAdmin decides.

    Example: flask moderate assign-admin 9f31c27a eva@example.com --as ada@example.com
    """
    from blueprints.network.company import commands
    from blueprints.network.company.moderation import company_subject

    actor, person = operator_actor(_REALM, operator), active_account(_REALM, user)
    page_id = named_thing(_REALM, "COMPANY", company_id)
    page = company_subject(reading_actor(_REALM), page_id)
    if page is None or not page.is_active:
        raise click.ClickException(f"there is no company {company_id}")

    def assigned() -> None:
        commands.assign_admin(actor, company_id=page_id, user_id=person.id)

    rehearsed(actor, assigned)
    if agreed(f"{person.fullname} administers “{page.title}” from now on", dry_run=dry_run, yes=yes):
        spoken(assigned)
        print_facts({"companyId": page_id, "admin": person.id}, as_json=as_json)
