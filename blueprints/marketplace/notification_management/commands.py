"""The writes of notificationManagement: staff's notices, the receiver's own, and what subscribers tell (§6.3)."""
from collections.abc import Mapping, Sequence
from typing import Any

from app.actor import Actor
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import NotFound
from app.events.event_delivery import Event
from app.identity.access import require_self_or_staff
from blueprints.marketplace.notification_management.models import Notification
from blueprints.marketplace.notification_management.rules import Notice, settled_read
from blueprints.marketplace.notification_management.store import see
from blueprints.platform.auth.standings import is_user
from blueprints.platform.notification import notices
from blueprints.platform.notification.unread import count_unread

REALM = "marketplace"
MOST_AT_ONCE = 1000


def create_notification(actor: Actor, *, notification_type: str, user_id: str, channel: str, payload: dict[str, Any],
                        is_read: bool = False, id: str | None = None) -> Notification:
    """Store a notice to a user; a mail counts as read. Raises NotFound when there is no such user."""
    if not is_user(REALM, user_id):
        raise NotFound("User not found")
    with unit_of_work(actor) as work:
        notification = work.insert(Notification(
            id=id, notification_type=notification_type, user_id=user_id, channel=channel, payload=payload,
            is_read=settled_read(channel, is_read)))
        count_unread(work, user_id, 0 if notification.is_read else 1)
        work.commit()
    return notification


def update_notification(actor: Actor, notification_id: str, *, is_read: bool | None = None,
                        payload: dict[str, Any] | None = None) -> Notification:
    """Mark as read or unread; the payload changes for staff only.

    Raises NotFound, Forbidden (neither receiver nor staff)."""
    with unit_of_work(actor) as work:
        notification = work.lock(Notification, notification_id)
        require_self_or_staff(actor, notification.user_id)
        if is_read is not None:
            was_read = notification.is_read
            work.change(notification, is_read=settled_read(notification.channel, is_read))
            count_unread(work, notification.user_id, int(was_read) - int(notification.is_read))
        if payload is not None and actor.is_staff:
            work.change(notification, payload=payload)
        work.commit()
    return notification


def delete_notification(actor: Actor, notification_id: str) -> Notification:
    """Soft-delete a notification; raises NotFound, Forbidden (neither receiver nor staff)."""
    with unit_of_work(actor) as work:
        notification = work.lock(Notification, notification_id)
        require_self_or_staff(actor, notification.user_id)
        work.archive(notification)
        count_unread(work, notification.user_id, int(notification.is_read) - 1)
        work.commit()
    return notification


def restore_notification(actor: Actor, notification_id: str) -> bool:
    """Bring a deleted notification back, unread ones count again; returns whether it was gone. Raises NotFound."""
    with unit_of_work(actor) as work:
        notification = work.lock(Notification, notification_id, archived_too=True)
        was_gone = not notification.is_active
        if was_gone:
            work.restore(notification)
            count_unread(work, notification.user_id, 1 - int(notification.is_read))
        work.commit()
    return was_gone


def set_read(actor: Actor, ids: Sequence[str] | None = None) -> int:
    """Mark the actor's notifications with these ids as read, or the oldest MOST_AT_ONCE unread ones; returns how many.

    Ids that are not the actor's, not there or read already change nothing, so a second time does nothing."""
    with unit_of_work(actor) as work:
        marked = see(work, ids, MOST_AT_ONCE)
        count_unread(work, str(actor.user_id), -marked)
        work.commit()
    return marked


def tell(work: UnitOfWork, event: Event, notice: Notice, payload: Mapping[str, Any],
         more: Mapping[str, Any] | None = None, *, by_letter: bool = True) -> None:
    """Tell one user of the marketplace of an event, as blueprints.platform.notification.notices.tell does."""
    notices.tell(work, event, notices.Notice(REALM, notice.user_id, notice.notification_type), payload, more,
                 by_letter=by_letter)
