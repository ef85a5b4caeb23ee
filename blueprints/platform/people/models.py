"""Who does not want to hear from whom, in every realm (moderation.md M-23)."""
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import identifier, string
from app.data.entity import Entity


class Block(Entity):
    """One person's block of another: one row for both for ever, inactive while there is no block."""

    __tablename__ = "people_block"
    __service__ = "people"
    __object__ = "block"
    __lock_rank__ = 15
    __owner__ = "blocker_id"

    realm: Mapped[str] = string(16, required=True, hidden=True)
    blocker_id: Mapped[str] = identifier(required=True)
    blocked_id: Mapped[str] = identifier(required=True)


Index("uq_people_block", Block.realm, Block.blocker_id, Block.blocked_id, unique=True)
Index("ix_people_block_blocked", Block.blocked_id)
