"""The example of every command is typed, in the application of the terminal: it is right usage, and ends in a sentence.

What changes something is rehearsed. Ids, numbers and names of examples need not exist: that they do not is said (1)."""
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.data.entity import db
from cli import COMMANDS, load_command
from cli.application import terminal_application
from tests.cli.test_entry_points import commands_below
from tests.components import ROOT
from tests.testbed import Testbed, cheap_passwords

NOT_TYPED = {
    "events relay": "runs until it is stopped", "jobs worker": "runs until it is stopped",
    "jobs scheduler": "runs until it is stopped", "organization relay": "runs until it is stopped",
    "webhooks send": "runs until it is stopped",
    "serve": "starts the whole system: tests/journeys/test_serve.py",
    "prepare": "migrates the database that all tests share: tests/migrations",
    "settings": "reads the environment alone: tests/cli/test_faults_outside.py",
    "db": "moves the database that all tests share: tests/migrations, tests/cli/test_db_copy.py",
    "backup key": "writes a key where its example says: /etc",
    "demo seed": "takes ten seconds: tests/cli/test_demo.py",
}
FILES = {
    "people.csv": "email,fullname\neva@example.com,Eva\n", "device_types.csv": "code,name\nXR,X-ray\n",
    "products.csv": "title,price,currency,category,seller\n", "facebook_ego_subgraph.txt": "1 2\n",
    "acme-properties.json": "{}", "returned.eml": "Subject: no such notification\n\n",
}


@pytest.fixture
def terminal(testbed: Testbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application behind a command, in a folder that has the files the examples name."""
    testbed.restore()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    with cheap_passwords(), terminal_application(testbed.settings()).app_context():
        yield
        db.engine.dispose()


def example_of(command: click.Command) -> str:
    """Return the line that the help of a command gives as its example, without what stands before `flask`."""
    said = re.search(r"Example: (.*?)(?:\n\n|\Z)", command.help or "", re.DOTALL)
    assert said is not None
    return " ".join(said[1].split()).partition("flask ")[2].partition(" > ")[0]


def rehearsal_of(line: str) -> list[str]:
    """Return the words of an example, with --dry-run where its command changes something."""
    words = [word for word in shlex.split(line) if word != "--yes"]
    command: click.Command | None = load_command(words[0])
    for word in words[1:]:
        command = command.commands.get(word, command) if isinstance(command, click.Group) else command
    if any(option.name == "dry_run" for option in command.params) and "--dry-run" not in words:
        words.append("--dry-run")
    return words


@pytest.mark.once("what is usage depends on no database")
@pytest.mark.parametrize("group", sorted(COMMANDS))
def test_the_example_of_each_command_is_right_usage_and_ends_in_a_sentence(terminal: None, group: str) -> None:
    examples = {example_of(command) for _, command in commands_below((group,), load_command(group))}
    for line in sorted(one for one in examples if not one.startswith(tuple(NOT_TYPED))):
        name, *words = rehearsal_of(line)
        told = CliRunner().invoke(load_command(name), words)
        assert told.exit_code in (0, 1), (line, told.output)
        assert isinstance(told.exception, SystemExit | None), (line, told.exception)


def test_each_command_whose_example_is_not_typed_is_there() -> None:
    there = {" ".join(words) for group in {line.split()[0] for line in NOT_TYPED}
             for words, _ in commands_below((group,), load_command(group))}
    assert set(NOT_TYPED) <= there
