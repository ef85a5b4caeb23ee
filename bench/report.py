"""The table of a run: one section per figure, the goals at the end; printed, and kept in bench/results/latest.md."""

import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

RESULTS = Path(__file__).parent / "results" / "latest.md"


@dataclass(frozen=True)
class Goal:
    """One line of the goals: `met` is None when it could not be measured."""

    figure: str
    wanted: str
    measured: str
    met: bool | None


@dataclass
class Section:
    """One figure's table."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)


def at_least(figure: str, wanted: float, measured: float, unit: str = "") -> Goal:
    """A goal that is met from `wanted` upward."""
    return Goal(figure, f"≥ {wanted:,g}{unit}", f"{measured:,.2f}{unit}", measured >= wanted)


def at_most(figure: str, wanted: float, measured: float, unit: str = "") -> Goal:
    """A goal that is met up to `wanted`."""
    return Goal(figure, f"≤ {wanted:,g}{unit}", f"{measured:,.2f}{unit}", measured <= wanted)


def render(sections: Sequence[Section], where: str) -> str:
    """The whole report in Markdown."""
    parts = [where]
    for section in sections:
        parts += [f"## {section.title}", _table(section.columns, section.rows), *section.notes]
    goals = [goal for section in sections for goal in section.goals]
    if goals:
        marks = {True: "met", False: "**missed**", None: "not measured"}
        rows = [(goal.figure, goal.wanted, goal.measured, marks[goal.met]) for goal in goals]
        parts += ["## Goals", _table(("figure", "goal", "measured", ""), rows)]
    return "\n\n".join(parts) + "\n"


def write(text: str, path: Path = RESULTS) -> Path:
    """Keeps the report, by default as the latest one."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def where(load_generator: str | None = None) -> str:
    """The head of a report, made before the run: date, commit, machine, the load it was under."""
    changed = " with local changes" if _git("status", "--porcelain", "-uno") else ""
    memory = psutil.virtual_memory().total / 2**30
    lines = [
        f"commit {_git('rev-parse', '--short', 'HEAD')}{changed}",
        f"{psutil.cpu_count()} × {_processor()}, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}",
        f"load average before the run {psutil.getloadavg()[0]:.1f}",
    ]
    if load_generator is not None:
        lines.append(f"load by {load_generator}" + ("" if Path(load_generator).name == "wrk" else " (in place of wrk)"))
    title = f"# Benchmark of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return "\n".join([title, "", *(f"- {line}" for line in lines)])


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---", *("--:" for _ in columns[1:])]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (columns, ruler, *rows))


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
