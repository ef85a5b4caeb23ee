"""How the periodic jobs ran last: which failed, and which are late. The doctor, /metrics and `flask status` ask it."""
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.clock import now
from app.data.reads import fetch
from app.jobs.models import JobRun
from app.jobs.schedule import jobs

LATE_WORK = timedelta(minutes=2)


def last_runs() -> dict[str, Any]:
    """Return the rows of the periodic jobs' last runs by name, in one statement."""
    return {row.name: row for row in fetch(select(JobRun.__table__))}


def failed_jobs(runs: Mapping[str, Any]) -> list[str]:
    """Return the names of the jobs whose last run failed."""
    return sorted(name for name in jobs() if name in runs and runs[name].status == "failed")


def late_jobs(runs: Mapping[str, Any]) -> list[str]:
    """Return the names of the jobs that have not ended for three of their periods."""
    ended = {name: run.finished_at for name, run in runs.items() if run.finished_at is not None}
    return sorted(name for name, job in jobs().items()
                  if name not in ended or ended[name] <= now() - 3 * job.every - LATE_WORK)
