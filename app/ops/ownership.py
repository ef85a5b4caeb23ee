"""Whose the files are that this system lives on, and who else reads them: what is root's, the service cannot write."""
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from grp import getgrgid
from pathlib import Path

from app.home import user_name
from app.ops.findings import MOST_NAMED
from app.settings import Settings

_MOST_KEPT = MOST_NAMED + 1  # by the one more `some_of` sees that there are more
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def stored_files(settings: Settings) -> Iterator[tuple[str, os.stat_result]]:
    """Yield path and facts of all that is stored: the instance folder with what is in it, the SQLite database, backups.

    Tenants' databases, keys, media, search index and sockets are in the instance folder. Links are not followed. What
    else lies in a folder of backups elsewhere is nobody's business but its owner's."""
    yield from _below(str(settings.home))
    if settings.home not in (settings.backup_folder, *settings.backup_folder.parents):
        with suppress(OSError):
            for path in sorted(settings.backup_folder.glob("guildhall-*")):
                yield str(path), path.lstat()
    file = settings.sqlite_file
    if file and settings.home not in file.parents:
        for path in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
            with suppress(FileNotFoundError):
                yield str(path), path.lstat()


def _below(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            facts = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # a running system makes and removes files; and a folder may be listed that may not be entered
        if stat.S_ISDIR(facts.st_mode):
            # what has gone is yielded no less, and so is another user's folder, but what is in it stays unseen
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(path) as entries:
                waiting += [entry.path for entry in entries]
        yield path, facts


def ill_owned(settings: Settings) -> tuple[list[str], list[str]]:
    """Return what is another user's than ours, and what is ours but open to others: of each one more than is named."""
    myself, foreign, open_to_others = os.geteuid(), list[str](), list[str]()
    for path, facts in stored_files(settings):
        if facts.st_uid != myself:
            if len(foreign) < _MOST_KEPT:
                foreign.append(f"{path} ({user_name(facts.st_uid)})")
        elif facts.st_mode & FOR_OTHERS and not stat.S_ISLNK(facts.st_mode) and len(open_to_others) < _MOST_KEPT:
            open_to_others.append(f"{path} ({stat.S_IMODE(facts.st_mode):04o})")
    return foreign, open_to_others


def environment_file_faults(file: Path) -> list[str]:
    """Return what is wrong with owner and mode of the file with all secrets, a sentence each with what mends it.

    Its owner is root or the service's user, and nobody else reads it: 0600, or 0640 with the service's group."""
    facts = file.stat()
    mode, faults = stat.S_IMODE(facts.st_mode), list[str]()
    if facts.st_uid not in (0, os.geteuid()):
        faults.append(f"{file} belongs to {user_name(facts.st_uid)}: chown root {file}")
    if mode & (stat.S_IWGRP | stat.S_IRWXO):
        faults.append(f"{file} has mode {mode:04o}, so others read or write every secret: chmod 0640 {file}")
    elif mode & stat.S_IRGRP and facts.st_gid not in (0, os.getegid()):
        faults.append(f"the group {_group_name(facts.st_gid)} reads {file}: chgrp {_group_name(os.getegid())} {file}")
    return faults


def _group_name(number: int) -> str:
    try:
        return getgrgid(number).gr_name
    except KeyError:
        return str(number)
