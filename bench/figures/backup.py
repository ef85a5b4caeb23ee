"""A backup of a large database with as much media: how long it is made, proved and put back, in how much memory."""

import os
import subprocess
import sys
import time

from app.settings import load_settings
from bench.ballast import fill
from bench.guildhall import ROOT, Guildhall
from bench.report import Section, at_most

MINUTES, MEMORY_MIB, GOAL_MIB = 5, 200, 1024


def measure(hall: Guildhall, mebibytes: int) -> Section:
    """Fill half of the size into the database and half into media; then create, verify and restore."""
    fill(load_settings(hall.environment), mebibytes)
    folder = hall.home.with_name(f"{hall.home.name}-backups")
    section = Section(f"A backup of {mebibytes:,} MiB, half of it media, on {hall.database}",
                      ("command", "seconds", "most memory of the process, MiB"))  # fmt: skip
    commands = {"create": ["create", "--folder", str(folder)]}
    for name in ("create", "verify", "restore"):
        seconds, memory = _run(hall, commands[name])
        if name == "create":
            [made] = folder.glob("*.tar")
            commands |= {"verify": ["verify", str(made)], "restore": ["restore", str(made), "--replace", "--yes"]}
            section.notes.append(f"The file has {made.stat().st_size / 2**20:,.0f} MiB.")
        section.rows.append((f"flask backup {name}", f"{seconds:.1f}", f"{memory:.0f}"))
        share = max(mebibytes / GOAL_MIB, 0.1)  # what a command costs before it begins is no share of anything
        section.goals.append(at_most(f"{name} on {hall.database}", round(MINUTES * 60 * share), seconds, " s"))
        section.goals.append(at_most(f"memory of {name} on {hall.database}", MEMORY_MIB, memory, " MiB"))
    return section


def _run(hall: Guildhall, arguments: list[str]) -> tuple[float, float]:
    """Run `flask backup`; return the seconds and the most MiB that the process, or a program it ran, had."""
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "flask", "backup", *arguments], cwd=ROOT,
                               env={**os.environ, **hall.environment}, stdout=subprocess.DEVNULL)  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"flask backup {' '.join(arguments)} on {hall.database} failed")
    return time.monotonic() - started, used.ru_maxrss / 1024
