"""Databases as a backup meets them: a file of SQLite or a database of PostgreSQL, read at one moment, written anew."""
import gzip
import io
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from app.ops.backup import postgresql
from app.ops.backup.archive import Incoming
from app.ops.backup.refusals import BackupDamaged, BackupRefused

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SUFFIXES = {SQLITE: ".sqlite.gz", POSTGRESQL: ".pgdump"}
_PAGES = 4096
_WAIT_SECONDS = 60.0
_PIECE = 1 << 20


class Snapshot(Protocol):
    """A database as it was at one moment."""

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""

    def migration(self) -> str:
        """Return the migration the database is at; "" when it has none."""

    def save(self, file: Path) -> int:
        """Write the database, as small as its own tools make it; returns the bytes of a file of SQLite, else 0."""


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A database of SQLite."""

    path: Path
    kind = SQLITE

    def load(self, source: Incoming, room: "Room") -> None:
        """Write the file of a snapshot; nothing is there before."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        packed = io.BufferedReader(_Readable(source), _PIECE)
        with self.path.open("xb") as file, gzip.GzipFile(fileobj=packed) as plain:
            while piece := plain.read(_PIECE):
                room.take(len(piece))
                file.write(piece)

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has now."""
        connection = _connected(self.path)
        try:
            return _SqliteSnapshot(connection).rows()
        finally:
            connection.close()

    def is_filled(self) -> bool:
        """Tell whether something is there."""
        return self.path.exists() and self.path.stat().st_size > 0


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """A database of PostgreSQL, or one schema of it; `but` is the schema that is another's."""

    url: str
    schema: str | None = None
    but: str | None = None
    kind = POSTGRESQL

    def load(self, source: Incoming, room: "Room") -> None:
        """Fill the database, which is there and empty, with what a snapshot wrote."""
        postgresql.load(self.url, source.pieces())

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has now."""
        with postgresql.snapshot(self.url, self.schema, self.but) as taken:
            return taken.rows()

    def is_filled(self) -> bool:
        """Tell whether the database is there and has tables of its own."""
        return postgresql.exists(self.url) and postgresql.has_tables(self.url, self.schema, self.but)


Database = SqliteFile | PostgresqlDatabase


@dataclass
class Room:
    """How many bytes may still be unpacked: a small file can hold a very large one."""

    left: int

    def take(self, size: int) -> None:
        """Use some of it; raises BackupDamaged when there is not so much."""
        self.left -= size
        if self.left < 0:
            raise BackupDamaged("its databases are larger, unpacked, than its table of contents says or the disk holds")


@contextmanager
def at_one_moment(databases: Mapping[str, Database]) -> Iterator[dict[str, Snapshot]]:
    """Yield a snapshot of each database; files of SQLite that belong together are read as of the same commit."""
    with ExitStack() as stack:
        files = {name: one.path for name, one in databases.items() if isinstance(one, SqliteFile)}
        taken: dict[str, Snapshot] = dict(stack.enter_context(_sqlite_snapshots(files)))
        for name, one in databases.items():
            if isinstance(one, PostgresqlDatabase):
                taken[name] = stack.enter_context(postgresql.snapshot(one.url, one.schema, one.but))
        yield taken


@contextmanager
def _sqlite_snapshots(files: Mapping[str, Path]) -> Iterator[dict[str, "_SqliteSnapshot"]]:
    """Hold a reading transaction on each file, begun while nobody may write to any of them."""
    with ExitStack() as stack:
        for path in files.values():
            if not path.exists():
                raise BackupRefused(f"{path} is not there")
        connections = {name: _connected(path) for name, path in files.items()}
        for connection in connections.values():
            stack.callback(connection.close)
        if len(files) > 1:
            first, *others = files.values()
            gate = _connected(first)
            for place, path in enumerate(others):
                gate.execute(f"ATTACH ? AS other{place}", (str(path),))
            gate.execute("BEGIN IMMEDIATE")
        for connection in connections.values():
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if len(files) > 1:
            gate.execute("ROLLBACK")
            gate.close()
        yield {name: _SqliteSnapshot(connection) for name, connection in connections.items()}


class _SqliteSnapshot:
    """A file whose reading transaction is open: copied by the online backup API, which goes on from it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self) -> dict[str, int]:
        names = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").fetchall()
        return {name: self._connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0]
                for name, in names}

    def migration(self) -> str:
        try:
            row = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return ""
        return str(row[0]) if row else ""

    def save(self, file: Path) -> int:
        copied = file.with_name(file.name + ".copy")
        target = sqlite3.connect(copied, isolation_level=None)
        try:
            target.execute("PRAGMA synchronous = OFF")
            self._connection.backup(target, pages=_PAGES)
        finally:
            target.close()
        with copied.open("rb") as plain, gzip.GzipFile(file, "wb", compresslevel=1, mtime=0) as packed:
            shutil.copyfileobj(plain, packed, _PIECE)
            size = plain.tell()
        copied.unlink()
        return size


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None,
                           timeout=_WAIT_SECONDS)


class _Readable(io.RawIOBase):
    """A member as a file, which is what gzip reads."""

    def __init__(self, source: Incoming) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        buffer[:len(data)] = data
        return len(data)
