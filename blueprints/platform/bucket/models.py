"""The files of the buckets: what was uploaded where, and the storage name nobody outside learns."""
from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import instant
from app.data.entity import Base


class BucketFile(Base):
    """One uploaded file; its bytes rest in the media store under `storage_name`."""

    __tablename__ = "bucket_file"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    bucket_id: Mapped[str] = mapped_column(String(80))
    owner_id: Mapped[str] = mapped_column(String(36))
    original_name: Mapped[str] = mapped_column(String(255))
    mime_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(Integer)
    storage_name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = instant(required=True)


Index("ix_bucket_file_bucket", BucketFile.realm, BucketFile.bucket_id)
