"""docs/moving.md names commands and refusals: each is there, as it is written."""
import re
import shlex
from pathlib import Path

import click
import pytest

from cli import load_command

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "moving.md").read_text()
COMMANDS = sorted({*re.findall(r"^ +flask (.+)$", PAGE, re.MULTILINE), *re.findall(r"`flask ([a-z][^`]*)`", PAGE)})
SAID = re.findall(r"`([^`]+)`", "".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")))


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_of_the_page_takes_what_is_written_behind_it(line: str) -> None:
    first, *words = shlex.split(line)
    command = load_command(first)
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    options = {name for parameter in command.params for name in parameter.opts}
    assert [word for word in words if word.startswith("--") and word not in options] == []


@pytest.mark.parametrize("said", SAID)
def test_each_refusal_of_the_page_is_one_that_is_said(said: str) -> None:
    sources = [path.read_text() for path in (
        ROOT / "app/data/table_copy.py", ROOT / "app/ops/database_copy.py", ROOT / "app/ops/migrations.py",
        ROOT / "blueprints/organization/moving.py", ROOT / "cli/db.py")]
    assert any(said in re.sub(r'"\s+f?"', "", source) for source in sources)


def test_the_page_names_commands_and_refusals() -> None:
    assert len(COMMANDS) > 5
    assert len(SAID) > 5
