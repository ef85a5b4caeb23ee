"""What `flask doctor` asks of the buckets: do uploads get ready, and do rows and stored bytes belong together?"""
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.clock import now
from app.data.reads import fetch
from app.media.store import media_store
from app.ops.findings import OK, WARN, some_of
from app.ops.mends import MOST_MENDED, mend_each
from app.runtime import runtime
from blueprints.platform.bucket.models import READY, BucketFile
from blueprints.platform.bucket.queues import waiting_pictures
from blueprints.platform.bucket.rules import raw_name

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

_LATE = timedelta(minutes=2)
_AT_ONCE = 5000
BEING_STORED = timedelta(hours=1)
"""Bytes are stored before their row: what is younger is not looked at."""


def pictures() -> tuple[str, str]:
    """Find uploads that wait longer than a worker takes."""
    found = waiting_pictures()
    is_late = found.oldest is not None and found.oldest < now() - _LATE
    return (WARN if is_late else OK), f"{found.count} uploads wait to be prepared"


def check_media() -> tuple[str, str]:
    """Return what `flask doctor` says of stored bytes without an owner, and of files whose bytes are gone."""
    ownerless, missing = _apart()
    said = []
    if ownerless:
        said.append(f"{len(ownerless)} stored files belong to no upload and no export")
    if missing:
        said.append(f"the bytes of {len(missing)} uploads are gone, a backup may have them: {some_of(missing)}")
    return (WARN, "; ".join(said)) if said else (OK, "each stored file has its owner, and each upload its file")


def mend_media(operator: str) -> int:
    """Remove the stored bytes that belong to no upload and no export; returns how many."""
    def remove(_work: "UnitOfWork", name: str) -> None:
        media_store().delete(name)

    return mend_each(runtime().settings.realms[0], operator, "stored file without an owner",
                     sorted(_apart()[0])[:MOST_MENDED], remove)


def _apart() -> tuple[set[str], list[str]]:
    """Return the names in the store that nobody has, and the ids of uploads that are ready and have no bytes.

    It walks through the store first and then reads every row of those who keep something there: uploads and exports.
    It is the operator's question."""
    from blueprints.platform.auth.export_requests import stored_exports  # the length of the queue is asked more often

    moment = now() - BEING_STORED
    left, missing, last = set(media_store().names(before=moment)), list[str](), ""
    left.difference_update(stored_exports())
    while rows := fetch(select(BucketFile.id, BucketFile.storage_name, BucketFile.state, BucketFile.created_at).where(
            BucketFile.id > last).order_by(BucketFile.id).limit(_AT_ONCE)):
        for row in rows:
            if row.storage_name not in left and row.state == READY and row.created_at < moment:
                missing.append(row.id)
            left -= {row.storage_name, raw_name(row.storage_name)}
        last = rows[-1].id
    return left, missing
