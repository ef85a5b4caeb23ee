"""What conversations must say, counted from the messages themselves, by other means than the service's own."""
from typing import Any

from sqlalchemy import select

from app.data.reads import fetch
from blueprints.marketplace.messaging.models import Conversation, Message

Counts = dict[tuple[str, str], tuple[int, int, str]]


def recount() -> Counts:
    """Return (user, counterpart) → messages, unread ones, id of the latest; of what each has not deleted."""
    found: dict[tuple[str, str], list[Any]] = {}
    active = select(Message.__table__).where(Message.is_active.is_(True))
    for row in fetch(active.order_by(Message.sent_at, Message.id)):
        if not row.sender_deleted:
            found.setdefault((row.from_user_id, row.to_user_id), []).append((row.id, False))
        if not row.recipient_deleted:
            found.setdefault((row.to_user_id, row.from_user_id), []).append((row.id, not row.is_read))
    return {key: (len(seen), sum(unread for _, unread in seen), seen[-1][0]) for key, seen in found.items()}


def kept() -> Counts:
    """Return the same as the conversations keep it."""
    return {(row.user_id, row.counterpart_id): (row.messages, row.unread, row.last_message_id)
            for row in fetch(select(Conversation.__table__)) if row.last_message_id or row.messages or row.unread}
