"""The chain of the audit, and its signed end (moderation.md M-26)."""
from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import instant
from app.data.entity import Base


class AuditEntry(Base):
    """One link of the audit chain: `payload` is canonical JSON as text, hashed with the link before (M-26)."""

    __tablename__ = "moderation_audit"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    written_at: Mapped[datetime] = instant(required=True)
    payload: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of a realm's chain, signed: without it a cut tail would not be seen."""

    __tablename__ = "moderation_audit_head"
    __lock_rank__ = 990

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(64))
