"""`flask status`: one screen, also while Redis or the database is away, and the same cost however much there is."""
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from click.testing import Result
from flask import Flask
from redis import Redis
from sqlalchemy import Engine, insert
from sqlalchemy.exc import OperationalError

from app.actor import kernel_actor
from app.clock import moved_clock, now
from app.data.columns import iso
from app.data.due_work import DueWork
from app.data.unit_of_work import unit_of_work
from app.jobs.wakeup import wake
from app.jobs.worker import run_job
from app.ops import heartbeats
from app.ops.figures import gauges
from app.ops.heartbeats import Process, alive_processes, heartbeat, say_alive, say_gone
from app.ops.status import status
from app.payments.records import PaymentAttempt
from app.payments.states import SENDING
from app.runtime import runtime
from cli import status as terminal
from tests.app.ops.backup.test_archive import written
from tests.components import wait_until
from tests.flow import statements

Run = Callable[..., Result]


def queue(name: str) -> dict[str, object]:
    return next(row for row in status()["queues"] if row["queue"] == name)


def owe(count: int, *, minutes_ago: int = 5) -> datetime:
    """Let so many pieces of work be due; returns since when."""
    due_at = now() - timedelta(minutes=minutes_ago)
    with unit_of_work(kernel_actor()) as work:
        work.execute(insert(DueWork), [
            {"realm": "marketplace", "kind": "nothing", "subject": f"s{number}-{minutes_ago}", "attempts": 0,
             "due_at": due_at} for number in range(count)])
        work.commit()
    return due_at


def test_the_screen_fits_a_hundred_columns_and_forty_lines(run: Run) -> None:
    for process in heartbeats.expected_processes(runtime().settings):
        say_alive(runtime().redis, heartbeats.this_process(process))
    owe(3)
    wake("send-mail")
    run_job("send-mail")
    shown = run("status")
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    for word in ("Guildhall 1.0.0", "worker", "scheduler", "1 alive, since", "due_work", "oldest 5 min", "send-mail",
                 "free of", f"backup     none is in {runtime().settings.backup_folder}"[:60]):
        assert word in shown.output


def test_the_head_of_the_screen_tells_the_time_whole_however_long_the_path_is(run: Run) -> None:
    found = status()
    found["version"] |= {"home": "/srv" * 20, "at": "2026-11-30T09:46:27.000Z"}
    head = terminal.screen(found)[0]
    assert "; 2026-11-30T09:46:27Z; /srv/srv" in head
    assert len(head) == 100


def test_the_same_can_be_read_by_programs(run: Run) -> None:
    found = json.loads(run("status", "--json").stdout)
    assert {"version", "schema", "processes", "queues", "calls", "mail", "channels", "jobs", "disk", "databaseSize",
            "backup"} == set(found)
    assert found["databaseSize"]["bytes"] > 0
    assert found["backup"] == {"last": None, "folder": str(runtime().settings.backup_folder)}
    assert {row["queue"] for row in found["queues"]} == {"outbox", "deliveries", "due_work", "mail", "sms", "push",
                                                         "payments", "pictures", "cases", "webhooks"}


def test_a_folder_that_cannot_be_read_is_said_as_such(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/backups")

    monkeypatch.setattr("app.ops.status.newest_backup", unreadable)
    assert status()["backup"] == {"error": "/backups cannot be read: Permission denied"}


def test_a_process_that_is_not_there_is_away(run: Run) -> None:
    say_alive(runtime().redis, heartbeats.this_process("worker"))
    shown = {row["process"]: row["alive"] for row in status()["processes"]}
    assert shown == {"web": 0, "worker": 1, "relay": 0, "scheduler": 0, "webhooks": 0}
    assert "relay              away" in run("status").output


def test_a_process_is_alive_while_it_runs_and_gone_when_it_ends(app: Flask) -> None:
    redis = runtime().redis
    process = heartbeats.this_process("relay")
    say_alive(redis, process)
    assert alive_processes(redis) == [process]
    assert process.pid == os.getpid()
    say_gone(redis, process)
    assert alive_processes(redis) == []


def test_a_process_says_so_by_a_thread_of_its_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "BEAT_SECONDS", 0.01)
    with heartbeat("scheduler"):
        wait_until(lambda: bool(alive_processes(runtime().redis)), "the scheduler says that it is alive")
    assert alive_processes(runtime().redis) == [], "the process said so before it ended"


def test_a_killed_process_is_away_when_it_was_silent_long_enough(app: Flask) -> None:
    redis = runtime().redis
    say_alive(redis, heartbeats.this_process("worker"))
    with moved_clock(seconds=36):
        assert alive_processes(redis) == []


def test_processes_of_several_machines_are_counted_together(app: Flask) -> None:
    moment = now().timestamp()
    for host, started in (("one", moment - 60), ("two", moment)):
        say_alive(runtime().redis, Process("worker", host, 7, started))
    worker = next(row for row in status()["processes"] if row["process"] == "worker")
    assert (worker["alive"], worker["machines"]) == (2, 2)
    assert worker["since"] == iso(datetime.fromtimestamp(moment - 60, UTC))


def test_while_redis_is_away_the_rest_is_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runtime().__dict__, "redis", Redis.from_url("unix:///nowhere/valkey.sock"))
    shown = run("status")
    assert shown.exit_code == 1
    assert "processes  Redis does not answer" in shown.output
    assert "letters stay in the outbox" in shown.output
    assert "Traceback" not in shown.output


def test_while_the_database_is_away_the_rest_is_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(Engine, "connect", away)
    shown = run("status")
    assert shown.exit_code == 1
    assert "queues     the database does not answer: connection refused" in shown.output
    assert "schema unknown" in shown.output
    assert "free of" in shown.output
    assert "Traceback" not in shown.output


def test_the_screen_costs_as_many_statements_however_much_waits(app: Flask) -> None:
    status()
    with statements() as few:
        status()
    owe(30)
    with statements() as many:
        status()
    assert len(many) == len(few)


def test_no_table_that_grows_is_looked_through(app: Flask, plans: list[str]) -> None:
    status()
    list(gauges())
    assert [step for step in plans if "USING" in step]
    kept_small = ("SCAN job_run", "SCAN alembic_version", "SCAN CONSTANT ROW")  # a row a job, a row in all
    assert [step for step in plans if step.startswith("SCAN") and "INDEX" not in step
            and not step.startswith(kept_small)] == []


def test_the_oldest_of_a_queue_is_told(app: Flask) -> None:
    owe(2, minutes_ago=5)
    longest = owe(1, minutes_ago=9)
    assert queue("due_work")["waiting"] == 3
    assert queue("due_work")["oldest"] == iso(longest)


def test_a_payment_whose_gateway_is_silent_is_stuck_after_a_quarter_of_an_hour(app: Flask) -> None:
    with unit_of_work(kernel_actor()) as work:
        work.insert(PaymentAttempt(
            id="a1", checkout="orderManagementOrder", order_id="o1", number=1, method_id="card", keeps_card=False,
            amount=100, currency="USD", description="", state=SENDING, started_at=now(), check_at=now(), checks=0,
            is_surplus=False))
        work.commit()
    assert queue("payments")["waiting"] == 0
    with moved_clock(minutes=16):
        assert queue("payments")["waiting"] == 1


def test_watching_ends_at_ctrl_c_without_a_complaint(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []

    def pause(seconds: float) -> None:
        shown.append(seconds)
        if len(shown) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(terminal, "time", SimpleNamespace(sleep=pause))  # other threads sleep as they did
    watched = run("status", "--watch")
    assert watched.exit_code == 0
    assert len(shown) == 2
    assert watched.output.count("Guildhall 1.0.0") == 2


def test_watching_is_for_people(run: Run) -> None:
    assert run("status", "--watch", "--json").exit_code == 2


def test_the_last_backup_is_the_newest_whole_one(run: Run) -> None:
    folder = runtime().settings.backup_folder
    folder.mkdir(exist_ok=True)
    whole = ("guildhall-20261127T010203Z.tar", "guildhall-20261128T010203Z.tar",
             "guildhall-29261129T010203Z.tar")  # the last is dated in the future
    names = (*whole, "guildhall-20261128T020203Z.tar", "guildhall-20261130T010203Z.tar.part", "guildhall-notes.tar",
             "other.tar")
    try:
        for name in names:
            (folder / name).write_bytes(b"x" * 2000)
        for name in whole:
            written(folder / name)
        size = (folder / whole[1]).stat().st_size
        assert status()["backup"] == {"last": "2026-11-28T01:02:03.000Z", "bytes": size, "verifiedAt": None}
        assert f"2026-11-28T01:02Z, {size / 1000:.1f} kB, not proved" in run("status").output
    finally:
        for path in folder.iterdir():
            path.unlink()
