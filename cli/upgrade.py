"""`flask upgrade`: what the migrations that wait would do, and doing it: backed up first, and all of them or none."""
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.ops.upgrade import UpgradeFailed, upgrade_database
from app.ops.upgrade_plan import NO, UNKNOWN, YES, PendingMigration, pending_migrations
from app.runtime import runtime
from app.settings import SettingsError
from cli.backup import key_in, key_option, refusing
from cli.terminal import acts, agreed, as_json_option, print_json, print_rows, print_sentence, say_unchanged

_OLD_CODE = {
    YES: "the code of before runs on the new schema: upgrade first, then replace the processes one after the other",
    NO: "the code of before does not run on the new schema: stop every service first",
    UNKNOWN: "whether the code of before runs on the new schema is not known: stop every service first"}


@click.group(invoke_without_command=True)
@click.option("--without-backup", is_flag=True, help="Make no backup first; there is one from elsewhere.")
@key_option
@acts
@click.pass_context
def upgrade(context: click.Context, without_backup: bool, key_file: Path | None, dry_run: bool, yes: bool,
            as_json: bool) -> None:
    """Back up, then bring the database to the newest migration: all that wait in one transaction, or none.

    What fails is taken back, and said. The code is replaced before, by git and make install (docs/moving.md). With
    --key-file the backup is encrypted.

    Example: flask upgrade --dry-run
    """
    if context.invoked_subcommand is not None:
        return
    if without_backup and key_file is not None:
        raise click.UsageError("--key-file encrypts the backup that --without-backup leaves out: say one of them")
    _upgrade(without_backup, key_file, dry_run, yes, as_json)


@with_appcontext
def _upgrade(without_backup: bool, key_file: Path | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    key = refusing(lambda: key_in(key_file))
    waiting = _waiting()
    if not waiting:
        say_unchanged("no migration waits")
        return
    if not as_json:
        _print_plan(waiting, as_json=False)
    backup = "without a backup" if without_backup else (
        f"with {'an encrypted' if key else 'a'} backup in {runtime().settings.backup_folder}")
    question = f"run {len(waiting)} migrations, {backup}; {_OLD_CODE[_old_code(waiting)]}"
    if not agreed(question, dry_run=dry_run, yes=yes):
        return
    try:
        done = upgrade_database(None if without_backup else lambda: _back_up(key))
    except (UpgradeFailed, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    said = {"changed": True, "before": done.before, "after": done.after, "backup": done.backup and str(done.backup)}
    if as_json:
        print_json(said)
    else:
        click.echo(f"the database stands at {done.after}; it stood at {done.before}"
                   + (f", of which {done.backup} is the backup" if done.backup else ""))


@upgrade.command("check")
@as_json_option
@with_appcontext
def check(as_json: bool) -> None:
    """Show the migrations that wait: what each does to which table, who waits, for how long, and the code of before.

    The seconds are an estimate from the tables' sizes; what cannot be read from a migration is said to be not known.

    Example: flask upgrade check --json
    """
    _print_plan(_waiting(), as_json=as_json)


def _waiting() -> list[PendingMigration]:
    try:
        return pending_migrations()
    except LookupError as error:
        raise click.ClickException(str(error)) from error


def _back_up(key: bytes | None) -> Any:
    from app.ops.backup import BackupRefused, create_backup

    settings = runtime().settings
    try:
        return create_backup(settings, settings.backup_folder, key=key)
    except BackupRefused as error:
        raise click.ClickException(f"{error}; nothing was changed") from error


def _old_code(waiting: list[PendingMigration]) -> str:
    found = {one.old_code for one in waiting}
    return NO if NO in found else UNKNOWN if UNKNOWN in found else YES


def _print_plan(waiting: list[PendingMigration], *, as_json: bool) -> None:
    if as_json:
        print_json({"oldCodeRuns": _old_code(waiting), "seconds": round(sum(one.seconds for one in waiting), 1),
                    "migrations": [_facts(one) for one in waiting]})
        return
    if not waiting:
        click.echo("no migration waits")
        return
    print_rows([row for one in waiting for row in _rows(one)], as_json=False, cut=("what", "table"))
    for one in waiting:
        for unknown in one.unknown:
            print_sentence(f"{one.number}: not known: {unknown}")
    print_sentence(f"{len(waiting)} migrations wait, about {sum(one.seconds for one in waiting):.0f} s; "
                   f"{_OLD_CODE[_old_code(waiting)]}")


def _rows(one: PendingMigration) -> list[dict[str, Any]]:
    return [{"migration": one.number, "what": f"{step.step.kind.says} {step.step.detail}".strip(),
             "table": step.step.table, "rows": step.rows, "waits": step.waits, "seconds": f"{step.seconds:.1f}",
             "old code": step.step.kind.old_code} for step in one.steps]


def _facts(one: PendingMigration) -> dict[str, Any]:
    return {"number": one.number, "title": one.title, "oldCodeRuns": one.old_code, "seconds": round(one.seconds, 1),
            "notKnown": one.unknown, "steps": [
                {"what": step.step.kind.says, "name": step.step.detail, "table": step.step.table, "rows": step.rows,
                 "waits": step.waits, "seconds": round(step.seconds, 1), "oldCodeRuns": step.step.kind.old_code}
                for step in one.steps]}
