"""One application on real parts per test process, and a clean database for each test.

The application prepares its database by the real migrations; what then stands in it is kept and put back before each
test, in the tables that hold something else."""
import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from redis import Redis
from sqlalchemy import update

from app import clock
from app.actor import kernel_actor
from app.data.entity import db
from app.data.unit_of_work import unit_of_work
from app.factory import SERVICES, create_app
from app.http.rate_limit import RequestCounts
from app.identity import passwords
from app.identity.authentication import identity
from app.identity.signing_keys import SigningKey
from app.ops.migrations import migrate_application
from app.runtime import runtime_of
from app.search.catalogue import OpenIndexes
from app.service import ServiceDeclaration
from app.settings import Settings, load_settings
from cli.prepare import prepare_system
from tests.components import (
    create_postgresql_database,
    drop_postgresql_database,
    has_postgresql_database,
    rename_postgresql_database,
    unique_name,
    wait_for_valkey,
)
from tests.migrated import MIGRATED, key_of_migrations

BASE_ENVIRONMENT = {
    "GUILDHALL_ENV": "test",
    "RATELIMIT_ENABLED": "0",
    "SUPERADMIN_PASSWORD": "superadmin-test-1",
    "LOG_LEVEL": "WARNING",
    "REDIS_TIMEOUT_SECONDS": "10",  # a loaded machine is no Redis that hangs
}

# What production demands beside the testbed's own settings: `make_app(**PRODUCTION)`.
PRODUCTION = {
    "GUILDHALL_ENV": "production", "SECRET_KEY": "k" * 40, "RATELIMIT_ENABLED": "1", "MAIL_TRANSPORT": "smtp",
    "SMTP_URL": "smtp://127.0.0.1:9", "SUPERADMIN_EMAIL": "boss@guildhall.example", "STRIPE_SECRET_KEY": "sk",
    "STRIPE_WEBHOOK_SECRET": "whsec",
    "PUBLIC_URL": "https://guildhall.example", "MAIL_FROM": "post@guildhall.example",
    "ALLOWED_HOSTS": "localhost",
}


# Applications that wait to be asked for again; each takes some 10 MB.
MOST_KEPT = 12
# The first of them are never walked by the collector: to look through one took longer than to make it.
MOST_FROZEN = 4

_CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """Let a password cost next to nothing: what it must cost is tested without an application (app/identity)."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_hasher", _CHEAP_HASHER)
        yield


class SqliteDatabase:
    """The database file of this test process; `migrated` is a folder where runs leave each other a migrated file.

    The signing keys stand in it, too."""

    def __init__(self, home: Path, migrated: Path | None) -> None:
        self._migrated = migrated and migrated / f"{key_of_migrations()}.db"
        self._template = home / "template.db"
        self._file = home / "guildhall.db"
        self._wal = home / "guildhall.db-wal"
        self._keeper = sqlite3.connect(":memory:")
        self.url = f"sqlite:///{self._file}"

    def begin_migrated(self) -> None:
        """Start from the file that an earlier run migrated by the same code, where there is one."""
        with suppress(FileNotFoundError):
            if self._migrated:
                shutil.copyfile(self._migrated, self._file)
                self._file.chmod(0o600)

    def leave_migrated(self) -> None:
        """Leave a copy for later runs, in one step: another process may look for it.

        Nothing is left of code that was changed meanwhile: nobody knows which of both has migrated."""
        if not self._migrated or self._migrated.exists() or self._migrated.stem != key_of_migrations():
            return
        for former in self._migrated.parent.glob("*.*"):
            if not _is_being_written(former):
                former.unlink(missing_ok=True)
        own = self._migrated.with_suffix(f".{os.getpid()}")
        with closing(sqlite3.connect(self._file)) as source, closing(sqlite3.connect(own)) as copy:
            source.backup(copy)
        own.replace(self._migrated)

    def keep(self) -> None:
        """Keep what stands in the database, which nobody has open, for `put_rows_back`."""
        shutil.copyfile(self._file, self._template)
        self._open()

    def put_rows_back(self) -> bool:
        """Take away the rows that came, which is cheap: connections stay open, and have read the schema.

        False where that is not enough: a test left another schema, another file or an open transaction."""
        try:
            if not self._is_the_file_kept():
                return False
            self._keeper.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError:  # somebody still writes, or what is there is no database any more
            return False
        found = {name for name, in self._keeper.execute(self._find_rows)}
        for name in sorted(self._filled | found, key=lambda name: name == "sqlite_sequence"):
            self._keeper.execute(f'DELETE FROM main."{name}"')
            if name in self._filled:
                self._keeper.execute(f'INSERT INTO main."{name}" SELECT * FROM kept."{name}"')
        self._keeper.execute("COMMIT")
        return True

    def put_file_back(self) -> None:
        """Put a fresh copy in place, which the application must not have open: SQLite goes by the file's name."""
        self.close()
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        fresh = self._file.with_suffix(".fresh")
        shutil.copyfile(self._template, fresh)
        fresh.replace(self._file)
        self._open()

    @contextmanager
    def another(self) -> Iterator[str]:
        """Lend an empty database: none named means SQLite in the instance folder."""
        yield ""

    def let_go(self) -> None:
        """Close the file: the next test starts on a fresh copy."""
        self._keeper.close()

    close = let_go

    def _open(self) -> None:
        self._keeper.close()
        self._keeper = sqlite3.connect(self._file, timeout=1, isolation_level=None, check_same_thread=False)
        self._keeper.execute("PRAGMA synchronous = OFF")  # rows of tests need not outlive a power cut
        self._keeper.execute("ATTACH ? AS kept", (str(self._template),))
        self._kept = self._found()
        self._tables = [name for name, in self._keeper.execute(
            "SELECT name FROM kept.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%'")]
        self._find_rows = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM main.\"{name}\")"
                                             for name in self._tables)
        self._filled = {name for name, in self._keeper.execute(self._find_rows)}

    def _is_the_file_kept(self) -> bool:
        return self._file.exists() and self._wal.exists() and self._found() == self._kept

    def _found(self) -> tuple[int, int, int]:
        """Return what tells that nobody put another schema, file or WAL in place.

        Who closes a file that was replaced, or one whose locks were lost, takes away the WAL that bears its name."""
        schema_version = int(self._keeper.execute("PRAGMA main.schema_version").fetchone()[0])
        return self._file.stat().st_ino, self._wal.stat().st_ino, schema_version


def _is_being_written(file: Path) -> bool:
    """Tell whether the process whose number a file bears is there: `<key>.<number>`, or its journal."""
    number = file.suffix.removeprefix(".").partition("-")[0]
    return number.isdigit() and Path("/proc", number).exists()


_KEEP_ROWS = """DO $$ DECLARE name text; BEGIN
    CREATE SCHEMA pristine;
    FOREACH name IN ARRAY '{{{filled}}}'::text[] LOOP
        EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', name, name);
    END LOOP; END $$"""
_PUT_BACK = """DO $$ DECLARE name text; BEGIN
    SET LOCAL lock_timeout = '20s';
    FOREACH name IN ARRAY '{{{changed}}}'::text[] LOOP
        EXECUTE format('DELETE FROM public.%I', name);
    END LOOP;
    FOREACH name IN ARRAY '{{{filled}}}'::text[] LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM pristine.%I', name, name);
    END LOOP; END $$"""


class PostgresqlDatabase:
    """The database of this test process on a real server; it `leaves` one to later runs where the server is our own."""

    def __init__(self, server_url: str, *, leaves: bool = False) -> None:
        self._server_url = server_url
        self._name = unique_name("guildhall")
        is_migrated = has_postgresql_database(server_url, MIGRATED)
        self._leaves = leaves and not is_migrated
        self.url = (rename_postgresql_database(server_url, MIGRATED, self._name) if is_migrated
                    else create_postgresql_database(server_url, self._name))
        self._connect()

    def _connect(self) -> None:
        import psycopg

        self._keeper = psycopg.connect(self.url, autocommit=True)  # kept: a new one costs more than the rows

    def begin_migrated(self) -> None:
        """Nothing to do: the database is the one that an earlier run migrated, where the server's files have it."""

    def leave_migrated(self) -> None:
        """Leave a copy on the server, whose files are left to later runs (tests/migrated.py)."""
        if self._leaves:
            db.engine.dispose()
            self._keeper.close()
            create_postgresql_database(self._server_url, MIGRATED, template=self._name)
            self._connect()

    def keep(self) -> None:
        """Keep what stands in the database for `put_rows_back`."""
        tables = self._keeper.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        # One statement, prepared once: it looks at the first row of each table, of which a test fills some ten.
        self._find_rows = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM public.\"{name}\")" for name, in tables)
        self._filled = self._names_of_filled()
        self._keeper.execute(_KEEP_ROWS.format(filled=",".join(self._filled)))

    def put_rows_back(self) -> bool:
        """Put back what was kept, in the tables that hold something else; that is always enough."""
        changed = self._filled | self._names_of_filled()
        self._keeper.execute(_PUT_BACK.format(changed=",".join(changed), filled=",".join(self._filled)))
        return True

    @contextmanager
    def another(self) -> Iterator[str]:
        """Lend an empty database."""
        name = unique_name("guildhall_live")
        yield create_postgresql_database(self._server_url, name)
        drop_postgresql_database(self._server_url, name)

    def put_file_back(self) -> None:
        """Nothing to do: a server has no file."""

    def let_go(self) -> None:
        """Nothing to do: a connection keeps nobody from the rows."""

    def close(self) -> None:
        """Leave nothing on a server that is not ours."""
        self._keeper.close()
        drop_postgresql_database(self._server_url, self._name)

    def _names_of_filled(self) -> set[str]:
        return {name for name, in self._keeper.execute(self._find_rows, prepare=True)}


@dataclass(frozen=True, eq=False)
class _Made:
    """An application, and what it was made of."""

    settings: Settings
    services: Sequence[ServiceDeclaration]
    app: Flask

    def is_of(self, settings: Settings, services: Sequence[ServiceDeclaration]) -> bool:
        # Settings are not compared by value (app/settings.py): what nobody else asks takes time at each start.
        return vars(self.settings) == vars(settings) and [*map(id, self.services)] == [*map(id, services)]


class Testbed:
    """The application under test; `restore()` gives the next test a clean start."""

    __test__ = False

    def __init__(self, home: Path, database: SqliteDatabase | PostgresqlDatabase, redis_url: str) -> None:
        self.home = home
        self._database = database
        self._lent: list[_Made] = []
        self._kept: list[_Made] = []
        self._frozen = 0
        self._redis = Redis.from_url(redis_url)
        self.environment = BASE_ENVIRONMENT | {
            "GUILDHALL_HOME": str(home), "DATABASE_URL": database.url, "REDIS_URL": redis_url}
        database.begin_migrated()
        self.app = create_app(self.settings())
        self._prepare()

    def settings(self, **changed: str) -> Settings:
        """Return the settings of this testbed, some environment variables changed."""
        return load_settings(self.environment | changed)

    def another_app(self, services: Sequence[ServiceDeclaration] = SERVICES, **changed: str) -> Flask:
        """Return another application on the same parts with some settings changed, or with other services.

        A start is dear: an earlier test that asked for the same has left its application for this one."""
        settings = self.settings(**changed)
        made = next((one for one in self._kept if one.is_of(settings, services)), None)
        if made is None:
            made = _Made(settings, services, self._made_app(settings, services))
        else:
            self._kept.remove(made)
            self._forget(made.app)
        self._lent.append(made)
        return made.app

    def _made_app(self, settings: Settings, services: Sequence[ServiceDeclaration]) -> Flask:
        if self._frozen == MOST_FROZEN:  # what is let go later must be found
            return create_app(settings, services)
        self._frozen += 1
        gc.collect()  # what tests left is found, and not frozen
        app = create_app(settings, services)
        gc.freeze()
        return app

    def fresh_database(self) -> AbstractContextManager[str]:
        """Lend the URL of an empty database for a system of its own."""
        return self._database.another()

    @contextmanager
    def empty_app(self) -> Iterator[Flask]:
        """Push the context of an application on an empty database."""
        with self.fresh_database() as url:
            app = create_app(self.settings(DATABASE_URL=url or f"sqlite:///{self.home}/{unique_name('empty')}.db"))
            with app.app_context():
                yield app
                db.engine.dispose()

    def restore(self) -> None:
        """Forget everything the last test did: rows, Redis keys, caches, files, the moved clock."""
        clock.set_offset(0)
        self._take_back()
        if not self._database.put_rows_back():
            self._close(self.app)
            self._database.put_file_back()
        self._redis.flushall()
        # The index is made from the database when first needed: what is gone would fill its pages.
        for folder in ("search", "backups"):
            shutil.rmtree(self.home / folder, ignore_errors=True)
        self._forget(self.app)

    @staticmethod
    def _forget(app: Flask) -> None:
        held = runtime_of(app)
        held.cache_versions.invalidate_all()
        held.part(OpenIndexes).clear()
        held.part(RequestCounts).clear()

    def close_connections(self) -> None:
        """Let go of the database, with every application: a process that a test starts may have it alone."""
        self._take_back()
        self._close(self.app)
        self._database.let_go()

    def _take_back(self) -> None:
        """Keep what the last test made for a later one, what was used last in front."""
        for made in self._lent:
            self._close(made.app)
        self._kept = [*reversed(self._lent), *self._kept][:MOST_KEPT]
        self._lent.clear()

    @staticmethod
    def _close(app: Flask) -> None:
        with app.app_context():
            db.engine.dispose()

    def _prepare(self) -> None:
        with self.app.app_context(), cheap_passwords():
            migrate_application()
            for realm in self.settings().realms:
                identity().keys.current(realm)
            self._database.leave_migrated()
            self._make_keys_new()
            prepare_system()
        self.close_connections()
        self._database.keep()

    @staticmethod
    def _make_keys_new() -> None:
        """Have the signing keys be of this run: those that an earlier one left came with its file."""
        with unit_of_work(kernel_actor()) as work:
            work.execute(update(SigningKey).values(created_at=clock.now()))
            work.commit()


@contextmanager
def running_testbed(home: Path, redis_url: str, server_url: str, migrated: Path | None = None) -> Iterator[Testbed]:
    """Bring up the application: on the PostgreSQL server at `server_url`, or on SQLite when it is "".

    Valkey may still be on its way. `migrated` is the folder where a run leaves its migrated database for the next."""
    with ExitStack() as stack:
        wait_for_valkey(redis_url)
        database = (PostgresqlDatabase(server_url, leaves=migrated is not None) if server_url
                    else SqliteDatabase(home, migrated))
        stack.callback(database.close)
        testbed = Testbed(home, database, redis_url)
        yield testbed
        testbed.close_connections()
