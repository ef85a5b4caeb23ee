"""kill -9 at random steps of backup and restore: the source is whole, the target is whole or refused.

Twice each; in `make long` 20 times, with 1 GiB of database and media. What a kill finds between two renames is in
test_swap.py, all of it."""
import os
import random
import signal
import subprocess
import sys
from bisect import bisect_right
from pathlib import Path

import pytest

from app.home import UNFINISHED_RESTORE
from app.ops.backup import BackupRefused
from app.ops.backup.archive import opened_archive
from app.ops.backup.folder import backups_in
from app.settings import SettingsError
from bench.ballast import fill
from tests.app.ops.backup.doomed import Steps
from tests.app.ops.backup.system import System
from tests.components import ROOT
from tests.passes import BALLAST_MIB, KILLS

ON_BOTH = pytest.mark.both("each database is put in place in its own way")


def killed(system: System, act: str, path: Path, at: tuple[int, float]) -> None:
    """Run an act in a process that dies at this step, or so many seconds behind it."""
    done = subprocess.run([sys.executable, "-m", "tests.app.ops.backup.doomed", act, str(path), *map(str, at)],
                          cwd=ROOT, env=os.environ | system.environment, capture_output=True, text=True, check=False)
    assert done.returncode in (-signal.SIGKILL, -signal.SIGALRM), done.stderr
    sys.stderr.write(f"{act} killed {at[1]:.3f} s behind step {at[0]}\n")


def assert_whole(path: Path) -> None:
    """Read a backup to its end, where everything has been compared."""
    with opened_archive(path, None) as archive:
        assert [member.name for member in archive.members()]


def chosen(instants: list[float]) -> list[tuple[int, float]]:
    """Return steps, each with the seconds behind it: any step, or what the act is at in any moment of its time.

    The last one is of the last few, where things are put in place."""
    last = len(instants) - 5  # another process may take some steps fewer, and must not end before it is killed
    points = [random.choice((_any_step, _any_moment))(instants[:last]) for _ in range(KILLS - 1)]
    return [*points, (last - random.randrange(8), 0)]


def _any_step(instants: list[float]) -> tuple[int, float]:
    return random.randint(1, len(instants)), 0


def _any_moment(instants: list[float]) -> tuple[int, float]:
    moment = random.uniform(instants[0], instants[-1])
    step = bisect_right(instants, moment)
    return step, max(moment - instants[step - 1], 1e-6)


@pytest.fixture
def steps(system: System, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Counts what this process does to the system; the hook cannot be taken away, but rests afterwards."""
    counted = Steps((system.settings.home, system.folder))
    sys.addaudithook(counted.hear)
    counted.count_statements(monkeypatch.setattr)
    if BALLAST_MIB:
        fill(system.settings, BALLAST_MIB)
    return counted


@ON_BOTH
@pytest.mark.slow
def test_a_backup_killed_anywhere_leaves_the_system_whole_and_no_half_file(system: System, steps: Steps) -> None:
    steps.is_counting = True
    first = system.backup()
    steps.is_counting = False
    before = system.state()
    for at in chosen(steps.instants):
        killed(system, "create", system.folder, at)
        for made in backups_in(system.folder):  # the last steps come after the file is whole
            assert_whole(made.path)
            if made.path != first:
                made.path.unlink()
        assert [made.path for made in backups_in(system.folder)] == [first]
    assert system.state() == before
    assert_whole(system.backup())
    assert not list(system.folder.glob("*.part"))


@ON_BOTH
@pytest.mark.slow
def test_a_restore_killed_anywhere_leaves_the_old_state_or_is_finished_by_the_next(system: System,
                                                                                   steps: Steps) -> None:
    made = system.backup()
    new = system.state()
    steps.is_counting = True
    system.restore(made, replace=True)
    steps.is_counting = False
    system.remove_aside()
    assert system.state() == new
    before = system.places()
    for at in chosen(steps.instants):
        with system.app() as app:
            system.tenant(app).add(name="Later")
        old = system.state()
        assert old != new
        killed(system, "restore", made, at)
        if (system.settings.home / UNFINISHED_RESTORE).exists():
            with pytest.raises(SettingsError, match="cut off"):
                system.state()
            with pytest.raises(BackupRefused, match="cut off"):
                system.verify(made)
            system.restore(made, replace=True)
            assert system.state() == new
        else:  # the next one goes over what this one left
            assert system.state() in (old, new)
        system.remove_aside()
    system.restore(made, replace=True)
    assert system.state() == new
    assert not list(system.settings.home.glob("*.part"))
    system.remove_aside()
    assert system.places() == before
