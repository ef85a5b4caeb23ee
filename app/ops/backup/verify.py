"""Proves a backup: it is put into a scratch place, looked at there as `flask doctor` looks, and taken away again."""
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from app.home import UNFINISHED_RESTORE
from app.ops.backup.apart import ApartStores
from app.ops.backup.archive import opened_archive
from app.ops.backup.contents import Contents, contents_of
from app.ops.backup.folder import claimed, remember_verified, workshop
from app.ops.backup.place import opened, refuse_unfit, scratch_place
from app.ops.backup.refusals import BackupRefused, spoken
from app.ops.backup.unpack import unpack
from app.ops.findings import FAIL, Finding
from app.runtime import runtime
from app.settings import Settings


def verify_backup(settings: Settings, path: Path, examine: Callable[[Settings], Sequence[Finding]], *,
                  openers: ApartStores | None = None, key: bytes | None = None,
                  new_secret_key: bool = False) -> tuple[Contents, Sequence[Finding]]:
    """Restore a backup beside the system, which may be serving, and return its contents and what was found there.

    `examine` migrates the scratch place and looks at what is stored. Raises BackupRefused for what is no whole backup,
    or does not fit here."""
    openers = runtime().part(ApartStores) if openers is None else openers
    with claimed(settings.home), spoken("the backup was not proved"):
        if (settings.home / UNFINISHED_RESTORE).exists():
            raise BackupRefused("a restore was cut off while it put things in place: run it again first")
        with opened_archive(path, key) as archive:
            contents = contents_of(archive.contents)
            with opened(settings, openers) as stores:
                refuse_unfit(settings, stores, contents, new_secret_key=new_secret_key)
            with workshop(settings.home, "guildhall-verifying") as shop, scratch_place(settings, shop) as place:
                unpack(archive, place, openers, with_media=True)
                findings = examine(place)
        if not any(finding.state == FAIL for finding in findings):
            with suppress(OSError):  # a folder that is only read: the backup is proved all the same
                remember_verified(path)
    return contents, findings
