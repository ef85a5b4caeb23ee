"""The ladder, as a realm has written it."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.entity import Base


class LadderStep(Base):
    """What is proposed to whoever has that many active strikes (M-16); `days` of a suspension."""

    __tablename__ = "moderation_ladder"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    strikes: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(32))
    days: Mapped[int | None] = mapped_column(Integer)
