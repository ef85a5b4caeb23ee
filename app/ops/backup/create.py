"""Makes a backup while the system serves: each database as of one moment, media before and after them.

What a row of the backup names is in it, unless it was uploaded and deleted again while the backup was made."""
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path

from app.media.store import MediaMissing, MediaStore, open_store
from app.ops.backup import postgresql
from app.ops.backup.apart import ApartStore, ApartStores
from app.ops.backup.archive import ArchiveWriter
from app.ops.backup.contents import FORMAT, Contents, StoreContents
from app.ops.backup.databases import SUFFIXES, PostgresqlDatabase, Snapshot, at_one_moment
from app.ops.backup.folder import claimed, name_of, next_moment, sync, workshop
from app.ops.backup.place import main_database, opened, secret_key_hash
from app.ops.backup.refusals import BackupRefused, spoken
from app.release import VERSION
from app.runtime import runtime
from app.search.synonyms import FILE as SYNONYMS
from app.search.synonyms import MAX_BYTES as MOST_SYNONYMS
from app.settings import Settings, environment_name

MAIN, CATALOG, GROUPS, FILES, MEDIA, ENVIRONMENT = "database", "catalog", "groups", "files", "media", "environment.txt"
_ROOM, _ROOM_OF_GROUP = 256 * 1024, 8 * 1024


def create_backup(settings: Settings, folder: Path, *, openers: ApartStores | None = None, key: bytes | None = None,
                  with_secrets: bool = False) -> Path:
    """Make a backup of the system of these settings in `folder` and return its path.

    `openers` are the stores beside the main database, by default those of the application; `key` (32 bytes) encrypts.
    Raises BackupRefused with a sentence: then nothing is left behind."""
    _refuse_open_secrets(key, with_secrets)
    openers = runtime().part(ApartStores) if openers is None else openers
    with spoken("no backup was made"), claimed(folder):
        return _create(settings, folder, openers, key, with_secrets)


def rehearse_backup(settings: Settings, folder: Path, *, openers: ApartStores | None = None, key: bytes | None = None,
                    with_secrets: bool = False) -> dict[str, str | int]:
    """Return what a backup of now would take: the kind of the main database, its migration, how many tenants.

    Nothing is written. Raises BackupRefused where create_backup() would do so before it has read much."""
    _refuse_open_secrets(key, with_secrets)
    openers = runtime().part(ApartStores) if openers is None else openers
    with spoken("no backup was made"), claimed(folder), opened(settings, openers) as stores:
        database = main_database(settings, stores)
        with at_one_moment({"": database}) as taken:
            migration = _migration(taken[""])
        return {"database": database.kind, "migration": migration,
                "tenants": sum(len(store.groups()) for store in stores.values())}


def _refuse_open_secrets(key: bytes | None, with_secrets: bool) -> None:
    if with_secrets and key is None:
        raise BackupRefused("secrets go into an encrypted backup only: add --encrypt")


def _migration(snapshot: Snapshot) -> str:
    migration = snapshot.migration()
    if not migration:
        raise BackupRefused("there is nothing to back up: the database has no tables (flask prepare)")
    return migration


def _create(settings: Settings, folder: Path, openers: ApartStores, key: bytes | None, with_secrets: bool) -> Path:
    moment = next_moment(folder, is_encrypted=key is not None)
    path = folder / name_of(moment, is_encrypted=key is not None)
    with workshop(folder, path.name) as shop, (shop / "backup").open("w+b") as file, \
            (shop / "checksums").open("w+b") as checksums, opened(settings, openers) as stores:
        groups = sum(len(store.groups()) for store in stores.values())
        writer = ArchiveWriter(file, room=_ROOM + groups * _ROOM_OF_GROUP, moment=int(moment.timestamp()),
                               checksums=checksums, key=key)
        contents = _Backup(settings, stores, writer, shop, with_secrets).fill(moment.isoformat())
        writer.close(contents.serialized())
        file.flush()
        (shop / "backup").chmod(0o600)
        sync(shop / "backup")
        (shop / "backup").rename(path)
        sync(folder)
    return path


@dataclass
class _Backup:
    """One backup in the making; members come in the order in which they are put back."""

    settings: Settings
    stores: dict[str, ApartStore]
    writer: ArchiveWriter
    shop: Path
    with_secrets: bool
    unpacked: int = 0

    def fill(self, made_at: str) -> Contents:
        """Write everything that is true, and return what it was."""
        media = _Media(open_store(self.settings), self.writer)
        environment = _environment(self.settings, with_secrets=self.with_secrets)
        self.writer.add(ENVIRONMENT, len(environment), BytesIO(environment))
        if (synonyms := self.settings.home / SYNONYMS).is_file() and synonyms.stat().st_size <= MOST_SYNONYMS:
            content = synonyms.read_bytes()
            self.writer.add(SYNONYMS, len(content), BytesIO(content))
        media.add_new()
        database = main_database(self.settings, self.stores)
        with at_one_moment({"": database}) as taken:
            snapshot = taken[""]
            rows, migration = snapshot.rows(), _migration(snapshot)
            self._add_database(MAIN + SUFFIXES[database.kind], snapshot.save)
        unpacked_main = self.unpacked
        stores = {name: self._add_store(name, store) for name, store in self.stores.items()}
        media.add_new()
        server = postgresql.server(database.url) if isinstance(database, PostgresqlDatabase) else (
            f"SQLite {sqlite3.sqlite_version}")
        return Contents(
            format=FORMAT, version=VERSION, made_at=made_at, host=socket.gethostname(), home=str(self.settings.home),
            kind=database.kind, server=server, migration=migration, secret_key=secret_key_hash(self.settings),
            rows=rows, stores=stores, media={"kept": self.settings.media_store, "files": media.files,
                                             "bytes": media.bytes}, has_secrets=self.with_secrets,
            unpacked=self.unpacked, unpacked_main=unpacked_main)

    def _add_store(self, name: str, store: ApartStore) -> StoreContents:
        """Take the catalog, then what it names: whatever the catalog says of a group holds for the later snapshot."""
        groups = {*store.groups()}
        catalog: dict[str, int] = {}
        if store.catalog.is_filled():
            with at_one_moment({"": store.catalog}) as taken:
                groups |= {*store.groups()}  # those that came before the snapshot, which names them
                catalog = taken[""].rows()
                self._add_database(f"{name}/{CATALOG}{SUFFIXES[store.kind]}", taken[""].save)
        found: dict[str, dict[str, int]] = {}
        dropped = []
        for group in sorted(groups):
            try:
                found[group] = self._add_group(name, store, group)
            except BackupRefused:
                if store.is_wanted(group):
                    raise
                dropped.append(group)
        for path in _files(store.files):
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                self.writer.add(f"{name}/{FILES}/{path.relative_to(store.files or path)}", size, file)
        return StoreContents(store.kind, catalog, found, tuple(dropped))

    def _add_group(self, name: str, store: ApartStore, group: str) -> dict[str, int]:
        rows: dict[str, int] = {}
        with at_one_moment(store.databases(group)) as taken:
            for part, snapshot in taken.items():
                rows |= {f"{part}.{table}": count for table, count in snapshot.rows().items()}
                self._add_database(f"{name}/{GROUPS}/{group}/{part}{SUFFIXES[store.kind]}", snapshot.save)
        return rows

    def _add_database(self, name: str, save: Callable[[Path], int]) -> None:
        saved = self.shop / "database"
        self.unpacked += save(saved)
        with saved.open("rb") as file:
            self.writer.add(name, saved.stat().st_size, file)
        saved.unlink()


class _Media:
    """Adds the files of the media store, each once and in pieces."""

    def __init__(self, store: MediaStore, writer: ArchiveWriter) -> None:
        self._store = store
        self._writer = writer
        self._known: set[str] = set()
        self.files = 0
        self.bytes = 0

    def add_new(self) -> None:
        """Add what was not there before; a file that is deleted meanwhile is left out."""
        for name in self._store.names():
            if name in self._known:
                continue
            self._known.add(name)
            try:
                content, size = self._store.measured(name)
            except MediaMissing:
                continue
            with content:
                self._writer.add(f"{MEDIA}/{name}", size, content)
            self.files += 1
            self.bytes += size


def _files(folder: Path | None) -> Iterator[Path]:
    """Yield the files below a folder, if there is one."""
    if folder is not None and folder.is_dir():
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _environment(settings: Settings, *, with_secrets: bool) -> bytes:
    """Return the settings that are not the default, one in a line; a secret is named only, unless they are wanted."""
    lines = []
    for spec in fields(settings):
        value = getattr(settings, spec.name)
        if value == spec.default:
            continue
        text = ",".join(value) if isinstance(value, tuple) else str(int(value) if isinstance(value, bool) else value)
        is_secret = spec.metadata["secret"] or ("://" in text and ("@" in text or "password" in text))
        name = environment_name(spec.name)
        lines.append(f"# {name}: a secret, kept out" if is_secret and not with_secrets else f"{name}={text}")
    return "".join(f"{line}\n" for line in lines).encode()
