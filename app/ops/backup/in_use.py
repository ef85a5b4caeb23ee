"""Whether something serves a place: what is restored over it would be lost, or mixed."""
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.home import is_served
from app.ops.backup import postgresql
from app.ops.backup.place import sqlite_path
from app.ops.backup.refusals import BackupRefused
from app.settings import Settings


def refuse_running(settings: Settings,
                   databases: Mapping[str, Sequence[tuple[str, str, str]]] | None = None) -> None:
    """Raise BackupRefused when something serves this place: it would go on writing into what is put aside.

    `databases` are those of a plan (swap.py), by default the main one."""
    if is_served(settings.home) or (settings.is_sqlite and _has_readers(sqlite_path(settings))):
        raise BackupRefused("the system is running: stop it first (systemctl stop guildhall.target, or Ctrl-C)")
    main = {} if settings.is_sqlite else {"database_url": [("", postgresql.database_in(settings.database_url), "")]}
    for server, renames in (databases or main).items():
        if used := postgresql.in_use(getattr(settings, server), [current for _, current, _ in renames]):
            raise BackupRefused(f"somebody is connected to {', '.join(used)}: stop the system first "
                                "(systemctl stop guildhall.target)")


def _has_readers(path: Path) -> bool:
    """Tell whether a process has the file of SQLite open: only the last one can leave WAL. What is no database is free.

    What waited in the WAL is then in the file; otherwise it stays as it was, also for who only rehearses."""
    if not path.exists():
        return False
    connection = sqlite3.connect(path, timeout=0.2, isolation_level=None)
    try:
        before, alone = (connection.execute(f"PRAGMA journal_mode{wish}").fetchone()[0] for wish in ("", " = DELETE"))
        connection.execute(f"PRAGMA journal_mode = {before}")
        return str(alone) == "wal"
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
