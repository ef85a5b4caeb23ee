"""What stands beside a case: notes of staff, and copies of what is judged."""
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import instant, json_object
from app.data.entity import Base


class CaseNote(Base):
    """What staff wrote on a case, for each other (NOTE) or to the person (QUESTION)."""

    __tablename__ = "moderation_note"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    case_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[str] = mapped_column(String(36))
    written_at: Mapped[datetime] = instant(required=True)
    text: Mapped[str] = mapped_column(Text)


class Evidence(Base):
    """What was judged, as it stood when the case opened (M-33); gone once nobody can appeal any more."""

    __tablename__ = "moderation_evidence"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    case_id: Mapped[str] = mapped_column(String(36))
    entity_type: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[str] = mapped_column(String(36))
    person_id: Mapped[str | None] = mapped_column(String(36))
    taken_at: Mapped[datetime] = instant(required=True)
    title: Mapped[str | None] = mapped_column(String(255))
    content: Mapped[dict[str, Any] | None] = json_object()
    digest: Mapped[str] = mapped_column(String(64))
    keep_until: Mapped[datetime | None] = instant()


Index("ix_moderation_note_case", CaseNote.case_id, CaseNote.id)
Index("ix_moderation_evidence_case", Evidence.case_id)
Index("ix_moderation_evidence_keep_until", Evidence.keep_until)
