"""`flask db`: the commands that flask_migrate brings, and the copy of everything into another database."""
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem
from flask.cli import with_appcontext
from flask_migrate.cli import db

from app.data.table_copy import CopiedTable, CopyRefused
from app.ops.database_copy import DatabaseCopy, has_password, is_readable, reach, refuse_served
from app.ops.migrations import MIGRATIONS
from app.runtime import runtime
from app.settings import POSTGRESQL, Settings, with_driver
from blueprints.organization import organization_of
from blueprints.organization.moving import TenantsCopy, same_place
from blueprints.organization.wiring import settings_from
from cli.terminal import acts, agreed, is_at_a_terminal, print_json, print_rows

STAY, EQUAL = "stay", "equal"
UNSEEN = "-"


class _Revision(click.ParamType):
    """The number of a migration, as Alembic takes it."""

    name = "revision"

    def shell_complete(self, _context: click.Context, _parameter: click.Parameter,
                       incomplete: str) -> list[CompletionItem]:
        """Offer the numbers that begin so, the newest first."""
        files = (MIGRATIONS / "versions").glob("[0-9]*.py")
        numbers = (file.name.partition("_")[0] for file in files)
        return [CompletionItem(number) for number in sorted(numbers, reverse=True) if number.startswith(incomplete)]


# Those of flask_migrate have no example, and every help shows one.
db.help = f"{db.help}\n\nExample: flask db copy --to sqlite:////srv/other/guildhall.db --dry-run"
for _name, _command in db.commands.items():
    _command.help = f"{_command.help}\n\nExample: flask db {_name}"
    for _given in _command.params:
        if _given.name in ("revision", "revisions"):
            _given.type = _Revision()


def _database(_context: click.Context, option: click.Parameter, url: str | None) -> str | None:
    """Take the URL of a database, or read it unseen; it is never repeated, as it may carry a password."""
    if url is None or (url == STAY and option.name == "tenants"):
        return url
    if url == UNSEEN:
        url = _read_unseen(f"--{option.name}")
    elif has_password(url):
        click.echo(f"the list of processes shows the password of --{option.name}: --{option.name} - asks for it",
                   err=True)
    scheme, _, rest = url.partition("://")
    if not rest or scheme not in ("sqlite", *POSTGRESQL):
        raise click.BadParameter("must be a URL that starts with sqlite:/// or postgresql://")
    if scheme == "sqlite" and (option.name == "tenants" or len(rest) < 2 or ":memory:" in rest):
        raise click.BadParameter("must name a server: postgresql://…" if option.name == "tenants"
                                 else "must name a file: sqlite:////srv/guildhall/guildhall.db")
    if not is_readable(url):
        raise click.BadParameter("must be a URL that can be read: in its password write @ as %40, / as %2F, : as %3A")
    return with_driver(url)


def _read_unseen(option: str) -> str:
    """Return a line that is typed without being shown, or the next one of standard input where that is no terminal."""
    if is_at_a_terminal():
        typed: str = click.prompt(f"URL for {option}", hide_input=True, err=True)
        return typed.strip()
    return sys.stdin.readline().strip()


@db.command("copy")
@click.option("--to", required=True, metavar="URL|-", callback=_database,
              help="The empty database to copy into; - reads it unseen: typed without echo, or a line of input.")
@click.option("--tenants", metavar="URL|-|stay", callback=_database,
              help="Where the tenants' databases go; default: the server of --to, or the folder beside its file.")
@click.option("--restart", is_flag=True, help="Begin anew what a copy that was cut off has left in the target.")
@acts
@with_appcontext
def copy(to: str, tenants: str | None, restart: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Copy everything into another database, from SQLite to PostgreSQL or back; then compare it row by row.

    Stop every service first: nobody writes into the source meanwhile. Cut off, it goes on when it is called again.
    Media, search and keys of the instance folder stay where they are (docs/moving.md).

    Example: flask db copy --to postgresql://guildhall@localhost/guildhall --dry-run
    """
    try:
        copied, seconds = _copied(to, tenants, restart=restart, dry_run=dry_run, yes=yes)
    except CopyRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    if copied:
        _report(copied, seconds, as_json=as_json)


def _report(copied: list[CopiedTable], seconds: float, *, as_json: bool) -> None:
    """Say table by table what was copied and how it compares; what differs is a failure."""
    differing = [table for table in copied if table.found.differences]
    rows = [_row(table) for table in copied]
    if as_json:
        print_json({"changed": True, "complete": not differing, "seconds": round(seconds, 1), "tables": rows})
    else:
        print_rows([row for row in rows if row["rows"] or row["compared"] != EQUAL], as_json=False)
    if differing:
        said = "; ".join(f"{table.name}: {', '.join(table.found.differences)}" for table in differing)
        raise click.ClickException(f"the target is not complete: {said}. --restart begins anew")
    total = sum(table.found.rows for table in copied)
    click.echo(f"complete: {total} rows in {len(copied)} tables, each row compared, in {seconds:.0f} s", err=True)


def _copied(to: str, tenants_to: str | None, *, restart: bool, dry_run: bool,
            yes: bool) -> tuple[list[CopiedTable], float]:
    settings = runtime().settings
    target = _target_settings(settings, to, tenants_to)
    reach(target, "--to")
    work = DatabaseCopy(settings, target)
    tenants = _tenants_copy(settings, target, tenants_to)
    try:
        with work.source.connect() as connection:
            work.refuse_same(connection)
            refuse_served(settings, connection)
        work.examine(restart=restart)
        known = work.notes() or {}
        if tenants is not None:
            tenants.examine(known)
        if not _agreed(work, tenants, restart=restart, dry_run=dry_run, yes=yes):
            return [], 0.0
        began = time.monotonic()
        with work.held_source(restart=restart) as source:
            if restart and tenants is not None:
                tenants.forget(known)
            work.prepare(source, restart=restart)
            progress = _Progress()
            copied = work.copy(source, progress)
            if tenants is not None:
                copied += tenants.copy(work.note, progress)
            progress.end()
            if not any(table.found.differences for table in copied):
                with work.source.connect() as connection:  # who came meanwhile waits to write: it would stay behind
                    refuse_served(settings, connection)
                work.finish()
        return copied, time.monotonic() - began
    finally:
        work.close()
        if tenants is not None:
            tenants.close()


def _target_settings(settings: Settings, to: str, tenants: str | None) -> Settings:
    is_file = to.startswith("sqlite")
    home = Path(to.removeprefix("sqlite:///")).parent if is_file else settings.home
    named = tenants if tenants not in (None, STAY) else "" if is_file else to
    return replace(settings, database_url=to, home=home.resolve(), organization_database=str(named))


def _tenants_copy(settings: Settings, target: Settings, named: str | None) -> TenantsCopy | None:
    if named == STAY or same_place(settings_from(settings), settings_from(target)):
        return None
    if target.organization_database and target.organization_database != target.database_url:
        reach(replace(target, database_url=target.organization_database), "--tenants")
    found = TenantsCopy(organization_of(), settings_from(target))
    return found if found.tenants else None


def _agreed(work: DatabaseCopy, tenants: TenantsCopy | None, *, restart: bool, dry_run: bool, yes: bool) -> bool:
    rows = sum(work.row_counts().values())
    with_tenants = f"with {len(tenants.tenants)} tenants" if tenants is not None else "tenants stay where they are"
    return agreed(f"{'begin anew and ' if restart else ''}copy {rows} rows from {work.source_place} to "
                  f"{work.target_place}, {with_tenants}", dry_run=dry_run, yes=yes)


class _Progress:
    """One line on stderr that changes, on a terminal; else a line for each step, for a log."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()

    def __call__(self, doing: str, table: str, rows: int) -> None:
        line = f"{doing} {table}{f' {rows}' if rows else ''}"
        if self._is_terminal:
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)
        else:
            click.echo(line, err=True)

    def end(self) -> None:
        """Take the line away."""
        if self._is_terminal:
            click.echo("\r\x1b[K", nl=False, err=True)


def _row(table: CopiedTable) -> dict[str, Any]:
    said = "; ".join(table.found.differences) or EQUAL
    return {"table": table.name, "rows": table.found.rows, "copied": table.copied, "compared": said,
            "digest": table.found.digest}
