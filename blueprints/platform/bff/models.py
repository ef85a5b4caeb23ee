"""The filters that people keep: the only state of the BFF (rules-platform §5.2)."""
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
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
