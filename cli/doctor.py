"""`flask doctor`: is everything there that the system stands on, and does it keep up?"""
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from app.ops.checks import FAIL, examine
from blueprints.equipment.queries import check_registry
from blueprints.marketplace.order_management.ledger_entries import check_books
from blueprints.marketplace.search_indexing.queries import check_index
from blueprints.organization.checks import check_tenants
from cli.terminal import as_json_option, print_rows

SERVICES = {"search index": check_index, "books": check_books, "organization": check_tenants,
            "equipment": check_registry}


@click.command()
@as_json_option
@with_appcontext
def doctor(as_json: bool) -> None:
    """Check settings, disk, database, migrations, Redis, outbox, deliveries, worker, jobs, and what services keep.

    Exit code 1 when a check fails; a warning does not fail.

    Example: flask doctor --json
    """
    findings = examine(SERVICES)
    print_rows([asdict(finding) for finding in findings], as_json=as_json)
    if any(finding.state == FAIL for finding in findings):
        raise click.exceptions.Exit(1)
