"""Strikes: what stands against a person, an additive data object of adminModeration."""
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import choice, identifier, instant, integer, string, text
from app.data.entity import Entity
from blueprints.platform.moderation.rules import ACT_KINDS, STRIKE_STATES


class Strike(Entity):
    """What stands against a person for one case, until it lapses or is revoked; one a person and case (M-15)."""

    __tablename__ = "moderation_strike"
    __service__ = "adminModeration"
    __object__ = "strike"
    __lock_rank__ = 9
    __owner__ = "person_id"

    realm: Mapped[str] = string(16, required=True, hidden=True)
    number: Mapped[int] = integer(required=True)
    person_id: Mapped[str] = identifier(required=True)
    case_id: Mapped[str] = identifier(required=True, hidden=True)
    case_number: Mapped[int] = integer(required=True)
    act_kind: Mapped[str] = choice(ACT_KINDS)
    """The heaviest act of the case."""
    reason: Mapped[str] = text(required=True)
    rule: Mapped[str | None] = string(64)
    struck_by: Mapped[str] = identifier(required=True, hidden=True)
    state: Mapped[str] = choice(STRIKE_STATES, default="ACTIVE")
    lapses_at: Mapped[datetime] = instant(required=True)
    appeal_until: Mapped[datetime] = instant(required=True)
    revoked_at: Mapped[datetime | None] = instant()


Index("uq_moderation_strike_number", Strike.realm, Strike.number, unique=True)
Index("ix_moderation_strike_made", Strike.realm, Strike.created_at, Strike.id)
Index("uq_moderation_strike_case", Strike.person_id, Strike.case_id, unique=True)
Index("ix_moderation_strike_person", Strike.realm, Strike.person_id, Strike.lapses_at)
