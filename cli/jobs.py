"""`flask jobs`: run a periodic job by hand or from cron, and the two processes that run them all the time."""
import signal
import threading
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import with_appcontext

from app.ops.logs import configure_logging
from app.runtime import runtime
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    minute,
    print_facts,
    print_fields,
    print_json,
    print_rows,
    unknown,
)

if TYPE_CHECKING:
    from app.jobs.schedule import PeriodicJob

DUE_WORK = "due-work"
_LISTED = ("name", "every", "status", "finishedAt", "detail", "meaning")


@click.group()
def jobs() -> None:
    """Periodic jobs: list them, show one, run one now, or run the worker and the scheduler.

    Example: flask jobs run close-auctions --yes
    """


def _names_begun(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the names of jobs that begin so, for the shell: read from the source, without an application."""
    from cli.parts import periodic_jobs

    return sorted(job.name for job in periodic_jobs() if job.name.startswith(begun))


def _runnable_begun(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Return what can be run and begins so: the jobs, and what is due."""
    due = [DUE_WORK] if DUE_WORK.startswith(begun) else []
    return sorted([*_names_begun(context, parameter, begun), *due])


@jobs.command("list")
@click.option("--state", type=click.Choice(("failed", "late")),
              help="Only those whose last run failed, or that have not ended for three of their periods.")
@as_json_option
@with_appcontext
def list_jobs(state: str | None, as_json: bool) -> None:
    """Show every periodic job with its period and its last run.

    Example: flask jobs list --state failed
    """
    from app.jobs.schedule import jobs as known_jobs
    from app.ops.health import job_runs

    wanted = known_jobs() if state is None else _jobs_in(state)
    last = {run["name"]: run for run in job_runs()}
    rows = [_facts(job, last.get(name, {})) for name, job in sorted(known_jobs().items()) if name in wanted]
    if not as_json:
        rows = [{name: row[name] for name in _LISTED} | {"finishedAt": minute(row["finishedAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty=f"no job is {state}", cut=("detail", "meaning"))


def _jobs_in(state: str) -> list[str]:
    """Return the names of the jobs that failed, or are late, as the doctor says it."""
    from app.ops.job_runs import failed_jobs, last_runs, late_jobs

    return {"failed": failed_jobs, "late": late_jobs}[state](last_runs())


@jobs.command("show")
@click.argument("name", shell_complete=_names_begun)
@as_json_option
@with_appcontext
def show(name: str, as_json: bool) -> None:
    """Show the job NAME: what it does, how often, how its last run ended and what it said, and when it runs next.

    Example: flask jobs show close-auctions
    """
    from app.jobs.schedule import jobs as known_jobs
    from app.ops.health import job_runs

    known = known_jobs()
    if name not in known:
        raise unknown("job", name, known, "NAME")
    facts = _facts(known[name], next((run for run in job_runs() if run["name"] == name), {}))
    if as_json:
        print_json(facts)
    else:
        print_fields({field: "" if value is None else value for field, value in facts.items()})


def _facts(job: "PeriodicJob", last: dict[str, Any]) -> dict[str, Any]:
    return {"name": job.name, "every": str(job.every), "meaning": job.meaning,
            **{name: last.get(name) for name in ("status", "startedAt", "finishedAt", "nextRunAt", "detail")}}


@jobs.command("run")
@click.argument("name", shell_complete=_runnable_begun)
@acts
@with_appcontext
def run(name: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Run the job NAME in this process and record it; for cron, say --yes.

    `due-work` does everything that is due now (closings, expiries). Exit code 1 when the job fails.

    Example: flask jobs run expire-offers --yes
    """
    from app.jobs.schedule import jobs as known_jobs
    from app.jobs.worker import run_all_due_work, run_job

    meanings = {job.name: job.meaning for job in known_jobs().values()} | {DUE_WORK: "Do all work that is due now."}
    if name not in meanings:
        raise unknown("job", name, meanings, "NAME")
    if not agreed(f"{name}: {meanings[name]}", dry_run=dry_run, yes=yes):
        return
    runtime().complete()
    try:
        report = f"{run_all_due_work()} done" if name == DUE_WORK else run_job(name)
    except Exception as error:
        from app.ops.faults import sentence_of

        if (outside := sentence_of(error)) is None:
            current_app.logger.exception("job %s failed", name)
        raise click.ClickException(f"{name} failed: {outside or error}") from error
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
    from app.data.reads.joins import Joins
    from app.jobs.worker import run_worker
    from app.ops.heartbeats import WORKER, heartbeat

    runtime().complete()
    runtime().part(Joins).check()
    configure_logging(runtime().settings, "worker")
    with heartbeat(WORKER):
        run_worker()


def run_the_scheduler() -> None:
    """Schedule in this process until a signal stops it."""
    from app.jobs.scheduler import run_scheduler
    from app.ops.heartbeats import SCHEDULER, heartbeat

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
