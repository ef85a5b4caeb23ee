"""What `flask doctor --fix` does about what the checks find, each declared beside its check: by a service, or here.

A mend counts anew what is counted, behind the lock under which it is counted: nobody is stopped meanwhile."""
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.actor import system_actor
from app.data.batches import yield_write_lock
from app.data.holdings import handed_down
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.runtime import runtime

MOST_MENDED = 10_000
"""How many of one kind are mended in one run; the next goes on."""


@dataclass(frozen=True, slots=True)
class Mend:
    """What is done about what a check found: `says` what, and `run`, given the operator's name, does it.

    It returns how many it mended, is idempotent, and safe while others write. Without `run` no machine may do it:
    `says` who must look, and how."""

    says: str
    run: Callable[[str], int] | None = None


class ServiceMends(dict[str, Mend]):
    """How what the services' checks find is mended, by the check's name."""


def mends() -> dict[str, Mend]:
    """Return what can be done about what the checks find, by the check's name; other findings say it themselves."""
    return {**MENDS, **runtime().part(ServiceMends)}


def mend_each(realm: str, operator: str, what: str, found: Iterable[Any],
              mend: Callable[[UnitOfWork, Any], object]) -> int:
    """Mend each of what was found in a transaction of its own, which the audit names; returns how many."""
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
    home = runtime().settings.home
    mode = stat.S_IMODE(home.stat().st_mode)
    home.chmod(mode & ~0o007)
    return int(mode != mode & ~0o007)


MENDS: dict[str, Mend] = {
    "instance folder": Mend("closes the instance folder to others than its owner and group", _close_to_others),
}
