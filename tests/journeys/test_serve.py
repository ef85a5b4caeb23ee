"""`flask serve` as a user meets it: it comes up, keeps its data, mends itself and ends when told to."""
import os
from pathlib import Path

import psutil
import pytest

from tests.components import wait_until
from tests.live import CHILDREN, LiveSystem, answers, live_system


@pytest.mark.slow
def test_a_demo_is_alone_on_its_folder_mends_itself_ends_when_told_to_and_is_kept(
        tmp_path: Path, kept_flask: list[str]) -> None:
    """It is seeded once, and its files are its owner's alone; test_kill9 has the processes on both databases."""
    home, former = tmp_path / "home", os.umask(0o022)
    try:
        with live_system(home, GUILDHALL_ENV="demo") as system:
            wait_until(lambda: system.flask("doctor", words=kept_flask).returncode == 0, "the doctor is content")
            _a_second_system_on_the_same_folder_is_refused(system)
            _every_child_that_is_killed_comes_back(system)
            counts = _counts_once_the_index_is_made(system, home, kept_flask)
            assert system.flask("organization", "tenant", "add", "acme", "--yes", words=kept_flask).returncode == 0
            _sigterm_ends_everything(system)
        with live_system(home, GUILDHALL_ENV="demo") as system:
            assert _counts_once_the_index_is_made(system, home, kept_flask) == counts
            stored = list(home.rglob("*"))
            open_to_others = {path.name for path in stored if path.exists() and path.stat().st_mode & 0o077}
    finally:
        os.umask(former)
    assert '"products": 0' in counts
    assert {"guildhall.db", "acme.db", "web.log", "valkey.conf", "search"} <= {path.name for path in stored}
    assert open_to_others == {"serve.out"}  # the test's own


def _counts_once_the_index_is_made(system: LiveSystem, home: Path, flask: list[str]) -> str:
    """Return what another `flask demo seed` would still add."""
    counts = system.flask("demo", "seed", "--yes", "--json", words=flask).stdout
    wait_until(lambda: any(home.rglob("search")), "the worker has made the search index")
    return counts


def _a_second_system_on_the_same_folder_is_refused(live: LiveSystem) -> None:
    refused = live.flask("serve")
    assert refused.returncode == 1
    assert "another flask serve already runs on" in refused.stderr


def _every_child_that_is_killed_comes_back(live: LiveSystem) -> None:
    health = f"{live.url}/marketplace/categorymanagement-api/health"
    for name in CHILDREN:
        former = live.kill(name)
        wait_until(lambda name=name, former=former: live.is_back(name) and former not in live.pids(name),
                   f"{name} is back")
    wait_until(lambda: answers(health), "the web answers again")


def _sigterm_ends_everything(live: LiveSystem) -> None:
    processes = [psutil.Process(pid) for name in CHILDREN for pid in live.pids(name)]
    assert live.stop() == 0
    # Whom nobody has buried yet is a zombie; another process may have the number by now.
    assert not [one for one in psutil.wait_procs(processes, timeout=60)[1] if one.status() != psutil.STATUS_ZOMBIE]
