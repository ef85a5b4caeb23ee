"""The supervisor brings dead children back and ends all of them in time."""
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from app.ops.supervisor import FOUNDATION_GRACE_SECONDS, GRACE_SECONDS, rotate_logs
from tests.components import ROOT, wait_until

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from app.ops.supervisor import Child, Supervisor

folder = Path(sys.argv[1])

def stay(name):
    (folder / name).write_text(str(os.getpid()))
    time.sleep(600)

def stay_though_asked():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stay("stubborn")

def stay_on_top():
    assert (folder / "base").exists()
    stay("web")

Supervisor([
    Child("base", lambda: stay("base"), foundation=True, ready=lambda: (folder / "base").exists()),
    Child("web", stay_on_top, ready=lambda: (folder / "web").exists()),
    Child("stubborn", stay_though_asked),
], folder, lambda line: print(line, flush=True), log_days=30).run(
    prepare=lambda: (folder / "prepared").write_text(str((folder / "web").exists())),
    on_ready=lambda: print("ready", flush=True))
"""


@contextmanager
def supervised(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], cwd=ROOT, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        wait_until(lambda: pid_of(folder, "stubborn") is not None, "all children ran")
        yield process
    finally:
        process.kill()
        process.communicate()
        _kill(pid_of(folder, "stubborn"))


def _kill(pid: int | None) -> None:
    """End the one that survives its supervisor on purpose."""
    if is_alive(pid):
        os.kill(int(pid or 0), signal.SIGKILL)


def pid_of(folder: Path, name: str) -> int | None:
    path = folder / name
    return int(path.read_text() or 0) or None if path.exists() else None


def is_alive(pid: int | None) -> bool:
    return pid is not None and psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_the_foundation_is_up_and_prepared_before_the_rest_starts(tmp_path: Path) -> None:
    with supervised(tmp_path):
        assert (tmp_path / "prepared").read_text() == "False"
        assert is_alive(pid_of(tmp_path, "web"))


def test_a_killed_child_comes_back(tmp_path: Path) -> None:
    with supervised(tmp_path):
        for name in ("web", "base"):
            former = pid_of(tmp_path, name)
            assert former is not None
            os.kill(former, signal.SIGKILL)
            wait_until(lambda name=name, former=former: pid_of(tmp_path, name) not in (None, former), f"{name} is back")
            assert is_alive(pid_of(tmp_path, name))


def test_sigterm_ends_every_child_within_ten_seconds_even_a_stubborn_one(tmp_path: Path) -> None:
    assert GRACE_SECONDS + FOUNDATION_GRACE_SECONDS < 10
    with supervised(tmp_path) as process:
        children = [pid_of(tmp_path, name) for name in ("base", "web", "stubborn")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        assert not any(is_alive(pid) for pid in children)


def test_a_killed_supervisor_leaves_no_child_behind(tmp_path: Path) -> None:
    with supervised(tmp_path) as process:
        children = [pid_of(tmp_path, name) for name in ("base", "web")]
        process.kill()
        wait_until(lambda: not any(is_alive(pid) for pid in children), "the children followed")


def test_a_log_that_grew_too_long_is_moved_while_its_process_writes_on(tmp_path: Path) -> None:
    log, short = tmp_path / "web.log", tmp_path / "relay.log"
    short.write_text("short")
    with log.open("ab", buffering=0) as writing:
        writing.write(b"x" * 100)
        rotate_logs(tmp_path, 50, days=30)
        writing.write(b"and on")
    assert (tmp_path / "web.log.1").read_bytes() == b"x" * 100
    assert log.read_bytes() == b"and on"
    assert short.read_text() == "short"
    assert (tmp_path / "relay.log.1").read_text() == ""


def test_no_line_of_a_log_is_older_than_its_days(tmp_path: Path) -> None:
    """A quiet system would never fill the file; nor does a process that is not started any more."""
    log, former = tmp_path / "web.log", tmp_path / "web.log.1"
    log.write_text("ben logged in")
    for half, (written, kept) in enumerate([("ben logged in", ""), ("", "ben logged in"), ("", "")]):
        if half:
            moved_at = time.time() - 15 * 86_400 - 1
            os.utime(former, (moved_at, moved_at))
        for _ in range(2):
            rotate_logs(tmp_path, 50, days=30)
            assert (log.read_text(), former.read_text()) == (written, kept)
    assert stat.S_IMODE(former.stat().st_mode) == 0o600


def test_a_log_makes_room_where_there_is_none_for_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", no_room)
    (tmp_path / "web.log").write_bytes(b"x" * 100)
    rotate_logs(tmp_path, 50, days=30)
    assert (tmp_path / "web.log").read_bytes() == b""
