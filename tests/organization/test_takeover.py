"""A write answered 202 whose process dies is carried by another process within 30 s (issue 14, §1)."""
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.clock import moved_clock
from blueprints.organization.adapters.courier import BEAT_SECONDS
from blueprints.organization.adapters.sql.catalog import CARRIED_SECONDS, SqlCarried
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
    mine = SqlCarried(world.organization._catalog, lambda: "me", world.ports.now)
    other = SqlCarried(world.organization._catalog, lambda: "other", world.ports.now)
    mine.hold(["acme"])
    with moved_clock(seconds=CARRIED_SECONDS - 1):
        mine.renew()
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
