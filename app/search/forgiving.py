"""What a search forgives, and in which order (FD-4): one way for whoever looks for words, in an index or beside it."""
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

FEW = 10
"""With fewer than so many any of the words are enough (FD-4)."""

_Found = TypeVar("_Found")
_Seen = TypeVar("_Seen", covariant=True)


class Look(Protocol[_Seen]):
    """Finds what holds all words of a text, or any of them."""

    def __call__(self, text: str, *, any_word: bool = False) -> _Seen:
        """Return what was found."""


@dataclass(frozen=True)
class Forgiven(Generic[_Found]):
    """What was found; `relaxed` by any of the words, `corrected` by others than were typed."""

    found: _Found
    relaxed: bool = False
    corrected: str | None = None


def forgiven(text: str, look: Look[_Found], *, total: Callable[[_Found], int],
             corrected: Callable[[], str | None], has_several: Callable[[str], bool]) -> Forgiven[_Found]:
    """Return what holds all words of a text; where nothing does, what holds them as they may have been meant; and where
    fewer than ten do, what holds any of them, if that is more.

    `look` finds, `total` counts what was found, `corrected` says how the text may have been meant, `has_several`
    whether a text has more words than one."""
    said, found = text, look(text)
    if not total(found) and (better := corrected()) is not None:
        said, found = better, look(better)
    relaxed = False
    if total(found) < FEW and has_several(said):
        more = look(said, any_word=True)
        if total(more) > total(found):
            relaxed, found = True, more
    if not total(found):
        return Forgiven(found)
    return Forgiven(found, relaxed, None if said == text else said)
