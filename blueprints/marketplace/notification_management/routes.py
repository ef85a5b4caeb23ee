"""URL map of notificationManagement (contract documents 121–125)."""
from typing import Any

from app.actor import Actor
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

api.create("/v1/notifications", commands.create_notification, "Notify a user (staff).",
           name="createNotification", body=NewNotification, returns=Notification, id_name="notificationId")
api.get(_ONE, queries.get_notification, "Get a notification.", name="getNotification", returns=Notification)
api.list("/v1/notifications", queries.list_notifications,
         "List the caller's notifications, newest first; staff list everybody's.",
         name="listNotifications", returns=Notification, filters=queries.NOTIFICATION_FILTERS,
         extras={"unread": {"type": "integer", "description": "how many of the caller's own are not read"}})


@api.update("/v1/notifications", name="markNotificationsRead", body=ReadNotifications)
def read_notifications(actor: Actor, data: dict[str, Any]) -> dict[str, int]:
    """Mark the caller's notifications as read: those named, or with `all` up to 1,000; answers what is left unread."""
    marked = commands.set_read(actor, data.get("ids"))
    return {"marked": marked, "unread": unread_of(actor)}


api.update(_ONE, commands.update_notification, "Mark a notification as read or unread.",
           name="updateNotification", body=NotificationChange, returns=Notification)
api.delete(_ONE, commands.delete_notification, "Soft-delete a notification.",
           name="deleteNotification", returns=Notification)
