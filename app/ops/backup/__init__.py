"""Backups: one file with everything that is true, made while the system serves, proved, put back whole or not at all.

What other parts call stands here (docs/backup.md, docs/decisions/095); who makes none loads nothing of it."""
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.ops.backup.create import create_backup, rehearse_backup
    from app.ops.backup.refusals import BackupRefused
    from app.ops.backup.restore import go_live, refuse_place, restore_backup
    from app.ops.backup.verify import verify_backup

__all__ = ["BackupRefused", "create_backup", "go_live", "refuse_place", "rehearse_backup", "restore_backup",
           "verify_backup"]
_MODULES = {"BackupRefused": "refusals", "create_backup": "create", "go_live": "restore", "refuse_place": "restore",
            "rehearse_backup": "create", "restore_backup": "restore", "verify_backup": "verify"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
