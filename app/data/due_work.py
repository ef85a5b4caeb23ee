"""Due work: what must happen to a subject at a moment. The truth of it stands here; a job queue only wakes a worker."""
from datetime import datetime

from sqlalchemy import ColumnElement, Index, Integer, String, Text, and_
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant
from app.data.entity import Base


class DueWork(Base):
    """One piece of work owed to one subject at one moment, e.g. close-auction of a product at its effective end.

    `realm` is whose work it is, `request_id` the request that owed it: what the work writes carries both."""

    __tablename__ = "due_work"
    __lock_rank__ = 920

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(String(64))


Index("ix_due_work_due_at", DueWork.due_at)


def is_piece(realm: str, kind: str, subject: str) -> ColumnElement[bool]:
    """Return the condition on due work that one piece fulfils."""
    return and_(DueWork.realm == realm, DueWork.kind == kind, DueWork.subject == subject)
