"""When the last backup was made, by the names in the folder of backups: guildhall-20261129T001500Z.tar (.sealed)."""
from datetime import UTC, datetime
from pathlib import Path

from app.runtime import runtime

_BEGINS, _FORM, _PATTERN = "guildhall-", "%Y%m%dT%H%M%SZ", "guildhall-*Z.tar*"


def last_backup() -> datetime | None:
    """Return the moment of the newest whole backup, None when there never was one."""
    moments = [moment for path in _folder().glob(_PATTERN) if (moment := _moment_of(path.name)) is not None]
    return max(moments, default=None)


def _folder() -> Path:
    settings = runtime().settings
    return getattr(settings, "backup_folder", settings.home / "backups")


def _moment_of(name: str) -> datetime | None:
    stem, _, ending = name.removeprefix(_BEGINS).partition(".")
    try:
        return datetime.strptime(stem, _FORM).replace(tzinfo=UTC) if ending in ("tar", "tar.sealed") else None
    except ValueError:
        return None
