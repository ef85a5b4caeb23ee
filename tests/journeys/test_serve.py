"""`flask serve` as a user meets it: it comes up, keeps its data, mends itself and ends when told to."""
import os
from pathlib import Path

import psutil
import pytest

from tests.components import wait_until
from tests.live import CHILDREN, LiveSystem, answers, live_system


@pytest.mark.slow
@pytest.mark.once("about processes; test_kill9 has them on both databases")
def test_a_system_is_well_alone_on_its_folder_mends_itself_and_ends_when_told_to(live: LiveSystem) -> None:
    wait_until(lambda: live.flask("doctor").returncode == 0, "the doctor is content")
    _a_second_system_on_the_same_folder_is_refused(live)
    _every_child_that_is_killed_comes_back(live)
    _sigterm_ends_everything(live)


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


@pytest.mark.slow
def test_the_demo_is_seeded_once_kept_and_its_owners_alone(tmp_path: Path) -> None:
    home, former = tmp_path / "home", os.umask(0o022)
    counts = []
    try:
        for _ in range(2):
            with live_system(home, GUILDHALL_ENV="demo") as system:
                counts.append(system.flask("demo", "seed", "--yes", "--json").stdout)
                wait_until(lambda: any(home.rglob("search")), "the worker has made the search index")
                if len(counts) == 1:
                    assert system.flask("organization", "tenant", "add", "acme", "--yes").returncode == 0
                stored = list(home.rglob("*"))
                open_to_others = {path.name for path in stored if path.exists() and path.stat().st_mode & 0o077}
    finally:
        os.umask(former)
    assert counts[0] == counts[1]
    assert '"products": 0' in counts[0]
    assert {"guildhall.db", "acme.db", "web.log", "valkey.conf", "search"} <= {path.name for path in stored}
    assert open_to_others == {"serve.out"}  # the test's own
