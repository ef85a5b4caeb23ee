"""What staff keep of their own: the list of words, the rules of the house; the ladder is in ladder_models.py."""
from datetime import datetime

from sqlalchemy import Boolean, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import instant
from app.data.entity import Base


class Word(Base):
    """A word, phrase or beginning (`*` at its end) that opens a case where it is written (M-30)."""

    __tablename__ = "moderation_word"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    phrase: Mapped[str] = mapped_column(String(255))
    folded: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(String(32))
    added_by: Mapped[str] = mapped_column(String(36))
    added_at: Mapped[datetime] = instant(required=True)


class Rule(Base):
    """A rule of the house with its canned text (M-34), named by `code`."""

    __tablename__ = "moderation_rule"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(Boolean)


Index("uq_moderation_word", Word.realm, Word.folded, unique=True)
