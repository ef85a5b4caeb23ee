"""The state of the BFF: the filters that people keep, and the copies of its views (rules-platform §5.2)."""
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, Json
from app.data.entity import Base


class SavedFilter(Base):
    """Conditions that one person keeps under a name, for one index; nobody else knows of it.

    It is no data object: nothing of it is told in events."""

    __tablename__ = "bff_saved_filter"
    __lock_rank__ = 880

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(36))
    index_name: Mapped[str] = mapped_column(String(64))
    filter_name: Mapped[str] = mapped_column(String(100))
    conditions: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)


Index("ix_bff_saved_filter_person", SavedFilter.realm, SavedFilter.user_id, SavedFilter.index_name,
      SavedFilter.created_at, SavedFilter.id)


class StoredView(Base):
    """What a view adds to one row, kept: what the row points at, as the system sees it (docs/decisions/121).

    `document` is JSON: by the name of each relation its part, of a list its parts, each `{id, mark, shown}`.
    `record_version` is that of the row, `parts_version` the sum of those of its parts: an older copy never takes the
    place of a newer one."""

    __tablename__ = "stored_view"
    __lock_rank__ = 882

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    view: Mapped[str] = mapped_column(String(64), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    record_version: Mapped[int] = mapped_column(BigInteger)
    parts_version: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[str] = mapped_column(Text)
    refreshed_at: Mapped[datetime] = mapped_column(Instant)


class StoredViewPart(Base):
    """That a stored document shows a part: by it the documents are found that a changed part, or a person, is in."""

    __tablename__ = "stored_view_part"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    view: Mapped[str] = mapped_column(String(64), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    part: Mapped[str] = mapped_column(String(64), primary_key=True)
    part_id: Mapped[str] = mapped_column(String(36), primary_key=True)


Index("ix_stored_view_part_shown", StoredViewPart.realm, StoredViewPart.part_id, StoredViewPart.part,
      StoredViewPart.view, StoredViewPart.object_id)
