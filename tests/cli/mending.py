"""How the tests of named mends break a thing, have it mended by its name, and look at what became of it."""
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import delete, select, update

from app.data.reads import fetch
from app.ops.checks import FAIL, OK
from blueprints.marketplace.order_management.record_models import LedgerEntry
from tests.cli.test_doctor_fix import told, write

Run = Callable[..., Result]
ONCE = pytest.mark.once("the rules of a mend; one of each is mended on both databases")
ALL_BOOKINGS = select(*LedgerEntry.__table__.columns).order_by(LedgerEntry.id)


def named(run: Run, name: str, *words: str, code: int = 0) -> Result:
    done = run("doctor", "--fix", name, "--reason", "the disk broke", "--as", "admin@admin.com", *words)
    assert done.exit_code == code, done.output
    return done


def change(model: Any, where: Any, **values: Any) -> None:
    """Change rows past the application."""
    write("marketplace", lambda work: work.execute(update(model).where(where).values(values).execution_options(
        synchronize_session=False)))


def forget(model: Any, *where: Any) -> None:
    write("marketplace", lambda work: work.execute(delete(model).where(*where)))


def assert_mended(run: Run, name: str, *, as_found: str = OK) -> str:
    """Break it first. A bare --fix only says how to name it; a dry run changes nothing; named, it is mended; a second
    run finds nothing. Returns what the mend said."""
    wrong, bookings = told(name), [tuple(row) for row in fetch(ALL_BOOKINGS)]
    assert wrong[0] == FAIL
    bare = run("doctor", "--fix", "--yes")
    assert f"{name}: mended only by name: flask doctor --fix" in bare.stderr
    assert "nothing is wrong that can be mended here" in bare.stderr
    rehearsed = named(run, name, "--dry-run", code=1)
    assert "dry run: nothing was changed" in rehearsed.stderr
    assert told(name) == wrong
    assert [tuple(row) for row in fetch(ALL_BOOKINGS)] == bookings
    [row] = json.loads(named(run, name, "--yes", "--json").stdout)["mended"]
    assert (row["check"], row["mended"], row["error"]) == (name, 1, None)
    assert told(name)[0] == as_found
    kept = [tuple(row) for row in fetch(ALL_BOOKINGS)]
    assert kept[:len(bookings)] == bookings
    again = named(run, name, "--yes", "--json")
    assert json.loads(again.stdout)["mended"] == []
    assert "nothing is wrong that --fix" in again.stderr
    return str(row["says"])
