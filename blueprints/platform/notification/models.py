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


class NoticePreference(Base):
    """How a person wants to be told of one type of notice, or of all (`*`), over one channel (FD-23)."""

    __tablename__ = "notice_preference"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    notice_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    mode: Mapped[str] = mapped_column(String(8))


class NoticeSetting(Base):
    """In which language and when a person is told; nobody's row means what is usual. None of it is anybody else's.

    Until `muted_until` nothing goes out but what nobody can switch off. `digested_on` is the person's own date of the
    last digest."""

    __tablename__ = "notice_setting"
    __lock_rank__ = 183

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    locale: Mapped[str | None] = mapped_column(String(8))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    digest_hour: Mapped[int | None] = mapped_column(Integer)
    muted_until: Mapped[datetime | None] = mapped_column(Instant)
    digested_on: Mapped[str | None] = mapped_column(String(10))


class DigestItem(Base):
    """What waits for a person's next digest, as the app shows it: no name of anybody stands in it."""

    __tablename__ = "notice_digest_item"
    __lock_rank__ = 184

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(36))
    notice_type: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    event_id: Mapped[str] = mapped_column(String(36))
    due_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


IS_UNSEEN = StoredNotice.is_seen.is_(False)

Index("uq_notice_told_once", StoredNotice.event_id, StoredNotice.user_id, StoredNotice.notice_type, unique=True)
Index("ix_notice_inbox", StoredNotice.realm, StoredNotice.user_id, StoredNotice.created_at, StoredNotice.id)
Index("ix_notice_unseen", StoredNotice.realm, StoredNotice.user_id, sqlite_where=IS_UNSEEN,
      postgresql_where=IS_UNSEEN)
Index("uq_notice_digest_item", DigestItem.event_id, DigestItem.user_id, DigestItem.notice_type, unique=True)
Index("ix_notice_digest_item_due", DigestItem.due_at)
Index("ix_notice_digest_item_person", DigestItem.realm, DigestItem.user_id, DigestItem.created_at)
