"""Whether this database was restored from a backup and has not gone live: then nothing leaves it and no job runs.

The row stands in the database, so every process of every machine that serves it heeds it (docs/decisions/095)."""
import logging
import threading

from sqlalchemy import String, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from app.data.connections import reading
from app.data.entity import Base

log = logging.getLogger("guildhall.restored")

HELD_BACK = "this restored copy has not gone live: flask backup go-live"
_LOOK_SECONDS = 1.0


class RestoredCopy(Base):
    """One row from `flask backup restore` until `flask backup go-live`."""

    __tablename__ = "restored_copy"

    backup: Mapped[str] = mapped_column(String(200), primary_key=True)
    """The name of the backup's file."""
    restored_at: Mapped[str] = mapped_column(String(40))


def is_held_back() -> bool:
    """Tell whether this is a restored copy that has not gone live."""
    with reading() as connection:
        return connection.execute(select(RestoredCopy.backup).limit(1)).first() is not None


def wait_until_live(stop: threading.Event | None = None) -> None:
    """Return when nothing holds this system back, or when `stop` is set; a database that is away is waited for.

    Asked once, at the start of a process: nothing is restored below one that runs."""
    stop, said = stop or threading.Event(), False
    while not stop.is_set():
        try:
            if not is_held_back():
                return
            if not said:
                log.warning(HELD_BACK)
            said = True
        except SQLAlchemyError as error:
            log.warning("nobody knows whether this is a restored copy: %s", error)
        stop.wait(_LOOK_SECONDS)
