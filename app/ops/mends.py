"""What `flask doctor --fix` does about what the checks find, each declared beside its check: by a service, or here.

A mend counts anew what is counted, behind the lock under which it is counted: nobody is stopped meanwhile. One that
touches money or the audit is made when an operator names it, and says why (docs/decisions/117)."""
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.actor import Actor, system_actor
from app.data.batches import yield_write_lock
from app.data.holdings import handed_down
from app.data.staff_changes import StaffAudit
from app.ops.ownership import FOR_OTHERS, stored_files
from app.runtime import runtime

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

MOST_MENDED = 10_000
"""How many of one kind are mended in one run; the next goes on."""


@dataclass(frozen=True, slots=True)
class Mend:
    """What is done about what a check found: `says` what, and `run`, given the operator's name, does it.

    It returns how many it mended, is idempotent, and safe while others write."""

    says: str
    run: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class NamedMend:
    """What is done about money or the audit when a member of staff names it, with a reason (docs/decisions/117).

    `found` returns what it may mend, each as (realm, its name). `mend`, given the actor, a name and the reason, mends
    one in a transaction of its own, which the audit names, and returns a sentence with the figures before and after; a
    second call finds nothing. It raises ApiError with a sentence where people must decide. `rest` says who looks at
    what it leaves."""

    says: str
    found: Callable[[], Sequence[tuple[str, str]]]
    mend: Callable[[Actor, str, str], str]
    rest: str


class ServiceMends(dict[str, Mend | NamedMend]):
    """How what the services' checks find is mended, by the check's name."""


def mends() -> dict[str, Mend | NamedMend]:
    """Return what can be done about what the checks find, by the check's name; other findings say it themselves."""
    return {**MENDS, **runtime().part(ServiceMends)}


def mend_each(realm: str, operator: str, what: str, found: Iterable[Any],
              mend: Callable[["UnitOfWork", Any], object]) -> int:
    """Mend each of what was found in a transaction of its own, which the audit names; returns how many."""
    from app.data.unit_of_work import unit_of_work

    mended = 0
    for one in found:
        with unit_of_work(system_actor(realm, operator)) as work:
            mend(work, one)
            handed_down(StaffAudit).say(work, "doctor.mended", counted=what, of=str(one))
            work.commit()
        mended += 1
        yield_write_lock()
    return mended


def _close_to_others(_operator: str) -> int:
    """Close to group and others what is ours and open to them; root takes back what is another's. Links stay."""
    closed = 0
    for path, facts in stored_files(runtime().settings):
        if _is_ill(facts):
            with suppress(FileNotFoundError, NotADirectoryError):  # since it was looked at, it has gone, or is a link
                closed += _close_one(Path(path))
    return closed


def _is_ill(facts: os.stat_result) -> bool:
    """Return whether it is open or another's, and ours to mend: of what has a second name, root does not know whose
    that is."""
    if stat.S_ISLNK(facts.st_mode):
        return False
    if facts.st_uid != os.geteuid():
        return os.geteuid() == 0 and (stat.S_ISDIR(facts.st_mode) or facts.st_nlink == 1)
    return bool(facts.st_mode & FOR_OTHERS)


def _close_one(path: Path) -> bool:
    """Close what is stored there; False when it is not open any more. Below the instance folder no link is followed:
    whoever may write in an open folder could put one in the place of what was looked at, while this runs."""
    home = runtime().settings.home
    start = home if path.is_relative_to(home) else path.parent
    held = os.open(start, os.O_PATH)
    try:
        for name in path.relative_to(start).parts:
            outer, held = held, os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=held)
            os.close(outer)
        facts = os.fstat(held)
        if not _is_ill(facts):
            return False
        if facts.st_uid != os.geteuid():
            os.chown(f"/proc/self/fd/{held}", os.geteuid(), os.getegid())
        os.chmod(f"/proc/self/fd/{held}", stat.S_IMODE(facts.st_mode) & ~FOR_OTHERS)
        return True
    finally:
        os.close(held)


_CLOSE = Mend("closes what is stored to others than its owner; in a home of its own, root takes back what is another's",
              _close_to_others)
MENDS: dict[str, Mend | NamedMend] = {
    "instance folder": _CLOSE,
    "owners and modes": _CLOSE,
}
