"""One application on real parts per test process, and a clean database for each test.

The application prepares its database by the real migrations; what then stands in it is kept and put back before each
test: a file on SQLite, rows on PostgreSQL."""
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from redis import Redis

from app import clock
from app.data.entity import db
from app.factory import SERVICES, create_app
from app.identity.authentication import identity
from app.runtime import runtime_of
from app.search.catalogue import OpenIndexes
from app.service import ServiceDeclaration
from app.settings import Settings, load_settings
from cli.prepare import prepare_system
from tests.components import (
    create_postgresql_database,
    drop_postgresql_database,
    running_valkey,
    unique_name,
)

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
    "SMTP_URL": "smtp://127.0.0.1:9", "STRIPE_SECRET_KEY": "sk", "STRIPE_WEBHOOK_SECRET": "whsec",
    "PUBLIC_URL": "https://guildhall.example", "MAIL_FROM": "post@guildhall.example",
    "ALLOWED_HOSTS": "localhost",
}


class SqliteDatabase:
    """The database file of this test process."""

    def __init__(self, home: Path) -> None:
        self._template = home / "template.db"
        self._file = home / "guildhall.db"
        self.url = f"sqlite:///{self._file}"

    def keep(self) -> None:
        """Keep what stands in the database, which nobody has open, for `restore`."""
        shutil.copyfile(self._file, self._template)

    def restore(self) -> None:
        """Put a fresh copy in place; whoever still has the old file open keeps the old file."""
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        fresh = self._file.with_suffix(".fresh")
        shutil.copyfile(self._template, fresh)
        fresh.replace(self._file)

    @contextmanager
    def another(self) -> Iterator[str]:
        """Lend an empty database: none named means SQLite in the instance folder."""
        yield ""


_KEEP_ROWS = """DO $$ DECLARE name text; BEGIN
    CREATE SCHEMA pristine;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', name, name);
    END LOOP; END $$"""
_PUT_ROWS_BACK = """DO $$ DECLARE name text; BEGIN
    SET LOCAL lock_timeout = '20s';
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
        EXECUTE format('INSERT INTO public.%I SELECT * FROM pristine.%I', name, name);
    END LOOP; END $$"""


class PostgresqlDatabase:
    """The database of this test process on a real server."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._name = unique_name("guildhall")
        self.url = create_postgresql_database(server_url, self._name)
        self._keeper = psycopg.connect(self.url, autocommit=True)  # kept: a new one costs more than the rows

    def keep(self) -> None:
        """Keep what stands in the database for `restore`."""
        self._keeper.execute(_KEEP_ROWS)

    def restore(self) -> None:
        """Empty every table and put back what was kept: twenty times faster than a new copy."""
        self._keeper.execute(_PUT_ROWS_BACK)

    @contextmanager
    def another(self) -> Iterator[str]:
        """Lend an empty database."""
        name = unique_name("guildhall_live")
        yield create_postgresql_database(self._server_url, name)
        drop_postgresql_database(self._server_url, name)

    def drop(self) -> None:
        """Leave nothing on a server that is not ours."""
        self._keeper.close()
        drop_postgresql_database(self._server_url, self._name)


class Testbed:
    """The application under test; `restore()` gives the next test a clean start."""

    __test__ = False

    def __init__(self, home: Path, database: SqliteDatabase | PostgresqlDatabase, redis_url: str) -> None:
        self.home = home
        self._database = database
        self._others: list[Flask] = []
        self._redis = Redis.from_url(redis_url)
        self.environment = BASE_ENVIRONMENT | {
            "GUILDHALL_HOME": str(home), "DATABASE_URL": database.url, "REDIS_URL": redis_url}
        self.app = create_app(self.settings())
        self._prepare()

    def settings(self, **changed: str) -> Settings:
        """Return the settings of this testbed, some environment variables changed."""
        return load_settings(self.environment | changed)

    def another_app(self, services: Sequence[ServiceDeclaration] = SERVICES, **changed: str) -> Flask:
        """Return another application on the same parts with some settings changed, or with other services."""
        app = create_app(self.settings(**changed), services)
        self._others.append(app)
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
        self.close_connections()
        self._database.restore()
        self._redis.flushall()
        self._forget_search()
        self.app.extensions["guildhall"].cache_versions.invalidate_all()

    def _forget_search(self) -> None:
        """Take the index away, which is made from the database when first needed: what is gone would fill its pages."""
        shutil.rmtree(self.home / "search", ignore_errors=True)
        runtime_of(self.app).part(OpenIndexes).clear()

    def close_connections(self) -> None:
        """Let go of the database, with this application and with the others a test made."""
        for app in (self.app, *self._others):
            with app.app_context():
                db.engine.dispose()
        self._others.clear()

    def _prepare(self) -> None:
        with self.app.app_context():
            prepare_system()
            for realm in self.settings().realms:
                identity().keys.current(realm)
        self.close_connections()
        self._database.keep()


@contextmanager
def running_testbed(home: Path, server_url: str) -> Iterator[Testbed]:
    """Bring up the parts and the application: on the PostgreSQL server at `server_url`, or on SQLite when it is ""."""
    with ExitStack() as stack:
        redis_url = stack.enter_context(running_valkey())
        database: SqliteDatabase | PostgresqlDatabase
        if server_url:
            database = PostgresqlDatabase(server_url)
            stack.callback(database.drop)
        else:
            database = SqliteDatabase(home)
        testbed = Testbed(home, database, redis_url)
        yield testbed
        testbed.close_connections()
