"""What clients send to notificationManagement (rules-marketplace §6.2)."""
from typing import Any

from marshmallow import pre_load

from app.http.schemas import Choice, Flag, Identifier, InputSchema, JsonObject
from blueprints.marketplace.notification_management.rules import CHANNELS, TYPES


class NewNotification(InputSchema):
    """POST of a notification. The contract calls isRead required; who leaves it out means unread (NO5)."""

    notification_type = Choice(TYPES, required=True)
    user_id = Identifier(required=True)
    channel = Choice(CHANNELS, required=True)
    payload = JsonObject(required=True)
    is_read = Flag(required=True)

    @pre_load
    def _unread_unless_said(self, data: Any, **_: Any) -> Any:
        return {**data, "isRead": False} if isinstance(data, dict) and data.get("isRead") is None else data


class NotificationChange(InputSchema):
    """PATCH of a notification; a payload is staff's to change."""

    payload = JsonObject()
    is_read = Flag()
