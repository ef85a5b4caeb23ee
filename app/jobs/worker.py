"""Runs jobs: the entry points RQ calls, the record of each periodic run, and the long-lived worker itself."""
import logging
import os
from datetime import timedelta
from time import monotonic

from flask import current_app
from redis import RedisError
from rq import SimpleWorker
from rq.timeouts import TimerDeathPenalty
from sqlalchemy import delete, select

from app.actor import kernel_actor, system_actor
from app.backoff import Backoff
from app.clock import now
from app.data.due_work import DueWork, is_piece
from app.data.restored_copy import wait_until_live
from app.data.retries import error_text, postpone
from app.data.unit_of_work import unit_of_work
from app.events.deliveries import deliver_batch
from app.jobs.models import JobRun
from app.jobs.schedule import due_handler, jobs
from app.jobs.scheduler import DUE_WORK
from app.jobs.wakeup import DELIVER, queue, wake, wakeup_key
from app.runtime import runtime

log = logging.getLogger("guildhall.jobs")
_BACKOFF = Backoff(timedelta(seconds=10), timedelta(hours=1))  # never given up: what is due must happen
_DELIVERY_SECONDS = 1.0


class GuildhallWorker(SimpleWorker):
    """A worker without a fork per job; a timer instead of SIGALRM, which Flask's threads would miss."""

    death_penalty_class = TimerDeathPenalty


def run_worker() -> None:
    """Work until stopped (SIGTERM finishes the job at hand)."""
    wait_until_live()
    patient = runtime().patient_redis
    worker = GuildhallWorker([queue(patient)], connection=patient, name=f"guildhall-{os.getpid()}")
    worker.work(logging_level="WARNING", with_scheduler=False)


def run(job: str, *arguments: str) -> None:
    """What RQ calls: delete the wake-up key first, so that work that arrives from now on wakes a worker again.

    A key that cannot be deleted ends by itself, and the scheduler calls what it held back: no reason not to work."""
    try:
        runtime().redis.delete(wakeup_key(job, *arguments))
    except (RedisError, OSError) as error:
        log.warning("the wake-up key of %s stays until it ends: %s", job, error)
    if job == DELIVER:
        _deliver_for_a_while()
    elif job == "due-work":
        run_due_work(*arguments)
    else:
        run_job(job)


def _deliver_for_a_while() -> None:
    """Deliver for a while, then queue this job again: closings must not wait for the events of a large import."""
    ends = monotonic() + _DELIVERY_SECONDS
    while deliver_batch():
        if monotonic() >= ends:
            wake(DELIVER)
            return


def run_job(name: str) -> str:
    """Run a periodic job now and record it; returns its report, raises what it raises."""
    job = jobs()[name]
    _record(name, status="running", started_at=now())
    try:
        report = str(job.run())
    except Exception as error:
        _record(name, status="failed", finished_at=now(), detail=error_text(error))
        raise
    _record(name, status="ok", finished_at=now(), detail=report[:2000])
    return report


def _record(name: str, **values: object) -> None:
    with unit_of_work(kernel_actor()) as work:
        run_row = work.first(select(JobRun).where(JobRun.name == name)) or work.insert(JobRun(name=name))
        work.change(run_row, **values)
        work.commit()


def run_due_work(realm: str, kind: str, subject: str) -> None:
    """Do one piece of a realm's due work and tick it off in the same transaction; a failure is tried again later.

    The subject is locked first, by its handler, and the due row last, as commands do that owe the work: no deadlock.
    Two workers on one piece meet at that lock, and the second finds nothing left to do."""
    handler = due_handler(realm, kind)
    if handler is None:
        log.error("nothing handles due work %s of realm %s", kind, realm)
        return
    try:
        with unit_of_work(kernel_actor()) as work:
            owed = work.first(select(DueWork).where(is_piece(realm, kind, subject)))
            if owed is None or owed.due_at > now():
                return
            with work.acting_for(system_actor(realm), owed.request_id):
                handler(work, subject)
            work.execute(delete(DueWork).where(is_piece(realm, kind, subject), DueWork.due_at == owed.due_at))
            work.commit()
    except Exception as error:
        log.exception("due work %s of %s failed", kind, subject)
        with unit_of_work(kernel_actor()) as work:
            # What was owed anew meanwhile for later waits for its own moment.
            postpone(work, DUE_WORK, is_piece(realm, kind, subject), DueWork.due_at <= now(), error=error_text(error),
                     backoff=_BACKOFF)
            work.commit()


def run_all_due_work() -> int:
    """Do everything that is due now, in this process (cron and tests); returns how many pieces."""
    with current_app.app_context():
        with unit_of_work(kernel_actor()) as work:
            query = select(DueWork.realm, DueWork.kind, DueWork.subject).where(DueWork.due_at <= now())
            due = work.rows(query.order_by(DueWork.due_at))
        for realm, kind, subject in due:
            run_due_work(realm, kind, subject)
    return len(due)
