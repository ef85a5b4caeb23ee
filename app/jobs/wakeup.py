"""The RQ queue. It only wakes a worker: the work itself stands in the database, so a lost job loses nothing."""
import logging
from typing import TYPE_CHECKING

from app.runtime import runtime

if TYPE_CHECKING:  # loaded when a worker is woken
    from redis import Redis
    from rq import Queue

log = logging.getLogger("guildhall.jobs")

QUEUE = "guildhall"
QUEUE_KEY = f"rq:queue:{QUEUE}"
"""The list in Redis that RQ keeps it in; a test compares the two."""
DELIVER = "drain-deliveries"
_WAKEUP_SECONDS = 15
_LONGEST_JOB = 6 * 3600


def queue(connection: "Redis | None" = None) -> "Queue":
    """Return the one queue of this installation; the worker gives its own, patient connection."""
    from rq import Queue

    return Queue(QUEUE, connection=connection or runtime().redis)


def wake(job: str, *arguments: str) -> bool:
    """Ask a worker to run a job soon; a job that is already called is not called twice. False when Redis is away."""
    from redis import RedisError

    key = wakeup_key(job, *arguments)
    try:
        if runtime().redis.set(key, "1", nx=True, ex=_WAKEUP_SECONDS):
            queue().enqueue("app.jobs.worker.run", job, *arguments, job_timeout=_LONGEST_JOB,
                            result_ttl=0, failure_ttl=3600)
        return True
    except (RedisError, OSError) as error:
        log.warning("no wake-up for %s: %s", job, error)
        return False


def wakeup_key(job: str, *arguments: str) -> str:
    """Return the key that says a job is already called."""
    return ":".join(("guildhall:wakeup", job, *arguments))
