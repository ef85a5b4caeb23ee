"""Where a run keeps its files: in memory, where the machine has plenty, because it makes and forgets many thousands."""
import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.passes import LONG

MEMORY = Path("/dev/shm")
_NAME = re.compile(r"gh(\d+)")  # short: the path of a socket has at most 107 characters
_ROOM = 8 << 30
"""A run on one database leaves 2 GiB."""


def keep_files_in_memory(config: pytest.Config) -> None:
    """Have this process, and those it starts, make their temporary files in a folder of memory that goes at its end.

    Not where TMPDIR or --basetemp names another place (files of failed tests stay there), nor in `make long`."""
    if "TMPDIR" in os.environ or config.option.basetemp or LONG or not has_room(MEMORY):
        return
    forget_ended_runs(MEMORY)
    folder = MEMORY / f"gh{os.getpid()}"
    folder.mkdir(mode=0o755, exist_ok=True)
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    config.option.basetemp = str(folder / "of-tests")
    atexit.register(_forget, folder, os.getpid())  # first, so that it is done last


def has_room(place: Path, room: int = _ROOM) -> bool:
    """Tell whether so many bytes are free in that place and in memory, and programs in it can be run."""
    if not os.access(place, os.W_OK):
        return False
    found = os.statvfs(place)
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    return not found.f_flag & os.ST_NOEXEC and min(found.f_bavail * found.f_frsize,
                                                   int(memory.split()[1]) * 1024) >= room


def forget_ended_runs(place: Path) -> None:
    """Remove what runs left that were killed."""
    for folder in place.iterdir():
        run = _NAME.fullmatch(folder.name)
        if run and not Path("/proc", run[1]).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _forget(folder: Path, made_by: int) -> None:
    if os.getpid() == made_by:
        shutil.rmtree(folder, ignore_errors=True)
