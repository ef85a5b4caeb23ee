"""`flask doctor`: is everything there that the system stands on, does it keep up, and what of it can be mended?"""
import getpass
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from app.ops.checks import FAIL, OK, Finding, examine
from app.ops.mends import Mend, mends
from cli.terminal import acts, agreed, print_json, print_rows


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended; says what, and asks once.")
@acts
@with_appcontext
def doctor(fix: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Check settings, disk, database, migrations, Redis, mail, outbox, worker, jobs, and what services keep.

    Exit code 1 when a check fails; a warning does not fail.

    With --fix what is counted is counted anew, indexes are brought up to date, stored files without an upload removed;
    each mend is in the audit, and safe while the system runs. What no machine may mend is named, and who must look.

    Example: flask doctor --fix --dry-run
    """
    if (dry_run or yes) and not fix:
        raise click.UsageError("--dry-run and --yes belong to --fix: without it nothing is changed")
    findings = examine()
    mended: list[dict[str, Any]] = []
    if not as_json:
        print_rows([asdict(finding) for finding in findings], as_json=False, wraps=True)
    if fix:
        mended = _fix(findings, dry_run=dry_run, yes=yes)
        again = {finding.check: finding for finding in examine([row["check"] for row in mended])}
        findings = [again.get(finding.check, finding) for finding in findings]
        if not as_json:
            print_rows(_outcomes(mended, again), as_json=False, empty="nothing was mended")
    if as_json:
        found = [asdict(finding) for finding in findings]
        print_json({"findings": found, "mended": mended} if fix else found)
    if any(finding.state == FAIL for finding in findings):
        raise click.exceptions.Exit(1)


def _fix(findings: Sequence[Finding], *, dry_run: bool, yes: bool) -> list[dict[str, Any]]:
    """Say what would be done about each finding, ask, and do it; returns what was done, one row a check."""
    wrong = {finding.check: mends()[finding.check] for finding in findings
             if finding.state != OK and finding.check in mends()}
    for check, mend in wrong.items():
        if mend.run is None:
            click.echo(f"{check}: no machine mends this: {mend.says}", err=True)
    mendable = {check: mend for check, mend in wrong.items() if mend.run is not None}
    if not mendable:
        click.echo("nothing is wrong that can be mended here", err=True)
        return []
    said = "\n".join(f"{check}: {mend.says}" for check, mend in mendable.items())
    if not agreed(said, dry_run=dry_run, yes=yes, reports=True):
        return []
    return _mended(mendable)


def _mended(mendable: Mapping[str, Mend]) -> list[dict[str, Any]]:
    rows = []
    for check, mend in mendable.items():
        try:
            count = mend.run(getpass.getuser()) if mend.run else 0
            rows.append({"check": check, "mended": count, "error": None})
        except Exception as error:  # one mend that fails keeps no other from being made
            current_app.logger.exception("the mend of %s failed", check)
            rows.append({"check": check, "mended": 0, "error": f"{type(error).__name__}: {error}".split("\n", 1)[0]})
    return rows


def _outcomes(mended: Sequence[dict[str, Any]], again: Mapping[str, Finding]) -> list[dict[str, Any]]:
    return [{**row, "now": again[row["check"]].state} for row in mended]
