"""A server process tree under measurement: how it starts, what it costs in CPU and memory, how it ends."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

START_SECONDS = 60


class ServerFailed(Exception):
    """A server did not start; the message carries the end of its log."""


@dataclass
class Server:
    """One contestant's processes. `ready_path` must answer below 500 once it serves."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    folder: Path
    ready_path: str
    port: int = 0
    directory: Path = Path(__file__).parent.parent
    _process: subprocess.Popen | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it with `{port}` filled in and waits until it answers; raises ServerFailed."""
        self.port = self.port or free_port()
        command = [part.format(port=self.port) for part in self.command]
        environment = {**os.environ, **self.environment, "PORT": str(self.port)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.directory, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"{self.name} did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends the whole process group, politely first."""
        if self._process is None or self._process.poll() is not None:
            return
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def processes(self) -> list[psutil.Process]:
        """The main process and everything below it."""
        main = psutil.Process(self._process.pid)
        return [main, *main.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """User and system time of the tree so far, ended children included."""
        return sum(_cpu_seconds(process) for process in self.processes())

    def pss_mib(self) -> float:
        """Proportional set size of the tree in MiB: shared pages counted once."""
        return sum(pss_kib(process.pid) for process in self.processes()) / 1024

    @property
    def _log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + self.ready_path, timeout=5):
                return True
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False


def pss_kib(pid: int) -> int:
    """Proportional set size of one process in KiB; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system
