"""What is due is done, once, and the last run is visible (architecture.md, How an event flows)."""
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.actor import Actor, NoRealm, kernel_actor, system_actor
from app.annotations import Function, annotations_of
from app.clock import moved_clock, now
from app.data.ids import uuid7
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.jobs import schedule, scheduler, worker
from app.jobs.schedule import Schedule
from app.jobs.wakeup import DELIVER, QUEUE_KEY, queue, wake
from app.jobs.worker import run, run_all_due_work, run_due_work, run_job
from app.ops.health import job_runs
from app.runtime import runtime

SYSTEM = system_actor("marketplace")


@pytest.fixture(autouse=True)
def _own_jobs(app: Flask) -> Iterator[None]:
    kept = runtime().part(Schedule)
    runtime().keep(Schedule())
    yield
    runtime().keep(kept)


def brought(function: Function) -> Function:
    """Bring a marked function into the running application."""
    for said in annotations_of(function):
        runtime().part(Schedule).add(said)
    return function


def owe(kind: str, subject: str, **later: float) -> None:
    with unit_of_work(SYSTEM) as work:
        work.schedule(kind, subject, now() + timedelta(**later))
        work.commit()


def test_due_work_waits_for_its_moment_and_is_done_once(app: Flask) -> None:
    done: list[str] = []

    @brought
    @schedule.on_due("ring", realm="marketplace")
    def _ring(work: UnitOfWork, subject: str) -> None:
        done.append(subject)

    subject = uuid7()
    owe("ring", subject, minutes=5)
    assert run_all_due_work() == 0
    run_due_work("marketplace", "ring", subject)
    assert done == []
    with moved_clock(minutes=6):
        assert run_all_due_work() == 1
        run_due_work("marketplace", "ring", subject)
    assert done == [subject]


def test_due_work_that_was_owed_anew_is_not_moved_by_an_old_failure(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    @brought
    @schedule.on_due("ring", realm="marketplace")
    def _ring(work: UnitOfWork, subject: str) -> None:
        tries.append(subject)
        raise RuntimeError("not now")

    owe("ring", "x", seconds=-1)
    monkeypatch.setattr("app.jobs.worker.log.exception", lambda *_: owe("ring", "x", days=1))
    run_all_due_work()
    with moved_clock(hours=23):
        run_all_due_work()
    assert tries == ["x"]


def test_due_work_that_fails_is_owed_again(app: Flask) -> None:
    tries: list[str] = []

    @brought
    @schedule.on_due("ring", realm="marketplace")
    def _ring(work: UnitOfWork, subject: str) -> None:
        tries.append(subject)
        if len(tries) == 1:
            raise RuntimeError("not now")

    owe("ring", "x", seconds=-1)
    run_all_due_work()
    assert run_all_due_work() == 0
    with moved_clock(minutes=1):
        run_all_due_work()
    assert tries == ["x", "x"]


def test_due_work_runs_in_the_realm_and_for_the_request_that_owed_it(app: Flask) -> None:
    done: list[tuple[str, str, str | None]] = []

    def note(work: UnitOfWork, subject: str) -> None:
        done.append((work.actor.realm, subject, work.request_id))

    brought(schedule.on_due("ring", realm="marketplace")(schedule.on_due("ring", realm="network")(note)))
    for realm in ("marketplace", "network"):
        with unit_of_work(system_actor(realm), request_id=f"request of {realm}") as work:
            work.schedule("ring", "the same subject", now())
            work.commit()
    assert run_all_due_work() == 2
    assert sorted(done) == [("marketplace", "the same subject", "request of marketplace"),
                            ("network", "the same subject", "request of network")]


def test_cancelling_work_of_one_realm_leaves_the_others(app: Flask) -> None:
    done: list[str] = []
    brought(schedule.on_due("ring", realm="network")(lambda work, subject: done.append(work.actor.realm)))
    for realm in ("marketplace", "network"):
        with unit_of_work(system_actor(realm)) as work:
            work.schedule("ring", "x", now())
            work.commit()
    with unit_of_work(SYSTEM) as work:
        work.schedule("ring", "x", None)
        work.commit()
    run_all_due_work()
    assert done == ["network"]


def test_the_kernel_itself_owes_no_work(app: Flask) -> None:
    with pytest.raises(NoRealm), unit_of_work(kernel_actor()) as work:
        work.schedule("ring", "x", now())


def test_a_periodic_job_acts_as_the_system_of_its_realm(app: Flask) -> None:
    @brought
    @schedule.periodic("who", realm="network", minutes=1)
    def _who(actor: Actor) -> str:
        """Say who acts."""
        return f"{actor.role} of {actor.realm}"

    assert run_job("who") == "system of network"
    assert schedule.jobs()["who"].meaning == "Say who acts."


def test_the_scheduler_calls_a_periodic_job_once_a_period(app: Flask) -> None:
    runs: list[int] = []

    @brought
    @schedule.kernel_periodic("count", minutes=1)
    def _count() -> int:
        """Count."""
        runs.append(1)
        return len(runs)

    assert scheduler.tick() == 1
    assert scheduler.tick() == 0
    with moved_clock(minutes=2):
        run("count")
        assert scheduler.tick() == 1
    assert job_runs()[0]["status"] == "ok"
    assert job_runs()[0]["detail"] == "1"


def test_of_two_schedulers_that_start_together_one_calls_a_job_for_the_first_time(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    @brought
    @schedule.kernel_periodic("nightly", hours=24)
    def _nightly() -> None:
        """Mend."""

    calls: list[int] = []

    def while_a_rival_ticks(*claim: object) -> bool:
        monkeypatch.setattr(scheduler, "_claim_run", claim_run)
        calls.append(scheduler.tick())
        return claim_run(*claim)  # type: ignore[arg-type]

    claim_run = scheduler._claim_run
    monkeypatch.setattr(scheduler, "_claim_run", while_a_rival_ticks)
    calls.append(scheduler.tick())
    assert calls == [1, 0]


def test_a_job_that_could_not_be_called_is_called_by_the_next_tick(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    @brought
    @schedule.kernel_periodic("nightly", hours=24)
    def _nightly() -> None:
        """Mend."""

    with monkeypatch.context() as redis_away:
        redis_away.setattr(scheduler, "wake", lambda *_: False)
        assert scheduler.tick() == 0
    assert scheduler.tick() == 1
    assert scheduler.tick() == 0


def test_long_deliveries_let_the_jobs_behind_them_run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = iter([200, 200, 0])
    monkeypatch.setattr(worker, "deliver_batch", lambda: next(batches))
    monkeypatch.setattr(worker, "_DELIVERY_SECONDS", 0)
    wake("close-auctions")
    run(DELIVER)
    assert [job.args[0] for job in queue().jobs] == ["close-auctions", DELIVER]
    assert list(batches) == [200, 0]


def test_a_failed_job_is_visible(app: Flask) -> None:
    @brought
    @schedule.kernel_periodic("broken", minutes=1)
    def _broken() -> None:
        """Break."""
        raise RuntimeError("no luck")

    with pytest.raises(RuntimeError):
        run_job("broken")
    assert job_runs()[0]["status"] == "failed"
    assert "no luck" in job_runs()[0]["detail"]


def test_a_job_that_is_called_is_not_called_twice(app: Flask) -> None:
    assert wake(DELIVER)
    assert wake(DELIVER)
    assert len(queue()) == 1


def test_a_job_is_asked_for_with_the_commit_and_not_without(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    @brought
    @schedule.kernel_periodic("sweep", hours=24)
    def _sweep() -> None:
        """Sweep."""

    woken: list[str] = []
    monkeypatch.setattr(schedule, "wake", woken.append)
    scheduler.tick()  # it has run once and is due again tomorrow
    with unit_of_work(SYSTEM) as work:
        schedule.run_soon(work, "sweep")
        work.rollback()
    assert (woken, scheduler._jobs_to_call()) == ([], [])
    with unit_of_work(SYSTEM) as work:
        schedule.run_soon(work, "sweep")
        work.commit()
    assert (woken, scheduler._jobs_to_call()) == (["sweep"], ["sweep"])


@pytest.mark.once("Redis alone is asked")
def test_the_queue_is_counted_where_rq_keeps_it(app: Flask) -> None:
    assert queue().key == QUEUE_KEY
