"""Puts a backup back: everything is made anew beside what is there, compared, and takes its place at the end.

What was killed before the plan is written (swap.py) has changed nothing; what was killed after it is carried on."""
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import has_app_context
from sqlalchemy import create_engine, delete, insert, inspect

from app.clock import now
from app.data.restored_copy import RestoredCopy
from app.media.store import open_store
from app.ops.backup.apart import ApartStore, ApartStores
from app.ops.backup.archive import opened_archive
from app.ops.backup.contents import Contents, contents_of
from app.ops.backup.folder import claimed, workshop
from app.ops.backup.in_use import refuse_running
from app.ops.backup.place import known_migrations, let_go, main_database, opened, refuse_unfit, scratch_place
from app.ops.backup.refusals import BackupRefused, spoken
from app.ops.backup.swap import WORKSHOP, Plan, aside_of, carry_out, former_database, planned, read_plan, write_plan
from app.ops.backup.unpack import put_into_bucket, unpack
from app.runtime import runtime
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where what stood there before is now: paths, and databases of PostgreSQL.

    `former` is the address of the main database that was put aside, "" when there was none."""

    contents: Contents | None
    aside: list[str]
    former: str
    is_at_newest: bool


def restore_backup(settings: Settings, path: Path, *, replace: bool = False, openers: ApartStores | None = None,
                   key: bytes | None = None, new_secret_key: bool = False) -> Restored:
    """Put the backup `path` in the place of these settings, which must not be in use.

    `replace` puts aside what is there; `new_secret_key` takes a backup that was made under another SECRET_KEY. Mail,
    webhooks, jobs and payments are off until go_live(). Raises BackupRefused with a sentence: then the place is as it
    was, unless it says that the same restore is to be run again."""
    openers = runtime().part(ApartStores) if openers is None else openers
    if has_app_context():
        let_go()  # our own connections are no reason to refuse
    with claimed(settings.home), spoken("nothing was restored"):
        if (cut_off := read_plan(settings)) is not None:
            carry_out(settings, cut_off)
            if cut_off.backup == path.name:
                return _restored(settings, None, cut_off)
        refuse_place(settings, replace=replace, openers=openers)
        with opened_archive(path, key) as archive:
            contents = contents_of(archive.contents)
            with opened(settings, openers) as stores:
                refuse_unfit(settings, stores, contents, new_secret_key=new_secret_key)
            with workshop(settings.home, WORKSHOP) as shop, scratch_place(settings, shop) as place:
                unpack(archive, place, openers, with_media=settings.media_store == "disk")
                if settings.media_store != "disk":
                    put_into_bucket(path, key, contents, settings)
                _hold_back(place, path.name)
                plan = planned(settings, place, openers, contents, path.name, shop)
                refuse_running(settings, plan.databases)
                write_plan(settings, plan)
        carry_out(settings, plan)
    return _restored(settings, contents, plan)


def refuse_place(settings: Settings, *, replace: bool, openers: ApartStores | None = None) -> None:
    """Raise BackupRefused when nothing can be restored here: something serves this place, or something is there and
    shall not be put aside (`replace`). A restore that was cut off is asked nothing: it is to be finished."""
    openers = runtime().part(ApartStores) if openers is None else openers
    if has_app_context():
        let_go()  # as before a restore
    with spoken("nothing was restored"):
        if read_plan(settings) is not None:
            return
        refuse_running(settings)
        if replace:
            return
        with opened(settings, openers) as stores:
            there = [*_occupied(settings, stores)]
    if there:
        raise BackupRefused(f"this place is not empty: {', '.join(there)}; add --replace to put that aside")


def go_live(settings: Settings) -> bool:
    """Let mail, webhooks, jobs and payments of a restored copy go on; False when it was live already."""
    engine = create_engine(settings.database_url)
    try:
        if not inspect(engine).has_table(RestoredCopy.__tablename__):
            return False
        with engine.begin() as connection:
            return connection.execute(delete(RestoredCopy)).rowcount > 0
    finally:
        engine.dispose()


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


def _restored(settings: Settings, contents: Contents | None, plan: Plan) -> Restored:
    with spoken("the backup is restored, but what was put aside could not be looked up"):
        former = former_database(settings, plan)
    return Restored(contents, aside_of(plan), former, plan.migration == known_migrations()[-1])
