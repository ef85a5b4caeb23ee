"""What acts leave behind: holds on things, and the addresses of who is banned."""
from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import instant
from app.data.entity import Base


class Hold(Base):
    """What keeps a thing from being seen: one a thing and act; the thing is held while any stands (M-2)."""

    __tablename__ = "moderation_hold"

    act_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    entity_type: Mapped[str] = mapped_column(String(32), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    until: Mapped[datetime | None] = instant()
    lifted_at: Mapped[datetime | None] = instant()


class BannedAddress(Base):
    """The keyed hash of the address of a banned person, which outlives the account (M-12)."""

    __tablename__ = "moderation_banned_address"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    act_id: Mapped[str] = mapped_column(String(36), primary_key=True)


Index("ix_moderation_hold_thing", Hold.realm, Hold.entity_type, Hold.entity_id)
Index("ix_moderation_hold_until", Hold.until, sqlite_where=Hold.lifted_at.is_(None),
      postgresql_where=Hold.lifted_at.is_(None))
