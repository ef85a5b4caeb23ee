"""URL map of notificationManagement (contract documents 121–125)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.marketplace.notification_management import commands, queries
from blueprints.marketplace.notification_management.models import Notification
from blueprints.marketplace.notification_management.policies import POLICIES
from blueprints.marketplace.notification_management.schemas import (
    NewNotification,
    NotificationChange,
    ReadNotifications,
)
from blueprints.platform.notification.unread import unread_of

api = Routes(POLICIES, {"markNotificationsRead": ApiNames("notifications-read", "notificationsRead")})

_ONE = "/v1/notifications/{notificationId}"


@api.create("/v1/notifications", name="createNotification", body=NewNotification, returns=Notification,
            id_name="notificationId")
def create_notification(actor: Actor, data: dict[str, Any]) -> Notification:
    """Notify a user (staff)."""
    return commands.create_notification(actor, **data)


@api.get(_ONE, name="getNotification", returns=Notification)
def get_notification(actor: Actor, asked: ReadRequest, notification_id: str) -> Wire:
    """Get a notification."""
    return queries.get_notification(actor, notification_id)


@api.list("/v1/notifications", name="listNotifications", returns=Notification, filters=queries.NOTIFICATION_FILTERS,
          extras={"unread": {"type": "integer", "description": "how many of the caller's own are not read"}})
def list_notifications(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's notifications, newest first; staff list everybody's."""
    return queries.list_notifications(actor, asked)


@api.update("/v1/notifications", name="markNotificationsRead", body=ReadNotifications)
def read_notifications(actor: Actor, data: dict[str, Any]) -> dict[str, int]:
    """Mark the caller's notifications as read: those named, or with `all` up to 1,000; answers what is left unread."""
    marked = commands.set_read(actor, data.get("ids"))
    return {"marked": marked, "unread": unread_of(actor)}


@api.update(_ONE, name="updateNotification", body=NotificationChange, returns=Notification)
def update_notification(actor: Actor, data: dict[str, Any], notification_id: str) -> Notification:
    """Mark a notification as read or unread."""
    return commands.update_notification(actor, notification_id, **data)


@api.delete(_ONE, name="deleteNotification", returns=Notification)
def delete_notification(actor: Actor, data: dict[str, Any], notification_id: str) -> Notification:
    """Soft-delete a notification."""
    return commands.delete_notification(actor, notification_id)
