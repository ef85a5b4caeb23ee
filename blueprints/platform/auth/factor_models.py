"""Which second factors a role has to prove."""
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.entity import Base


class RoleSecondFactor(Base):
    """A second factor that everybody of a role has to prove at login; the channel is email or mobile."""

    __tablename__ = "role_second_factor"

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    role_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
