"""What must happen in the very transaction of a block: a higher floor hands it down (NET-7)."""
from collections.abc import Callable
from dataclasses import dataclass

from app.data.unit_of_work import UnitOfWork


def _nothing(work: UnitOfWork, one: str, other: str) -> None:
    """Do nothing: no service of this application ties people together."""


@dataclass(frozen=True)
class OnBlock:
    """What parts two people of one realm as soon as one blocks the other.

    `cut` is called in the block's transaction, behind the locks of both accounts, with the ids of both; a second call
    finds nothing to cut."""

    realm: str = ""
    cut: Callable[[UnitOfWork, str, str], None] = _nothing
