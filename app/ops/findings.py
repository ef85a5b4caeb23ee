"""What a check says of what it looked at. A module of its own: who declares a check imports no other check."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: str
    says: str


Check = Callable[[], tuple[str, str]]


def some_of(found: Sequence[str], between: str = ", ") -> str:
    """Return the first MOST_NAMED of what was found, and whether there is more: a check asks for one more than that."""
    return between.join(found[:MOST_NAMED]) + (" and more" if len(found) > MOST_NAMED else "")


def agreement(differences: Sequence[str], says: str) -> tuple[str, str]:
    """Return OK and a sentence when nothing differs, or FAIL and some of the differences, one sentence each."""
    return (FAIL, some_of(differences, "; ")) if differences else (OK, says)
