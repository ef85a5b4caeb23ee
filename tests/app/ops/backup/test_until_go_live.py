"""A restored copy that has not gone live: each process waits, the gateway is not asked; then all goes on.

Whoever waits looks again and again, and is waited for until it has: no test counts seconds."""
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partialmethod

import pytest
from flask import Flask
from rq import SimpleWorker
from sqlalchemy import insert

from app.actor import kernel_actor, system_actor
from app.data import restored_copy
from app.data.restored_copy import RestoredCopy
from app.data.unit_of_work import unit_of_work
from app.events.relay import run_relay
from app.jobs.schedule import PeriodicJob, Schedule
from app.jobs.scheduler import run_scheduler
from app.jobs.wakeup import queue, wake
from app.jobs.worker import GuildhallWorker, run_worker
from app.ops import logs
from app.ops.backup import go_live
from app.ops.health import backlog
from app.payments.gateway import circuit_breaker
from app.runtime import runtime, runtime_of
from blueprints.marketplace.category_management.commands import create_category
from blueprints.organization.adapters.courier import Courier
from blueprints.platform.webhooks.commands import create_endpoint, send_test
from blueprints.platform.webhooks.sender import run_sender
from cli.organization import upkeep
from tests.app.payments.memory_gateway import GOOD, MemoryGateway
from tests.clients import ApiClient, Callers
from tests.components import wait_until
from tests.platform.webhooks.receivers import receiving

pytestmark = pytest.mark.once("the row is asked for in words that both databases know")
ADD_CARD = "/marketplace/ordermanagement-api/payment-methods/add"
SECONDS = 120  # until a loaded machine has come to it
Process = Callable[[threading.Event], object]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a process that waits has looked twice: after the first look it did not go on."""
    event, looks, look = threading.Event(), [], restored_copy.is_held_back

    def looked() -> bool:
        looks.append("looked")
        if len(looks) > 1:
            event.set()
        return look()

    monkeypatch.setattr(restored_copy, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(restored_copy, "is_held_back", looked)
    return event


@pytest.fixture
def rung(app: Flask) -> Iterator[list[str]]:
    """What the one periodic job of this system has done."""
    kept, done = runtime().part(Schedule), []
    runtime().keep(Schedule([PeriodicJob("ring", timedelta(days=1), lambda: done.append("rung"), "rings")]))
    yield done
    runtime().keep(kept)


def hold_back() -> None:
    with unit_of_work(kernel_actor()) as work:
        work.execute(insert(RestoredCopy).values(backup="guildhall.tar", restored_at="2026-11-29"))
        work.commit()


@contextmanager
def waiting(process: Process, waits: threading.Event, app: Flask) -> Iterator[threading.Thread]:
    """Run a process of a restored copy beside the block, which begins when it waits, and stop it behind the block."""
    stop = threading.Event()

    def run() -> None:
        with app.app_context():
            process(stop)

    hold_back()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        assert waits.wait(SECONDS), "it does not wait"
        yield thread
    finally:
        stop.set()
        thread.join(SECONDS)
    assert not thread.is_alive()


def test_the_scheduler_calls_no_job_until_go_live(app: Flask, waits: threading.Event, rung: list[str]) -> None:
    with waiting(run_scheduler, waits, app):
        assert queue().count == 0
        assert go_live(runtime().settings)
        wait_until(lambda: queue().count > 0, "the job is called", SECONDS)


def test_the_worker_runs_no_job_until_go_live(app: Flask, waits: threading.Event, rung: list[str],
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuildhallWorker, "_install_signal_handlers", lambda _: None)  # which a thread cannot
    monkeypatch.setattr(GuildhallWorker, "work", partialmethod(SimpleWorker.work, burst=True))  # ends with the queue
    assert wake("ring")
    with waiting(lambda _: run_worker(), waits, app) as thread:
        assert (queue().count, rung) == (1, [])
        assert go_live(runtime().settings)
        thread.join(SECONDS)
        assert (queue().count, rung) == (0, ["rung"])


def test_the_relay_publishes_nothing_until_go_live(app: Flask, waits: threading.Event) -> None:
    create_category(system_actor("marketplace"), title="Watches")
    owed = backlog()["unpublished"]
    assert owed > 0
    with waiting(run_relay, waits, app):
        assert backlog()["unpublished"] == owed
        assert go_live(runtime().settings)
        wait_until(lambda: backlog()["unpublished"] == 0, "the events are published", SECONDS)


def test_the_sender_sends_no_webhook_until_go_live(make_app: Callable[..., Flask], waits: threading.Event) -> None:
    app = make_app(OUTWARD_LOCAL="1")
    with app.app_context(), receiving() as receiver:
        ben = Callers(app).user("ben").actor
        endpoint, _ = create_endpoint(ben, url=receiver.url, topics=[f"user/{ben.user_id}"])
        send_test(ben, endpoint["id"])
        with waiting(run_sender, waits, app):
            assert receiver.taken == []
            assert go_live(runtime_of(app).settings)
            wait_until(lambda: receiver.taken != [], "the message is sent", SECONDS)


def test_the_relay_of_tenants_carries_nothing_until_go_live(app: Flask, waits: threading.Event,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    carries = threading.Event()

    def carry(_courier: Courier, stop: threading.Event) -> None:
        carries.set()
        stop.wait()

    def relay(stop: threading.Event) -> None:
        monkeypatch.setattr(upkeep, "stop_on_signal", lambda: stop)  # a thread hears no signal
        upkeep.run_the_relay()

    monkeypatch.setattr(Courier, "run", carry)
    monkeypatch.setattr(logs, "configure_logging", lambda *_: None)  # the root logger is pytest's
    with waiting(relay, waits, app):
        assert not carries.is_set()
        assert go_live(runtime().settings)
        assert carries.wait(SECONDS), "the relay carries"


@pytest.mark.parametrize("process", [run_scheduler, run_relay, run_sender])
def test_a_process_that_waits_can_be_stopped(app: Flask, waits: threading.Event, process: Process) -> None:
    with waiting(process, waits, app) as thread:
        assert thread.is_alive()
    assert not thread.is_alive()


def test_the_gateway_is_not_asked_until_go_live(as_user: Callable[..., ApiClient],
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def gateway_of(_settings: object) -> MemoryGateway:
        asked.append("asked")
        return MemoryGateway()

    monkeypatch.setattr(circuit_breaker, "gateway_of", gateway_of)
    ben = as_user("ben")
    hold_back()
    refused = ben.post(ADD_CARD, json={"paymentMethodId": GOOD})
    assert (refused.status_code, asked) == (503, [])
    assert go_live(runtime().settings)
    assert ben.post(ADD_CARD, json={"paymentMethodId": GOOD}).status_code == 200
    assert asked
