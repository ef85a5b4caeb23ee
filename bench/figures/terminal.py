"""How long a command of the terminal takes on the demo, from the first byte of Python to the last of its table."""
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.guildhall import ROOT
from bench.report import Section, at_most

SECONDS = 0.6
RUNS = 5
COMMANDS = ("orders list", "orders find anna", "users find anna", "users list", "auctions list", "moderate queue",
            "payments status", "notify outbox", "jobs list", "index status", "events status", "doctor")


def measure(folder: Path) -> Section:
    """Seed a demo in the folder, on SQLite and without Redis, and time each command."""
    environment = {**os.environ, "GUILDHALL_HOME": str(folder / "terminal"), "GUILDHALL_ENV": "demo",
                   "DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "WARNING"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else it is the compiler that is measured
    _run("prepare", environment)
    section = Section("The terminal on the demo", ("command", f"seconds, median of {RUNS}"))
    slowest = 0.0
    for command in COMMANDS:
        _run(command, environment)
        median = statistics.median(_run(command, environment) for _ in range(RUNS))
        section.rows.append((f"flask {command}", f"{median:.2f}"))
        slowest = max(slowest, median)
    section.goals.append(at_most("the slowest of them", SECONDS, slowest, " s"))
    return section


def _run(command: str, environment: dict[str, str]) -> float:
    """Return the seconds a command takes; one that finds something wrong, as doctor without a worker, counts, too."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "flask", *command.split()], cwd=ROOT, env=environment, capture_output=True,
                   check=False)
    return time.perf_counter() - started
