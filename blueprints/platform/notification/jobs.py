"""What the notification service does by the clock: the digests."""
import logging

from sqlalchemy import select

from app.clock import now
from app.data.reads import fetch
from app.jobs.schedule import kernel_periodic
from app.jobs.wakeup import wake
from blueprints.platform.notification.digests import put_off_digest, write_digest
from blueprints.platform.notification.models import DigestItem

log = logging.getLogger("guildhall.notification")

PEOPLE_AT_ONCE = 500
_JOB = "send-digests"


@kernel_periodic(_JOB, minutes=5)
def send_digests() -> str:
    """Write the digests that are due, one person in a transaction; one that cannot be written keeps nobody waiting.

    Where more are due than one run writes, it asks for the next run: other jobs come in between."""
    due = fetch(select(DigestItem.realm, DigestItem.user_id).where(DigestItem.due_at <= now())
                .group_by(DigestItem.realm, DigestItem.user_id).order_by(DigestItem.realm, DigestItem.user_id)
                .limit(PEOPLE_AT_ONCE))
    written = [_written(row.realm, row.user_id) for row in due]
    if len(due) == PEOPLE_AT_ONCE:
        wake(_JOB)
    return f"{written.count(True)} digests written, {written.count(None)} failed"


def _written(realm: str, user_id: str) -> bool | None:
    """Write one digest; returns whether a letter is owed, None for one that failed and is tried again in an hour."""
    try:
        return write_digest(realm, user_id)
    except Exception:  # such as a kind of notice that no service declares any more
        log.exception("the digest of %s in %s could not be written", user_id, realm)
        put_off_digest(realm, user_id)
        return None
