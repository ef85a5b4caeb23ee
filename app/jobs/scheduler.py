"""The scheduler: each second it calls the periodic jobs whose time has come and the work that is due.

It only claims and wakes a worker; several may run, because each claim is one conditional update."""
import logging
import threading
from datetime import datetime, timedelta
from typing import Any

from redis import RedisError
from sqlalchemy import select, true, update
from sqlalchemy.exc import SQLAlchemyError

from app.actor import kernel_actor
from app.clock import now
from app.data.connections import reading
from app.data.due_work import DueWork
from app.data.restored_copy import wait_until_live
from app.data.retries import OwedWork, claim_due, is_any_due
from app.data.unit_of_work import unit_of_work
from app.errors import DuplicateRecord
from app.events.deliveries import DELIVERIES
from app.jobs.models import JobRun
from app.jobs.schedule import jobs, make_due
from app.jobs.wakeup import DELIVER, wake

log = logging.getLogger("guildhall.scheduler")

TICK = 1.0
DUE_WORK = OwedWork(DueWork, true(), DueWork.due_at, DueWork.claimed_until)  # what is done is deleted
_MOST_CALLS = 500
_LEASE = timedelta(seconds=30)


def run_scheduler(stop: threading.Event) -> None:
    """Tick until `stop` is set; a tick that fails is repeated by the next."""
    wait_until_live(stop)
    while not stop.is_set():
        try:
            tick()
        except (SQLAlchemyError, RedisError, OSError) as error:
            log.warning("scheduler will retry: %s", error)
        stop.wait(TICK)


def tick() -> int:
    """Wake a worker for every periodic job whose time has come and all due work; returns how many calls."""
    called = [name for name in _jobs_to_call() if _call(name)]
    due = [row for row in _due_to_call() if wake("due-work", row.realm, row.kind, row.subject)]
    if is_any_due(DELIVERIES):
        wake(DELIVER)
    return len(called) + len(due)


def _call(name: str) -> bool:
    """Wake a worker for a claimed job; when Redis is away the job is due again, so that no nightly job is lost."""
    called = wake(name)
    if not called:
        with unit_of_work(kernel_actor()) as work:
            make_due(work, name)
            work.commit()
    return called


def _jobs_to_call() -> list[str]:
    moment = now()
    with reading() as connection:
        known = {row.name: row.next_run_at for row in connection.execute(select(JobRun.name, JobRun.next_run_at))}
    ripe = [name for name in jobs() if (due_at := known.get(name)) is None or due_at <= moment]
    return [name for name in ripe if _claim_run(name, known.get(name), name in known)]


def _claim_run(name: str, before: Any, is_known: bool) -> bool:
    following = now() + jobs()[name].every
    if not is_known:
        return _claim_first_run(name, following)
    with unit_of_work(kernel_actor()) as work:
        same = JobRun.next_run_at == before if before is not None else JobRun.next_run_at.is_(None)
        claimed = work.execute(update(JobRun).where(JobRun.name == name, same).values(next_run_at=following))
        work.commit()
    return bool(claimed.rowcount)


def _claim_first_run(name: str, following: datetime) -> bool:
    try:
        with unit_of_work(kernel_actor()) as work:
            work.insert(JobRun(name=name, next_run_at=following))
            work.commit()
    except DuplicateRecord:
        return False
    return True


def _due_to_call() -> list[Any]:
    if not is_any_due(DUE_WORK):
        return []
    with unit_of_work(kernel_actor()) as work:
        rows = claim_due(work, DUE_WORK, _MOST_CALLS, lease=_LEASE)
        work.commit()
    return rows
