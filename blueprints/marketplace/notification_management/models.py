"""The notifications of the marketplace's users (rules-marketplace §6.1)."""
from typing import Any

from sqlalchemy import Index, and_
from sqlalchemy.orm import Mapped

from app.data.columns import boolean, choice, identifier, json_object, string, text
from app.data.entity import Entity
from blueprints.marketplace.notification_management.rules import CHANNELS, TYPES


class Notification(Entity):
    """One notice to one user; `event_id` is the event that caused it, so that no event tells a user twice.

    `title` and `body` stand there where somebody gave them (FD-22); else both are made of the payload."""

    __tablename__ = "notification"
    __service__ = "notificationManagement"
    __object__ = "notification"
    __realm__ = "marketplace"
    __lock_rank__ = 180
    __owner__ = "user_id"

    notification_type: Mapped[str] = choice(TYPES)
    user_id: Mapped[str] = identifier(required=True)
    channel: Mapped[str] = choice(CHANNELS)
    payload: Mapped[dict[str, Any]] = json_object(required=True)
    is_read: Mapped[bool] = boolean()
    event_id: Mapped[str | None] = identifier(hidden=True)
    title: Mapped[str | None] = string(hidden=True)
    body: Mapped[str | None] = text(hidden=True)


IS_UNREAD = and_(Notification.is_active.is_(True), Notification.is_read.is_(False))

Index("ix_notification_inbox", Notification.user_id, Notification.is_active, Notification.created_at)
Index("ix_notification_created", Notification.created_at, Notification.id)  # staff page through all of them
Index("ix_notification_kind", Notification.user_id, Notification.notification_type, Notification.is_read)
Index("uq_notification_told_once", Notification.event_id, Notification.user_id, Notification.notification_type,
      Notification.channel, unique=True)
Index("ix_notification_unread", Notification.user_id, Notification.id, sqlite_where=IS_UNREAD,
      postgresql_where=IS_UNREAD)
