"""Where a request's time goes: py-spy samples of the web workers under load, as percentages per function."""

import os
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.load import Request, burst
from bench.servers import Server

RATE = 250


class ProfilerMissing(Exception):
    """py-spy is not on this machine."""


def find_py_spy() -> str:
    """Path of py-spy (or of what PY_SPY names); raises ProfilerMissing with what to do."""
    found = shutil.which(os.environ.get("PY_SPY", "py-spy"))
    if found is None:
        raise ProfilerMissing("py-spy is missing, which no requirements file of ours has: install it (pipx install "
                              "py-spy), or name it with PY_SPY=/path/to/py-spy.")
    return found


def profile(server: Server, requests: Sequence[Request], seconds: float, folder: Path) -> str:
    """Load the server and return functions by their share of the samples: with what they call, and alone."""
    workers = [process.pid for process in server.processes()[1:]]
    loading = threading.Thread(target=burst, args=(server, requests, seconds + 2))
    loading.start()
    recordings = [_record(pid, seconds, folder / f"{pid}.raw") for pid in workers]
    for recording in recordings:
        recording.wait()
    loading.join()
    return _shares([folder / f"{pid}.raw" for pid in workers])


def _record(pid: int, seconds: float, path: Path) -> subprocess.Popen:
    command = [find_py_spy(), "record", "--pid", str(pid), "--duration", str(round(seconds)), "--rate", str(RATE)]
    command += ["--format", "raw", "--output", path, "--gil"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _shares(recordings: Sequence[Path]) -> str:
    below: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    total = 0
    for path in recordings:
        for line in path.read_text().splitlines():
            stack, _, samples = line.rpartition(" ")
            frames = [_function(frame) for frame in stack.split(";")]
            total += int(samples)
            alone[frames[-1]] += int(samples)
            for frame in set(frames):
                below[frame] += int(samples)
    return f"{total} samples\n\nwith what it calls\n{_top(below, total, 60)}\n\nalone\n{_top(alone, total, 35)}\n"


def _function(frame: str) -> str:
    name, _, place = frame.partition(" (")
    path = place.rstrip(")").rsplit(":", 1)[0]
    return f"{name} ({'/'.join(path.split('/')[-3:])})"


def _top(counter: Counter[str], total: int, count: int) -> str:
    return "\n".join(f"{100 * samples / max(1, total):5.1f} %  {name}" for name, samples in counter.most_common(count))
