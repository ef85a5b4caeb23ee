"""What runs when: periodic jobs by their period, due work by its moment. Decorators annotate; `service.py` brings."""
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import update

from app.actor import Actor, system_actor
from app.annotations import annotate
from app.clock import now
from app.jobs.wakeup import wake
from app.runtime import runtime

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

Job = Callable[[], object]
KernelJob = TypeVar("KernelJob", bound=Job)
RealmJob = Callable[[Actor], object]
DueHandler = Callable[["UnitOfWork", str], None]


@dataclass(frozen=True)
class PeriodicJob:
    """A job that runs every `every`; what it returns is its report, shown by `flask jobs list`."""

    name: str
    every: timedelta
    run: Job
    meaning: str


@dataclass(frozen=True)
class DueKind:
    """One kind of due work of a realm, and what does it."""

    realm: str
    kind: str
    handler: DueHandler


class Schedule:
    """The periodic jobs and the kinds of due work of one application."""

    def __init__(self, annotations: Iterable[PeriodicJob | DueKind] = ()) -> None:
        self.jobs: dict[str, PeriodicJob] = {}
        self.due: dict[tuple[str, str], DueHandler] = {}
        for one in annotations:
            self.add(one)

    def add(self, one: PeriodicJob | DueKind) -> None:
        """Take one more job or kind of due work; raises ValueError when its name is taken."""
        taken = one.name in self.jobs if isinstance(one, PeriodicJob) else (one.realm, one.kind) in self.due
        if taken:
            raise ValueError(f"there are two of {one}")
        if isinstance(one, PeriodicJob):
            self.jobs[one.name] = one
        else:
            self.due[one.realm, one.kind] = one.handler


def periodic(name: str, *, realm: str, **every: float) -> Callable[[RealmJob], RealmJob]:
    """Mark a job of a realm to run every timedelta(**every); it is given the system actor of that realm.

    The first line of its docstring says what it does."""
    return lambda run: annotate(run, _job(name, every, partial(run, system_actor(realm)), run.__doc__))


def kernel_periodic(name: str, **every: float) -> Callable[[KernelJob], KernelJob]:
    """Mark a job that belongs to no realm, or that itself goes over all of them; otherwise as periodic()."""
    return lambda run: annotate(run, _job(name, every, run, run.__doc__))


def _job(name: str, every: dict[str, float], run: Job, meaning: str | None) -> PeriodicJob:
    return PeriodicJob(name, timedelta(**every), run, (meaning or name).split("\n")[0])


def on_due(kind: str, *, realm: str) -> Callable[[DueHandler], DueHandler]:
    """Mark the handler of a realm's due work of `kind`; it runs in the transaction that ticks the work off.

    There it acts as the system of that realm, for the request that owed the work."""
    return lambda handler: annotate(handler, DueKind(realm, kind, handler))


def jobs() -> dict[str, PeriodicJob]:
    """Return the periodic jobs by name."""
    return runtime().part(Schedule).jobs


def run_soon(work: "UnitOfWork", name: str) -> None:
    """Let a periodic job run as soon as this transaction is committed and a worker is free, also when Redis is away.

    One that has never run is due anyway."""
    make_due(work, name)
    work.after_commit(partial(wake, name))


def make_due(work: "UnitOfWork", name: str) -> None:
    """Let the time of a periodic job have come: the scheduler calls it at its next tick."""
    from app.jobs.models import JobRun  # who only lists or declares jobs maps no table

    work.execute(update(JobRun).where(JobRun.name == name).values(next_run_at=now()))


def due_handler(realm: str, kind: str) -> DueHandler | None:
    """Return the handler of a realm's due work of `kind`."""
    return runtime().part(Schedule).due.get((realm, kind))
