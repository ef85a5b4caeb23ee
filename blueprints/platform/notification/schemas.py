"""What clients send to the notification service (rules-platform §6.1)."""
from app.http.schemas import IdList, InputSchema


class SeenNotices(InputSchema):
    """Body of `notifications/seen`."""

    notification_ids = IdList(required=True)
