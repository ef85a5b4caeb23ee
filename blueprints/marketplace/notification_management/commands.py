"""The writes of notificationManagement: staff's notices, the receiver's own, and what subscribers tell (§6.3)."""
from collections.abc import Iterable, Mapping
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
from blueprints.marketplace.notification_management.models import Notification
from blueprints.marketplace.notification_management.rules import Notice, settled_read
from blueprints.platform.auth.queries import contact_of, is_user
from blueprints.platform.people.queries import inactive_among

REALM = "marketplace"


def create_notification(actor: Actor, *, notification_type: str, user_id: str, channel: str, payload: dict[str, Any],
                        is_read: bool = False, id: str | None = None) -> Notification:
    """Store a notice to a user; a mail counts as read. Raises NotFound when there is no such user."""
    if not is_user(REALM, user_id):
        raise NotFound("User not found")
    with unit_of_work(actor) as work:
        notification = work.insert(Notification(
            id=id, notification_type=notification_type, user_id=user_id, channel=channel, payload=payload,
            is_read=settled_read(channel, is_read)))
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
            work.change(notification, is_read=settled_read(notification.channel, is_read))
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
        work.commit()
    return notification


def tell(work: UnitOfWork, event: Event, notice: Notice, payload: Mapping[str, Any],
         more: Mapping[str, Any] | None = None, *, by_letter: bool = True) -> None:
    """Tell one user of an event, in the subscriber's transaction: a row in the app and, where it has words, a letter.

    `payload` is what the app shows, `more` are further facts for the letter only. Who is no longer a user gets
    nothing, and no event notifies anybody of the same twice. Not `by_letter`: in the app only."""
    contact = contact_of(REALM, notice.user_id)
    if contact is None or _is_notified(work, event, notice):
        return
    work.insert(Notification(notification_type=notice.notification_type, user_id=notice.user_id, channel="IN_APP",
                             payload=dict(payload), is_read=False, event_id=event.event_id))
    if by_letter:
        write_to(work, contact, notice.notification_type, {**payload, **(more or {})}, cause=event.event_id)


def tell_all(work: UnitOfWork, event: Event, notification_type: str, user_ids: Iterable[str],
             payload: Mapping[str, Any]) -> None:
    """Tell many users the same of one event, in the app only, in a fixed number of statements.

    Who is not active, or has been notified of that event, gets nothing."""
    wanted = set(user_ids)
    notified = {row.user_id for row in work.rows(select(Notification.user_id).where(
        Notification.event_id == event.event_id, Notification.notification_type == notification_type,
        Notification.user_id.in_(wanted)))}
    for user_id in sorted(wanted - notified - inactive_among(REALM, wanted)):
        work.insert(Notification(notification_type=notification_type, user_id=user_id, channel="IN_APP",
                                 payload=dict(payload), is_read=False, event_id=event.event_id))


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
