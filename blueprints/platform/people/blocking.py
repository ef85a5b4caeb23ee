"""What a block is in a realm where it does more than stop messages: a higher floor hands it down (NET-7)."""
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.runtime import runtime

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork


def _nothing(work: "UnitOfWork", one: str, other: str) -> None:
    """Do nothing: no service of this application ties people together."""


@dataclass(frozen=True)
class OnBlock:
    """What parts two people of one realm as soon as one blocks the other; there each is hidden from the other, too.

    `cut` is called in the block's transaction, behind the locks of both accounts, with the ids of both; a second call
    finds nothing to cut."""

    realm: str = ""
    cut: Callable[["UnitOfWork", str, str], None] = _nothing


def hides_blocked(realm: str) -> bool:
    """Return whether people who are blocked with each other are not there for each other in this realm.

    Elsewhere a block stops messages and nothing else (moderation.md M-23)."""
    return runtime().part(OnBlock).realm == realm
