"""What runs when: periodic jobs by their period, due work by its moment; services register here."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.actor import Actor, system_actor
from app.data.unit_of_work import UnitOfWork

Job = Callable[[], object]
RealmJob = Callable[[Actor], object]
DueHandler = Callable[[UnitOfWork, str], None]


@dataclass(frozen=True)
class PeriodicJob:
    """A job that runs every `every`; what it returns is its report, shown by `flask jobs list`."""

    name: str
    every: timedelta
    run: Job
    meaning: str


_jobs: dict[str, PeriodicJob] = {}
_due: dict[tuple[str, str], DueHandler] = {}


def periodic(name: str, *, realm: str, **every: float) -> Callable[[RealmJob], RealmJob]:
    """Register a job of a realm to run every timedelta(**every); it is given the system actor of that realm.

    The first line of its docstring says what it does."""
    def register(run: RealmJob) -> RealmJob:
        _register(name, every, partial(run, system_actor(realm)), run.__doc__)
        return run
    return register


def kernel_periodic(name: str, **every: float) -> Callable[[Job], Job]:
    """Register a job that belongs to no realm, or that itself goes over all of them; otherwise as periodic()."""
    def register(run: Job) -> Job:
        _register(name, every, run, run.__doc__)
        return run
    return register


def _register(name: str, every: dict[str, float], run: Job, meaning: str | None) -> None:
    _jobs[name] = PeriodicJob(name, timedelta(**every), run, (meaning or name).split("\n")[0])


def on_due(kind: str, *, realm: str) -> Callable[[DueHandler], DueHandler]:
    """Register the handler of a realm's due work of `kind`; it runs in the transaction that ticks the work off.

    There it acts as the system of that realm, for the request that owed the work."""
    def register(handler: DueHandler) -> DueHandler:
        _due[realm, kind] = handler
        return handler
    return register


def jobs() -> dict[str, PeriodicJob]:
    """Return the periodic jobs by name."""
    return dict(_jobs)


def due_handler(realm: str, kind: str) -> DueHandler | None:
    """Return the handler of a realm's due work of `kind`."""
    return _due.get((realm, kind))
