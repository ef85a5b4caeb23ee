"""What was done to things and people, and appeals against it: additive data objects of adminModeration."""
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import boolean, choice, identifier, instant, integer, json_object, string, text
from app.data.entity import Entity
from blueprints.platform.moderation.rules import (
    ACT_KINDS,
    ACT_STATES,
    APPEAL_STATES,
    ENTITY_TYPES,
    SCOPES,
)


class Act(Entity):
    """One thing that was done to a thing or its person, with what it found and what it left behind, for its undo."""

    __tablename__ = "moderation_act"
    __service__ = "adminModeration"
    __object__ = "moderationAct"
    __lock_rank__ = 8
    __owner__ = "actor_id"

    realm: Mapped[str] = string(16, required=True, hidden=True)
    number: Mapped[int] = integer(required=True)
    kind: Mapped[str] = choice(ACT_KINDS)
    case_id: Mapped[str] = identifier(required=True, hidden=True)
    case_number: Mapped[int] = integer(required=True)
    parent_id: Mapped[str | None] = identifier(hidden=True)
    """The bulk it belongs to."""
    entity_type: Mapped[str] = choice(ENTITY_TYPES)
    entity_id: Mapped[str] = identifier(required=True)
    person_id: Mapped[str | None] = identifier()
    actor_id: Mapped[str] = identifier(required=True)
    operator: Mapped[str | None] = string(hidden=True)
    by_machine: Mapped[bool] = boolean(default=False)
    reason: Mapped[str] = text(required=True)
    rule: Mapped[str | None] = string(64)
    until: Mapped[datetime | None] = instant()
    scope: Mapped[str | None] = choice(SCOPES, required=False)
    strike_number: Mapped[int | None] = integer()
    state: Mapped[str] = choice(ACT_STATES, default="STANDING")
    before: Mapped[dict[str, Any] | None] = json_object(hidden=True)
    after: Mapped[dict[str, Any] | None] = json_object(hidden=True)
    undone_at: Mapped[datetime | None] = instant()
    undone_by: Mapped[str | None] = identifier()
    undone_reason: Mapped[str | None] = text()


class Appeal(Entity):
    """A person's one answer to a strike, or to a suspension that left none; it is judged as a case of kind APPEAL
    (decision 30, docs/decisions/081)."""

    __tablename__ = "moderation_appeal"
    __service__ = "adminModeration"
    __object__ = "appeal"
    __lock_rank__ = 10
    __owner__ = "person_id"
    __duplicates__ = {"uq_moderation_appeal_strike": ("AlreadyAppealed", "This strike was appealed already"),
                      "uq_moderation_appeal_act": ("AlreadyAppealed", "This was appealed already")}

    realm: Mapped[str] = string(16, required=True, hidden=True)
    number: Mapped[int] = integer(required=True)
    strike_id: Mapped[str | None] = identifier(hidden=True)
    strike_number: Mapped[int | None] = integer()
    act_id: Mapped[str | None] = identifier(hidden=True)
    """The first suspension or ban of its case, where they left no strike."""
    act_number: Mapped[int | None] = integer()
    case_id: Mapped[str] = identifier(required=True, hidden=True)
    person_id: Mapped[str] = identifier(required=True)
    reason: Mapped[str | None] = text()
    """Why it was decided so."""
    text: Mapped[str] = text(required=True)
    state: Mapped[str] = choice(APPEAL_STATES, default="OPEN")
    decided_at: Mapped[datetime | None] = instant()
    decided_by: Mapped[str | None] = identifier(hidden=True)
    is_own_strike: Mapped[bool] = boolean(default=False, hidden=True)
    """Whoever struck decided, too, for want of another (M-14)."""


Index("uq_moderation_act_number", Act.realm, Act.number, unique=True)
Index("ix_moderation_act_made", Act.realm, Act.created_at)
Index("ix_moderation_act_case", Act.case_id, Act.number)
Index("ix_moderation_act_parent", Act.parent_id, Act.number)
Index("ix_moderation_act_person", Act.realm, Act.person_id, Act.number)
Index("ix_moderation_act_thing", Act.realm, Act.entity_type, Act.entity_id, Act.number)
Index("uq_moderation_appeal_number", Appeal.realm, Appeal.number, unique=True)
Index("uq_moderation_appeal_strike", Appeal.strike_id, unique=True)
Index("uq_moderation_appeal_act", Appeal.act_id, unique=True)
Index("ix_moderation_appeal_case", Appeal.case_id)
Index("ix_moderation_appeal_made", Appeal.realm, Appeal.created_at)
Index("ix_moderation_appeal_person", Appeal.realm, Appeal.person_id, Appeal.number)
