"""What the notification service does by the clock: the digests."""
from sqlalchemy import select

from app.clock import now
from app.data.reads import fetch
from app.jobs.schedule import kernel_periodic
from blueprints.platform.notification.digests import write_digest
from blueprints.platform.notification.models import DigestItem

PEOPLE_AT_ONCE = 500


@kernel_periodic("send-digests", minutes=5)
def send_digests() -> str:
    """Write the digests that are due, one person in a transaction."""
    due = fetch(select(DigestItem.realm, DigestItem.user_id).where(DigestItem.due_at <= now())
                .group_by(DigestItem.realm, DigestItem.user_id).order_by(DigestItem.realm, DigestItem.user_id)
                .limit(PEOPLE_AT_ONCE))
    written = sum(write_digest(row.realm, row.user_id) for row in due)
    return f"{written} digests written"
