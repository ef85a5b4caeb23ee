"""The writes of notificationManagement: staff's notices, the receiver's own, and what subscribers tell (§6.3)."""
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import NotFound
from app.events.event_delivery import Event
from app.identity.access import require_self_or_staff
from app.notify.letters import LetterTemplate
from app.notify.mailbox import post_letter
from blueprints.marketplace.notification_management.letters import LETTERS
from blueprints.marketplace.notification_management.models import IS_UNREAD, Notification
from blueprints.marketplace.notification_management.rules import Notice, settled_read
from blueprints.marketplace.notification_management.unread import count_unread, count_unread_of
from blueprints.platform.auth.queries import contact_of, is_user
from blueprints.platform.people.queries import inactive_among

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
    mine = select(Notification).where(IS_UNREAD, Notification.user_id == actor.user_id)
    if ids is not None:
        mine = mine.where(Notification.id.in_(ids))
    with unit_of_work(actor) as work:
        unread = work.all(mine.order_by(Notification.id).limit(MOST_AT_ONCE), lock=True)
        work.change_all(unread, is_read=True)
        count_unread(work, str(actor.user_id), -len(unread))
        work.commit()
    return len(unread)


def tell(work: UnitOfWork, event: Event, notice: Notice, payload: Mapping[str, Any],
         more: Mapping[str, Any] | None = None, *, by_letter: bool = True) -> None:
    """Tell one user of an event, in the subscriber's transaction: a row in the app and, where it has words, a letter.

    `payload` is what the app shows, `more` are further facts for the letter only. Who is no longer a user gets
    nothing, and no event notifies anybody of the same twice. Not `by_letter`: in the app only. No letter goes to an
    address that nobody has proved: a title or a number in it may be the words of whoever typed the address in
    (decision 44)."""
    contact = contact_of(REALM, notice.user_id)
    if contact is None or _is_notified(work, event, notice):
        return
    work.insert(Notification(notification_type=notice.notification_type, user_id=notice.user_id, channel="IN_APP",
                             payload=dict(payload), is_read=False, event_id=event.event_id))
    count_unread(work, notice.user_id, 1)
    if by_letter and contact["emailVerified"]:
        write_to(work, contact, notice.notification_type, {**payload, **(more or {})}, cause=event.event_id)


def tell_all(work: UnitOfWork, event: Event, notification_type: str, user_ids: Iterable[str],
             payload: Mapping[str, Any]) -> None:
    """Tell many users the same of one event, in the app only, in a fixed number of statements.

    Who is not active, or has been notified of that event, gets nothing."""
    wanted = set(user_ids)
    notified = {row.user_id for row in work.rows(select(Notification.user_id).where(
        Notification.event_id == event.event_id, Notification.notification_type == notification_type,
        Notification.user_id.in_(wanted)))}
    receivers = sorted(wanted - notified - inactive_among(REALM, wanted))
    for user_id in receivers:
        work.insert(Notification(notification_type=notification_type, user_id=user_id, channel="IN_APP",
                                 payload=dict(payload), is_read=False, event_id=event.event_id))
    count_unread_of(work, receivers, 1)


def _is_notified(work: UnitOfWork, event: Event, notice: Notice) -> bool:
    return work.find(Notification, Notification.event_id == event.event_id, Notification.user_id == notice.user_id,
                     Notification.notification_type == notice.notification_type) is not None


def write_to(work: UnitOfWork, contact: Mapping[str, Any], notification_type: str, facts: Mapping[str, Any], *,
             cause: str, otherwise: LetterTemplate | None = None) -> None:
    """Post the letter of a notification type to a user; a type without one goes out as `otherwise` or not at all."""
    template = LETTERS.get(notification_type, otherwise)
    if template is not None:
        post_letter(work, realm=REALM, to=contact["email"], name=notification_type, template=template, cause=cause,
                    facts={**facts, "fullname": contact["fullname"]})
