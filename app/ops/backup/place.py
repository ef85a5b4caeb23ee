"""A place is the settings of a system, the real one or a scratch one: where its database, stores and media are."""
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from app.data.entity import db
from app.home import UNFINISHED_RESTORE
from app.identity.encryption import fingerprint
from app.ops.backup import postgresql
from app.ops.backup.apart import ApartStore, ApartStores
from app.ops.backup.contents import Contents, unfit
from app.ops.backup.databases import POSTGRESQL, SQLITE, Database, PostgresqlDatabase, SqliteFile
from app.ops.backup.refusals import BackupRefused
from app.ops.migrations import MIGRATIONS
from app.settings import Settings

FILE_SUFFIX = ".restoring"


def let_go() -> None:
    """Close the connections of the application: the databases of its place are about to be renamed or removed."""
    db.engine.dispose()


@contextmanager
def opened(settings: Settings, openers: ApartStores) -> Iterator[dict[str, ApartStore]]:
    """Lend the stores of a place by name."""
    stores = {name: opener(settings) for name, opener in openers.items()}
    try:
        yield stores
    finally:
        for store in stores.values():
            store.close()


def main_database(settings: Settings, stores: Mapping[str, ApartStore]) -> Database:
    """Return the main database of a place, without the schema of a catalog that stands in it, too."""
    if settings.is_sqlite:
        return SqliteFile(sqlite_path(settings))
    catalogs = [store.catalog for store in stores.values()]
    within = [one.schema for one in catalogs
              if isinstance(one, PostgresqlDatabase) and postgresql.is_same_database(one.url, settings.database_url)]
    return PostgresqlDatabase(settings.database_url, but=within[0] if within else None)


def sqlite_path(settings: Settings) -> Path:
    """Return the file of the main database on SQLite."""
    return Path(str(make_url(settings.database_url).database))


def kinds_of(settings: Settings, stores: Mapping[str, ApartStore]) -> dict[str, str]:
    """Return the kind of each database of a place: by store, "" the main one."""
    main = SQLITE if settings.is_sqlite else POSTGRESQL
    return {"": main} | {name: store.kind for name, store in stores.items()}


def known_migrations() -> tuple[str, ...]:
    """Return the migrations of this release, the oldest first."""
    script = ScriptDirectory(str(MIGRATIONS))
    return tuple(one.revision for one in reversed([*script.walk_revisions()]))


def secret_key_hash(settings: Settings) -> str:
    """Return what tells two SECRET_KEYs apart and gives none of them away."""
    return fingerprint(settings.secret_key, "backup", "SECRET_KEY")[:16]


def refuse_unfit(settings: Settings, stores: Mapping[str, ApartStore], contents: Contents, *,
                 new_secret_key: bool) -> None:
    """Raise BackupRefused when a backup cannot be put in a place."""
    mark = contents.secret_key if new_secret_key else secret_key_hash(settings)
    if said := unfit(contents, kinds_of(settings, stores), known_migrations(), mark):
        raise BackupRefused("\n".join(said))


@contextmanager
def scratch_place(settings: Settings, folder: Path) -> Iterator[Settings]:
    """Lend a place in `folder` and, on PostgreSQL, in databases of its own on the same server; then it is gone.

    Redis is away there. What becomes of it before the end, by renaming, stays."""
    home = folder / "home"
    place = _scratch(settings, home)
    remove_scratch(settings)
    home.mkdir(mode=0o700)
    try:
        for url, like in _databases_to_make(settings, place):
            postgresql.create(url, like=like)
        yield place
    finally:
        if not (settings.home / UNFINISHED_RESTORE).exists():  # from then on it is what will be in place
            shutil.rmtree(home, ignore_errors=True)
            remove_scratch(settings)


def remove_scratch(settings: Settings) -> None:
    """Remove what a scratch place has outside its folder, also that of a process that was killed."""
    if settings.is_sqlite:
        beside = _beside(sqlite_path(settings))
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{beside}{suffix}").unlink(missing_ok=True)
    for url in servers(settings):
        postgresql.drop_all(url, scratch_prefix(settings))


def _beside(file: Path) -> Path:
    return file.with_name(file.name + FILE_SUFFIX)


def scratch_prefix(settings: Settings) -> str:
    """Return how the names of this system's scratch databases begin; another system on the server has another."""
    place = f"{socket.gethostname()}:{settings.home}"
    return f"ghs_{sha256(os.fsencode(place)).hexdigest()[:8]}_"


def servers(settings: Settings) -> list[str]:
    """Return the addresses of the PostgreSQL servers of a place."""
    urls = ("" if settings.is_sqlite else settings.database_url, settings.organization_database)
    return [url for url in urls if url]


def has_own_catalog(settings: Settings) -> bool:
    """Tell whether the tenants' catalog stands in a database of PostgreSQL that is not the main one."""
    catalog = settings.organization_database
    return bool(catalog) and (settings.is_sqlite or not postgresql.is_same_database(catalog, settings.database_url))


def _scratch(settings: Settings, home: Path) -> Settings:
    mark = scratch_prefix(settings)
    place = replace(settings, home=home, redis_url=f"unix://{home}/valkey.sock", media_store="disk")
    if settings.is_sqlite:
        file = sqlite_path(settings)
        inside = home / file.name if file.parent == settings.home else _beside(file)
        place = replace(place, database_url=f"sqlite:///{inside}")
    else:
        place = replace(place, database_url=postgresql.named(settings.database_url, f"{mark}main"))
    if settings.organization_database:
        name = f"{mark}catalog" if has_own_catalog(settings) else f"{mark}main"
        place = replace(place, organization_prefix=f"{mark}t_",
                        organization_database=postgresql.named(settings.organization_database, name))
    return place


def _databases_to_make(settings: Settings, place: Settings) -> Iterator[tuple[str, str | None]]:
    """Yield each database that the scratch place begins with, and the one it is to order like."""
    if not settings.is_sqlite:
        yield place.database_url, postgresql.database_in(settings.database_url)
    if has_own_catalog(settings):
        yield place.organization_database, None
