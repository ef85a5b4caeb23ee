"""Puts what a restore has made in its place, by renaming, and what was there aside.

A plan in the instance folder says what is renamed. As long as it is there nothing starts, and the next restore carries
it out: it may be killed at any point."""
import json
import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.clock import now
from app.home import UNFINISHED_RESTORE
from app.ops.backup import postgresql
from app.ops.backup.apart import ApartStore, ApartStores
from app.ops.backup.contents import Contents
from app.ops.backup.databases import SQLITE, Database, PostgresqlDatabase
from app.ops.backup.folder import PART, sync
from app.ops.backup.place import has_own_catalog, opened, remove_scratch, sqlite_path
from app.ops.backup.refusals import BackupRefused, faults, reason_of
from app.search.synonyms import FILE as SYNONYMS
from app.settings import Settings

WORKSHOP = "guildhall-restoring"
_CATALOG_DUMP = "catalog.pgdump"
_MADE_FROM_ROWS = ("search", "cache-versions")


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


def planned(settings: Settings, place: Settings, openers: ApartStores, contents: Contents, backup: str,
            shop: Path) -> Plan:
    """Return what is renamed so that the scratch place takes the place of these settings.

    `backup` is the name of the file; in `shop` lies what is more than a name."""
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
    if (synonyms := place.home / SYNONYMS).exists():  # older backups have none: then the file that is here stays
        plan.moves.append((str(synonyms), str(settings.home / SYNONYMS), str(aside / SYNONYMS)))
    with opened(settings, openers) as stores, opened(place, openers) as fresh:
        for name, store in stores.items():
            if store.kind != SQLITE:
                groups = contents.stores[name].groups if name in contents.stores else ()
                _plan_store(plan, store, fresh[name], sorted(groups), stamp)
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


def write_plan(settings: Settings, plan: Plan) -> None:
    """Write the plan down, whole or not at all: from then on it will be carried out."""
    draft = settings.home / f"{UNFINISHED_RESTORE}.draft"
    with draft.open("w") as file:
        json.dump(vars(plan), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(settings.home / UNFINISHED_RESTORE)
    sync(settings.home)


def read_plan(settings: Settings) -> Plan | None:
    """Return the plan of a restore that was cut off; None where there is none."""
    try:
        told: dict[str, Any] = json.loads((settings.home / UNFINISHED_RESTORE).read_text())
    except FileNotFoundError:
        return None
    return Plan(**told)


def carry_out(settings: Settings, plan: Plan) -> None:
    """Do what the plan says and is not done; at any point it may be killed, and done again.

    Raises BackupRefused with how to go on: what is in place by then stays there, and so does the plan."""
    stopping: tuple[type[Exception], ...] = (BackupRefused, *faults())
    try:
        _put_in_place(settings, plan)
    except stopping as error:
        raise BackupRefused(f"{reason_of(error)}. The restore is on its way, and nothing starts before it is done: see "
                            "to this, stop everything, and run the same command again") from error
    with suppress(*stopping):  # everything is in place; the next restore removes what stays here
        sync(settings.home)
        shutil.rmtree(_shop(settings), ignore_errors=True)
        remove_scratch(settings)


def _put_in_place(settings: Settings, plan: Plan) -> None:
    for server, renames in plan.databases.items():
        postgresql.rename_all(getattr(settings, server), renames)
    if plan.catalog is not None:
        schema, aside = plan.catalog
        postgresql.replace_schema(settings.organization_database, schema, aside, _shop(settings) / _CATALOG_DUMP)
    for new, current, aside in plan.moves:
        _move(new, current, aside)
    for server, renames in plan.databases.items():
        postgresql.drop_empty(getattr(settings, server), [aside for _, _, aside in renames])
    (settings.home / UNFINISHED_RESTORE).unlink()


def _shop(settings: Settings) -> Path:
    return settings.home / f"{WORKSHOP}{PART}"


def _move(new: str, current: str, aside: str) -> None:
    if new and not Path(new).exists():
        return
    if Path(current).exists() and not Path(aside).exists():
        Path(aside).parent.mkdir(mode=0o700, exist_ok=True)
        Path(current).rename(aside)
    if new:
        Path(new).rename(current)
    sync(Path(current).parent)


def aside_of(plan: Plan) -> list[str]:
    """Return where what was there is now: paths, and databases of PostgreSQL."""
    paths = [aside for _, _, aside in plan.moves if Path(aside).exists()]
    names = [aside for renames in plan.databases.values() for _, _, aside in renames]
    return [*paths, *names, *([plan.catalog[1]] if plan.catalog else [])]


def former_database(settings: Settings, plan: Plan) -> str:
    """Return the address of the main database that was put aside, "" when there was none."""
    if settings.is_sqlite:
        file = str(sqlite_path(settings))
        return next((f"sqlite:///{aside}" for _, current, aside in plan.moves
                     if current == file and Path(aside).exists()), "")
    aside = next(aside for _, _, aside in plan.databases["database_url"])
    address = postgresql.named(settings.database_url, aside)
    return address if postgresql.exists(address) else ""
