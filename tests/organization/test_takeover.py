"""A write answered 202 whose process dies is carried by another process within 30 s (issue 14, §1)."""
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from app.clock import moved_clock
from blueprints.organization.adapters.courier import BEAT_SECONDS, Courier
from blueprints.organization.adapters.sql.catalog import CARRIED_SECONDS, SqlCarried
from blueprints.organization.application.relay import Relay
from blueprints.organization.domain.refusals import Unavailable
from tests.components import ROOT, wait_until
from tests.organization.world import Caller, World


def test_the_wait_is_less_than_half_a_minute() -> None:
    assert CARRIED_SECONDS + BEAT_SECONDS < 30


def test_a_write_answered_202_is_carried_after_the_death_of_its_process(make_world: Callable[..., World]) -> None:
    survivor = make_world(background=True)
    caller = survivor.caller()
    with _taker(survivor, caller) as taker:
        assert taker.stdout
        status, resource_id = taker.stdout.readline().decode().split()
        assert status == "202"
        taker.kill()
        taker.wait()
    assert caller.get(resource_id).status_code == 204, "it is accepted, and not yet to be read"
    with moved_clock(seconds=CARRIED_SECONDS + BEAT_SECONDS):
        survivor.organization.courier.start()
        wait_until(lambda: caller.get(resource_id).status_code == 200, "the write is carried")


def test_who_lives_is_not_taken_over_from(world: World) -> None:
    mine, other = _carried(world, "me"), _carried(world, "other")
    mine.hold(["acme"])
    with moved_clock(seconds=CARRIED_SECONDS - 1):
        mine.hold(["acme"])
    with moved_clock(seconds=CARRIED_SECONDS + 1):
        assert other.abandoned() == {}
    with moved_clock(seconds=2 * CARRIED_SECONDS):
        assert other.abandoned() == {"acme": "me"}
        other.hold(["acme"])
        other.forget({"acme": "me"})
        assert other.abandoned() == {}
        other.release(["acme"])
    with moved_clock(seconds=4 * CARRIED_SECONDS):
        assert mine.abandoned() == {}


def test_a_process_that_stalled_leases_anew_what_another_took_over(
        world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = _carried(world, "me"), _carried(world, "other")
    ticks: list[int] = []
    stop = threading.Event()

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 1:
            with moved_clock(seconds=CARRIED_SECONDS + 1):
                other.forget(other.abandoned())
        elif len(ticks) == 3:
            stop.set()

    courier = _courier(world, mine, monkeypatch, tick)
    courier.wake("acme")
    courier.run(stop)
    with moved_clock(seconds=2 * CARRIED_SECONDS):
        assert other.abandoned() == {"acme": "me"}


def test_a_write_after_a_stall_is_leased_before_it_is_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = _carried(world, "me"), _carried(world, "other")
    courier = _courier(world, mine, monkeypatch)
    courier.wake("acme")
    with moved_clock(seconds=CARRIED_SECONDS + 1):
        other.forget(other.abandoned())
        courier.wake("acme")
    with moved_clock(seconds=3 * CARRIED_SECONDS):
        assert other.abandoned() == {"acme": "me"}


def test_what_cannot_be_leased_is_not_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = _carried(world, "gone")
    gone.hold(["acme"])
    stop = threading.Event()

    class CannotHold(SqlCarried):
        def hold(self, tenants: Iterable[str]) -> datetime:
            stop.set()
            raise Unavailable("the catalog takes no writes")

    mine = CannotHold(world.organization._catalog, lambda: "me", world.ports.now)
    with moved_clock(seconds=CARRIED_SECONDS + 1):
        _courier(world, mine, monkeypatch).run(stop)
        assert mine.abandoned() == {"acme": "gone"}


def _carried(world: World, owner: str) -> SqlCarried:
    return SqlCarried(world.organization._catalog, lambda: owner, world.ports.now)


class _BusyRelay(Relay):
    """A relay that is never done with a tenant."""

    def drained(self, tenant_id: str) -> bool:
        return False


def _courier(world: World, carried: SqlCarried, monkeypatch: pytest.MonkeyPatch,
             on_tick: Callable[[], None] = lambda: None) -> Courier:
    """A courier that beats at each tick, and runs where the test calls it."""
    monkeypatch.setattr(Courier, "start", lambda _: None)
    monkeypatch.setattr("blueprints.organization.adapters.courier.BEAT_SECONDS", 0)
    return Courier(lambda: _BusyRelay(world.ports, "me"), lambda: None, on_tick, lambda: False, carried,
                   sweep_seconds=60)


@contextmanager
def _taker(world: World, caller: Caller) -> Iterator["subprocess.Popen[bytes]"]:
    settings = world.organization.settings
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.organization.abandoning", str(settings.home), settings.database,
         caller.tenant_id, str(caller.token)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
