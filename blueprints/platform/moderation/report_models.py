"""What people say is wrong, and how the reports of each of them ended."""
from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import boolean, choice, constant, identifier, instant, string, text
from app.data.entity import Base, Entity
from blueprints.platform.moderation.rules import ENTITY_TYPES, NOBODY, REASONS, REPORT_STATES


class Report(Entity):
    """What one person says is wrong with one thing; who said it is hidden from all but the staff's case (M-20).

    Its `owner` is NOBODY for the same reason."""

    __tablename__ = "moderation_report"
    __service__ = "adminModeration"
    __object__ = "report"
    __lock_rank__ = 7
    __duplicates__ = {"uq_moderation_report_open": ("AlreadyReported", "You have reported this already")}

    realm: Mapped[str] = string(16, required=True, hidden=True)
    reporter_id: Mapped[str] = identifier(required=True, hidden=True)
    entity_type: Mapped[str] = choice(ENTITY_TYPES)
    entity_id: Mapped[str] = identifier(required=True)
    case_id: Mapped[str] = identifier(required=True, hidden=True)
    reason: Mapped[str] = choice(REASONS)
    text: Mapped[str | None] = text()
    state: Mapped[str] = choice(REPORT_STATES, default="OPEN")
    is_open: Mapped[bool] = boolean(default=True, hidden=True)
    """The same as state OPEN: what the unique index stands on."""


class ReporterRecord(Base):
    """How a person's reports ended, which is what they weigh; `muted_until` for who abuses reporting (M-32)."""

    __tablename__ = "moderation_reporter"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    upheld: Mapped[int] = mapped_column(Integer, default=0)
    declined: Mapped[int] = mapped_column(Integer, default=0)
    muted_until: Mapped[datetime | None] = instant()


_IS_OPEN = Report.is_open.is_(True) & (Report.reporter_id != constant(NOBODY))
Index("uq_moderation_report_open", Report.realm, Report.reporter_id, Report.entity_type, Report.entity_id, unique=True,
      sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
Index("ix_moderation_report_case", Report.case_id, Report.id)
Index("ix_moderation_report_reporter", Report.realm, Report.reporter_id, Report.created_at)
Index("ix_moderation_report_made", Report.realm, Report.created_at)
