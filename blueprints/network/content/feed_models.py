"""The side tables by which feeds find posts (network.md, Tables). Apart from models.py: who reads posts maps none."""
from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant
from app.data.entity import Base


class FeedItem(Base):
    """A post as feeds find it: whose voice it is (Voice.num), when, and whether it reaches anybody else.

    `shown`: it is active, and nothing holds it."""

    __tablename__ = "network_feed_item"
    __realm__ = "network"

    post_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    voice: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Instant)
    reach: Mapped[bool] = mapped_column(Boolean)
    shown: Mapped[bool] = mapped_column(Boolean)


class CompanyVoice(Base):
    """The number of a company among the voices, where it stands negative; people have those of networking."""

    __tablename__ = "network_company_voice"
    __realm__ = "network"
    __table_args__ = {"sqlite_autoincrement": True}

    num: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    company_id: Mapped[str] = mapped_column(String(36))


class Voice(Base):
    """Who posts, a person or a company, and the newest item of theirs that is shown and reaches others."""

    __tablename__ = "network_voice"
    __realm__ = "network"

    num: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime | None] = mapped_column(Instant)
    post_id: Mapped[str | None] = mapped_column(String(36))


IS_SHOWN = FeedItem.shown.is_(True)

Index("ix_network_feed_item_at", FeedItem.at.desc(), FeedItem.post_id.desc(), FeedItem.voice,
      sqlite_where=IS_SHOWN, postgresql_where=IS_SHOWN)
Index("ix_network_feed_item_voice", FeedItem.voice, FeedItem.at.desc(), FeedItem.post_id.desc(),
      sqlite_where=IS_SHOWN, postgresql_where=IS_SHOWN)
Index("uq_network_company_voice", CompanyVoice.company_id, unique=True)
