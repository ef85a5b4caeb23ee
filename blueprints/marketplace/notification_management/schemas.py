"""What clients send to notificationManagement (rules-marketplace §6.2)."""
from typing import Any

from marshmallow import ValidationError, pre_load, validates_schema

from app.http.schemas import Choice, Flag, Identifier, IdList, InputSchema, JsonObject
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


class ReadNotifications(InputSchema):
    """PATCH of many notifications: `ids`, or `all` true."""

    ids = IdList()
    all = Flag()

    @validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("ids") is not None) == (data.get("all") is True):
            raise ValidationError("expected either ids, or all: true", "ids")


class NotificationChange(InputSchema):
    """PATCH of a notification; a payload is staff's to change."""

    payload = JsonObject()
    is_read = Flag()
