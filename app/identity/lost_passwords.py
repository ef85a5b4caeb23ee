"""What else ends with the sessions when a password was forgotten, or staff replaced it.

Whoever was in the account may have left what outlives a session; services above say here what theirs is."""
from collections.abc import Callable
from dataclasses import dataclass

from app.data.unit_of_work import UnitOfWork


def _nothing(work: UnitOfWork, user_id: str) -> None:
    """Do nothing: no service of this application sends anything by itself."""


@dataclass(frozen=True)
class OnLostPassword:
    """`stop` is called in the transaction that replaces the password, behind the lock of the account, with its id."""

    stop: Callable[[UnitOfWork, str], None] = _nothing
