"""What a backup is measured, and killed, with: letters and files that hardly can be compressed."""

import base64
import os
from pathlib import Path

from sqlalchemy import create_engine, insert

from app.clock import now
from app.data.ids import uuid7
from app.media.store import random_name
from app.notify.models import KEPT, MailMessage
from app.settings import Settings

_FILE_BYTES, _ROW_BYTES, _AT_ONCE = 256 * 1024, 6_000, 2_000


def fill(settings: Settings, mebibytes: int) -> None:
    """Write letters and files that hardly can be compressed, half of the size each; half of the files is one."""
    fill_database(settings, mebibytes / 2)
    _fill_media(settings, mebibytes)


def fill_database(settings: Settings, mebibytes: float) -> None:
    """Write letters of this size in all."""
    engine = create_engine(settings.database_url)
    rows = int(mebibytes * 2**20) // _ROW_BYTES
    for start in range(0, rows, _AT_ONCE):
        with engine.begin() as connection:
            connection.execute(insert(MailMessage), [_letter() for _ in range(min(_AT_ONCE, rows - start))])
    engine.dispose()


def _fill_media(settings: Settings, mebibytes: int) -> None:
    for pieces in (mebibytes * 2**18 // _FILE_BYTES, *[1] * (mebibytes * 2**18 // _FILE_BYTES)):
        name = random_name()
        path = Path(settings.home, "media", name[:2], name[2:4], name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(os.urandom(_FILE_BYTES) for _ in range(pieces))


def _letter() -> dict[str, object]:
    key = uuid7()
    return {"id": key, "realm": "network", "dedupe_key": key, "channel": "email", "recipient": "a@example.com",
            "template": "NONE", "subject": "benchmark", "html": "", "secret": False, "attempts": 0, "status": KEPT,
            "text": base64.b64encode(os.urandom(_ROW_BYTES * 3 // 4)).decode(), "created_at": now()}  # fmt: skip
