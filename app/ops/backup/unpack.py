"""Fills a scratch place from a backup, member by member, and compares what is there then with what the backup says."""
import gzip
import sqlite3
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import copyfileobj, disk_usage

from app.media.store import MediaStore, open_store
from app.ops.backup import postgresql
from app.ops.backup.apart import ApartStore, ApartStores
from app.ops.backup.archive import Archive, Incoming, opened_archive
from app.ops.backup.contents import Contents, StoreContents, contents_of, differences
from app.ops.backup.create import CATALOG, ENVIRONMENT, FILES, GROUPS, MAIN, MEDIA
from app.ops.backup.databases import SUFFIXES, Database, PostgresqlDatabase, Room, at_one_moment
from app.ops.backup.place import main_database, opened, sqlite_path
from app.ops.backup.refusals import BackupDamaged, BackupRefused
from app.search.synonyms import FILE as SYNONYMS
from app.search.synonyms import MAX_BYTES as MOST_SYNONYMS
from app.settings import Settings

_DAMAGED = (gzip.BadGzipFile, zlib.error, EOFError)


def unpack(archive: Archive, place: Settings, openers: ApartStores, *, with_media: bool) -> None:
    """Fill an empty scratch place from an archive and compare everything; raises BackupRefused.

    Without media they are read and compared, and go nowhere."""
    contents = contents_of(archive.contents)
    media = _MediaIn(open_store(place) if with_media else None)
    rooms = _rooms(contents, place, with_media=with_media)
    seen: set[str] = set()
    with opened(place, openers) as stores:
        main = main_database(place, stores)
        for member in archive.members():
            try:
                if (name := _media_name(member)) is not None:
                    media.put(name, member)
                    continue
                _refuse_odd(member.name, seen)
                if member.name == SYNONYMS:
                    _put_synonyms(member, place.home / SYNONYMS)
                    continue
                _put(member, main, stores, contents, rooms)
            except _DAMAGED as error:
                raise BackupDamaged(f"{member.name} is not what was written") from error
        with at_one_moment({"": main}) as taken:
            wrong = differences(contents.rows, taken[""].rows(), "main database")
            if (migration := taken[""].migration()) != contents.migration:
                wrong.append(f"main database: it stands at migration {migration}, the backup says {contents.migration}")
        for name, told in contents.stores.items():
            wrong += _compare_store(stores[name], told.catalog, told.groups, name)
            for group in told.dropped:
                stores[name].forget(group)
    if media.files != contents.media["files"]:
        wrong.append(f"media: {media.files} files, the backup says {contents.media['files']}")
    if wrong:
        raise BackupDamaged("; ".join(wrong[:5]))


def put_into_bucket(path: Path, key: bytes | None, contents: Contents, settings: Settings) -> None:
    """Store the media of a backup that was compared in the bucket of these settings; raises BackupRefused.

    It is a second reading: nothing goes there before all is known to be what was written. A name is never given twice,
    so what is there stays."""
    with opened_archive(path, key) as archive:
        if contents_of(archive.contents) != contents:
            raise BackupDamaged("the backup was exchanged while it was read")
        media = _MediaIn(open_store(settings))
        for member in archive.members():
            if (name := _media_name(member)) is not None:
                media.put(name, member)


@dataclass(frozen=True, slots=True)
class _Rooms:
    """How much may be unpacked where the main database is, and in the home, where all else goes."""

    main: Room
    home: Room


def _rooms(contents: Contents, place: Settings, *, with_media: bool) -> _Rooms:
    """Return how much may be unpacked; raises BackupRefused when a disk has not so much room."""
    media = contents.media["bytes"] if with_media else 0
    file = _there(sqlite_path(place).parent) if place.is_sqlite else place.home
    at_home = place.home.parent.parent
    if file.stat().st_dev == place.home.stat().st_dev:
        shared = _on_disk(at_home, contents.unpacked, media)
        return _Rooms(shared, shared)
    main, everything = contents.unpacked_main, contents.unpacked
    others = None if main is None or everything is None else max(0, everything - main)
    return _Rooms(_on_disk(file, main), _on_disk(at_home, others, media))


def _on_disk(folder: Path, databases: int | None, media: int = 0) -> Room:
    free = disk_usage(folder).free
    if (wanted := (databases or 0) + media) > free:
        raise BackupRefused(f"it needs {-(-wanted >> 20)} MiB, and the disk of {folder} has {free >> 20} MiB of free "
                            "space: No space left")
    return Room(free * 9 // 10 if databases is None else databases)


def _there(folder: Path) -> Path:
    """Return a folder, or the nearest above it that is there: the others will be made."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _refuse_odd(name: str, seen: set[str]) -> None:
    """Raise BackupDamaged for a name that leads elsewhere, is written in two ways, or was there before."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name:
        raise BackupDamaged(f"no member can be called {name}")
    if name in seen:
        raise BackupDamaged(f"{name} is in it twice")
    seen.add(name)


def _media_name(member: Incoming) -> str | None:
    first, _, name = member.name.partition("/")
    return name if first == MEDIA else None


def _put(member: Incoming, main: Database, stores: Mapping[str, ApartStore], contents: Contents, rooms: _Rooms) -> None:
    """Put one member where it belongs, media apart."""
    first, _, rest = member.name.partition("/")
    store, told = stores.get(first), contents.stores.get(first)
    if member.name == MAIN + SUFFIXES[main.kind]:
        main.load(member, rooms.main)
    elif store and told and rest == CATALOG + SUFFIXES[store.kind]:
        store.catalog.load(member, rooms.home)
    elif store and told and rest.startswith(f"{GROUPS}/"):
        _put_group(member, store, PurePosixPath(rest), told, rooms.home)
    elif store and told and rest.startswith(f"{FILES}/"):
        _put_file(member, store, PurePosixPath(rest).parts[1:])
    elif member.name != ENVIRONMENT:
        raise BackupRefused(f"the backup has a member {member.name}, which this release does not know")


def _put_synonyms(member: Incoming, file: Path) -> None:
    if member.size > MOST_SYNONYMS:
        raise BackupDamaged(f"{member.name} is larger than any of ours")
    file.write_bytes(member.read())
    file.chmod(0o600)


def _put_group(member: Incoming, store: ApartStore, path: PurePosixPath, told: StoreContents, room: Room) -> None:
    try:
        _, group, file = path.parts
        if group not in told.groups or not file.endswith(SUFFIXES[store.kind]):
            raise ValueError(path)
        database = store.database(group, file.removesuffix(SUFFIXES[store.kind]))
    except ValueError as error:
        raise BackupDamaged(f"no database can be called {path}") from error
    if isinstance(database, PostgresqlDatabase):
        postgresql.create(database.url)
    database.load(member, room)


def _put_file(member: Incoming, store: ApartStore, parts: tuple[str, ...]) -> None:
    if store.files is None:
        raise BackupDamaged(f"no file can be called {member.name}")
    path = store.files.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        copyfileobj(member, file)


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
    """Where media go, in pieces; what is there already stays as it is. Without a store they are only counted."""

    def __init__(self, store: MediaStore | None) -> None:
        self._store = store
        self._there = set() if store is None else set(store.names())
        self._seen: set[str] = set()
        self.files = 0

    def put(self, name: str, content: Incoming) -> None:
        """Store a file; raises BackupDamaged for a name that none can have, or that came before."""
        if not name.isalnum():
            raise BackupDamaged(f"no file can be called {name}")
        if name in self._seen:
            raise BackupDamaged(f"{MEDIA}/{name} is in it twice")
        self._seen.add(name)
        if self._store is not None and name not in self._there:
            self._store.put_stream(name, content, "application/octet-stream")
        self.files += 1
