"""The files of the buckets: what was uploaded where, how far it is, and the storage name nobody outside learns."""
from datetime import date, datetime

from sqlalchemy import Boolean, Date, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, constant, instant
from app.data.entity import Base

# What becomes of an upload: nobody gets it before the worker has looked at every pixel of it.
PREPARING, READY, REFUSED = "preparing", "ready", "refused"


class BucketFile(Base):
    """One uploaded file; its bytes rest in the media store under `storage_name`, before that under its raw name.

    `prepared_at` is NULL of a file stored by a release that did not prepare pictures; `size` is what was uploaded."""

    __tablename__ = "bucket_file"
    __lock_rank__ = 890

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    bucket_id: Mapped[str] = mapped_column(String(80))
    owner_id: Mapped[str] = mapped_column(String(36))
    original_name: Mapped[str] = mapped_column(String(255))
    mime_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(Integer)
    storage_name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = instant(required=True)
    state: Mapped[str] = mapped_column(String(16), default=PREPARING)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    prepared_at: Mapped[datetime | None] = mapped_column(Instant)
    held: Mapped[bool | None] = mapped_column(Boolean)
    """Moderation holds what shows it: nobody gets it by its address."""


class UploadCount(Base):
    """How many files a user has uploaded on the last day on which there were any."""

    __tablename__ = "bucket_upload_count"

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    files: Mapped[int] = mapped_column(Integer)


IS_PREPARING = BucketFile.state == constant(PREPARING)
IS_UNCLEANED = BucketFile.prepared_at.is_(None)

Index("ix_bucket_file_bucket", BucketFile.realm, BucketFile.bucket_id)
Index("ix_bucket_file_preparing", BucketFile.due_at, sqlite_where=IS_PREPARING, postgresql_where=IS_PREPARING)
Index("ix_bucket_file_uncleaned", BucketFile.id, sqlite_where=IS_UNCLEANED, postgresql_where=IS_UNCLEANED)
