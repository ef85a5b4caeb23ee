"""The table of adminModeration (rules-marketplace §1.1)."""
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import choice, identifier, instant, string, text
from app.data.entity import Entity
from app.data.short_ids import last_digits
from blueprints.marketplace.admin_moderation.rules import ACTION_TYPES, ENTITY_TYPES


class ModerationAction(Entity):
    """What one member of staff did to one thing, when and why; only the reason can be reworded."""

    __tablename__ = "admin_moderation_action"
    __service__ = "adminModeration"
    __object__ = "moderationAction"
    __realm__ = "marketplace"
    __lock_rank__ = 200

    admin_id: Mapped[str] = identifier(required=True)
    entity_id: Mapped[str] = identifier(required=True)
    action_timestamp: Mapped[datetime] = instant(required=True)
    entity_type: Mapped[str] = choice(ENTITY_TYPES)
    reason: Mapped[str] = text(required=True)
    action_type: Mapped[str] = choice(ACTION_TYPES)
    act_kind: Mapped[str | None] = string(32)
    """The finer kind, of an act of moderation (moderation.md M-24)."""


Index("ix_admin_moderation_action_recent", ModerationAction.action_timestamp)
Index("ix_admin_moderation_action_created", ModerationAction.created_at, ModerationAction.id)
Index("ix_admin_moderation_action_entity", ModerationAction.entity_type, ModerationAction.entity_id)
Index("ix_admin_moderation_action_admin", ModerationAction.admin_id)
Index("ix_admin_moderation_action_by", ModerationAction.admin_id, ModerationAction.action_timestamp,
      ModerationAction.id)
Index("ix_admin_moderation_action_done", ModerationAction.action_type, ModerationAction.action_timestamp,
      ModerationAction.id)
Index("ix_admin_moderation_action_on", ModerationAction.entity_type, ModerationAction.action_timestamp,
      ModerationAction.id)
Index("ix_admin_moderation_action_entity_short_id", last_digits(ModerationAction.entity_id))
