"""`flask doctor`: is everything there that the system stands on, does it keep up, and what of it can be mended?"""
import getpass
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import with_appcontext

from app.ops.findings import FAIL, OK, Finding
from cli import completing
from cli.parts import MENDED
from cli.terminal import (
    acts,
    agreed,
    operator_actor,
    operator_option,
    print_json,
    print_rows,
    print_sentence,
    spoken,
    unknown,
)

if TYPE_CHECKING:  # help and what a shell completes load no database
    from app.ops.mends import Mend, NamedMend

_EVERYTHING = "everything"
Row = dict[str, Any]


@click.command()
@click.option("--fix", "named", is_flag=False, flag_value=_EVERYTHING, metavar="[MEND]",
              shell_complete=completing.named(MENDED),
              help="Mend what can be mended; says what, and asks once. What touches money or the audit is mended only "
                   "when it is named, as a check is.")
@click.option("--reason", help="Why; a named mend of money or of the audit needs it, and it is recorded.")
@operator_option
@acts
@with_appcontext
def doctor(named: str | None, reason: str | None, operator: str | None, dry_run: bool, yes: bool,
           as_json: bool) -> None:
    """Check settings, disk, database, migrations, Redis, mail, outbox, worker, jobs, and what services keep.

    Exit code 1 when a check fails; a warning does not fail.

    With --fix what is counted is counted anew, indexes are brought up to date, stored files without an upload removed;
    each mend is in the audit, and safe while the system runs. Money and the audit are mended by name alone, with
    --reason and --as: `--fix books`, `--fix "auction orders"`, `--fix premium`, `--fix audit`.

    Example: flask doctor --fix --dry-run
    """
    from app.ops.checks import examine
    from app.ops.mends import NamedMend, mends

    if (dry_run or yes or reason) and not named:
        raise click.UsageError("--dry-run, --yes and --reason belong to --fix: without it nothing is changed")
    named = _with_spaces(named)
    if named not in (None, _EVERYTHING) and named not in mends():
        raise unknown("mend", str(named), mends(), "--fix")
    findings = examine(None if named in (None, _EVERYTHING) else [str(named)])
    mended: list[Row] = []
    if not as_json:
        print_rows([asdict(finding) for finding in findings], as_json=False, wraps=True)
    if named:
        chosen = mends().get(named)
        if isinstance(chosen, NamedMend):
            mended = _fix_by_name(named, chosen, reason, operator, dry_run=dry_run, yes=yes)
        else:
            mended = _fix(findings, dry_run=dry_run, yes=yes)
        again = {finding.check: finding for finding in examine({row["check"] for row in mended})}
        findings = [again.get(finding.check, finding) for finding in findings]
        if not as_json:
            print_rows(_outcomes(mended, again), as_json=False, empty="nothing was mended", below="says")
    if as_json:
        found = [asdict(finding) for finding in findings]
        print_json({"findings": found, "mended": mended} if named else found)
    if any(finding.state == FAIL for finding in findings):
        raise click.exceptions.Exit(1)


def _fix(findings: Sequence[Finding], *, dry_run: bool, yes: bool) -> list[Row]:
    """Say what would be done about each finding, ask, and do it; returns what was done, one row a check."""
    from app.ops.mends import Mend, NamedMend, mends

    mendable = dict[str, Mend]()
    for finding in findings:
        mend = mends().get(finding.check)
        if isinstance(mend, NamedMend) and finding.state == FAIL:
            print_sentence(f"{finding.check}: mended only by name: flask doctor --fix {_quoted(finding.check)} "
                           f"--reason WHY --as E-MAIL {mend.says}", err=True)
        elif isinstance(mend, Mend) and finding.state != OK:
            mendable[finding.check] = mend
    if not mendable:
        click.echo("nothing is wrong that can be mended here", err=True)
        return []
    said = "\n".join(f"{check}: {mend.says}" for check, mend in mendable.items())
    if not agreed(said, dry_run=dry_run, yes=yes, reports=True):
        return []
    return _mended(mendable)


def _with_spaces(named: str | None) -> str | None:
    """Return the name of a mend as its check has it: a shell completes its words with dashes between them."""
    return next((one for one in MENDED if named == one.replace(" ", "-")), named)


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _mended(mendable: "Mapping[str, Mend]") -> list[Row]:
    rows = []
    for check, mend in mendable.items():
        try:
            rows.append({"check": check, "mended": mend.run(getpass.getuser()), "error": None})
        except Exception as error:  # one mend that fails keeps no other from being made
            current_app.logger.exception("the mend of %s failed", check)
            rows.append({"check": check, "mended": 0, "error": f"{type(error).__name__}: {error}".split("\n", 1)[0]})
    return rows


def _fix_by_name(check: str, mend: "NamedMend", reason: str | None, operator: str | None, *, dry_run: bool,
                 yes: bool) -> list[Row]:
    """Rehearse the mend of each thing found, ask, and do it; returns one row a thing."""
    from blueprints.platform.moderation.rehearsals import rehearse_one_of_many

    why = (reason or "").strip()
    if not why:
        raise click.UsageError(f"--reason is missing: why is {check} mended? The audit keeps it")
    found = mend.found()
    if not found:
        print_sentence(f"nothing is wrong that --fix {_quoted(check)} can mend; {mend.rest}", err=True)
        return []
    acting = cache(lambda realm: operator_actor(realm, operator))
    steps = [(acting(realm), partial(mend.mend, acting(realm), name, why)) for realm, name in found]
    tried = [_done(check, name, partial(rehearse_one_of_many, actor, step))
             for (actor, step), (_, name) in zip(steps, found, strict=True)]
    possible = [place for place, row in enumerate(tried) if row["error"] is None]
    for row in tried:
        if row["error"]:
            print_sentence(f"refused: {row['of']}: {row['error']}; {mend.rest}", err=True)
    if not possible:
        return tried
    said = "\n".join(f"{tried[place]['of']}: {tried[place]['says']}" for place in possible)
    if not agreed(f"{mend.says}\n{said}", dry_run=dry_run, yes=yes, reports=True):
        return []
    return [_done(check, found[place][1], steps[place][1]) if place in possible else tried[place]
            for place in range(len(found))]


def _done(check: str, name: str, step: Any) -> Row:
    """Return what came of one step: the sentence it returns, or the one with which it refuses."""
    try:
        return {"check": check, "of": name, "mended": 1, "error": None, "says": spoken(step)}
    except click.ClickException as refusal:
        return {"check": check, "of": name, "mended": 0, "error": refusal.message, "says": None}


def _outcomes(mended: Sequence[Row], again: Mapping[str, Finding]) -> list[Row]:
    return [{**row, "now": again[row["check"]].state} for row in mended]
