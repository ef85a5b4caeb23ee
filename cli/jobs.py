"""`flask jobs`: run a periodic job by hand or from cron, and the two processes that run them all the time."""
import signal
import threading

import click
from flask import current_app
from flask.cli import with_appcontext

from app.data.reads.joins import Joins
from app.jobs.schedule import jobs as known_jobs
from app.jobs.scheduler import run_scheduler
from app.jobs.worker import run_all_due_work, run_job, run_worker
from app.ops.health import job_runs
from app.ops.heartbeats import SCHEDULER, WORKER, heartbeat
from app.ops.logs import configure_logging
from app.runtime import runtime
from cli.terminal import acts, agreed, as_json_option, print_facts, print_rows, unknown

DUE_WORK = "due-work"


@click.group()
def jobs() -> None:
    """Periodic jobs: list them, run one now, or run the worker and the scheduler.

    Example: flask jobs run close-auctions --yes
    """


@jobs.command("list")
@as_json_option
@with_appcontext
def list_jobs(as_json: bool) -> None:
    """Show every periodic job with its period and its last run.

    Example: flask jobs list --json
    """
    last = {run["name"]: run for run in job_runs()}
    rows = [{"name": job.name, "every": str(job.every), "status": last.get(job.name, {}).get("status"),
             "finishedAt": last.get(job.name, {}).get("finishedAt"), "detail": last.get(job.name, {}).get("detail"),
             "meaning": job.meaning} for job in sorted(known_jobs().values(), key=lambda job: job.name)]
    print_rows(rows, as_json=as_json)


@jobs.command("run")
@click.argument("name")
@acts
@with_appcontext
def run(name: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Run the job NAME in this process and record it; for cron, say --yes.

    `due-work` does everything that is due now (closings, expiries). Exit code 1 when the job fails.

    Example: flask jobs run expire-offers --yes
    """
    meanings = {job.name: job.meaning for job in known_jobs().values()} | {DUE_WORK: "Do all work that is due now."}
    if name not in meanings:
        raise unknown("job", name, meanings, "NAME")
    if not agreed(f"{name}: {meanings[name]}", dry_run=dry_run, yes=yes):
        return
    runtime().complete()
    try:
        report = f"{run_all_due_work()} done" if name == DUE_WORK else run_job(name)
    except Exception as error:
        current_app.logger.exception("job %s failed", name)
        raise click.ClickException(f"{name} failed: {error}") from error
    print_facts({"job": name, "report": report}, as_json=as_json)


@jobs.command("worker")
@with_appcontext
def worker() -> None:
    """Run the worker: jobs and subscribers, until SIGTERM (the job at hand is finished first).

    Example: flask jobs worker
    """
    run_the_worker()


@jobs.command("scheduler")
@with_appcontext
def scheduler() -> None:
    """Run the scheduler: it calls periodic jobs and due work when their time comes, until SIGTERM.

    Example: flask jobs scheduler
    """
    run_the_scheduler()


def run_the_worker() -> None:
    """Work in this process until a signal stops it."""
    runtime().complete()
    runtime().part(Joins).check()
    configure_logging(runtime().settings, "worker")
    with heartbeat(WORKER):
        run_worker()


def run_the_scheduler() -> None:
    """Schedule in this process until a signal stops it."""
    runtime().complete()
    configure_logging(runtime().settings, "scheduler")
    with heartbeat(SCHEDULER):
        run_scheduler(stop_on_signal())


def stop_on_signal() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop
