"""Forks the processes of one machine from one loaded application, brings a dead one back, ends all in ten seconds.

Why not honcho: it stops everything when one child dies, and each child would load the application anew
(docs/decisions/007-our-own-supervisor.md). Not for production, where systemd does this (deploy/)."""
import ctypes
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GRACE_SECONDS = 7.0
FOUNDATION_GRACE_SECONDS = 2.0
STEADY_SECONDS = 20.0
BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
READY_SECONDS = 30.0
LOG_BYTES = 20_000_000
LOOK_AT_LOGS_SECONDS = 10.0
SECONDS_A_DAY = 86_400
PROCESS_NAME = "gh-{}"

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_LIBC = ctypes.CDLL(None)


@dataclass
class Child:
    """One process to keep alive; `run` is called in it. A `foundation` starts before the others and ends after them."""

    name: str
    run: Callable[[], object]
    ready: Callable[[], bool] = lambda: True
    foundation: bool = False
    pid: int | None = None
    started_at: float = 0.0
    failures: int = 0
    restart_at: float = 0.0


class Supervisor:
    """Keeps `children` alive until SIGTERM or SIGINT; their output goes to `log_folder`/<name>.log, for `log_days`."""

    def __init__(self, children: list[Child], log_folder: Path, say: Callable[[str], None], *, log_days: int) -> None:
        self._foundations = [child for child in children if child.foundation]
        self._others = [child for child in children if not child.foundation]
        self._log_folder = log_folder
        self._log_days = log_days
        self._say = say
        self._stopping = False

    def run(self, *, prepare: Callable[[], object], on_ready: Callable[[], None]) -> None:
        """Start the foundations, `prepare` in a process on top of them, start the rest, watch until a signal stops it.

        Raises TimeoutError when a child does not become ready, RuntimeError when `prepare` fails; whatever was started
        is ended first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop_signal)
        try:
            self._start_and_wait(self._foundations)
            self._prepare(Child("prepare", prepare))
            self._start_and_wait(self._others)
            if not self._stopping:
                on_ready()
            look_at_logs = time.monotonic()
            while not self._stopping:
                self._revive_the_dead()
                if time.monotonic() > look_at_logs:
                    rotate_logs(self._log_folder, LOG_BYTES, self._log_days)
                    look_at_logs = time.monotonic() + LOOK_AT_LOGS_SECONDS
                time.sleep(0.05)
        finally:
            self._stop()

    def _on_stop_signal(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _prepare(self, step: Child) -> None:
        if self._stopping:
            return
        self._start(step)
        while (code := _exit_code(step)) is None:
            time.sleep(0.01)
        if code:
            raise RuntimeError(f"preparing failed; see {self._log_folder}/{step.name}.log")

    def _start_and_wait(self, children: list[Child]) -> None:
        if self._stopping:
            return
        for child in children:
            self._start(child)
        deadline = time.monotonic() + READY_SECONDS
        waiting = list(children)
        while waiting and not self._stopping:
            waiting = [child for child in waiting if not child.ready()]
            self._revive_the_dead()
            if waiting and time.monotonic() > deadline:
                names = ", ".join(child.name for child in waiting)
                raise TimeoutError(f"{names} did not come up in {READY_SECONDS:.0f} s; see {self._log_folder}")
            time.sleep(0.02)

    def _start(self, child: Child) -> None:
        log = _opened_log(self._log_folder / f"{child.name}.log")
        parent = os.getpid()
        child.pid = os.fork()
        if child.pid == 0:
            _become(child, log, parent)
        os.close(log)
        child.started_at = time.monotonic()

    def _revive_the_dead(self) -> None:
        now = time.monotonic()
        for child in self._foundations + self._others:
            if self._stopping:
                return
            if child.pid is not None:
                if (code := _exit_code(child)) is not None:
                    self._plan_restart(child, code, now)
            elif child.restart_at and now >= child.restart_at:
                self._start(child)

    def _plan_restart(self, child: Child, code: int, now: float) -> None:
        child.failures = 0 if now - child.started_at > STEADY_SECONDS else child.failures + 1
        wait = BACK_OFF_SECONDS[min(child.failures, len(BACK_OFF_SECONDS) - 1)]
        child.restart_at = now + wait
        reason = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self._say(f"{child.name} {reason}; starting it again in {wait:g} s")

    def _stop(self) -> None:
        self._stopping = True
        _end(self._others, GRACE_SECONDS)
        _end(self._foundations, FOUNDATION_GRACE_SECONDS)


def rotate_logs(folder: Path, most: int, days: int) -> None:
    """Move each log that is longer than `most` bytes, or is written since half of `days`, to <name>.log.1, also while
    its process writes. So no line of the two files is older than `days`.

    The file is copied and emptied: it is open in append mode, so the process goes on at its start. Where there is no
    room for a copy the lines are lost: a log must not be what keeps a disk full."""
    for log in folder.glob("*.log"):
        former = log.with_suffix(".log.1")
        if log.stat().st_size <= most and not _is_old(former, days):
            continue
        try:
            shutil.copyfile(log, former)
        except OSError:
            former.unlink(missing_ok=True)
        os.truncate(log, 0)


def _is_old(former: Path, days: int) -> bool:
    """Return whether the last move, which the former log's time says, was half of `days` ago; the first look counts as
    one, and leaves an empty file."""
    try:
        return time.time() - former.stat().st_mtime > days * SECONDS_A_DAY / 2
    except FileNotFoundError:
        with suppress(OSError):
            former.touch(0o600)
        return False


def _opened_log(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _become(child: Child, log: int, parent: int) -> None:
    """Be the child: a session, a name and an output of its own, and an end with the supervisor; never returns."""
    code: object = 1
    try:
        os.setsid()
        _tie_to(parent, child.name)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        child.run()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _tie_to(parent: int, name: str) -> None:
    """Have Linux end this process when the supervisor is killed, so that nothing is left behind, and show its name."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        _LIBC.prctl(_PR_SET_NAME, PROCESS_NAME.format(name).encode())
    if os.getppid() != parent:
        sys.exit(1)


def _exit_code(child: Child) -> int | None:
    """Return how the child ended (minus the signal's number when it was killed), None while it runs."""
    if child.pid is None:
        return 0
    ended, status = os.waitpid(child.pid, os.WNOHANG)
    if not ended:
        return None
    # Its own children go with it: a killed gunicorn master must not leave workers on the port.
    _signal_session(child.pid, signal.SIGKILL)
    child.pid = None
    return os.waitstatus_to_exitcode(status)


def _end(children: list[Child], grace: float) -> None:
    """Ask politely, wait `grace` seconds for all together, then kill what is left."""
    for child in children:
        if child.pid is not None:
            os.kill(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(_exit_code(child) is None for child in children):
        if time.monotonic() > deadline:
            for child in children:
                if child.pid is not None:
                    _signal_session(child.pid, signal.SIGKILL)
        time.sleep(0.02)


def _signal_session(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return
