"""The folder of backups: names with their moment, `.part` while one is written, `.verified` beside one that was proved.

One backup, proof or restore at a time: a lock in the folder, which ends with its process."""
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.clock import now
from app.ops.backup.keep_rules import kept
from app.ops.backup.refusals import BackupRefused
from app.ops.backup.sealed_files import is_sealed
from app.settings import UNFINISHED_RESTORE

PART = ".part"
_PREFIX, _FORM = "guildhall-", "%Y%m%dT%H%M%SZ"
_SUFFIXES = (".tar", ".tar.sealed")
_VERIFIED = ".verified"


@dataclass(frozen=True, slots=True)
class StoredBackup:
    """One whole backup of a folder; `verified_at` is an ISO time, None when nobody has proved this very file."""

    path: Path
    made_at: datetime
    size: int
    is_encrypted: bool
    verified_at: str | None


def name_of(moment: datetime, *, is_encrypted: bool) -> str:
    """Return the name of a backup made at `moment` (UTC, to the second)."""
    return f"{_PREFIX}{moment.strftime(_FORM)}{_SUFFIXES[is_encrypted]}"


def backups_in(folder: Path) -> list[StoredBackup]:
    """Return the whole backups of a folder, the newest first; what was cut off is not among them."""
    found = []
    for path in folder.glob(f"{_PREFIX}*") if folder.is_dir() else ():
        moment = _moment_of(path.name)
        if moment is not None and path.is_file():
            found.append(StoredBackup(path, moment, path.stat().st_size, is_sealed(path), _verified_at(path)))
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def newest_backup(folder: Path) -> StoredBackup | None:
    """Return the newest whole backup of a folder, None when there is none."""
    return next(iter(backups_in(folder)), None)


def remember_verified(path: Path) -> None:
    """Write down beside a backup that it was proved now; another file of that name was not."""
    told = {"at": now().isoformat(timespec="seconds"), "file": _identity(path)}
    path.with_name(path.name + _VERIFIED).write_text(json.dumps(told))


def remove_others(folder: Path, rules: dict[str, int]) -> list[Path]:
    """Remove the backups that no keep-rule asks for; returns them."""
    stored = backups_in(folder)
    chosen = kept((backup.made_at for backup in stored), rules)
    gone = [backup.path for backup in stored if backup.made_at not in chosen]
    for path in gone:
        path.unlink()
        path.with_name(path.name + _VERIFIED).unlink(missing_ok=True)
    return gone


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder, made where it is missing, and clear what a killed process of ours left; raises BackupRefused."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BackupRefused(f"the backup folder {folder} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not (folder / UNFINISHED_RESTORE).exists():
            for left in folder.glob(f"{_PREFIX}*{PART}"):
                shutil.rmtree(left, ignore_errors=True)
        yield
    except BlockingIOError:
        raise BackupRefused(f"another backup, proof or restore is at work in {folder}") from None
    finally:
        os.close(descriptor)


@contextmanager
def workshop(folder: Path, name: str) -> Iterator[Path]:
    """Lend a folder `<name>.part` for what is unfinished; it is gone afterwards."""
    made = folder / f"{name}{PART}"
    made.mkdir(mode=0o700)
    try:
        yield made
    finally:
        if not (folder / UNFINISHED_RESTORE).exists():  # a restore that was cut off still needs it
            shutil.rmtree(made, ignore_errors=True)


def sync(path: Path) -> None:
    """Have the disk keep a file, or the names of a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _moment_of(name: str) -> datetime | None:
    for suffix in _SUFFIXES:
        try:
            return datetime.strptime(name, f"{_PREFIX}{_FORM}{suffix}").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _identity(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _verified_at(path: Path) -> str | None:
    try:
        told: dict[str, Any] = json.loads(path.with_name(path.name + _VERIFIED).read_text())
    except (OSError, ValueError):
        return None
    return str(told["at"]) if told.get("file") == _identity(path) else None
