"""Puts a backup back: everything is made anew beside what is there, and takes its place by renaming at the end.

A plan in the instance folder says what is renamed. As long as it is there nothing starts, and the next restore finishes
it: what was killed before the plan has changed nothing, what was killed after it is carried on."""
import fcntl
import gzip
import json
import os
import secrets
import shutil
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from flask import has_app_context
from sqlalchemy import create_engine, delete, insert, inspect
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.data.entity import db
from app.data.restored_copy import RestoredCopy
from app.media.store import open_store
from app.ops.backup import postgresql
from app.ops.backup.apart import ApartStore, ApartStores
from app.ops.backup.archive import Archive, Incoming, opened_archive
from app.ops.backup.contents import Contents, contents_of, differences, unfit
from app.ops.backup.create import CATALOG, ENVIRONMENT, FILES, GROUPS, MAIN, MEDIA
from app.ops.backup.databases import SQLITE, SUFFIXES, Database, PostgresqlDatabase
from app.ops.backup.folder import claimed, sync, workshop
from app.ops.backup.place import (
    has_own_catalog,
    kinds_of,
    known_migrations,
    main_database,
    opened,
    remove_scratch,
    scratch_place,
    secret_key_hash,
    sqlite_path,
)
from app.ops.backup.refusals import BackupDamaged, BackupRefused
from app.runtime import runtime
from app.settings import UNFINISHED_RESTORE, Settings

WORKSHOP = "guildhall-restoring"
_CATALOG_DUMP = "catalog.pgdump"
_MADE_FROM_ROWS = ("search", "cache-versions")
_DAMAGED = (gzip.BadGzipFile, zlib.error, EOFError)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where what stood there before is now: paths, and databases of PostgreSQL.

    `former` is the address of the main database that was put aside, "" when there was none."""

    contents: Contents | None
    aside: list[str]
    former: str
    is_at_newest: bool


@dataclass
class Plan:
    """What is renamed, as (new, current, aside); without a new one what is current only steps aside."""

    backup: str
    aside: str
    moves: list[tuple[str, str, str]] = field(default_factory=list)
    databases: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    """By the setting that names the server: database_url or organization_database."""
    catalog: tuple[str, str] | None = None
    """The schema of a catalog that stands in a database with others, and what it is called aside."""
    migration: str = ""


def restore_backup(settings: Settings, path: Path, *, replace: bool = False, openers: ApartStores | None = None,
                   key: bytes | None = None, new_secret_key: bool = False) -> Restored:
    """Put the backup `path` in the place of these settings, which must not be in use.

    `replace` puts aside what is there; `new_secret_key` takes a backup that was made under another SECRET_KEY. Mail,
    jobs and payments are off until go_live(). Raises BackupRefused with a sentence: then the place is as it was, unless
    it says that the same restore is to be run again."""
    openers = runtime().part(ApartStores) if openers is None else openers
    if has_app_context():
        db.engine.dispose()  # our own connections are no reason to refuse
    with claimed(settings.home), spoken("nothing was restored"):
        if (cut_off := _read_plan(settings)) is not None:
            _carry_out(settings, cut_off)
            if cut_off.backup == path.name:
                return _restored(settings, None, cut_off)
        refuse_running(settings)
        with opened_archive(path, key) as archive:
            contents = contents_of(archive.contents)
            with opened(settings, openers) as stores:
                refuse_unfit(settings, stores, contents, new_secret_key=new_secret_key)
                if not replace and (there := [*_occupied(settings, stores)]):
                    raise BackupRefused(f"this place is not empty: {', '.join(there)}; add --replace to put that aside")
            with workshop(settings.home, WORKSHOP) as shop, scratch_place(settings, shop) as place:
                unpack(archive, place, openers, settings)
                _hold_back(place, path.name)
                plan = _planned(settings, place, openers, contents, path.name, shop)
                refuse_running(settings, plan)
                _write_plan(settings, plan)
        _carry_out(settings, plan)
    return _restored(settings, contents, plan)


def refuse_unfit(settings: Settings, stores: Mapping[str, ApartStore], contents: Contents, *,
                 new_secret_key: bool) -> None:
    """Raise BackupRefused when a backup cannot be put in a place."""
    mark = contents.secret_key if new_secret_key else secret_key_hash(settings)
    if said := unfit(contents, kinds_of(settings, stores), known_migrations(), mark):
        raise BackupRefused("\n".join(said))


def unpack(archive: Archive, place: Settings, openers: ApartStores, real: Settings) -> None:
    """Fill an empty scratch place from an archive and compare everything; raises BackupRefused.

    The media of a bucket go there at once, in addition to what is there: a name is never given twice."""
    contents = contents_of(archive.contents)
    media = _MediaIn(place if real.media_store == "disk" else real)
    with opened(place, openers) as stores:
        main = main_database(place, stores)
        for member in archive.members():
            try:
                _put(member, main, stores, media)
            except _DAMAGED as error:
                raise BackupDamaged(f"{member.name} is not what was written") from error
        wrong = differences(contents.rows, main.rows(), "main database")
        for name, told in contents.stores.items():
            wrong += _compare_store(stores[name], told.catalog, told.groups, name)
            for group in told.dropped:
                stores[name].forget(group)
    if media.files != contents.media["files"]:
        wrong.append(f"media: {media.files} files, the backup says {contents.media['files']}")
    if wrong:
        raise BackupDamaged("; ".join(wrong[:5]))


def go_live(settings: Settings) -> bool:
    """Let mail, jobs and payments of a restored copy go on; False when it was live already."""
    engine = create_engine(settings.database_url)
    try:
        if not inspect(engine).has_table(RestoredCopy.__tablename__):
            return False
        with engine.begin() as connection:
            return connection.execute(delete(RestoredCopy)).rowcount > 0
    finally:
        engine.dispose()


def refuse_running(settings: Settings, plan: Plan | None = None) -> None:
    """Raise BackupRefused when something serves this place: it would go on writing into what is put aside."""
    if _is_served(settings) or (settings.is_sqlite and _has_readers(sqlite_path(settings))):
        raise BackupRefused("the system is running: stop it first (systemctl stop guildhall.target, or Ctrl-C)")
    wanted = plan.databases if plan else (
        {} if settings.is_sqlite else {"database_url": [("", postgresql.database_in(settings.database_url), "")]})
    for server, renames in wanted.items():
        if used := postgresql.in_use(getattr(settings, server), [current for _, current, _ in renames]):
            raise BackupRefused(f"somebody is connected to {', '.join(used)}: stop the system first "
                                "(systemctl stop guildhall.target)")


@contextmanager
def spoken(done: str) -> Iterator[None]:
    """Turn what a disk or a database says into a sentence."""
    try:
        yield
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        said = getattr(error, "strerror", None) or str(getattr(error, "orig", None) or error)
        raise BackupRefused(f"{done}: {said}") from error


def _is_served(settings: Settings) -> bool:
    """Tell whether `flask serve` runs on the instance folder (cli/serve.py)."""
    try:
        descriptor = os.open(settings.home / "serve.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def _has_readers(path: Path) -> bool:
    """Tell whether a process has the file of SQLite open: only the last one can leave WAL. What is no database is free.

    What waited in the WAL is then in the file."""
    if not path.exists():
        return False
    connection = sqlite3.connect(path, timeout=0.2, isolation_level=None)
    try:
        return str(connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]) == "wal"
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def _put(member: Incoming, main: Database, stores: Mapping[str, ApartStore], media: "_MediaIn") -> None:
    """Put one member where it belongs."""
    first, _, rest = member.name.partition("/")
    if first == MEDIA and rest:
        media.put(rest, member.read())
    elif member.name == MAIN + SUFFIXES[main.kind]:
        main.load(member)
    elif first in stores and rest == CATALOG + SUFFIXES[stores[first].kind]:
        stores[first].catalog.load(member)
    elif first in stores and rest.startswith(f"{GROUPS}/"):
        _put_group(member, stores[first], PurePosixPath(rest))
    elif first in stores and rest.startswith(f"{FILES}/"):
        _put_file(member, stores[first], PurePosixPath(rest).parts[1:])
    elif member.name != ENVIRONMENT:
        raise BackupRefused(f"the backup has a member {member.name}, which this release does not know")


def _put_group(member: Incoming, store: ApartStore, path: PurePosixPath) -> None:
    try:
        database = store.database(path.parts[1], path.name.removesuffix(SUFFIXES[store.kind]))
    except (ValueError, IndexError) as error:
        raise BackupDamaged(f"no database can be called {path}") from error
    if isinstance(database, PostgresqlDatabase):
        postgresql.create(database.url)
    database.load(member)


def _put_file(member: Incoming, store: ApartStore, parts: tuple[str, ...]) -> None:
    if store.files is None or ".." in parts:
        raise BackupDamaged(f"no file can be called {member.name}")
    path = store.files.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(member.read())


def _compare_store(store: ApartStore, catalog: Mapping[str, int], groups: Mapping[str, Mapping[str, int]],
                   name: str) -> list[str]:
    wrong = differences(catalog, store.catalog.rows() if catalog else {}, f"{name}'s catalog")
    for group, wanted in groups.items():
        try:
            found = {f"{part}.{table}": count for part, database in store.databases(group).items()
                     for table, count in database.rows().items()}
        except (BackupRefused, sqlite3.Error):
            wrong.append(f"{name}: {group} is missing")
            continue
        wrong += differences(wanted, found, f"{name}/{group}")
    return wrong


class _MediaIn:
    """Where media go; on S3 what is there already stays as it is."""

    def __init__(self, settings: Settings) -> None:
        self._store = open_store(settings)
        self._known = set(self._store.names())
        self.files = 0

    def put(self, name: str, content: bytes) -> None:
        """Store a file; raises BackupDamaged for a name that none can have."""
        if not name.isalnum():
            raise BackupDamaged(f"no file can be called {name}")
        if name not in self._known:
            self._store.put(name, content, "application/octet-stream")
        self.files += 1


def _occupied(settings: Settings, stores: Mapping[str, ApartStore]) -> Iterator[str]:
    """Yield what of a system is there already."""
    if main_database(settings, stores).is_filled():
        yield "a database"
    for name, store in stores.items():
        if store.catalog.is_filled():
            yield f"the catalog of {name}"
    if settings.media_store == "disk" and next(open_store(settings).names(), None):
        yield "media"


def _hold_back(place: Settings, backup: str) -> None:
    engine = create_engine(place.database_url)
    try:
        RestoredCopy.metadata.create_all(engine, [RestoredCopy.__table__])  # type: ignore[list-item]
        with engine.begin() as connection:
            connection.execute(delete(RestoredCopy))
            connection.execute(insert(RestoredCopy).values(backup=backup, restored_at=now().isoformat()))
    finally:
        engine.dispose()


def _planned(settings: Settings, place: Settings, openers: ApartStores, contents: Contents, backup: str,
             shop: Path) -> Plan:
    stamp = f"{now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"  # there may be another restore within the second
    plan = Plan(backup, f"before-restore-{stamp}", migration=contents.migration)
    aside = settings.home / plan.aside
    if settings.is_sqlite:
        path = sqlite_path(settings)
        beside = aside / path.name if path.parent == settings.home else path.with_name(f"{path.name}.{plan.aside}")
        plan.moves += [("", f"{path}{suffix}", f"{beside}{suffix}") for suffix in ("-wal", "-shm", "-journal")]
        plan.moves.append((str(sqlite_path(place)), str(path), str(beside)))
    else:
        _rename(plan, "database_url", place.database_url, settings.database_url, stamp)
    folders = ["organization", *(["media"] if settings.media_store == "disk" else []), *_MADE_FROM_ROWS]
    for name in folders:
        new = place.home / name
        is_new = new.exists() and name not in _MADE_FROM_ROWS
        plan.moves.append((str(new) if is_new else "", str(settings.home / name), str(aside / name)))
    with opened(settings, openers) as stores, opened(place, openers) as fresh:
        for name, store in stores.items():
            if store.kind != SQLITE:
                _plan_store(plan, store, fresh[name], sorted(contents.stores[name].groups), stamp)
                if has_own_catalog(settings):
                    _plan_catalog(plan, fresh[name].catalog, stamp, shop)
    return plan


def _plan_store(plan: Plan, store: ApartStore, fresh: ApartStore, groups: Iterable[str], stamp: str) -> None:
    """Plan the databases of each group, and of those that came after the backup."""
    groups = list(groups)
    later: set[str] = set()
    with suppress(Exception):  # whatever stands there may be what is to be replaced because it cannot be read
        later = {*store.groups()} - {*groups}
    for group in groups:
        for part, database in fresh.databases(group).items():
            _rename(plan, "organization_database", database.url, store.database(group, part).url, stamp)  # type: ignore[union-attr]
    for group in sorted(later):
        for database in store.databases(group).values():
            _rename(plan, "organization_database", "", database.url, stamp)  # type: ignore[union-attr]


def _plan_catalog(plan: Plan, catalog: Database, stamp: str, shop: Path) -> None:
    """Keep the new catalog as a file: its schema goes into a database that has others, too."""
    assert isinstance(catalog, PostgresqlDatabase)  # noqa: S101 - it stands beside the main database
    assert catalog.schema  # noqa: S101
    plan.catalog = (catalog.schema, f"{catalog.schema}_before_{stamp}")
    if catalog.is_filled():
        with postgresql.snapshot(catalog.url, catalog.schema, None) as taken:
            taken.save(shop / _CATALOG_DUMP)


def _rename(plan: Plan, server: str, new: str, current: str, stamp: str) -> None:
    name = postgresql.database_in(current)
    aside = postgresql.shortened(f"{name}_before_{stamp}")
    plan.databases.setdefault(server, []).append((postgresql.database_in(new) if new else "", name, aside))


def _write_plan(settings: Settings, plan: Plan) -> None:
    draft = settings.home / f"{UNFINISHED_RESTORE}.draft"
    with draft.open("w") as file:
        json.dump(vars(plan), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(settings.home / UNFINISHED_RESTORE)
    sync(settings.home)


def _read_plan(settings: Settings) -> Plan | None:
    try:
        told: dict[str, Any] = json.loads((settings.home / UNFINISHED_RESTORE).read_text())
    except FileNotFoundError:
        return None
    return Plan(**told)


def _carry_out(settings: Settings, plan: Plan) -> None:
    """Do what the plan says and is not done; at any point it may be killed, and done again."""
    shop = settings.home / f"{WORKSHOP}.part"
    try:
        for server, renames in plan.databases.items():
            postgresql.rename_all(getattr(settings, server), renames)
        if plan.catalog is not None:
            schema, aside = plan.catalog
            postgresql.replace_schema(settings.organization_database, schema, aside, shop / _CATALOG_DUMP)
    except BackupRefused as error:
        raise BackupRefused(f"{error}. The restore is on its way, and nothing starts before it is done: stop "
                            "everything and run the same command again") from error
    for new, current, aside in plan.moves:
        _move(new, current, aside)
    for server, renames in plan.databases.items():
        postgresql.drop_empty(getattr(settings, server), [aside for _, _, aside in renames])
    (settings.home / UNFINISHED_RESTORE).unlink()
    sync(settings.home)
    shutil.rmtree(shop, ignore_errors=True)
    remove_scratch(settings)


def _move(new: str, current: str, aside: str) -> None:
    if new and not Path(new).exists():
        return
    if Path(current).exists() and not Path(aside).exists():
        Path(aside).parent.mkdir(mode=0o700, exist_ok=True)
        Path(current).rename(aside)
    if new:
        Path(new).rename(current)
    sync(Path(current).parent)


def _restored(settings: Settings, contents: Contents | None, plan: Plan) -> Restored:
    return Restored(contents, _aside_of(plan), _former(settings, plan), plan.migration == known_migrations()[-1])


def _aside_of(plan: Plan) -> list[str]:
    paths = [aside for _, _, aside in plan.moves if Path(aside).exists()]
    names = [aside for renames in plan.databases.values() for _, _, aside in renames]
    return [*paths, *names, *([plan.catalog[1]] if plan.catalog else [])]


def _former(settings: Settings, plan: Plan) -> str:
    if settings.is_sqlite:
        file = str(sqlite_path(settings))
        return next((f"sqlite:///{aside}" for _, current, aside in plan.moves
                     if current == file and Path(aside).exists()), "")
    aside = next(aside for _, _, aside in plan.databases["database_url"])
    address = postgresql.named(settings.database_url, aside)
    return address if postgresql.exists(address) else ""
