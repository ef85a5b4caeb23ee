"""Reads the tours of README.md and three pages of docs/, types them into a shell, and can write the answers into them.

`python -m tests.journeys.tours` refreshes the answers from a real run."""
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.components import ROOT
from tests.live import LiveSystem, live_system

# In the order a newcomer takes them: on one demo, the later after the earlier.
PAGES = (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("tour", "moderation", "network")))
PRINTED_URL = "http://127.0.0.1:8000"
PRINTED_FLASK = ".venv/bin/flask"
# Tokens are long and mean nothing to a reader.
_TOKEN = re.compile(r"(eyJ[\w-]{8})[\w.-]+")
# What another run answers otherwise.
_VARYING = (
    (re.compile(r"(?<=\S)\n  (?=\S)"), " "),  # where a paragraph breaks, depends on the dates in it
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{3})?Z)?"), "<time>"),
    (re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC"), "<moment>"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command as printed and the answer printed under it."""

    command: str
    answer: str


def steps(text: str) -> list[Step]:
    """Return the steps of all console blocks, in order."""
    return [step for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for step in _steps_of(block)]


def _steps_of(block: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.rstrip("\n").split("\n")
        last = max(number for number, line in enumerate(lines) if number == 0 or line.startswith("> "))
        command = "\n".join(line.removeprefix("> ") if number else line for number, line in enumerate(lines[:last + 1]))
        yield Step(command, "\n".join(lines[last + 1:]))


class Shell:
    """One bash that all commands of a tour are typed into."""

    def __init__(self, process: subprocess.Popen[str], url: str, flask: str) -> None:
        self._process = process
        self._url = url
        self._flask = flask

    def type(self, command: str) -> str:
        """Run a command as printed, at the server under test; return its answer as the page has it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        end = f"end-{secrets.token_hex(8)}"
        typed = command.replace(PRINTED_URL, self._url).replace(PRINTED_FLASK, self._flask)
        self._process.stdin.write(f"{typed}\necho; echo {end}\n")
        self._process.stdin.flush()
        lines: list[str] = []
        for line in self._process.stdout:
            if line.rstrip("\n") == end:
                break
            lines.append(line)
        return "".join(lines).strip().replace(self._url, PRINTED_URL)


@contextmanager
def shell(url: str, flask: str = PRINTED_FLASK, **environment: str) -> Iterator[Shell]:
    """Open a bash in the root of the repository; `environment` leads `flask` to the system under test, too.

    Another `flask` than the printed one may run the commands (tests/kept_interpreter.py)."""
    with subprocess.Popen(["bash"], cwd=ROOT, env=os.environ | environment, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield Shell(process, url, flask)
        assert process.stdin is not None
        process.stdin.close()


def shortened(answer: str) -> str:
    """Return the answer as it is printed: tokens cut."""
    return _TOKEN.sub(r"\1…", answer)


def comparable(answer: str) -> str:
    """Return the answer as every run gives it: ids and times named, not told."""
    for pattern, name in _VARYING:
        answer = pattern.sub(name, answer)
    return answer


def _refreshed(text: str, answers: list[str]) -> str:
    told = iter(answers)

    def block(found: re.Match[str]) -> str:
        lines = ["```console"]
        for step in _steps_of(found.group(1)):
            first, *more = step.command.split("\n")
            lines += [f"$ {first}", *(f"> {line}" for line in more)]
            if answer := next(told):
                lines.append(answer)
        return "\n".join([*lines, "```"])

    return re.sub(r"```console\n(.*?)```", block, text, flags=re.DOTALL)


def refresh() -> None:
    """Type the tours against a demo of their own and write the answers into their pages."""
    with tempfile.TemporaryDirectory() as home, live_system(Path(home), GUILDHALL_ENV="demo") as system:
        fresh = {page: _fresh(page.read_text(), system) for page in PAGES}
    for page, text in fresh.items():
        page.write_text(text)


def _fresh(text: str, system: LiveSystem) -> str:
    with shell(system.url, **system.environment) as prompt:
        answers = [shortened(prompt.type(step.command)) for step in steps(text)]
    if any("Traceback" in answer for answer in answers):
        raise SystemExit("a tour did not work; its page is left alone")
    return _refreshed(text, answers)


if __name__ == "__main__":
    os.chdir(ROOT)
    refresh()
    sys.stdout.write("".join(f"{page} is fresh\n" for page in PAGES))
