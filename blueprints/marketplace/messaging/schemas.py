"""What clients send to messaging (rules-marketplace §5.2)."""
from typing import Any

from marshmallow import post_load, pre_load

from app.http.schemas import Flag, Identifier, InputSchema, Text
from blueprints.marketplace.messaging.rules import LONGEST_CONTENT


class NewMessage(InputSchema):
    """POST of a message. The contract calls isRead required; a new message is unread whatever it says (ME3)."""

    to_user_id = Identifier(required=True)
    content = Text(most=LONGEST_CONTENT, required=True)
    is_read = Flag(required=True, metadata={"description": "a new message is unread; what is sent is ignored"})

    @pre_load
    def _unread_unless_said(self, data: Any, **_: Any) -> Any:
        return {**data, "isRead": False} if isinstance(data, dict) and data.get("isRead") is None else data

    @post_load
    def _drop_read(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "is_read"}


class MessageChange(InputSchema):
    """PATCH of a message; everything but isRead is ignored."""

    is_read = Flag()
