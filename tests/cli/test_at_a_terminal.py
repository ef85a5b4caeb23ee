"""What a terminal does to a command: it is narrow, goes away, is full, or somebody presses Ctrl-C. Refusals first."""
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from cli import COMMANDS, LazyCommand, load_command
from cli.terminal import TABLE_COLUMNS
from tests.cli.market import Market
from tests.components import ROOT
from tests.testbed import Testbed

FLASK = (sys.executable, "-m", "flask")
RED = "\x1b[31mred"
LISTS = ("orders list", "orders find anna", "users list", "auctions list", "moderate queue", "moderate record",
         "payments list", "payments status", "notify list", "notify outbox", "media list", "events list",
         "equipment list", "security log", "jobs list", "auth keys", "webhooks list", "clients list", "index status",
         "organization tenant list", "settings", "status")
INTERRUPTED = """
import os, pty, select, signal, sys
process, screen = pty.fork()
if process == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is started in the background is deaf to it, and hands that on
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
while True:
    if not select.select([screen], [], [], 0.5)[0]:
        if b"Go on?" in said:
            os.write(screen, bytes([3]))  # and once more, where readline was not ready for it
        continue
    try:
        said += os.read(screen, 1024)
    except OSError:  # so says Linux when the other side is closed
        break
print(said.decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"""
"""Runs a command on a terminal of its own, presses Ctrl-C at its question until it ends, and prints its exit code."""

pytestmark = pytest.mark.once("terminals know no database")


def words_of(group: click.Command, *before: str) -> list[tuple[str, ...]]:
    """Return the words of a group and of all commands in it."""
    members = group.commands.items() if isinstance(group, click.Group) else ()
    return [before, *(words for name, member in members for words in words_of(member, *before, name))]


@pytest.mark.parametrize("line", ["--help", "orders --help", "settings", "routes"])
def test_what_finds_no_place_says_so(testbed: Testbed, line: str) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run([*FLASK, *line.split()], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True,
                             check=False, env=os.environ | testbed.environment)
    assert "Traceback" not in ran.stderr
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("Error: what is printed or written has no place")


@pytest.mark.parametrize("line", ["settings", "jobs list"])
def test_a_pipe_that_is_closed_early_ends_it_quietly(testbed: Testbed, line: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run([*FLASK, *line.split()], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True,
                         check=False, env=os.environ | testbed.environment)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_ctrl_c_at_the_question_ends_it_with_nothing_done(testbed: Testbed, run: Callable[..., Result]) -> None:
    before = run("auth", "keys", "--json").stdout
    ran = subprocess.run([sys.executable, "-c", INTERRUPTED, *FLASK, "auth", "rotate-keys"], cwd=ROOT, check=True,
                         capture_output=True, text=True, timeout=60, env=os.environ | testbed.environment)
    assert ran.stdout.split()[-1] == "1"
    assert "Aborted!" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert run("auth", "keys", "--json").stdout == before


@pytest.mark.parametrize("line", [("orders", "show", RED), ("orders", "list", "--since", RED), ("users", "show", RED),
                                  ("doctor", "--fix", RED), ("moderate", "hide", "PRODUCT", RED)])
def test_a_refusal_repeats_no_sign_that_a_terminal_obeys(app: Flask, line: tuple[str, ...]) -> None:
    system = ScriptInfo(create_app=lambda: app, set_debug_flag=False)
    result = CliRunner().invoke(click.Group(commands=[LazyCommand(line[0], "", system)]), line)
    assert result.exit_code in (1, 2), result.output
    assert "\x1b" not in result.output


@pytest.mark.parametrize(("words", "changed"), [
    ("events retry nosuch", {}), ("orders list", {"DATABASE_URL": f"postgresql://u:p@localhost:1/{'x' * 60}"})])
def test_a_long_refusal_is_broken_between_words_on_a_terminal_and_one_line_in_a_pipe(
        testbed: Testbed, words: str, changed: dict[str, str]) -> None:
    command, environment = [*FLASK, *words.split()], os.environ | testbed.environment | changed
    piped = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, env=environment)
    line = piped.stderr.splitlines()[-1]
    assert len(line) > TABLE_COLUMNS
    shown = subprocess.run([sys.executable, "-c", INTERRUPTED, *command], cwd=ROOT, check=True, capture_output=True,
                           text=True, timeout=60, env=environment).stdout
    assert max(map(len, shown.splitlines())) <= TABLE_COLUMNS
    said = " ".join(shown.split())
    assert said[said.index("Error: "):] == f"{line} {piped.returncode}"


def test_a_list_on_forty_columns_is_whole_and_without_colours(run: Callable[..., Result], market: Market) -> None:
    market.ordered()
    for line in LISTS:
        plain = run(*line.split())
        narrow = run(*line.split(), env={"COLUMNS": "40", "NO_COLOR": "1"}, color=True)
        assert narrow.exception is None or isinstance(narrow.exception, SystemExit), line
        assert narrow.exit_code == plain.exit_code, line
        assert "\x1b" not in narrow.output, line


@pytest.mark.parametrize("columns", ["1", "40"])
def test_help_is_printed_on_a_narrow_terminal(columns: str) -> None:
    for name in COMMANDS:
        for words in words_of(load_command(name))[:2]:
            said = CliRunner(env={"COLUMNS": columns}).invoke(load_command(name), [*words, "--help"], color=True)
            assert said.exit_code == 0, (name, words)
            assert "\x1b" not in said.output
