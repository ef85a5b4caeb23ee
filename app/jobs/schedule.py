"""What runs when: periodic jobs by their period, due work by its moment; services register here."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from app.data.unit_of_work import UnitOfWork

Job = Callable[[], object]
DueHandler = Callable[[UnitOfWork, str], None]


@dataclass(frozen=True)
class PeriodicJob:
    """A job that runs every `every`; what it returns is its report, shown by `flask jobs list`."""

    name: str
    every: timedelta
    run: Job
    meaning: str


_jobs: dict[str, PeriodicJob] = {}
_due: dict[str, DueHandler] = {}


def periodic(name: str, **every: float) -> Callable[[Job], Job]:
    """Register a job to run every timedelta(**every); its docstring's first line says what it does."""
    def register(run: Job) -> Job:
        _jobs[name] = PeriodicJob(name, timedelta(**every), run, (run.__doc__ or name).split("\n")[0])
        return run
    return register


def on_due(kind: str) -> Callable[[DueHandler], DueHandler]:
    """Register the handler of due work of `kind`; it runs in the transaction that ticks the work off."""
    def register(handler: DueHandler) -> DueHandler:
        _due[kind] = handler
        return handler
    return register


def jobs() -> dict[str, PeriodicJob]:
    """Return the periodic jobs by name."""
    return dict(_jobs)


def due_handler(kind: str) -> DueHandler | None:
    """Return the handler of due work of `kind`."""
    return _due.get(kind)
