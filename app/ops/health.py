"""What /health and /admin/health answer: is the database there, Redis, the backlog of events, the jobs' last runs."""
from typing import Any

from flask import Response
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.data.columns import iso
from app.data.connections import reading
from app.data.restored_copy import HELD_BACK, is_held_back
from app.events.event_delivery import IS_PARKED, IS_PENDING
from app.events.positions import count_waiting
from app.http.envelope import json_response
from app.jobs.models import JobRun
from app.runtime import runtime


def health_report() -> Response:
    """200 while the database answers, else 503."""
    alive = _database_answers()
    return json_response({"status": "OK" if alive else "ERR", "database": alive}, 200 if alive else 503)


def admin_health_report() -> Response:
    """The same with Redis, the outbox and each periodic job's last run."""
    if not _database_answers():
        return json_response({"status": "ERR", "database": False}, 503)
    body = {"status": "OK", "database": True, "redis": _redis_answers(), "events": backlog(),
            "jobs": _without_details(job_runs())}
    return json_response(body | ({"heldBack": HELD_BACK} if is_held_back() else {}))


def backlog() -> dict[str, int]:
    """Return how many outbox records wait for the relay, how many deliveries wait, and how many are parked."""
    counts = {"pending": IS_PENDING, "parked": IS_PARKED}  # each stands on a partial index
    with reading() as connection:
        return {"unpublished": count_waiting()} | {
            name: connection.execute(select(func.count()).where(condition)).scalar_one()
            for name, condition in counts.items()}


def job_runs() -> list[dict[str, Any]]:
    """Return the last run of each periodic job."""
    with reading() as connection:
        rows = connection.execute(select(JobRun.__table__).order_by(JobRun.name)).all()
    return [{"name": row.name, "status": row.status, "startedAt": iso(row.started_at),
             "finishedAt": iso(row.finished_at), "nextRunAt": iso(row.next_run_at), "detail": row.detail}
            for row in rows]


def _without_details(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what a job said: an error's text is for `flask jobs list`, not for everybody."""
    return [{name: value for name, value in run.items() if name != "detail"} for run in runs]


def _database_answers() -> bool:
    try:
        with reading() as connection:
            connection.execute(text("SELECT 1"))
        return True
    except SQLAlchemyError:
        return False


def _redis_answers() -> bool:
    from redis import RedisError  # the last runs of jobs are read without

    try:
        return bool(runtime().redis.ping())
    except (RedisError, OSError):
        return False
