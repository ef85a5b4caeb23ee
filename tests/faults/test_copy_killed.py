"""kill -9 of `flask db copy`: the source is whole, and the target is refused until a later copy has made it whole.

Twice into each database, and twice back from PostgreSQL; in `make long` 20 times each, with 1 GiB of rows."""
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import file_digest, sha256
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql

from app.data.entity import Base, db
from app.ops.database_copy import is_unfinished_copy
from app.ops.migrations import migrate_application
from app.settings import SettingsError
from bench.ballast import fill_database
from cli import db as terminal
from cli.prepare import prepare_system
from tests.app.ops.backup.system import System, databases_named, drop_databases
from tests.components import ROOT, create_postgresql_database, database_of, unique_name, wait_until
from tests.passes import BALLAST_MIB, DATABASE, KILLS
from tests.testbed import Testbed, cheap_passwords

ALONG = ("making", "copying", "copying", "copying", "comparing", "comparing", "tenants")
"""The parts of one copy in which it is killed, in their order: each start goes on where the kill left it."""


class Death(NamedTuple):
    """Where a copy is killed: a point, what comes behind it, and whether the copy is begun anew to come there."""

    point: str
    rows: int = 0
    statements: int = 0
    seconds: float = 0
    restart: bool = False


class Place(NamedTuple):
    """Where a system can be copied to, and with what words."""

    system: System
    server: str = ""

    @property
    def words(self) -> list[str]:
        """Return what stands behind `flask db`."""
        return ["copy", "--to", self.system.settings.database_url, "--yes"]


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
def server(source: System, request: pytest.FixtureRequest) -> Iterator[str]:
    """The server of the copy, on PostgreSQL; what was copied there goes at the end."""
    server = request.getfixturevalue("postgresql_server") if DATABASE == "postgresql" else ""
    yield server
    if server:
        drop_databases(server, source.environment["DATABASE_PREFIX"])


@pytest.mark.both("each database takes back what was not committed in a way of its own")
@pytest.mark.slow
def test_a_copy_that_is_killed_leaves_the_source_whole_and_the_target_refused(
        source: System, server: str, tmp_path: Path) -> None:
    with cheap_passwords():
        noticed = source.state()
    before = _rows_of_files(source)
    last = source
    if server:
        prefix = source.environment["DATABASE_PREFIX"]
        url = create_postgresql_database(server, f"{prefix}main")
        last = replace(source, environment=source.environment | {"DATABASE_URL": url, "DATABASE": url})
        _killed_and_finished(source, Place(last, server), server)
    home = Path(shutil.copytree(source.settings.home / "media", tmp_path / "there" / "media")).parent
    there = replace(source, environment=source.environment | {"GUILDHALL_HOME": str(home)})
    _killed_and_finished(last, Place(there), server)
    assert _rows_of_files(there) == before
    with cheap_passwords():
        assert [one.state() for one in (there, last)] == [noticed] * 2


def _killed_and_finished(source: System, target: Place, server: str) -> None:
    """Kill copies and look at both sides after each, then let one come to its end."""
    before, sizes = _content(source, server), _sizes(source)
    parts = islice(cycle(ALONG), KILLS - 1) if len(ALONG) < KILLS else _some_parts()
    for part in (*parts, "ending"):
        _killed(source, target, _death(part, sizes))
        if server:
            _wait_for_the_server(server, source.environment["DATABASE_PREFIX"])
        assert _content(source, server) == before
        _is_refused(target.system)
    with source.app() as app:
        db.engine.dispose()
        done = app.test_cli_runner().invoke(terminal.db, [*target.words, "--json"])
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)["tables"]
    assert sum(table["copied"] for table in tables) == 0 < sum(table["rows"] for table in tables)  # none of them anew
    assert _content(source, server) == before


def _some_parts() -> list[str]:
    return [ALONG[place] for place in sorted(random.sample(range(len(ALONG)), KILLS - 1))]


def _death(part: str, sizes: dict[str, int]) -> Death:
    """Draw a death in this part: in any table, or in any row of all tables, which is any moment of the time it takes.

    Of the rows that wait to be copied a fourth at the most, so that some deaths come in the same table."""
    table = random.choice([random.choice(list(sizes)), *random.choices(list(sizes), weights=sizes.values())])
    soon = random.choice((0, random.uniform(1e-4, 0.05)))
    return {"making": Death("note phase making", 0, random.randrange(300), restart=True),
            "copying": Death(f"copy {table}", random.randrange(sizes[table] // 4 + 1), random.randrange(4), soon),
            "comparing": Death(f"compare {table}", random.randrange(2 * sizes[table] + 1), random.randrange(2)),
            "tenants": Death("note tenant:acme made", 0, random.randrange(30), restart=random.random() < 0.1),
            "ending": Death("finish", 0, random.randrange(2))}[part]


def _killed(source: System, target: Place, death: Death) -> None:
    *numbers, restart = death
    words = [*map(str, numbers), *target.words[1:], *["--restart"] * restart]
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "tests.faults.doomed_copy", *words], cwd=ROOT, check=False,
                          env=os.environ | source.environment, capture_output=True, text=True)
    sys.stderr.write(f"{death} after {time.monotonic() - began:.1f} s\n")
    assert done.returncode in (-signal.SIGKILL, -signal.SIGALRM), done.stderr


def _wait_for_the_server(server: str, prefix: str) -> None:
    """Return when the server has noticed that who was connected is dead: until then the next copy is refused."""
    with psycopg.connect(server, autocommit=True) as connection:
        count = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, %s) AND usesysid IS NOT NULL"
        wait_until(lambda: connection.execute(count, (prefix,)).fetchone() == (0,), "the server lets go")


def _is_refused(target: System) -> None:
    """Find that nothing can be served from the target of a copy that was cut off."""
    with target.app():
        assert is_unfinished_copy(db.engine)
        with pytest.raises(SettingsError, match="not whole"):
            migrate_application()


def _sizes(source: System) -> dict[str, int]:
    """Return how many rows each table has."""
    with source.app(), db.engine.connect() as connection:
        return {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0
                for name in Base.metadata.tables}


def _content(system: System, server: str) -> dict[str, object]:
    """Return a digest of all that a system's databases hold: of their files, or of each table's rows by the server."""
    if system.settings.is_sqlite:
        return {path.name: _digest(path) for path in sorted(system.settings.home.rglob("*.db"))}
    found: dict[str, object] = {}
    for name in databases_named(server, system.environment["DATABASE_PREFIX"]):
        with psycopg.connect(database_of(server, name), autocommit=True) as connection:
            for table in connection.execute("SELECT schemaname, tablename FROM pg_tables WHERE NOT schemaname = ANY("
                                            "ARRAY['pg_catalog', 'information_schema'])").fetchall():
                digest = sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} t")
                found[f"{name} {table}"] = connection.execute(digest.format(sql.Identifier(*table))).fetchone()
    return found


def _digest(path: Path) -> str:
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what was written beside the file comes into it
    with path.open("rb") as file:
        return file_digest(file, "blake2b").hexdigest()


def _rows_of_files(system: System) -> dict[str, tuple[int, int]]:
    """Return of each table of each file how many rows it has, and a digest that goes by no order."""
    files = sorted(system.settings.home.rglob("*.db"))
    assert len(files) == 4  # the main one, the catalog, two of the tenant
    found = {}
    for file in files:
        with closing(sqlite3.connect(file)) as opened:
            tables = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'")
            for table, in tables.fetchall():
                rows = [int.from_bytes(sha256(repr([*map(_in_one_form, row)]).encode()).digest()[:8])
                        for row in opened.execute(f'SELECT * FROM "{table}"')]
                found[f"{file.name} {table}"] = len(rows), sum(rows)
    return found


def _in_one_form(value: object) -> object:
    """Return JSON as it is wherever it comes from: PostgreSQL keeps it in an order of its own."""
    is_json = isinstance(value, str) and value.startswith(("{", "["))
    return json.dumps(json.loads(str(value)), sort_keys=True) if is_json else value
