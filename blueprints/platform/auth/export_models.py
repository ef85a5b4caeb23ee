"""The exports that people ask for of what is kept of them."""
from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import constant, instant
from app.data.entity import Base

WAITING, READY, FAILED = "waiting", "ready", "failed"


class PersonExport(Base):
    """An export that a person asked for, at most one that waits; its zip lies in the media store until `expires_at`."""

    __tablename__ = "person_export"
    __lock_rank__ = 895

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(8), default=WAITING)
    storage_name: Mapped[str] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(BigInteger)
    requested_at: Mapped[datetime] = instant(required=True)
    expires_at: Mapped[datetime] = instant(required=True)
    due_at: Mapped[datetime] = instant(required=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)


IS_WAITING = PersonExport.state == constant(WAITING)
Index("uq_person_export_waiting", PersonExport.realm, PersonExport.user_id, unique=True, sqlite_where=IS_WAITING,
      postgresql_where=IS_WAITING)
Index("ix_person_export_user", PersonExport.realm, PersonExport.user_id, PersonExport.id)
Index("ix_person_export_due", PersonExport.due_at, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)
Index("ix_person_export_expires_at", PersonExport.expires_at)
