"""`flask users import`: rows are read from CSV, checked by the API's own shapes, enrolled one by one."""
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import Actor
from app.errors import ApiError
from app.identity.roles import ASSIGNABLE, USER
from app.runtime import runtime
from cli.csv_file import delimiter_option, read_csv
from cli.terminal import acts, agreed, print_json, print_rows, reading_actor, served_realm_option

_NEEDED = ("email", "fullname")
_TRUE = ("1", "true", "yes")
_NO_HASH = "rehearsed"
"""What stands for a password's hash in a rehearsal: a real one takes its time, and is written nowhere."""


@dataclass(frozen=True)
class Row:
    """One line of the file, and what became (or would become) of it: new, created, exists or refused."""

    line: int
    email: str
    values: dict[str, Any] = field(default_factory=dict)
    outcome: str = "new"
    reason: str | None = None


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@served_realm_option("Whose users.")
@delimiter_option
@acts
@with_appcontext
def import_users(file: Path, realm: str, delimiter: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create the users of a CSV FILE with the columns email, fullname and, if wanted, password, phone, role, verified.

    The file may come from a spreadsheet: commas, semicolons or tabs, UTF-8, UTF-16 or Windows-1252.
    Who exists is left alone, so a second run finishes a broken one. Without a password the user has to reset it.
    Exit code 1 when a row was refused.

    Example: flask users import people.csv --realm network --yes
    """
    rows = [examined(realm, row) for row in read_rows(file, delimiter)]
    rows = rehearse_rows(reading_actor(realm), rows)
    counts = {outcome: sum(row.outcome == outcome for row in rows) for outcome in ("new", "exists", "refused")}
    question = f"{realm}: users to create: {counts['new']}, existing: {counts['exists']}, refused: {counts['refused']}"
    if agreed(question, dry_run=dry_run, yes=yes, reports=True):
        with click.progressbar(rows, label="importing", hidden=as_json) as moving:
            rows = _enrolled(realm, moving, counts["new"])
        click.echo(f"users created: {sum(row.outcome == 'created' for row in rows)}", err=True)
    _print_import(rows, as_json=as_json)
    if any(row.outcome == "refused" for row in rows):
        raise click.exceptions.Exit(1)


def read_rows(file: Path, delimiter: str | None) -> Iterator[Row]:
    """Yield the file's rows; raises ClickException when it is no CSV with the needed columns."""
    for line in read_csv(file, _NEEDED, delimiter):
        outcome = "refused" if line.fault else "new"
        yield Row(line.number, line.cells["email"], line.cells, outcome, line.fault)


def examined(realm: str, row: Row) -> Row:
    """Return the row checked as the API would check it, and whether its user exists already."""
    from app.http.schemas import load
    from app.identity.passwords import password_weakness
    from blueprints.platform.auth.queries import find_account
    from blueprints.platform.auth.schemas import NEW_USERS

    if row.outcome == "refused":
        return row
    given = {name: value for name, value in row.values.items() if value}
    role = given.pop("role", USER)
    verified = given.pop("verified", "").lower() in _TRUE
    if role not in ASSIGNABLE:
        return replace(row, outcome="refused", reason=f"role: expected one of {', '.join(ASSIGNABLE)}")
    # Nobody knows a password that was not given: the user sets one by "forgotten password".
    given.setdefault("password", secrets.token_urlsafe(24))
    try:
        values = load(NEW_USERS[realm](), given)
    except ApiError as refusal:
        return replace(row, outcome="refused", reason=refusal.message)
    weakness = password_weakness(values["password"], runtime().settings.password_min_length,
                                 (values["fullname"], values["email"]))
    if weakness:
        return replace(row, outcome="refused", reason=f"password: {weakness}")
    known = find_account(realm, values["email"]) is not None
    values |= {"role_id": role, "email_verified": verified}
    return replace(row, email=values["email"], values=values, outcome="exists" if known else "new")


def rehearse_rows(operator: Actor, rows: Sequence[Row]) -> list[Row]:
    """Return the rows as they would end: a new one that would be refused says why, also for the e-mail of another."""
    first: dict[str, int] = {}
    return [row if row.outcome != "new" else _rehearsed(operator, row, first.setdefault(row.email, row.line))
            for row in rows]


def enrol(operator: Actor, row: Row) -> Row:
    """Create the row's user when it is new; what the rules refuse is reported, not raised."""
    from app.identity.passwords import hash_password

    if row.outcome != "new":
        return row
    try:
        _enrol(operator, row, hash_password(row.values["password"]))
    except ApiError as refusal:
        return replace(row, outcome="refused", reason=refusal.message)
    return replace(row, outcome="created")


def _rehearsed(operator: Actor, row: Row, first: int) -> Row:
    from blueprints.platform.moderation.rehearsals import rehearse_one_of_many

    if row.line != first:
        return replace(row, outcome="refused", reason=f"email: stands in line {first}, too")
    try:
        rehearse_one_of_many(operator, lambda: _enrol(operator, row, _NO_HASH))
    except ApiError as refusal:
        return replace(row, outcome="refused", reason=refusal.message)
    return row


def _enrol(operator: Actor, row: Row, password_hash: str) -> None:
    from blueprints.platform.auth.commands import enrol_user

    values = {name: value for name, value in row.values.items() if name != "password"}
    enrol_user(operator, password_hash=password_hash, **values)


def _enrolled(realm: str, rows: Iterable[Row], new: int) -> list[Row]:
    """Enrol one row after the other; stopped by a failure, it says how far it came."""
    done: list[Row] = []
    try:
        for row in rows:
            done.append(enrol(reading_actor(realm), row))
    except BaseException:
        created = sum(row.outcome == "created" for row in done)
        click.echo(f"stopped after {created} of {new} users; the same command goes on there", err=True)
        raise
    return done


def _print_import(rows: list[Row], *, as_json: bool) -> None:
    report = [{"line": row.line, "email": row.email, "outcome": row.outcome, "reason": row.reason} for row in rows]
    if as_json:
        print_json(report)
    else:
        print_rows([line for line in report if line["outcome"] != "exists"], as_json=False, empty="nothing to import",
                   cut=("email",), below="reason")
