"""Makes or restores a backup in a process of its own that is killed, as by the kernel, at the n-th thing it does.

Usage: python -m tests.app.ops.backup.doomed create FOLDER N SECONDS | restore FILE N SECONDS, the settings in the
environment. Counted is what Python does to files of the system and its backups, each program that it starts, each
statement and commit of the backup itself on PostgreSQL. Death comes so many seconds behind the n-th, or at the next."""
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from app.ops.backup import create_backup, restore_backup
from app.settings import load_settings
from tests.app.ops.backup.system import OPENERS

_OF_FILES = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "sqlite3.connect"})


class Steps:
    """Counts the steps taken below some folders; so many seconds behind the step `last` the process dies."""

    def __init__(self, folders: tuple[Path, ...], last: int = 0, seconds: float = 0) -> None:
        self._folders = tuple(os.fsencode(folder) for folder in folders)
        self._last, self._seconds = last, seconds
        self.is_counting = False
        self.instants: list[float] = []
        """When each was taken, in seconds."""

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one event of the interpreter (sys.addaudithook)."""
        if self._counts(event, arguments):
            self._take()

    def count_statements(self, patch: Callable[[object, str, Any], None] = setattr) -> None:
        """Count what is asked of PostgreSQL, too."""
        for name in ("execute", "commit"):
            patch(psycopg.Connection, name, self._counted(getattr(psycopg.Connection, name)))

    def _counted(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **options: Any) -> Any:
            self._take()
            return act(*given, **options)
        return counted

    def _take(self) -> None:
        if not self.is_counting:
            return
        self.instants.append(time.monotonic())
        taken = len(self.instants)
        if self._last and taken == self._last and self._seconds:
            # Nobody handles it, so the kernel ends the process, whatever it is at: also within a call of a library.
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
        elif self._last and taken >= self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _counts(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if not self.is_counting:
            return False
        if event == "subprocess.Popen":
            return True
        if event not in _OF_FILES or not isinstance(arguments[0], str | bytes | os.PathLike):
            return False
        path = os.fsencode(arguments[0]).removeprefix(b"file://")
        return path.startswith(self._folders)


def main() -> None:
    """Do what the arguments say until it is over, or the process."""
    act, path, last, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    settings = load_settings()
    folder = path if act == "create" else path.parent
    steps = Steps((settings.home, folder), last, seconds)
    sys.addaudithook(steps.hear)
    steps.count_statements()
    steps.is_counting = True
    if act == "create":
        create_backup(settings, path, openers=OPENERS)
    else:
        restore_backup(settings, path, replace=True, openers=OPENERS)


if __name__ == "__main__":
    main()
