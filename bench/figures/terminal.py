"""What a command of the terminal costs on the demo, beside the imports that each of them begins with.

CPU time, of user and system: it is the time one waits on a machine with nothing else to do, and says on a busy one what
a clock would not."""
import os
import statistics
import subprocess
import sys
from pathlib import Path

from bench.guildhall import ROOT
from bench.report import Section, at_most

SECONDS = 0.6
RUNS = 7
BARE = ("-c", "import flask, sqlalchemy.orm")
COMMANDS = ("orders list", "orders find anna", "users list", "users find anna", "auctions list", "auctions find anna",
            "moderate queue", "moderate record", "payments list", "notify outbox", "media list", "events list",
            "equipment list", "security log", "jobs list", "auth keys", "settings", "orders --help")
WIDER = ("users show anna@demo.test", "payments status", "index status", "organization tenant list", "moderate show 1",
         "status", "doctor")
"""These go over many services; they are shown, not judged."""
TAB_SECONDS = 0.3
TABS = ("orders ", "orders show ", "organization client show ")
"""What stands before the cursor when TAB is pressed: commands, ids of the database, ids of the tenants' catalog."""


def measure(folder: Path, runs: int) -> Section:
    """Seed a demo in the folder, on SQLite and without Redis; measure each command in turn with the bare imports."""
    environment = {**os.environ, "GUILDHALL_HOME": str(folder / "terminal"), "GUILDHALL_ENV": "demo",
                   "DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "WARNING"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else it is the compiler that is measured
    _run(("-m", "flask", "prepare"), environment)
    section = Section("The terminal on the demo", ("command", f"CPU seconds, median of {runs}", "÷ bare imports"))
    section.rows.append((f'python {BARE[0]} "{BARE[1]}"', f"{_median(BARE, environment, runs):.2f}", ""))
    slowest = 0.0
    for command in (*COMMANDS, *WIDER):
        seconds, ratio = _beside_bare_imports(("-m", "flask", *command.split()), environment, runs)
        section.rows.append((f"flask {command}", f"{seconds:.2f}", f"{ratio:.2f}"))
        slowest = max(slowest, seconds if command in COMMANDS else 0.0)
    section.goals.append(at_most("the slowest of them, but for those of many services", SECONDS, slowest, " s"))
    waited = 0.0
    for typed in TABS:
        asked = environment | {"_FLASK_COMPLETE": "bash_complete", "COMP_WORDS": f"flask {typed}",
                               "COMP_CWORD": str(len(typed.split()) + 1)}
        seconds, ratio = _beside_bare_imports(("-m", "flask"), asked, runs)
        section.rows.append((f"TAB behind flask {typed.strip()}", f"{seconds:.2f}", f"{ratio:.2f}"))
        waited = max(waited, seconds)
    section.goals.append(at_most("the slowest TAB", TAB_SECONDS, waited, " s"))
    return section


def _beside_bare_imports(command: tuple[str, ...], environment: dict[str, str], runs: int) -> tuple[float, float]:
    """Return the median of a command's seconds, and of what they are of the bare imports' just before."""
    _run(command, environment)
    pairs = [(_run(BARE, environment), _run(command, environment)) for _ in range(runs)]
    return (statistics.median(seconds for _, seconds in pairs),
            statistics.median(seconds / bare for bare, seconds in pairs))


def _median(command: tuple[str, ...], environment: dict[str, str], runs: int) -> float:
    _run(command, environment)
    return statistics.median(_run(command, environment) for _ in range(runs))


def _run(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """Return the CPU seconds of a process; one that finds something wrong, as doctor without a worker, counts, too."""
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime
