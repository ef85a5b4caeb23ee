"""The folder of backups: names with their moment, `.part` while one is written, `.verified` beside one that was proved.

One backup, proof or restore at a time: a lock in the folder, which ends with its process."""
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.clock import now
from app.home import UNFINISHED_RESTORE
from app.ops.backup.keep_rules import kept
from app.ops.backup.refusals import BackupRefused

PART = ".part"
_PREFIX, _FORM = "guildhall-", "%Y%m%dT%H%M%SZ"
_SUFFIXES = (".tar", ".tar.sealed")
_VERIFIED, _LOCK = ".verified", ".lock"
_LONGEST_PROOF = 1_000


@dataclass(frozen=True, slots=True)
class StoredBackup:
    """One backup of a folder; `verified_at` is an ISO time, None when nobody has proved this very file.

    `says` is why it does not count as one: it is none, cut short, cannot be read, or is dated in the future."""

    path: Path
    made_at: datetime
    size: int
    is_encrypted: bool
    verified_at: str | None
    says: str


def name_of(moment: datetime, *, is_encrypted: bool) -> str:
    """Return the name of a backup made at `moment` (UTC, to the second)."""
    return f"{_PREFIX}{moment.strftime(_FORM)}{_SUFFIXES[is_encrypted]}"


def next_moment(folder: Path, *, is_encrypted: bool) -> datetime:
    """Return of which second (UTC) a backup of now will be: of two within one the later has the next, also where a
    keep-rule has removed the first."""
    moment = now().replace(microsecond=0)
    soon = moment + timedelta(minutes=1)  # what is dated later than that is no backup of this clock
    moment = max([moment, *(one.made_at + timedelta(seconds=1) for one in backups_in(folder) if one.made_at < soon)])
    while (folder / name_of(moment, is_encrypted=is_encrypted)).exists():
        moment += timedelta(seconds=1)
    return moment


def backups_in(folder: Path) -> list[StoredBackup]:
    """Return the backups of a folder, the newest first; one that is being made is not among them.

    Only the two ends of each file are looked at: proving it is another matter (verify.py)."""
    found = []
    for path in folder.glob(f"{_PREFIX}*") if folder.is_dir() else ():
        moment = _moment_of(path.name)
        with suppress(FileNotFoundError):  # a keep-rule has removed it since
            if moment is not None and path.is_file():
                found.append(_stored(path, moment))
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def newest_backup(folder: Path) -> StoredBackup | None:
    """Return the newest backup of a folder that counts, None when there is none."""
    return next((backup for backup in backups_in(folder) if not backup.says), None)


def remember_verified(path: Path) -> None:
    """Write down beside a backup that it was proved now; another file of that name was not."""
    told = {"at": now().isoformat(timespec="seconds"), "file": _identity(path)}
    path.with_name(path.name + _VERIFIED).write_text(json.dumps(told))


def others_in(folder: Path, rules: dict[str, int], *coming: datetime) -> list[Path]:
    """Return the backups that no keep-rule asks for, the newest first; of those that are coming the moments count, too.

    What does not count as one is none of them, and counts for none: dated in the future it would stand for the newest
    of each day to come."""
    stored = [backup for backup in backups_in(folder) if not backup.says]
    chosen = kept((*coming, *(backup.made_at for backup in stored)), rules)
    return [backup.path for backup in stored if backup.made_at not in chosen]


def remove_others(folder: Path, rules: dict[str, int]) -> list[Path]:
    """Remove the backups that no keep-rule asks for; returns them."""
    gone = others_in(folder, rules)
    for path in gone:
        path.unlink()
        path.with_name(path.name + _VERIFIED).unlink(missing_ok=True)
    return gone


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder, made where it is missing, and clear what a killed process of ours left; raises BackupRefused.

    Afterwards the lock is gone again, and the folder, too, where it was made for this and nothing came into it."""
    try:
        made = _make(folder)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BackupRefused(f"the folder {folder} cannot be used: {error.strerror}") from error
    try:
        if not _is_locked(descriptor, folder / _LOCK):
            raise BackupRefused(f"another backup, proof or restore is at work in {folder}")
        if not (folder / UNFINISHED_RESTORE).exists():
            for left in folder.glob(f"{_PREFIX}*{PART}"):
                shutil.rmtree(left, ignore_errors=True)
        try:
            yield
        finally:
            with suppress(OSError):
                (folder / _LOCK).unlink()
                for one in made:
                    one.rmdir()
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


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it that are missing; returns what was made, the innermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return missing


def _is_locked(descriptor: int, path: Path) -> bool:
    """Lock an open file; False when another has it, or has removed it since: then it locks nobody else out."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _stored(path: Path, moment: datetime) -> StoredBackup:
    from app.ops.backup.archive import fault_of  # here: `flask status` often finds no backup at all
    from app.ops.backup.contents import CLOCKS_DIFFER
    from app.ops.backup.sealed_files import is_sealed

    size, is_encrypted = path.stat().st_size, False
    try:
        is_encrypted, says = is_sealed(path), fault_of(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        says = f"it cannot be read: {error.strerror}"
    if not says and moment > now() + CLOCKS_DIFFER:
        says = "it is dated in the future"
    return StoredBackup(path, moment, size, is_encrypted, _verified_at(path), says)


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
        with path.with_name(path.name + _VERIFIED).open() as file:
            told = json.loads(file.read(_LONGEST_PROOF))
        return str(datetime.fromisoformat(told["at"]).isoformat()) if told["file"] == _identity(path) else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
