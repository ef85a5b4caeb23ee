"""What is kept of a person who left."""
from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant
from app.data.entity import Base


class PurgedAccount(Base):
    """An id that was an account's: nobody gets it anew, and with it what others keep of who had it.

    Until `rests_until` the rows of a person who was shown to others are still being forgotten."""

    __tablename__ = "purged_account"

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rests_until: Mapped[datetime | None] = mapped_column(Instant)


Index("ix_purged_account_rests_until", PurgedAccount.realm, PurgedAccount.rests_until,
      sqlite_where=PurgedAccount.rests_until.is_not(None), postgresql_where=PurgedAccount.rests_until.is_not(None))
