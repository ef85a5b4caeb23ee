"""Bulks: many things judged at once, and how far each is."""
from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import instant
from app.data.entity import Base


class Bulk(Base):
    """Many things judged at once; what it does to each is frozen at the confirmation."""

    __tablename__ = "moderation_bulk"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(32))
    actor_id: Mapped[str] = mapped_column(String(36))
    operator: Mapped[str | None] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(Text)
    rule: Mapped[str | None] = mapped_column(String(64))
    strikes: Mapped[bool] = mapped_column(Boolean)
    days: Mapped[int | None] = mapped_column(Integer)
    begun_at: Mapped[datetime] = instant(required=True)
    leased_until: Mapped[datetime | None] = instant()
    undoing: Mapped[bool] = mapped_column(Boolean)
    undo_reason: Mapped[str | None] = mapped_column(Text)


class BulkItem(Base):
    """One thing of a bulk, in the order of `position`; `state` pending, done, refused, undone."""

    __tablename__ = "moderation_bulk_item"

    bulk_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    entity_type: Mapped[str] = mapped_column(String(32), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    act_number: Mapped[int | None] = mapped_column(Integer)
    said: Mapped[str | None] = mapped_column(Text)
    announced: Mapped[str | None] = mapped_column(String(16))
    """The state of which its person was written to last."""


Index("uq_moderation_bulk_number", Bulk.realm, Bulk.number, unique=True)
Index("ix_moderation_bulk_item_position", BulkItem.bulk_id, BulkItem.position)
