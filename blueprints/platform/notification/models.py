"""What people are told, in realms where no service keeps it, and how much of it they have not seen."""
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, Json
from app.data.entity import Base


class StoredNotice(Base):
    """One notice to one person (rules-platform §6.2); `event_id` is the event that caused it, so that none tells a
    person of the same twice. It is no data object: nobody else hears of it."""

    __tablename__ = "notice"
    __lock_rank__ = 182

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(36))
    notice_type: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    is_seen: Mapped[bool] = mapped_column(Boolean)
    event_id: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class UnreadCount(Base):
    """How many notices a person of a realm has not seen; nobody's row means none."""

    __tablename__ = "notice_unread"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unread: Mapped[int] = mapped_column(Integer)


IS_UNSEEN = StoredNotice.is_seen.is_(False)

Index("uq_notice_told_once", StoredNotice.event_id, StoredNotice.user_id, StoredNotice.notice_type, unique=True)
Index("ix_notice_inbox", StoredNotice.realm, StoredNotice.user_id, StoredNotice.created_at, StoredNotice.id)
Index("ix_notice_unseen", StoredNotice.realm, StoredNotice.user_id, sqlite_where=IS_UNSEEN,
      postgresql_where=IS_UNSEEN)
