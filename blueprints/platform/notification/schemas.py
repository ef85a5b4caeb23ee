"""What clients send to the notification service (rules-platform §6.1)."""
from typing import Any

from marshmallow import ValidationError, post_load

from app.http.schemas import Choice, Identifier, IdList, InputSchema, Line, ObjectOf, Text
from app.notify.device_tokens import PLATFORMS, WEB, read_subscription


class Device(InputSchema):
    """A device of the caller, and the token that its push service gave out."""

    device_id = Identifier(metadata={"description": "how the caller calls the device; left out, it gets an id"})
    notification_token = Text(most=4096, required=True, metadata={
        "description": "of ios and android the token of Firebase, of web the JSON text of the PushSubscription"})
    platform = Choice(PLATFORMS, required=True)
    device_name = Line(most=100)

    @post_load
    def _as_its_platform_has_it(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        token = data["notification_token"]
        if data["platform"] == WEB:
            try:
                data["notification_token"] = read_subscription(token)
            except ValueError as error:
                raise ValidationError(str(error), "notificationToken") from None
        elif not (token.isascii() and token.isprintable() and " " not in token):
            raise ValidationError("expected a token of visible ASCII characters", "notificationToken")
        return data


class NewDevice(InputSchema):
    """Body of `devices/register`."""

    device = ObjectOf(Device, required=True, metadata={"example": {
        "notificationToken": "fcm-token", "platform": "android", "deviceName": "Phone"}})


class SeenNotices(InputSchema):
    """Body of `notifications/seen`."""

    notification_ids = IdList(required=True)
