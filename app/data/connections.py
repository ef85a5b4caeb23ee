"""How the engine is opened on each database, and the two ways in: reads in autocommit, commands under a write lock."""
import os
import socket
import time
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from errno import EACCES, EISDIR
from hashlib import sha256
from typing import Any, Protocol

import orjson
from flask import Flask, g, has_app_context, has_request_context
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from app.data.driver import begin_by_driver
from app.data.entity import db
from app.data.holdings import holdings
from app.data.resting_connections import REST_SECONDS, RESTED_SINCE
from app.home import user_name
from app.settings import Settings, SettingsError


class OpenTransaction(Protocol):
    """The open unit of work, as reads see it: they must see what it has written."""

    def connection(self) -> Connection:
        """Return the transaction's own connection."""

    def reads_within(self) -> bool:
        """Return whether reads are to be made on that connection."""


# The one place that knows whether a transaction is open here. The unit of work sets it; nobody else does.
transaction: ContextVar[OpenTransaction | None] = ContextVar("transaction", default=None)
_FOR_WORK = "a unit of work writes with it"
"""The mark of its connection, in the notes that the pool keeps with it until it dies."""
CONNECTION_PREFIX = "guildhall "


def configure_database(app: Flask, settings: Settings) -> None:
    """Bind the one database to the app with the options of its kind."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings, connection_name(settings))
    db.init_app(app)
    app.teardown_appcontext(close_reading)
    with app.app_context():
        _prepare_engine(db.engine, settings)


def open_engine(settings: Settings, name: str) -> Engine:
    """Open the database of these settings beside the application's own, under a name that doctor does not count.

    Raises SettingsError when a file cannot be made."""
    engine = create_engine(settings.database_url, **_engine_options(settings, name))
    _prepare_engine(engine, settings)
    return engine


def _engine_options(settings: Settings, name: str) -> dict[str, Any]:
    options: dict[str, Any] = {"json_serializer": lambda value: orjson.dumps(value).decode(),
                               "json_deserializer": orjson.loads,
                               "hide_parameters": True}  # an error is logged without hashes and sealed keys
    if not settings.is_sqlite:
        options |= {"pool_size": settings.database_pool_size, "max_overflow": 5, "pool_recycle": 1800,
                    "connect_args": {"application_name": name, "autocommit": True}}
    return options


def _prepare_engine(engine: Engine, settings: Settings) -> None:
    if settings.is_sqlite:
        _prepare_sqlite(engine, settings)
    else:
        _prepare_postgresql(engine)


def connection_name(settings: Settings) -> str:
    """Return what a connection to PostgreSQL calls itself: `guildhall shared|memory <home>`; doctor compares them.

    `<home>` names the instance folder and its machine, and so the memory its processes share."""
    kept = "shared" if settings.shares_cache_versions else "memory"
    place = f"{socket.gethostname()}:{settings.home}"
    return f"{CONNECTION_PREFIX}{kept} {sha256(place.encode()).hexdigest()[:16]}"


def _prepare_postgresql(engine: Engine) -> None:
    """Speak of times in UTC: another zone would move the first and the last hours of the calendar out of it.

    The driver stays in autocommit, and BEGIN is ours: to change that for each read costs as much as a read by id."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.execute("SET TIME ZONE 'UTC'")

    _begin_by_us(engine)
    ping_idle_connections(engine)
    from app.data.libpq import forget_with_psycopg  # SQLite's processes do not load psycopg

    forget_with_psycopg(engine)


def ping_idle_connections(engine: Engine) -> None:
    """Have `engine` try a pooled connection that rested before its use: one at every use costs as much as a read."""

    @event.listens_for(engine, "checkin")
    def _on_checkin(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = record.info.pop(RESTED_SINCE, None) or time.monotonic()

    @event.listens_for(engine, "checkout")
    def _on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) < REST_SECONDS:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            raise DisconnectionError


def _claim_file(database: str) -> None:
    """Make the file readable by its owner alone before SQLite makes it; its WAL inherits that.

    A file that is there is not opened: closing it would drop the locks of other connections of this process (POSIX),
    and the next process that ends would take the WAL away from under them (sqlite.org/howtocorrupt.html, 2.2)."""
    file, wanted = os.path.realpath(database), os.O_RDWR | os.O_CREAT | os.O_EXCL
    try:
        os.close(os.open(file, wanted, 0o600))
    except FileExistsError:
        fault = EISDIR if os.path.isdir(file) else 0 if os.access(file, os.R_OK | os.W_OK) else EACCES
    except OSError as error:
        fault = error.errno or 0
    else:
        fault = 0
    if fault:
        raise SettingsError(f"DATABASE_URL: {database} cannot be opened: {os.strerror(fault)}{_whose(file)}")


def _whose(file: str) -> str:
    """Return how the file of another user is given back, as root's is that `flask …` once made for root."""
    try:
        owner = os.stat(file).st_uid
    except OSError:
        return ""
    myself = user_name(os.geteuid())
    return "" if owner == os.geteuid() else f"; it belongs to {user_name(owner)}: as root, chown {myself}: {file}"


def _prepare_sqlite(engine: Engine, settings: Settings) -> None:
    """WAL, foreign keys, patience; BEGIN is ours, because pysqlite's own begins too late and never IMMEDIATE."""
    if engine.url.database not in (None, "", ":memory:"):
        _claim_file(str(engine.url.database))
    synchronous = "FULL" if settings.is_production else "NORMAL"

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "busy_timeout=10000", "foreign_keys=ON",
                       "temp_store=MEMORY", "cache_size=-16000", "mmap_size=268435456"):
            connection.execute(f"PRAGMA {pragma}")

    _begin_by_us(engine, "BEGIN IMMEDIATE")


def _begin_by_us(engine: Engine, begin_writes: str = "BEGIN") -> None:
    """Have each transaction of the engine begin by a statement of ours; where only reads are made, there is none.

    A unit of work writes with a connection for reads, which is marked meanwhile: it may have rested."""
    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options, is_for_work = connection.get_execution_options(), _FOR_WORK in connection.info
        if is_for_work or not options.get("reads_only"):
            begin_by_driver(connection, begin_writes if is_for_work or options.get("writes") else "BEGIN")


def reading() -> AbstractContextManager[Connection]:
    """Give a connection for reads: no transaction is held, each statement sees the last commit.

    Inside a unit of work it is the transaction's own connection, so a command never holds two; on SQLite only once that
    has begun, because it holds the write lock from then on. A request keeps the one it opened, however many queries it
    asks, until it ends or writes; under the web server the next request has it then."""
    within = transaction.get()
    if within is not None and within.reads_within():
        return nullcontext(within.connection())
    if not has_request_context():
        return holdings().engines.reads.connect()
    kept: Connection | None = g.get("reading")
    if kept is None:
        kept = g.reading = _idle_connection()
    return nullcontext(kept)


def _idle_connection() -> Connection:
    """Return one that rests, or one of the pool's."""
    resting = holdings().resting
    return (resting.take() if resting is not None else None) or holdings().engines.reads.connect()


def close_reading(_error: BaseException | None = None) -> None:
    """End the reads of this request: another may have its connection."""
    kept = g.pop("reading", None) if has_app_context() else None
    if kept is None:
        return
    resting = holdings().resting
    if resting is None:
        kept.close()
    else:
        resting.rest(kept)


def open_writing() -> Connection:
    """Return a connection for a unit of work: the one that this request reads with, or another that is idle.

    Waiting for a second connection while holding one could deadlock."""
    close_reading()
    connection = _idle_connection()
    connection.info[_FOR_WORK] = True
    return connection


def close_writing(connection: Connection, *, is_committed: bool) -> None:
    """Give back what open_writing gave; what was not committed is gone. Raises DBAPIError when it cannot be."""
    if not (connection.closed or connection.invalidated):
        connection.info.pop(_FOR_WORK, None)  # one that was made anew has no mark
    resting = holdings().resting
    if resting is None or not has_request_context():
        connection.close()
    else:
        resting.rest(connection, is_sound=is_committed)


def writing_engine() -> Engine:
    """Return the engine commands use: on SQLite its transactions begin IMMEDIATE."""
    return holdings().engines.writes
