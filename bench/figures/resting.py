"""What the whole system costs at rest, and how fast the command line answers."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil

from bench.guildhall import ROOT, Guildhall
from bench.report import Section, at_most
from bench.servers import Server, free_port, pss_kib

MEMORY_MIB, HELP_SECONDS = 350, 0.6
SETTLE_SECONDS = 8
VALKEY = "valkey"


def memory(hall: Guildhall) -> Section:
    """Start everything as `flask serve` does and add up the processes' proportional memory."""
    environment = {**hall.environment, "GUILDHALL_HOME": str(hall.home) + "-whole", "GUILDHALL_ENV": "demo"}
    folder = Path(environment["GUILDHALL_HOME"])
    folder.mkdir()
    server = Server("whole", [sys.executable, "-m", "flask", "serve"], environment, folder, "/", port=free_port())
    server.start()
    try:
        time.sleep(SETTLE_SECONDS)
        rows = [(_role(process), pss_kib(process.pid) / 1024) for process in server.processes()]
    finally:
        server.stop()
    section = Section("Memory of the whole system at rest", ("process", "PSS MiB"))
    section.rows = [(role, f"{size:.0f}") for role, size in sorted(rows)]
    counted = sum(size for role, size in rows if role != VALKEY)
    section.rows.append(("all but Valkey", f"{counted:.0f}"))
    section.goals.append(at_most("memory of supervisor, web, worker, relay, scheduler", MEMORY_MIB, counted, " MiB"))
    return section


def command_line(hall: Guildhall) -> Section:
    """Time the help of commands, imports and all."""
    section = Section("The command line", ("command", "seconds, median of 5"))
    for command in ("--help", "moderate --help"):
        taken = [_seconds(hall, command.split()) for _ in range(5)]
        if None in taken:
            section.notes.append(f"`flask {command}` does not exist yet.")
            continue
        median = statistics.median(taken)
        section.rows.append((f"flask {command}", f"{median:.2f}"))
        section.goals.append(at_most(f"flask {command}", HELP_SECONDS, median, " s"))
    return section


def _seconds(hall: Guildhall, arguments: list[str]) -> float | None:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env={**os.environ, **hall.environment},
        capture_output=True,
        check=False,
    )
    return time.perf_counter() - started if done.returncode == 0 else None


def _role(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    return VALKEY if "valkey" in words.split()[0] else words[-40:]
