"""The table of contents of a backup, as plain values, and whether this release and this place can take it."""
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from app.ops.backup.refusals import BackupDamaged, BackupRefused

FORMAT = 1
CLOCKS_DIFFER = timedelta(hours=1)
"""What is dated further ahead than clocks may differ is dated in the future."""
_LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class StoreContents:
    """What a service kept apart: rows by group, then by table; `dropped` vanished while the backup was made."""

    kind: str
    catalog: Mapping[str, int]
    groups: Mapping[str, Mapping[str, int]]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """What the first member says; `rows` are those of the main database by table."""

    format: int
    version: str
    made_at: str
    host: str
    home: str
    kind: str
    server: str
    migration: str
    secret_key: str
    """A keyed hash that tells whether another SECRET_KEY is the same; the key is not found by it."""
    rows: Mapping[str, int]
    stores: Mapping[str, StoreContents]
    media: Mapping[str, Any]
    has_secrets: bool
    unpacked: int | None = None
    """How many bytes the files of SQLite have when they are unpacked; None in a backup from before that was written."""
    unpacked_main: int | None = None
    """How many of them the main database has: it may stand on a disk of its own."""

    def serialized(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"about": "A backup of Guildhall: docs/backup.md says what is in it and how to use it.",
                **{spec.name: getattr(self, spec.name) for spec in fields(self) if spec.name != "stores"},
                "stores": {name: {spec.name: getattr(store, spec.name) for spec in fields(store)}
                           for name, store in self.stores.items()}}


def contents_of(told: Mapping[str, Any]) -> Contents:
    """Return the contents that a backup's first member tells; raises BackupRefused for a form from after us.

    Each value is what it has to be, and a text is one that a terminal only shows: whoever made it may be a stranger."""
    if not isinstance(told, dict) or "format" not in told:
        raise BackupDamaged("this is no backup of Guildhall")
    if told["format"] != FORMAT:
        raise BackupRefused(f"the backup has form {told['format']}, this release reads form {FORMAT}: "
                            "take the release that made it")
    try:
        return Contents(
            format=_count(told["format"]), version=_text(told["version"]), made_at=_moment(told["made_at"]),
            host=_text(told["host"]), home=_text(told["home"]), kind=_text(told["kind"]), server=_text(told["server"]),
            migration=_text(told["migration"]), secret_key=_text(told["secret_key"]), rows=_counts(told["rows"]),
            stores={_text(name): _store(store) for name, store in told["stores"].items()},
            media={"kept": _text(told["media"]["kept"]), "files": _count(told["media"]["files"]),
                   "bytes": _count(told["media"]["bytes"])},
            has_secrets=bool(told["has_secrets"]),
            unpacked=_count_or_none(told.get("unpacked")), unpacked_main=_count_or_none(told.get("unpacked_main")))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BackupDamaged("the table of contents is not whole, or says what none can say") from error


def doubts(contents: Contents, moment: datetime) -> list[str]:
    """Return what is odd about a backup, one sentence each, though it can be taken."""
    if datetime.fromisoformat(contents.made_at) <= moment + CLOCKS_DIFFER:
        return []
    return [f"it is dated in the future ({contents.made_at}): the clock of this machine, or of {contents.host}, is "
            "wrong"]


def _store(told: Mapping[str, Any]) -> StoreContents:
    groups = {_text(name): _counts(rows) for name, rows in told["groups"].items()}
    return StoreContents(_text(told["kind"]), _counts(told["catalog"]), groups, tuple(map(_text, told["dropped"])))


def _counts(told: Mapping[str, Any]) -> dict[str, int]:
    return {_text(name): _count(number) for name, number in told.items()}


def _count(told: Any) -> int:
    if type(told) is not int or not 0 <= told < 2**63:
        raise ValueError(told)
    return told


def _count_or_none(told: Any) -> int | None:
    return None if told is None else _count(told)


def _text(told: Any) -> str:
    if not isinstance(told, str) or not told.isprintable() or len(told) > _LONGEST_TEXT:
        raise ValueError(told)
    return told


def _moment(told: Any) -> str:
    if datetime.fromisoformat(_text(told)).tzinfo is None:
        raise ValueError(told)
    return str(told)


def unfit(contents: Contents, kinds: Mapping[str, str], migrations: tuple[str, ...], secret_key: str) -> list[str]:
    """Return why a backup cannot be restored here, one sentence for each reason.

    `kinds` is the kind of database by store, "" the main one; `migrations` are those this release knows."""
    said = []
    made = {"": contents.kind} | {name: store.kind for name, store in contents.stores.items()}
    for name, kind in made.items():
        if name not in kinds:
            said.append(f"the backup has a store {name}, which this release does not know")
        elif kinds[name] != kind:
            said.append(f"the backup's {name or 'main'} database is {kind}, this place has {kinds[name]}: restore it "
                        f"on {kind}, then flask db copy moves it")
    if contents.migration not in migrations:
        said.append(f"the backup was made by a newer release (migration {contents.migration}, this one knows up to "
                    f"{migrations[-1]}): install release {contents.version}, then restore")
    if contents.secret_key != secret_key:
        said.append("SECRET_KEY is not the one of the backup, so nothing that it sealed would open: set that one "
                    "(environment.txt in the backup has it when it was made --with-secrets), or say --new-secret-key")
    return said


def differences(wanted: Mapping[str, int], found: Mapping[str, int], where: str) -> list[str]:
    """Return where the rows of a restored database differ in number from those of the backup."""
    return [f"{where}: {table} has {found.get(table, 'no table')} rows, the backup says {wanted.get(table, 'none')}"
            for table in sorted({*wanted, *found}) if wanted.get(table) != found.get(table)]
