"""The figures of /metrics that are read when Prometheus asks: queues, mail, jobs, processes, disk, the last backup.

What is away leaves its figures out, and says so with `…_up 0`; docs/alarms.md says what to do about each."""
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator

from redis import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.data.reads import fetch
from app.events.event_delivery import IS_PARKED
from app.notify.bounces import muted_count
from app.notify.models import PUSH, SMS
from app.notify.report import mail_figures
from app.ops.backup.folder import newest_backup
from app.ops.heartbeats import alive_processes, expected_processes
from app.ops.job_runs import failed_jobs, last_runs, late_jobs
from app.ops.metrics import Gauge
from app.ops.queues import queues
from app.runtime import runtime

log = logging.getLogger("guildhall.figures")


def gauges() -> Iterator[Gauge]:
    """Yield the figures of this moment, in a constant number of statements."""
    yield from _of_database()
    yield from _of_redis()
    yield from _of_files(_of_disk)
    yield from _of_files(_of_backup)


def _of_database() -> Iterable[Gauge]:
    try:
        found = [*_of_queues(), *_of_mail(), *_of_jobs()]
    except SQLAlchemyError:
        return [_up("database", 0)]
    return [_up("database", 1), *found]


def _of_queues() -> Iterator[Gauge]:
    read = {name: (queue.says, queue.read()) for name, queue in queues().items()}
    for name, (says, waits) in read.items():
        yield Gauge(f"{name}_waiting", f"How many wait: {says}.", waits.count)
        yield Gauge(f"{name}_oldest_seconds", f"How long the oldest has waited: {says}.", waits.oldest_seconds)
    # The same under the names that were there first.
    yield Gauge("unpublished", "Outbox records the relay has not published.", read["outbox"][1].count)
    yield Gauge("pending", "Deliveries that wait.", read["deliveries"][1].count)
    yield Gauge("parked", "Deliveries that were given up.", fetch(select(func.count()).where(IS_PARKED))[0][0])


def _of_mail() -> Iterator[Gauge]:
    box = mail_figures()
    yield Gauge("mail_parked", "Letters that were given up and can go again.", box.parked)
    yield Gauge("mail_refused", "Letters of the last day that the mail server refused.", box.refused)
    yield Gauge("mail_muted", "Addresses to which only codes are sent: three letters came back.", muted_count())
    for channel in (SMS, PUSH):
        parked = mail_figures(channel).parked
        yield Gauge(f"{channel}_parked", "Messages of this channel that were given up and can go again.", parked)


def _of_jobs() -> Iterator[Gauge]:
    runs = last_runs()
    yield Gauge("jobs_late", "Periodic jobs that did not run in time.", len(late_jobs(runs)))
    yield Gauge("jobs_failed", "Periodic jobs whose last run failed.", len(failed_jobs(runs)))


def _of_redis() -> Iterable[Gauge]:
    redis = runtime().redis
    try:
        alive = [process.name for process in alive_processes(redis)]
    except (RedisError, OSError):
        return [_up("redis", 0)]
    return [_up("redis", 1), *(
        Gauge("processes", "Processes that are alive, by kind.", alive.count(name), "process", name)
        for name in expected_processes(runtime().settings))]


def _of_files(figures: Callable[[], Iterator[Gauge]]) -> list[Gauge]:
    """Return figures that are read from files; none while they cannot be read."""
    try:
        return [*figures()]
    except OSError as error:
        log.warning("figures are left out: %s", error)
        return []


def _of_disk() -> Iterator[Gauge]:
    disk = shutil.disk_usage(runtime().settings.home)
    yield Gauge("disk_free_bytes", "Free on the disk of the instance folder.", disk.free)
    yield Gauge("disk_size_bytes", "Size of the disk of the instance folder.", disk.total)


def _of_backup() -> Iterator[Gauge]:
    backup = newest_backup(runtime().settings.backup_folder)
    yield Gauge("last_backup_timestamp_seconds", "When the last backup was made, 0 for never.",
                backup.made_at.timestamp() if backup else 0)


def _up(part: str, value: float) -> Gauge:
    return Gauge(f"{part}_up", f"1 while the {part.capitalize()} answers." if part == "redis"
                 else f"1 while the {part} answers.", value)
