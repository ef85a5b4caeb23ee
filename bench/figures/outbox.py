"""From the outbox to a subscriber's done mark: throughput of a backlog, and the age of events at a steady rate."""

import json
import os
import subprocess
import sys

from bench.guildhall import ROOT, Guildhall
from bench.report import Section, at_least, at_most

BACKLOG, STEADY, STEADY_RATE = 20_000, 1_000, 200
EVENTS_PER_SECOND, AGE_SECONDS = 5_000, 1.0


def measure(halls: list[Guildhall]) -> Section:
    """Run relay and worker as processes of their own beside each hall's database."""
    columns = ("", "database", "backlog events/s", f"p99 age at {STEADY_RATE}/s", "done")
    section = Section("Outbox to subscriber done", columns)
    for hall in halls:
        _run(hall, "clear")
        processes = [_start(hall, "relay"), _start(hall, "worker")]
        try:
            backlog = _feed(hall, BACKLOG, 0)
            steady = _feed(hall, STEADY, STEADY_RATE)
        finally:
            for process in processes:
                process.terminate()
                process.wait()
        done = f"{backlog['done'] + steady['done']:,} of {BACKLOG + STEADY:,}"
        age = steady["p99_age"]
        section.rows.append((hall.name, hall.database, f"{backlog['per_second']:,.0f}", f"{age * 1000:.0f} ms", done))
        section.goals += [
            at_least(f"outbox events/s, {hall.database}", EVENTS_PER_SECOND, backlog["per_second"]),
            at_most(f"p99 age at {STEADY_RATE} events/s, {hall.database}", AGE_SECONDS, age, " s"),
        ]
    return section


def _start(hall: Guildhall, role: str) -> subprocess.Popen:
    with (hall.home / f"{role}.log").open("wb") as log:
        return subprocess.Popen(_command(role), cwd=ROOT, env=_environment(hall), stdout=log, stderr=log)


def _feed(hall: Guildhall, count: int, rate: float) -> dict[str, float]:
    return json.loads(_run(hall, "feed", str(count), str(rate)).splitlines()[-1])


def _run(hall: Guildhall, *arguments: str) -> str:
    done = subprocess.run(
        _command(*arguments), cwd=ROOT, env=_environment(hall), capture_output=True, text=True, check=False
    )
    if done.returncode:
        logs = "".join(f"\n{path.name}: {path.read_text()[-1500:]}" for path in sorted(hall.home.glob("*.log")))
        raise RuntimeError(f"{hall.name}: bench.outbox {' '.join(arguments)} failed\n{done.stderr[-2000:]}{logs}")
    return done.stdout


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bench.outbox", *arguments]


def _environment(hall: Guildhall) -> dict[str, str]:
    return {**os.environ, **hall.environment}
