"""What a backup asks of PostgreSQL: pg_dump and pg_restore of the server's version, and databases made and renamed."""
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import make_url

from app.ops.backup.refusals import BackupRefused

LONGEST_NAME = 63
_CONNECT: dict[str, Any] = {"connect_timeout": 5, "application_name": "guildhall-backup"}
_MAINTENANCE = ("postgres", "template1")
_FOLDERS = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin", "/usr/local/pgsql/bin")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_TABLES = """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
             AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
             AND (%(but)s::text IS NULL OR n.nspname <> %(but)s) ORDER BY 1, 2"""


def named(url: str, database: str) -> str:
    """Return the address of another database on the server of `url`."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def database_in(url: str) -> str:
    """Return the name of the database that `url` leads to."""
    return str(conninfo_to_dict(_plain(url)).get("dbname") or "")


def is_same_database(one: str, other: str) -> bool:
    """Tell whether two addresses lead to the same database, as far as they say it."""
    first, second = make_url(one), make_url(other)
    return (first.host, first.port or 5432, first.database, first.query.get("host")) == (
        second.host, second.port or 5432, second.database, second.query.get("host"))


def shortened(name: str) -> str:
    """Return a name for a database: what is longer than PostgreSQL allows ends in its hash."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME - 17]}_{sha256(name.encode()).hexdigest()[:16]}"


def program(name: str, url: str) -> str:
    """Return the path of pg_dump or pg_restore for the server of `url`: beside the server, or in PATH.

    One of the server's major version is taken, else of the next one; raises BackupRefused when there is neither."""
    with _connected(url) as connection:
        major = connection.info.server_version // 10_000
        beside = _program_folder(connection)
    folders = [beside, *(folder.format(major=major) for folder in _FOLDERS)]
    places = [*(str(Path(folder) / name) for folder in folders if folder), shutil.which(name) or ""]
    found = {place: version for place in places if place and (version := _major_of(place)) is not None}
    fitting = sorted((version, place) for place, version in found.items() if version >= major)
    if not fitting:
        older = f"; found is only {max(found.values())}" if found else ""
        untold = "" if beside else ". Where the server's own stand only a superuser is told: put their folder into PATH"
        raise BackupRefused(f"the server is PostgreSQL {major} and needs {name} {major} or later on this machine"
                            f"{older}: apt-get install postgresql-client-{major}{untold}")
    return fitting[0][1]


@contextmanager
def snapshot(url: str, schema: str | None, but: str | None) -> Iterator["PostgresqlSnapshot"]:
    """Yield the database as it is at this moment, for as long as the block lasts."""
    with _connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield PostgresqlSnapshot(connection, url, schema, but)


class PostgresqlSnapshot:
    """A transaction whose snapshot pg_dump shares."""

    def __init__(self, connection: psycopg.Connection[Any], url: str, schema: str | None, but: str | None) -> None:
        self._connection = connection
        self._url = url
        self._schema = schema
        self._but = but
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        self._name = str(row[0]) if row else ""

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has; tables of `public` without their schema."""
        tables = self._connection.execute(_TABLES, {"schema": self._schema, "but": self._but}).fetchall()
        return {table if schema == "public" else f"{schema}.{table}": self._count(schema, table)
                for schema, table in tables}

    def migration(self) -> str:
        """Return the migration the database is at; "" when it has none."""
        if self._connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return ""
        row = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else ""

    def save(self, file: Path) -> int:
        """Write what pg_dump makes of it, its own compressed form; returns 0, for it takes no room here unpacked.

        Raises BackupRefused."""
        which = [f"--schema={self._schema}"] if self._schema else []
        which += [f"--exclude-schema={self._but}"] if self._but else []
        command = [program("pg_dump", self._url), "--format=custom", "--compress=1", "--no-owner", "--no-privileges",
                   f"--snapshot={self._name}", f"--file={file}", *which, f"--dbname={_without_password(self._url)}"]
        done = subprocess.run(command, env=_environment(self._url), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise BackupRefused(f"pg_dump of {database_in(self._url)}: {_last_line(done.stderr)}")
        return 0

    def _count(self, schema: str, table: str) -> int:
        counting = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        row = self._connection.execute(counting).fetchone()
        return int(row[0]) if row else 0


def load(url: str, pieces: Iterable[bytes]) -> None:
    """Fill an empty database with what pg_dump wrote, all or nothing; raises BackupRefused."""
    command = [program("pg_restore", url), "--single-transaction", "--no-owner", "--no-privileges",
               f"--dbname={_without_password(url)}"]
    with subprocess.Popen(command, env=_environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        said: list[bytes] = []
        listener = Thread(target=lambda: said.append(process.stderr.read()))  # type: ignore[union-attr]
        listener.start()
        try:
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it says why
        except BaseException:
            process.kill()
            raise
        finally:
            listener.join()
    if process.returncode:
        reason = _last_line(b"".join(said).decode(errors="replace"))
        raise BackupRefused(f"pg_restore into {database_in(url)}: {reason}")


def server(url: str) -> str:
    """Return what the server calls itself: PostgreSQL 16.4."""
    with _connected(url) as connection:
        return f"PostgreSQL {connection.info.parameter_status('server_version')}"


def exists(url: str) -> bool:
    """Tell whether the server has the database that `url` names; raises BackupRefused when it cannot be asked."""
    with _maintenance(url) as connection:
        return bool(databases_like(connection, database_in(url), is_prefix=False))


def has_tables(url: str, schema: str | None, but: str | None) -> bool:
    """Tell whether the database has a table outside the system's schemas."""
    with _connected(url) as connection:
        return connection.execute(_TABLES + " LIMIT 1", {"schema": schema, "but": but}).fetchone() is not None


def create(url: str, *, like: str | None = None) -> None:
    """Create the database that `url` names: ordered by code point, or as the database `like` orders.

    Raises BackupRefused when the role may not."""
    with _maintenance(url) as connection:
        row = connection.execute("SELECT datcollate, datctype FROM pg_database WHERE datname = %s", (like,)).fetchone()
        collate, ctype = row or ("C", "C")
        try:
            connection.execute(sql.SQL(
                "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE {} LC_CTYPE {}"
            ).format(sql.Identifier(database_in(url)), sql.Literal(collate), sql.Literal(ctype)))
        except psycopg.Error as error:
            raise BackupRefused(f"the database {database_in(url)} cannot be made: {_last_line(str(error))}; "
                                "the role of DATABASE_URL and DATABASE needs CREATEDB") from error


def drop_all(url: str, prefix: str) -> None:
    """Remove the databases whose names begin so."""
    with _maintenance(url) as connection:
        for name in databases_like(connection, prefix, is_prefix=True):
            _drop(connection, name)


def databases_like(connection: psycopg.Connection[Any], name: str, *, is_prefix: bool) -> list[str]:
    """Return the databases of this name, or whose names begin with it."""
    condition = "starts_with(datname, %s)" if is_prefix else "datname = %s"
    return [found for found, in connection.execute(f"SELECT datname FROM pg_database WHERE {condition}", (name,))]


def in_use(url: str, names: Sequence[str]) -> list[str]:
    """Return which of the databases somebody is connected to; autovacuum, which is no user, is nobody."""
    with _maintenance(url) as connection:
        return [name for name, in connection.execute(
            "SELECT DISTINCT datname FROM pg_stat_activity WHERE datname = ANY(%s) AND usesysid IS NOT NULL ORDER BY 1",
            (list(names),))]


def rename_all(url: str, renames: Iterable[tuple[str, str, str]]) -> None:
    """Put each (new, current, aside) in place in one transaction: what is current steps aside, the new one follows.

    What has no new database any more was done before; raises BackupRefused when somebody is connected."""
    with _maintenance(url) as connection:
        connection.autocommit = False
        try:
            for new, current, aside in renames:
                there = set(databases_like(connection, current, is_prefix=False))
                is_new = bool(new and databases_like(connection, new, is_prefix=False))
                if current in there and (is_new or not new):
                    _rename(connection, current, aside)
                if is_new:
                    _rename(connection, new, current)
            connection.commit()
        except psycopg.Error as error:
            raise BackupRefused(f"the databases cannot be put in place: {_last_line(str(error))}") from error


def replace_schema(url: str, schema: str, aside: str, dump: Path) -> None:
    """Put a schema aside and what `dump` has in its place; what was done before is left alone."""
    with _connected(url) as connection:
        there = {name for name, in connection.execute("SELECT nspname FROM pg_namespace")}
        if schema in there and aside not in there:
            connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
                sql.Identifier(schema), sql.Identifier(aside)))
            there.remove(schema)
    if schema not in there and dump.exists():
        with dump.open("rb") as file:
            load(url, iter(lambda: file.read(1 << 20), b""))


def drop_empty(url: str, names: Iterable[str]) -> None:
    """Remove those of the databases that have no table: who made one for us to fill does not miss it."""
    for name in names:
        address = named(url, name)
        if exists(address) and not has_tables(address, None, None):
            with _maintenance(url) as connection:
                _drop(connection, name)


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _rename(connection: psycopg.Connection[Any], old: str, new: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(_plain(url), **_CONNECT)
    except psycopg.OperationalError as error:
        raise BackupRefused(f"the database {database_in(url)} does not answer: {_last_line(str(error))}") from error
    with connection:
        yield connection


@contextmanager
def _maintenance(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Connect to the server outside the database, which may not be there, or is about to be renamed."""
    for name in _MAINTENANCE:
        try:
            connection = psycopg.connect(_plain(named(url, name)), autocommit=True, **_CONNECT)
            break
        except psycopg.OperationalError as error:
            said = error
    else:
        raise BackupRefused(f"the server of {database_in(url)} does not answer: {_last_line(str(said))}") from said
    with connection:
        yield connection


def _program_folder(connection: psycopg.Connection[Any]) -> str:
    """Return where the server's own programs stand, if it is told; they count only when they are on this machine."""
    connection.autocommit = True
    try:
        row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    except psycopg.Error:  # only a superuser may read it
        return ""
    return str(row[0]) if row else ""


def _major_of(path: str) -> int | None:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    matched = _VERSION.search(said)
    return int(matched[1]) if matched else None


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _without_password(url: str) -> str:
    """Return how the programs are told where to connect: what stands on a command line is read by everybody."""
    parts = conninfo_to_dict(_plain(url))
    parts.pop("password", None)
    return make_conninfo("", **parts)


def _environment(url: str) -> dict[str, str]:
    password = conninfo_to_dict(_plain(url)).get("password")
    return os.environ | ({"PGPASSWORD": str(password)} if password else {})


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "no reason was given")
