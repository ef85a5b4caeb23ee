"""kill -9 of `flask db copy`: the source is whole, and the target is refused until a later copy has made it whole.

Twice on each database, of what it copies into; in `make long` 20 times, with 1 GiB of rows."""
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path

import pytest

from app.data.entity import Base, db
from app.ops.database_copy import is_unfinished_copy
from app.ops.migrations import migrate_application
from app.settings import SettingsError
from bench.ballast import fill_database
from cli import db as terminal
from cli.prepare import prepare_system
from tests.app.ops.backup.system import System, drop_databases
from tests.components import ROOT, create_postgresql_database, unique_name
from tests.passes import BALLAST_MIB, DATABASE, KILLS
from tests.testbed import Testbed, cheap_passwords

PARTS = ("making", "copying", "tenants", "comparing")
"""The parts of a copy in which it is killed, in a random order; the last time, it has only to end."""


def _death(part: str) -> tuple[str, int, bool]:
    """Return the point, the number of statements behind it, and whether the copy has to begin anew to come there."""
    table = random.choice(list(Base.metadata.tables))
    return {"making": ("note phase making", random.randrange(300), True),
            "copying": (f"copy {table}", random.randrange(4), random.random() < 0.3),
            "tenants": ("note tenant:acme made", random.randrange(30), random.random() < 0.3),
            "comparing": (f"compare {table}", random.randrange(2), False),
            "ending": ("finish", random.randrange(2), False)}[part]


@pytest.fixture
def source(testbed: Testbed, tmp_path: Path) -> System:
    """A small system on files, with people, a tenant and a picture in it."""
    testbed.restore()
    home = tmp_path / "home"
    home.mkdir()
    made = System(testbed.environment | {
        "GUILDHALL_HOME": str(home), "DATABASE_URL": "", "DATABASE": "", "REDIS_URL": f"unix://{home}/no.sock",
        "DATABASE_PREFIX": f"{unique_name('killed')}_"}, tmp_path)
    with cheap_passwords(), made.app():
        prepare_system()
    made.fill()
    if BALLAST_MIB:
        fill_database(made.settings, BALLAST_MIB)
    return made


@pytest.fixture
def target(source: System, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[System]:
    """An empty place for it, of the database of the pass."""
    if DATABASE == "sqlite":
        home = Path(shutil.copytree(source.settings.home / "media", tmp_path / "there" / "media")).parent
        yield replace(source, environment=source.environment | {"GUILDHALL_HOME": str(home)})
        return
    server, prefix = request.getfixturevalue("postgresql_server"), source.environment["DATABASE_PREFIX"]
    url = create_postgresql_database(server, f"{prefix}main")
    yield replace(source, environment=source.environment | {"DATABASE_URL": url, "DATABASE": url})
    drop_databases(server, prefix)


@pytest.mark.both("each database takes back what was not committed in a way of its own")
@pytest.mark.slow
def test_a_copy_that_is_killed_leaves_the_source_whole_and_the_target_refused(source: System, target: System) -> None:
    with cheap_passwords():
        noticed = source.state()
    before = _all_rows(source)
    for part in (*islice(cycle(random.sample(PARTS, len(PARTS))), KILLS - 1), "ending"):
        _killed(source, target, *_death(part))
        assert _all_rows(source) == before
        _is_refused(target)
    with source.app() as app:
        db.engine.dispose()
        done = app.test_cli_runner().invoke(terminal.db, [*_words(target), "--json"])
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)["tables"]
    assert sum(table["copied"] for table in tables) == 0 < sum(table["rows"] for table in tables)  # none of them anew
    with cheap_passwords():
        assert target.state() == noticed


def _words(target: System) -> list[str]:
    return ["copy", "--to", target.settings.database_url, "--yes"]


def _killed(source: System, target: System, point: str, statements: int, restart: bool) -> None:
    sys.stderr.write(f"killed {statements} statements behind {point!r}{', begun anew' * restart}\n")
    words = [point, str(statements), *_words(target)[1:], *["--restart"] * restart]
    done = subprocess.run([sys.executable, "-m", "tests.faults.doomed_copy", *words], cwd=ROOT, check=False,
                          env=os.environ | source.environment, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr


def _is_refused(target: System) -> None:
    """Find that nothing can be served from the target of a copy that was cut off."""
    with target.app():
        assert is_unfinished_copy(db.engine)
        with pytest.raises(SettingsError, match="not whole"):
            migrate_application()


def _all_rows(system: System) -> dict[str, str]:
    """Return a digest of every row of every file, as statements."""
    files = sorted(system.settings.home.rglob("*.db"))
    assert len(files) == 4  # the main one, the catalog, two of the tenant
    rows = {}
    for file in files:
        digest = sha256()
        with sqlite3.connect(file) as opened:
            for statement in opened.iterdump():
                digest.update(statement.encode())
        opened.close()
        rows[file.name] = digest.hexdigest()
    return rows
