"""kill -9 at random steps of backup and restore: the source is whole, the target is whole or refused.

Twice each; in `make long` 20 times, with 1 GiB of database and media. What a kill finds between two renames is in
test_swap.py, all of it."""
import os
import random
import subprocess
import sys
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


def killed(system: System, act: str, path: Path, at: int) -> None:
    """Run an act in a process that dies at this step."""
    done = subprocess.run([sys.executable, "-m", "tests.app.ops.backup.doomed", act, str(path), str(at)], cwd=ROOT,
                          env=os.environ | system.environment, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr


def assert_whole(path: Path) -> None:
    """Read a backup to its end, where everything has been compared."""
    with opened_archive(path, None) as archive:
        assert [member.name for member in archive.members()]


def chosen(number: int) -> list[int]:
    """Return random steps, among them the last but a few, where things are put in place."""
    last = number - 5  # another process may take some steps fewer, and must not end before it is killed
    steps = [*random.sample(range(1, last), KILLS - 1), last - random.randrange(8)]
    sys.stderr.write(f"killed at {steps} of {number}\n")
    return steps


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
    for at in chosen(steps.taken):
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
    for at in chosen(steps.taken):
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
        else:
            assert system.state() in (old, new)
        system.restore(made, replace=True)
        assert system.state() == new
        assert not list(system.settings.home.glob("*.part"))
        system.remove_aside()
