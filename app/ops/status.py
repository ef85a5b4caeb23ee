"""What `flask status` shows: the installation at a glance, each part for itself, so that none hides another.

It judges nothing, that does the doctor; it costs a constant number of statements."""
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.data.columns import iso
from app.data.connections import reading
from app.data.entity import db
from app.jobs.schedule import jobs
from app.jobs.wakeup import QUEUE_KEY, queue
from app.notify.bounces import muted_count
from app.notify.models import PUSH, SMS
from app.notify.report import mail_figures
from app.ops.backup.folder import newest_backup
from app.ops.heartbeats import alive_processes, expected_processes
from app.ops.job_runs import last_runs, late_jobs
from app.ops.queues import queues
from app.release import VERSION, commit
from app.runtime import runtime

MOST_FILES = 20_000
"""How many files of the instance folder are added up: a glance must not take a minute."""

Facts = dict[str, Any]


def status() -> Facts:
    """Return every part of the screen by name; of one that cannot be read `error` says why."""
    return {name: _read(part) for name, part in PARTS.items()}


def _read(part: Callable[[], Any]) -> Any:
    try:
        return part()
    except SQLAlchemyError as error:
        return {"error": f"the database does not answer: {_first_line(error)}"}
    except (RedisError, ConnectionError, TimeoutError) as error:
        said = _first_line(error)
        return {"error": said if said.startswith("Redis") else f"Redis does not answer: {said}"}
    except OSError as error:
        return {"error": f"{error.filename or 'a file'} cannot be read: {error.strerror or error}"}


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).split("\n", 1)[0]


def _version() -> Facts:
    settings = runtime().settings
    return {"release": VERSION, "commit": commit(), "environment": settings.env, "at": iso(now()),
            "home": str(settings.home), "database": "sqlite" if settings.is_sqlite else "postgresql"}


def _schema() -> Facts:
    with reading() as connection:  # by hand: to load Alembic takes as long as all the rest
        return {"migration": connection.execute(text("SELECT version_num FROM alembic_version")).scalar()}


def _processes() -> list[Facts]:
    """How many of each kind are alive, on how many machines, and since when the one is that has lived longest."""
    alive, found = alive_processes(runtime().redis), []
    for name in expected_processes(runtime().settings):
        ours = [process for process in alive if process.name == name]
        found.append({"process": name, "alive": len(ours), "machines": len({process.host for process in ours}),
                      "since": iso(ours[0].started_at) if ours else None})
    return found


def _queues() -> list[Facts]:
    found = []
    for name, one in queues().items():
        waits = one.read()
        found.append({"queue": name, "waiting": waits.count, "oldest": iso(waits.oldest), "meaning": one.says})
    return found


def _calls() -> Facts:
    """The RQ queue, in which workers are called."""
    if not runtime().redis.llen(QUEUE_KEY):  # the rule, for which RQ is not loaded
        return {"waiting": 0, "oldest": None}
    from rq.job import Job

    calls = queue()
    first = calls.get_job_ids(0, 1)
    oldest = Job.fetch_many(first, connection=calls.connection)[0] if first else None
    return {"waiting": calls.count, "oldest": iso(oldest.enqueued_at) if oldest and oldest.enqueued_at else None}


def _mail() -> Facts:
    box = mail_figures()
    return {"transport": runtime().settings.mail_transport, "waiting": box.waiting, "oldest": iso(box.oldest),
            "parked": box.parked, "refused": box.refused, "muted": muted_count(), "lastSent": iso(box.last_sent),
            "lastError": box.last_error}


def _channels() -> list[Facts]:
    """How SMS and push messages stand."""
    settings, found = runtime().settings, []
    for channel, transport in ((SMS, settings.sms_provider), (PUSH, settings.push_transport)):
        box = mail_figures(channel)
        found.append({"channel": channel, "transport": transport, "waiting": box.waiting, "parked": box.parked,
                      "refused": box.refused, "lastSent": iso(box.last_sent), "lastError": box.last_error})
    return found


def _jobs() -> list[Facts]:
    runs = last_runs()
    late = late_jobs(runs)
    return [{"job": name, "status": _of(runs, name, "status"), "finishedAt": iso(_of(runs, name, "finished_at")),
             "late": name in late} for name in sorted(jobs())]


def _of(runs: Facts, name: str, attribute: str) -> Any:
    return getattr(runs[name], attribute) if name in runs else None


def _disk() -> Facts:
    home = runtime().settings.home
    disk, (used, is_all) = shutil.disk_usage(home), _size_of(home)
    return {"homeBytes": used, "isAll": is_all, "freeBytes": disk.free, "sizeBytes": disk.total}


def _database_size() -> Facts:
    settings = runtime().settings
    if settings.is_sqlite:
        file = Path(str(db.engine.url.database))
        return {"bytes": sum(path.stat().st_size for path in (file, file.with_name(f"{file.name}-wal"))
                             if path.exists())}
    with reading() as connection:
        return {"bytes": connection.execute(text("SELECT pg_database_size(current_database())")).scalar()}


def _size_of(folder: Path) -> tuple[int, bool]:
    """Return the bytes of the first MOST_FILES files below a folder, and whether those were all."""
    total = seen = 0
    for path in folder.rglob("*"):
        if seen == MOST_FILES:
            return total, False
        try:
            found = path.lstat()
        except FileNotFoundError:  # gone since it was listed
            continue
        seen, total = seen + 1, total + found.st_blocks * 512
    return total, True


def _backup() -> Facts:
    folder = runtime().settings.backup_folder
    newest = newest_backup(folder)
    if newest is None:
        return {"last": None, "folder": str(folder)}
    return {"last": iso(newest.made_at), "bytes": newest.size, "verifiedAt": newest.verified_at}


PARTS: dict[str, Callable[[], Any]] = {
    "version": _version,
    "schema": _schema,
    "processes": _processes,
    "queues": _queues,
    "calls": _calls,
    "mail": _mail,
    "channels": _channels,
    "jobs": _jobs,
    "disk": _disk,
    "databaseSize": _database_size,
    "backup": _backup,
}
