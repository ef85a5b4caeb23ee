"""The small numbers that moderation counts."""
from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.entity import Base


class Counter(Base):
    """Small numbers of a realm, by name: the last number given to a case, act, strike, appeal or bulk (M-29), and
    `pending`, how many cases wait, which the queue shows as its total."""

    __tablename__ = "moderation_counter"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
