"""What staff sends to adminModeration."""
from app.http.schemas import Choice, Identifier, InputSchema, Text
from blueprints.marketplace.admin_moderation.rules import ACTION_TYPES, ENTITY_TYPES

_LONGEST_REASON = 2000


class NewAction(InputSchema):
    """Body of createModerationAction; who and when are the server's."""

    entity_id = Identifier(required=True)
    entity_type = Choice(ENTITY_TYPES, required=True)
    reason = Text(most=_LONGEST_REASON, required=True)
    action_type = Choice(ACTION_TYPES, required=True)


class ActionChange(InputSchema):
    """Body of updateModerationAction; everything but the reason is ignored."""

    reason = Text(most=_LONGEST_REASON)
