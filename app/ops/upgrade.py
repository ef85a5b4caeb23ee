"""The upgrade of the database: backed up, then all migrations that wait in one transaction, so all of them or none.

Both databases take back what a transaction did to tables: after a failure, or a kill, it stands where it stood."""
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from app.data.entity import db
from app.data.table_copy import first_line
from app.ops.migrations import migrate_application, migrations_folder, present_migration


@dataclass(frozen=True, slots=True)
class Upgraded:
    """Where the database stood, where it stands, and the backup of before; None where none was wanted."""

    before: str | None
    after: str | None
    backup: Path | None


class UpgradeFailed(Exception):
    """The migrations did not run; the sentence says where the database stands and where its backup is."""


def upgrade_database(back_up: Callable[[], Path] | None) -> Upgraded:
    """Back up, then bring the application's database to the newest migration.

    Raises UpgradeFailed, and SettingsError as `migrate_application`. What `back_up` raises leaves all as it was."""
    before = present_migration(db.engine)
    backup = back_up() if back_up is not None else None
    try:
        migrate_application(at_once=True)
    except Exception as error:  # whatever a migration meets
        raise UpgradeFailed(_sentence(error, before, backup)) from error
    return Upgraded(before, present_migration(db.engine), backup)


def _sentence(error: Exception, before: str | None, backup: Path | None) -> str:
    stands = present_migration(db.engine)
    said = f"{_failed(error)}: {first_line(error)}. "
    if stands == before:
        return said + f"All of it was taken back: the database stands at {before} as before" + (
            f", and the backup of before is {backup}" if backup else "")
    return said + f"The database stands at {stands}, not at {before}: " + (
        f"flask backup restore {backup} --replace brings back what was" if backup else "no backup was made")


def _failed(error: Exception) -> str:
    """Return which migration raised it, by the file."""
    folder = migrations_folder() / "versions"
    files = [Path(frame.filename).stem for frame in extract_tb(error.__traceback__)
             if Path(frame.filename).parent == folder]
    return f"migration {files[-1]} failed" if files else "the migrations failed"
