"""The whole system in its own processes, as `make run` starts it: supervisor, Valkey, web, worker, relay, scheduler and
webhooks."""
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from app.ops.supervisor import PROCESS_NAME
from app.ops.valkey import valkey_answers
from tests.components import ROOT, free_port, wait_until

START_SECONDS = 120.0

CHILDREN = {name: PROCESS_NAME.format(name) for name in ("web", "worker", "relay", "scheduler", "webhooks")} | {
    "valkey": "valkey-server"}


class LiveSystem:
    """A running system; `url` is its front door, `environment` what a `flask` command needs to join it."""

    def __init__(self, process: subprocess.Popen[bytes], home: Path, environment: dict[str, str]) -> None:
        self._process = process
        self.home = home
        self.environment = environment
        self.url = f"http://127.0.0.1:{environment['PORT']}"

    def pids(self, name: str) -> list[int]:
        """Return the processes of one child, oldest first; of `web` the master comes before its workers."""
        family = psutil.Process(self._process.pid).children(recursive=True)
        return sorted(child.pid for child in family if CHILDREN[name] == _name(child))

    def kill(self, name: str, *, youngest: bool = False) -> int:
        """`kill -9` a child (of web with `youngest`: one worker, not the master) and return the pid it had."""
        pid = self.pids(name)[-1 if youngest else 0]
        os.kill(pid, signal.SIGKILL)
        return pid

    def is_back(self, name: str, count: int = 1) -> bool:
        """True when at least `count` processes of the child run; Valkey must also answer."""
        is_up = name != "valkey" or valkey_answers(f"unix://{self.home}/valkey.sock")
        return is_up and len(self.pids(name)) >= count

    def flask(self, *arguments: str, words: Sequence[str] = (sys.executable, "-m", "flask"),
              ) -> subprocess.CompletedProcess[str]:
        """Run a flask command beside the running system; the fixture `kept_flask` has words that cost a tenth."""
        return subprocess.run([*words, *arguments], cwd=ROOT, capture_output=True, text=True,
                              env=os.environ | self.environment, check=False, timeout=120)

    def stop(self) -> int:
        """SIGTERM to the supervisor; return its exit code."""
        self._process.terminate()
        return self._process.wait(timeout=60)

    def logs(self, name: str) -> str:
        """Return what the child wrote so far."""
        return (self.home / "log" / f"{name}.log").read_text()


@contextmanager
def live_system(home: Path, **environment: str) -> Iterator[LiveSystem]:
    """Run the whole system in `home` on a free port while the block lasts."""
    port = free_port()
    settings = {"GUILDHALL_ENV": "test", "RATELIMIT_ENABLED": "0", "REDIS_URL": "", "DATABASE_URL": "",
                "SUPERADMIN_PASSWORD": "superadmin-test-1", **environment,
                "GUILDHALL_HOME": str(home), "PORT": str(port)}
    home.mkdir(parents=True, exist_ok=True)
    with (home / "serve.out").open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "flask", "serve"], cwd=ROOT, env=os.environ | settings,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    system = LiveSystem(process, home, settings)
    try:
        wait_until(lambda: process.poll() is not None or _greeted(home), "the system greets", START_SECONDS)
        assert process.poll() is None, (home / "serve.out").read_text()
        yield system
    finally:
        if process.poll() is None:
            system.stop()
        _tell_the_ends_of_the_logs(home)


def answers(url: str, patience: float = 2) -> bool:
    """True when something answers a GET with a success within so many seconds."""
    try:
        with urlopen(url, timeout=patience) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def _tell_the_ends_of_the_logs(home: Path) -> None:
    """Say what the processes said last; pytest shows it when the test has failed."""
    for log in [home / "serve.out", *sorted((home / "log").glob("*.log"))]:
        sys.stderr.write(f"--- {log.name}\n{log.read_text()[-3000:]}\n")


def _greeted(home: Path) -> bool:
    return "runs at" in (home / "serve.out").read_text()


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""
