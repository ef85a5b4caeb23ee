"""Why a backup is not made, not taken or not put back: sentences for the operator."""
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from app.media.store import store_faults

_LONGEST = 2_000


class BackupRefused(Exception):
    """What was asked is not done, and nothing was changed.

    The sentence may quote a stranger's file: what a terminal would obey is left out of it, and it has an end."""

    def __init__(self, said: str) -> None:
        super().__init__("".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in said[:_LONGEST]))


class BackupDamaged(BackupRefused):
    """The file is no whole backup: cut short, flipped, or something else altogether."""


@contextmanager
def spoken(done: str) -> Iterator[None]:
    """Turn what a disk, a bucket or a database says into a sentence that begins with `done`."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, faults()):
            raise
        raise BackupRefused(f"{done}: {reason_of(error)}") from error


def faults() -> tuple[type[Exception], ...]:
    """Return what is raised where a disk, a bucket or a database is full, away or refuses."""
    psycopg = sys.modules.get("psycopg")  # loaded only where PostgreSQL is used
    return (*store_faults(), sqlite3.Error, SQLAlchemyError, *([psycopg.Error] if psycopg else []))


def reason_of(error: Exception) -> str:
    """Return what one of these faults says of itself."""
    return getattr(error, "strerror", None) or str(getattr(error, "orig", None) or error)
