"""What is kept of a person who left, and the exports that people ask for."""
from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, constant, instant
from app.data.entity import Base


class PurgedAccount(Base):
    """An id that was an account's: nobody gets it anew, and with it what others keep of who had it.

    Until `rests_until` the rows of a person who was shown to others are still being forgotten."""

    __tablename__ = "purged_account"

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rests_until: Mapped[datetime | None] = mapped_column(Instant)


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
Index("ix_purged_account_rests_until", PurgedAccount.realm, PurgedAccount.rests_until,
      sqlite_where=PurgedAccount.rests_until.is_not(None), postgresql_where=PurgedAccount.rests_until.is_not(None))
Index("uq_person_export_waiting", PersonExport.realm, PersonExport.user_id, unique=True, sqlite_where=IS_WAITING,
      postgresql_where=IS_WAITING)
Index("ix_person_export_user", PersonExport.realm, PersonExport.user_id, PersonExport.id)
Index("ix_person_export_due", PersonExport.due_at, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)
Index("ix_person_export_expires_at", PersonExport.expires_at)
