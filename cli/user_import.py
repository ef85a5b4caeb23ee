"""The rows of `flask users import`: read from CSV, checked by the API's own shapes, enrolled one by one."""
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.actor import Actor
from app.errors import ApiError
from app.identity.roles import ASSIGNABLE, USER
from app.runtime import runtime
from cli.csv_file import read_csv

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


def read_rows(file: Path, delimiter: str | None = None) -> Iterator[Row]:
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
