"""The stream away under load, relay and projector killed in the middle of their work: nothing lost, nothing twice."""
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from blueprints.organization.adapters.courier import follow_stream
from blueprints.organization.application.relay import LEASE_SECONDS
from tests.components import ROOT, wait_until
from tests.organization.streams import (
    Kinesis,
    assert_on_stream_in_order,
    assert_projected,
    log_of,
    project_all,
    records,
)
from tests.organization.world import ACME, Caller, World

OUTAGE_SECONDS = float(os.environ.get("GUILDHALL_OUTAGE_SECONDS", "3"))

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_credentials")]


def write_until(stop: threading.Event, caller: Caller, failures: list[int]) -> None:
    """Create, change and delete organizations until told to stop; every answer must be a success."""
    step = 0
    while not stop.is_set():
        step += 1
        resource_id = caller.post(ACME, Prefer="respond-async" if step % 2 else "").get_json()["resourceId"]
        answers = [caller.patch(resource_id, {"alternateName": str(n)}, Prefer="respond-async" if n % 2 else "")
                   for n in range(3)]
        if step % 5 == 0:
            answers.append(caller.delete(resource_id))
        failures += [answer.status_code for answer in answers if answer.status_code not in (200, 202)]


@contextmanager
def under_load(world: World, callers: list[Caller]) -> Iterator[list[int]]:
    """Let writers, courier and projector run while the block lasts; yields the failures seen."""
    stop, following, failures = threading.Event(), threading.Event(), []
    writers = [threading.Thread(target=write_until, args=(stop, caller, failures)) for caller in callers]
    follower = threading.Thread(target=follow_stream, args=(world.organization.stream_projector(), following))
    for thread in (*writers, follower):
        thread.start()
    try:
        yield failures
    finally:
        stop.set()
        for writer in writers:
            writer.join()
        try:
            for caller in callers:
                wait_until(lambda caller=caller: caught_up(world, caller), "the stream has caught up", 120)
        finally:
            following.set()
            follower.join()


def caught_up(world: World, caller: Caller) -> bool:
    tenant = world.ports.tenants.find(caller.tenant_id)
    assert tenant is not None
    behind = world.ports.outbox.lag(tenant, world.kind, world.ports.now())
    return behind.undelivered == 0 and behind.unprojected == 0


def test_an_outage_of_the_stream_under_load_loses_nothing(make_world: Callable[..., World], kinesis: Kinesis,
                                                          stream: str) -> None:
    world = make_world(stream=stream, endpoint_url=kinesis.url, background=True)
    callers = [world.caller() for _ in range(2)]
    with under_load(world, callers) as failures:
        time.sleep(1)
        with kinesis.away():
            time.sleep(OUTAGE_SECONDS)
            assert not any(caught_up(world, caller) for caller in callers)
        time.sleep(1)
    assert failures == []
    for caller in callers:
        assert_projected(world, caller)
    assert_on_stream_in_order(kinesis, stream, [event for caller in callers for event in log_of(world, caller)])


# Killed in the middle

def killed(role: str, world: World, *, after: int, run: int) -> int:
    """Run `role` in a process killed after so many steps, its clock ahead of the leases of those before it."""
    settings = world.organization.settings
    child = subprocess.run(
        [sys.executable, "-m", "tests.organization.doomed", role, str(settings.home), settings.database,
         settings.stream, settings.endpoint_url, str(after), str(run * (LEASE_SECONDS + 5))],
        cwd=ROOT, timeout=60, check=False)
    return child.returncode


def history_of(callers: list[Caller], resources: int = 3) -> None:
    for caller in callers:
        for _ in range(resources):
            resource_id = caller.post({"name": "Acme"}, Prefer="respond-async").get_json()["resourceId"]
            caller.patch(resource_id, {"name": "Second"}, Prefer="respond-async")
            caller.patch(resource_id, {"name": "Third"}, Prefer="respond-async")


def test_a_projector_killed_in_the_middle_of_batches_loses_nothing(streaming: World) -> None:
    callers = [streaming.caller() for _ in range(4)]
    history_of(callers)
    for caller in callers:
        assert streaming.drain(caller)
    codes = [killed("projector", streaming, after=after, run=run) for run, after in enumerate((1, 3, 2), start=1)]
    assert codes == [-signal.SIGKILL] * 3
    assert any(not caught_up(streaming, caller) for caller in callers)
    assert killed("projector", streaming, after=0, run=4) == 0
    for caller in callers:
        assert caught_up(streaming, caller)
        assert_projected(streaming, caller)


def test_a_relay_killed_between_publishing_and_noting_it_loses_nothing(streaming: World, kinesis: Kinesis,
                                                                       stream: str) -> None:
    caller = streaming.caller()
    history_of([caller])
    codes = [killed("relay", streaming, after=after, run=run) for run, after in enumerate((1, 2, 1), start=1)]
    assert codes == [-signal.SIGKILL] * 3
    assert killed("relay", streaming, after=0, run=4) == 0
    events = log_of(streaming, caller)
    assert len(records(kinesis, stream)) > len(events)
    assert_on_stream_in_order(kinesis, stream, events)
    assert project_all(streaming.organization.stream_projector()) >= len(events)
    assert_projected(streaming, caller)
