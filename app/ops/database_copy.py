"""The main database copied into an empty one, of the same kind or the other (docs/moving.md, docs/decisions/097).

A note in the target says what it is a copy of, from before its first table until all rows were compared: as long as it
stands there nothing is served from it (app/ops/migrations.py)."""
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    delete,
    exists,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError

from app.data.changes import OutboxRecord
from app.data.connections import CONNECTION_PREFIX, open_engine
from app.data.entity import Base
from app.data.table_copy import (
    CopiedTable,
    CopyRefused,
    Progress,
    Side,
    copy_tables,
    count_rows,
    first_line,
    hold_still,
    last_drawn,
)
from app.data.upserts import upsert_of
from app.home import is_served
from app.ops.migrations import (
    COPY_TABLE,
    MIGRATIONS_TABLE,
    is_unfinished_copy,
    migrate,
    newest_migration,
    present_migration,
)
from app.production import DEMANDS
from app.settings import Settings, SettingsError

NOTES = Table(COPY_TABLE, MetaData(), Column("name", String(160), primary_key=True),
              Column("value", Text, nullable=False))
_SOURCE, _PHASE, _OUTBOX = "source", "phase", "outbox"
_COPYING = "copying"
_READS_FOR_A_COPY = 40_970_001
"""The advisory lock of a copy on its source: by it a target that is the source under another name is known."""
_MOST_NAMED = 5


def place_of(settings: Settings) -> str:
    """Return how a database is called in sentences: without user and password."""
    url = make_url(settings.database_url)
    if settings.is_sqlite:
        return f"SQLite {Path(str(url.database)).resolve()}"
    return f"PostgreSQL {url.database} on {url.host or url.query.get('host') or 'localhost'}:{url.port or 5432}"


def is_readable(url: str) -> bool:
    """Tell whether a URL names a host and a port; else part of its password may be taken for them, and be shown."""
    try:
        return "@" not in (make_url(url).host or "")
    except (ArgumentError, ValueError):
        return False


def has_password(url: str) -> bool:
    """Tell whether a password stands in a URL, or may, where it cannot be read."""
    return not is_readable(url) or bool(make_url(url).password or "password" in make_url(url).query)


class DatabaseCopy:
    """One source, one target, and the note in the target."""

    def __init__(self, source: Settings, target: Settings) -> None:
        self.source, self.target = _engine(source), _engine(target)
        self.source_place, self.target_place = place_of(source), place_of(target)
        self._tables = list(Base.metadata.sorted_tables)

    def notes(self) -> Mapping[str, str] | None:
        """Return what the note in the target says; None where there is none."""
        if not is_unfinished_copy(self.target):
            return None
        with self.target.connect() as connection:
            return {row.name: row.value for row in connection.execute(select(NOTES))}

    def note(self, name: str, value: str) -> None:
        """Write into the note."""
        with self.target.begin() as connection:
            upsert = upsert_of(connection.dialect.name)(NOTES).values(name=name, value=value)
            connection.execute(upsert.on_conflict_do_update(index_elements=[NOTES.c.name], set_={"value": value}))

    def row_counts(self) -> dict[str, int]:
        """Return how many rows each table of the source has."""
        with self.source.connect() as connection:
            return {table.name: count_rows(Side(connection, table)) for table in self._tables}

    def examine(self, *, restart: bool) -> None:
        """Raise CopyRefused, with a sentence, for a source or a target that this copy cannot be between."""
        newest = newest_migration()
        if (present := present_migration(self.source)) != newest:
            raise CopyRefused(f"the source is at migration {present}, the newest is {newest}: flask upgrade first")
        known = self.notes()
        if known is None:
            self._refuse_filled(newest)
        elif not restart and known.get(_SOURCE) != self.source_place:
            raise CopyRefused(f"the target is an unfinished copy of {known.get(_SOURCE)}: --restart begins anew")

    def prepare(self, source: Connection, *, restart: bool) -> None:
        """Make the target's tables, empty, unless a copy that was cut off made them; forget that one on a restart."""
        known = {} if restart else self.notes() or {}
        if known.get(_PHASE) == _COPYING:
            return
        NOTES.create(self.target, checkfirst=True)
        self.note(_SOURCE, self.source_place)
        self.note(_PHASE, "making")
        with self.target.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {MIGRATIONS_TABLE}")
        Base.metadata.drop_all(self.target)
        migrate(self.target)
        with self.target.begin() as connection:
            for table in self._tables:  # what migrations write into new tables comes from the source, too
                if connection.scalar(select(exists().select_from(table))):
                    connection.execute(delete(table))
        self.note(_OUTBOX, str(_last_record(source)))
        self.note(_PHASE, _COPYING)

    @contextmanager
    def held_source(self, *, restart: bool) -> Iterator[Connection]:
        """Hold the source still while the block lasts.

        Raises CopyRefused when somebody writes there, or wrote since a copy that was cut off began."""
        known = {} if restart else self.notes() or {}
        with self.source.connect() as connection:
            hold_still(connection, self._tables)
            began, now = known.get(_OUTBOX), str(_last_record(connection))
            if began is not None and began != now:
                raise CopyRefused(f"the source was written since this copy began (outbox record {began}, now {now}): "
                                  "--restart begins anew")
            yield connection

    def copy(self, source: Connection, progress: Progress) -> list[CopiedTable]:
        """Copy and compare every table."""
        with self.target.connect() as target:
            return copy_tables(source, target, [(table, table) for table in self._tables], progress)

    def finish(self) -> None:
        """Take the note away: the target is whole."""
        if self.target.dialect.name == "postgresql":  # without statistics its first queries are planned badly
            with self.target.execution_options(reads_only=True).connect() as connection:
                connection.exec_driver_sql("ANALYZE")
        NOTES.drop(self.target)

    def close(self) -> None:
        """Close every connection."""
        self.source.dispose()
        self.target.dispose()

    def refuse_same(self, source: Connection) -> None:
        """Raise CopyRefused when the target is the source, under whatever name, or another copy reads the source."""
        if self.source_place == self.target_place:
            raise CopyRefused("the target is the source itself: name another database")
        if source.dialect.name == "postgresql":
            if not source.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _READS_FOR_A_COPY}):
                raise CopyRefused("another flask db copy reads the source: wait for its end")
            source.commit()
            if self.target.dialect.name == "postgresql":
                self._refuse_same_server_and_name()

    def _refuse_same_server_and_name(self) -> None:
        held = text("SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database WHERE "
                    "locktype = 'advisory' AND objid = :key AND datname = current_database()")
        with self.target.connect() as target:
            if target.scalar(held, {"key": _READS_FOR_A_COPY}):
                raise CopyRefused("the target is the source itself, under another name: name another database")

    def _refuse_filled(self, newest: str | None) -> None:
        found = set(inspect(self.target).get_table_names()) - {MIGRATIONS_TABLE}
        if strange := sorted(found - Base.metadata.tables.keys()):
            raise CopyRefused(f"the target is not empty, it has the tables {_some(strange)}: name an empty database")
        if (present := present_migration(self.target)) not in (None, newest):
            raise CopyRefused(f"the target is at migration {present}, the newest is {newest}: name an empty database")
        with self.target.connect() as connection:
            filled = [name for name in sorted(found)
                      if connection.scalar(select(exists().select_from(Base.metadata.tables[name])))]
        if filled:
            raise CopyRefused(f"the target is not empty, there are rows in {_some(filled)}: name an empty database")


def reach(settings: Settings, what: str) -> None:
    """Raise CopyRefused, without a password, when this database cannot be opened or production would refuse it."""
    if settings.is_production:
        for demand in DEMANDS:
            if demand.setting == "database_url" and not demand.is_met(settings.database_url):
                raise CopyRefused(f"{what} must {demand.wanted} in production")
    try:
        engine = _engine(settings)
        with engine.connect():
            pass
        engine.dispose()
    except SettingsError as error:
        raise CopyRefused(str(error).replace("DATABASE_URL", what)) from error
    except DBAPIError as error:
        raise CopyRefused(f"{what} {place_of(settings)} cannot be reached: {first_line(error)}") from error


def refuse_served(settings: Settings, source: Connection) -> None:
    """Raise CopyRefused while services of ours are seen on the source: what they write later would stay behind."""
    if is_served(settings.home):
        raise CopyRefused(f"flask serve runs on {settings.home}: stop it first")
    if source.dialect.name == "postgresql":
        count = source.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                                   "application_name LIKE :ours"), {"ours": f"{CONNECTION_PREFIX}%"})
        source.commit()
        if count:
            raise CopyRefused(f"{count} connections of Guildhall's services are open to the source: stop the services")


def _last_record(source: Connection) -> int:
    return last_drawn(Side(source, Base.metadata.tables[OutboxRecord.__tablename__]))


def _engine(settings: Settings) -> Engine:
    return open_engine(settings, "guildhall-copy")


def _some(names: list[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (" and more" if len(names) > _MOST_NAMED else "")
