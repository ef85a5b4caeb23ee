"""`flask doctor`: is everything there that the system stands on, and does it keep up?"""
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from app.ops.checks import FAIL, examine
from cli.terminal import as_json_option, print_rows


@click.command()
@as_json_option
@with_appcontext
def doctor(as_json: bool) -> None:
    """Check settings, disk, database, migrations, Redis, outbox, deliveries, worker, jobs, and what services keep.

    Exit code 1 when a check fails; a warning does not fail.

    Example: flask doctor --json
    """
    findings = examine()
    print_rows([asdict(finding) for finding in findings], as_json=as_json)
    if any(finding.state == FAIL for finding in findings):
        raise click.exceptions.Exit(1)
